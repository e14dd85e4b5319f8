"""JavaScript written line by line: every part of an expression that is computed stands there once, as a constant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sympy
from sympy.printing.jscode import JavascriptCodePrinter

from qgd_compiler.live.functions import SCRIPT_NAMES
from qgd_compiler.scalars import Scalar, is_symbolic
from qgd_compiler.symbols import Largest

WHOLE = {"integer": True, "nonnegative": True}
ABOVE_ZERO = {"integer": True, "positive": True}
REAL = {"real": True}
POSITIVE = {"positive": True}
NO_PLAN = 'return { error: "the compiled plan does not serve these values" };'


@dataclass
class _Scope:
    """The lines of one block, and what they name already; `bound` are the symbols that exist in there alone."""

    bound: frozenset[str]
    lines: list[str] = field(default_factory=list)
    known: dict[Any, str] = field(default_factory=dict)


class Script(JavascriptCodePrinter):  # type: ignore[misc]
    """Statements in JavaScript. A part that holds a bound symbol stands in the block of that symbol, others outside.

    `let` names an expression and gives the symbol of the name, so that what is built of it stays small.
    """

    def __init__(self) -> None:
        super().__init__({"user_functions": SCRIPT_NAMES})
        self._scopes = [_Scope(frozenset())]
        self._names: dict[Any, frozenset[str]] = {}
        self._let: dict[Any, Any] = {}
        self._taken: set[str] = set()
        self._serial = 0

    @property
    def lines(self) -> Sequence[str]:
        """What has been written outside all blocks."""
        return self._scopes[0].lines

    def let(self, name: str, value: Scalar, **assumptions: bool) -> Scalar:
        """The symbol of a constant with this value; a number or a symbol is itself. Equal values share a symbol."""
        if not is_symbolic(value):
            return value
        value = sympy.sympify(value)
        if not value.free_symbols or value.is_Symbol:
            return value
        if value not in self._let:
            place = self._scopes[self._depth(value)]
            code = place.known.get(value) or self._once(value)
            free = name
            while free in self._taken:
                self._serial += 1
                free = f"{name}_{self._serial}"
            self._taken.add(free)
            place.lines.append(f"const {free} = {code};")
            place.known[value] = free
            symbol = sympy.Symbol(free, **assumptions)
            self._names[symbol] = self._symbols(value) | {free}
            self._let[value] = symbol
        return self._let[value]

    def number(self, name: str, value: Scalar, **assumptions: bool) -> Scalar:
        """As `let`, outside all blocks; where it is no finite number the plan serves no such values."""
        found = self.let(name, value, **assumptions)
        self._scopes[0].lines.append(f"if (!Number.isFinite({self.code(found)})) {NO_PLAN}")
        return found

    def write(self, *lines: str) -> None:
        """Lines as they are, in the block that is open."""
        self._scopes[-1].lines.extend(lines)

    def code(self, value: Scalar) -> str:
        """An expression of constants that are written before it."""
        return str(self._print(sympy.sympify(value)))

    def block(self, *symbols: Any) -> None:
        """Open a block with symbols of its own."""
        self._scopes.append(_Scope(frozenset(str(s) for s in symbols)))

    def close(self) -> list[str]:
        """End the block; its lines."""
        return self._scopes.pop().lines

    def _print(self, expr: Any, **kwargs: Any) -> str:
        if not isinstance(expr, sympy.Expr | sympy.core.relational.Relational) or expr.is_Atom:
            return str(super()._print(expr, **kwargs))
        scope = self._scopes[self._depth(expr)]
        if expr not in scope.known:
            code = self._once(expr, **kwargs)
            self._serial += 1
            scope.known[expr] = f"_{self._serial}"
            scope.lines.append(f"const _{self._serial} = {code};")
        return scope.known[expr]

    def _once(self, expr: Any, **kwargs: Any) -> str:
        """The code of an expression whose parts have names."""
        return " ".join(str(super()._print(expr, **kwargs)).split())

    def _depth(self, expr: Any) -> int:
        """The innermost block of which the expression holds a symbol."""
        found = self._symbols(expr)
        return max(i for i, scope in enumerate(self._scopes) if i == 0 or scope.bound & found)

    def _symbols(self, expr: Any) -> frozenset[str]:
        """The names of free symbols; constants stand for themselves, and live where they were written."""
        if expr not in self._names:
            if expr.is_Symbol:
                found = frozenset((str(expr),))
            elif isinstance(expr, sympy.Sum | Largest):
                index, *ends = expr.limits[0]
                inside = self._symbols(expr.function) - {str(index)}
                found = inside.union(*(self._symbols(end) for end in ends))
            else:
                found = frozenset().union(*(self._symbols(arg) for arg in expr.args))
            self._names[expr] = found
        return self._names[expr]

    def _print_Sum(self, expr: Any) -> str:
        return self._loop(expr, "{0} += {1};")

    def _print_Largest(self, expr: Any) -> str:
        return self._loop(expr, "{0} = Math.max({0}, {1});")

    def _loop(self, expr: Any, step: str) -> str:
        index, low, high = expr.limits[0]
        first, last = self._print(low), self._print(high)
        depth = self._depth(expr)
        self.block(index)
        value = self._print(expr.function)
        body = self.close()
        self._serial += 1
        name = f"_{self._serial}"
        head = f"for (let {index} = {first}; {index} <= {last}; {index}++) {{"
        self._scopes[depth].lines += [f"let {name} = 0;", head, *body, step.format(name, value), "}"]
        return name

    def _print_Float(self, expr: Any) -> str:
        return repr(float(expr))

    def _print_Pi(self, expr: Any) -> str:
        return "Math.PI"

    def _print_Exp1(self, expr: Any) -> str:
        return "Math.E"

    def _print_BestColumns(self, expr: Any) -> str:
        purpose, axis, controlled, bits, *shape = expr.args
        lengths = ", ".join(self._print(length) for length in shape)
        return f"bestColumns({purpose}, {controlled}, {self._print(bits)}, [{lengths}])[{axis}]"
