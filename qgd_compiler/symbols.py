"""Functions of symbols that SymPy does not have; with numbers they evaluate exactly."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sympy
from sympy.concrete.expr_with_limits import ExprWithLimits


class CeilLog2(sympy.Function):  # type: ignore[misc]
    """The smallest k with 2^k >= x; the same as ⌈log2 x⌉, but exact and quick to evaluate."""

    nargs = 1
    is_integer = True
    is_real = True

    @classmethod
    def eval(cls, x: Any) -> Any:
        """The number, for a number or a power of two."""
        if isinstance(x, sympy.Rational) and x > 0:
            whole = int(sympy.ceiling(x))
            return sympy.Integer((whole - 1).bit_length())
        if isinstance(x, sympy.Float) and x > 0:
            return sympy.Integer((int(sympy.ceiling(x)) - 1).bit_length())
        if isinstance(x, sympy.Pow) and x.base == 2 and x.exp.is_integer:
            return x.exp
        return None

    def _eval_rewrite_as_ceiling(self, x: Any, **hints: Any) -> Any:
        return sympy.ceiling(sympy.log(x, 2))

    def _latex(self, printer: Any, exp: Any = None) -> str:
        text = rf"\left\lceil \log_2 {printer.parenthesize(self.args[0], 100)} \right\rceil"
        return text if exp is None else f"{text}^{{{exp}}}"


class TrailingZeros(sympy.Function):  # type: ignore[misc]
    """How often 2 divides a positive integer."""

    nargs = 1
    is_integer = True
    is_nonnegative = True

    @classmethod
    def eval(cls, x: Any) -> Any:
        """The number, for a number."""
        if isinstance(x, sympy.Integer) and x > 0:
            return sympy.Integer((int(x) & -int(x)).bit_length() - 1)
        return None

    def _latex(self, printer: Any, exp: Any = None) -> str:
        text = rf"\nu_2\left({printer._print(self.args[0])}\right)"
        return text if exp is None else f"{text}^{{{exp}}}"


class Largest(ExprWithLimits):  # type: ignore[misc]
    """The largest value of an expression over an index, written like `sympy.Sum`."""

    __slots__ = ()

    def __new__(cls, function: Any, *symbols: Any, **assumptions: Any) -> Any:
        """The value itself once nothing but the index is open: a Max does not take what it cannot compare."""
        made = ExprWithLimits.__new__(cls, function, *symbols, **assumptions)
        if made.free_symbols or not isinstance(made, cls):
            return made
        index, low, high = made.limits[0]
        values = [made.function.subs(index, k).doit() for k in range(int(low), int(high) + 1)]
        return max(values, default=sympy.Integer(0))

    @property
    def free_symbols(self) -> set[Any]:
        """Without writing the expression anew for it, which simplifies each Max in it once more."""
        index, low, high = self.limits[0]
        return (self.function.free_symbols - {index}) | low.free_symbols | high.free_symbols  # type: ignore[no-any-return]

    def _eval_is_extended_real(self) -> bool:
        return True

    def _latex(self, printer: Any, exp: Any = None) -> str:
        index, low, high = (printer._print(part) for part in self.limits[0])
        text = rf"\max_{{{low} \le {index} \le {high}}} \left({printer._print(self.function)}\right)"
        return text if exp is None else rf"\left({text}\right)^{{{exp}}}"


def extreme(name: str, values: Iterable[Any]) -> Any:
    """A Max or Min, flat and without repetitions; beyond two small terms not simplified, which takes minutes."""
    kind = getattr(sympy, name)
    terms: dict[Any, None] = {}
    for value in map(sympy.sympify, values):
        terms.update(dict.fromkeys(value.args if isinstance(value, kind) else (value,)))
    numbers = [t for t in terms if t.is_number]
    open_terms = [t for t in terms if not t.is_number]
    if numbers:
        open_terms.append(kind(*numbers))
    if len(open_terms) == 1:
        return open_terms[0]
    small = len(open_terms) == 2 and all(sympy.count_ops(t) <= 8 for t in open_terms)
    return kind(*open_terms) if small else kind(*open_terms, evaluate=False)
