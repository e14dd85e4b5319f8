"""Values that write down what is done with them, so that it can be done again on arrays, many times and at once.

A lowering takes thousands of steps of Python for a formula of a few hundred operations. Run once on `Traced` values it
leaves a `Tape`, and the tape a function of NumPy: equal operations are one, what nobody asks for is left out, and what
depends on a few of the inputs alone is worked out in their shape, before it is broadcast to that of the others.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

Constant = bool | int | float
EXACT = 2**53  # integers beyond are floats anyway, as in arrays


@dataclass(frozen=True)
class _Node:
    """One operation: `name` of what is called, and its arguments, numbers of nodes or constants."""

    name: str
    arguments: tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class _Extreme:
    """What a maximum or minimum is taken over: nodes, and one constant."""

    nodes: frozenset[int]
    constant: Constant | None


@dataclass
class Tape:
    """The operations in the order in which they were met; functions that are not NumPy's are handed over later.

    levels  passes of a loop over a traced number, at least as many as it will ever be
    """

    levels: int = 0
    nodes: list[_Node] = field(default_factory=list)
    _known: dict[_Node, int] = field(default_factory=dict, repr=False)
    _functions: dict[str, Callable[..., Any]] = field(default_factory=dict, repr=False)
    _extremes: dict[tuple[str, int], _Extreme] = field(default_factory=dict, repr=False)
    _of_extremes: dict[tuple[str, _Extreme], Traced] = field(default_factory=dict, repr=False)

    def input(self, name: str) -> Traced:
        """A value that is given."""
        return self._node(_Node("input", (("name", name),)))

    def call(self, function: str | Callable[..., Any], outputs: int, *arguments: Any) -> tuple[Traced, ...]:
        """The outputs of a function: one that is handed over later under a name, or this one."""
        name = f"call {function}" if isinstance(function, str) else self._own(function)
        called = self._node(_Node(name, tuple(map(self._argument, arguments))))
        return tuple(
            self._node(_Node("output", (("node", called.number), ("place", i)))) for i in range(outputs)
        )

    def one(self, function: Callable[..., Any], *arguments: Any) -> Traced:
        """What a function with one output makes of these."""
        return self._node(_Node(self._own(function), tuple(map(self._argument, arguments))))

    def _own(self, function: Callable[..., Any]) -> str:
        """The name of the operation that calls a function of arrays."""
        if self._functions.setdefault(function.__name__, function) is not function:
            raise ValueError(f"two functions called {function.__name__} on one tape")
        return f"own {function.__name__}"

    def passes(self, count: Traced) -> Traced:
        """The number of passes of a loop; ArithmeticError, when it is worked out, where there are fewer `levels`."""

        def within_levels(passes: Any) -> Any:
            if np.any(np.asarray(passes) > self.levels):
                raise ArithmeticError(
                    f"a loop of {np.max(passes):g} passes was traced with {self.levels} levels"
                )
            return passes

        within_levels = self._functions.setdefault("within_levels", within_levels)
        return self.one(within_levels, count)

    def apply(self, name: str, *arguments: Any) -> Any:
        """One of NumPy's functions; a constant where all arguments are constants."""
        arguments = tuple(a if isinstance(a, Traced) else plain(a) for a in arguments)
        if not any(isinstance(a, Traced) for a in arguments):
            return getattr(np, name)(*map(float, arguments)).item()
        simple = _simplified(name, arguments)
        if simple is not None:
            return simple
        if name in ("maximum", "minimum"):
            return self._extreme(name, *arguments)
        return self._node(_Node(name, tuple(map(self._argument, arguments))))

    def _extreme(self, name: str, a: Any, b: Any) -> Traced:
        """The larger or smaller of two; what adds nothing to the operands of a larger one adds no node."""
        better = max if name == "maximum" else min
        mine, other = (self._operands(name, value) for value in (a, b))
        constants = [c for c in (mine.constant, other.constant) if c is not None]
        whole = _Extreme(mine.nodes | other.nodes, better(constants) if constants else None)
        for value, operands in ((a, mine), (b, other)):
            if isinstance(value, Traced) and operands == whole:
                return value
        key = (name, whole)
        if key not in self._of_extremes:
            made = self._node(_Node(name, (self._argument(a), self._argument(b))))
            self._extremes[(name, made.number)] = whole
            self._of_extremes[key] = made
        return self._of_extremes[key]

    def _operands(self, name: str, value: Any) -> _Extreme:
        if not isinstance(value, Traced):
            return _Extreme(frozenset(), plain(value))
        return self._extremes.get((name, value.number), _Extreme(frozenset((value.number,)), None))

    def function(self, inputs: Sequence[str], outputs: Sequence[Any]) -> Callable[..., tuple[Any, ...]]:
        """What makes `outputs` of arrays for `inputs`, in this order, behind them a mapping of functions by name."""
        source = self.source(inputs, outputs)
        namespace: dict[str, Any] = {"np": np, "inf": math.inf, "nan": math.nan, **self._functions}
        exec(compile(source, "<tape>", "exec"), namespace)  # the source is written here, from a list of names
        made: Callable[..., tuple[Any, ...]] = namespace["traced"]
        return made

    def used(self, name: str, outputs: Sequence[Any]) -> tuple[int, ...]:
        """Which outputs of the function of this name, counted from 0, are needed for `outputs`."""
        last = self._last_uses([o.number for o in outputs if isinstance(o, Traced)])
        needed = [self.nodes[number] for number in last if self.nodes[number].name == "output"]
        called = [(self.nodes[node.arguments[0][1]].name, node.arguments[1][1]) for node in needed]
        return tuple(sorted({place for function, place in called if function == f"call {name}"}))

    def source(self, inputs: Sequence[str], outputs: Sequence[Any]) -> str:
        """The same as Python."""
        wanted = [o.number for o in outputs if isinstance(o, Traced)]
        last = self._last_uses(wanted)
        lines = [f"def traced({', '.join(inputs)}, functions):"]
        for number in sorted(last):
            node = self.nodes[number]
            if node.name != "input":
                lines.append(f"    v{number} = {self._expression(node)}")
            gone = [n for n in self._uses(node) if last[n] == number]
            if gone:
                lines.append(f"    del {', '.join(self._name(n) for n in dict.fromkeys(gone))}")
        results = (self._name(o.number) if isinstance(o, Traced) else repr(o) for o in outputs)
        return "\n".join([*lines, f"    return ({', '.join(results)},)", ""])

    def _last_uses(self, wanted: Sequence[int]) -> dict[int, float]:
        """The nodes that are needed, and behind which of them each is needed no more."""
        last: dict[int, float] = {number: math.inf for number in wanted}
        for number in range(len(self.nodes) - 1, -1, -1):
            if number in last:
                for used in self._uses(self.nodes[number]):
                    last.setdefault(used, number)
        return last

    @staticmethod
    def _uses(node: _Node) -> list[int]:
        return [value for kind, value in node.arguments if kind == "node"]

    def _name(self, number: int) -> str:
        node = self.nodes[number]
        return str(node.arguments[0][1]) if node.name == "input" else f"v{number}"

    def _expression(self, node: _Node) -> str:
        if node.name == "output":
            return f"{self._name(node.arguments[0][1])}[{node.arguments[1][1]}]"
        given = [self._name(v) if kind == "node" else repr(v) for kind, v in node.arguments]
        if node.name in INFIX:
            return f" {INFIX[node.name]} ".join(given)
        if node.name.startswith("call "):
            return f"functions[{node.name[5:]!r}]({', '.join(given)})"
        if node.name.startswith("own "):
            return f"{node.name[4:]}({', '.join(given)})"
        return f"np.{node.name}({', '.join(given)})"

    def _argument(self, value: Any) -> tuple[str, Any]:
        if isinstance(value, Traced):
            if value.tape is not self:
                raise ValueError("a traced value of another tape")
            return ("node", value.number)
        return ("constant", plain(value))

    def _node(self, node: _Node) -> Traced:
        number = self._known.get(node)
        if number is None:
            number = self._known[node] = len(self.nodes)
            self.nodes.append(node)
        return Traced(self, number)


INFIX = {
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "divide": "/",
    "less": "<",
    "less_equal": "<=",
    "greater": ">",
    "greater_equal": ">=",
    "equal": "==",
    "not_equal": "!=",
    "bitwise_and": "&",
    "bitwise_or": "|",
}


def plain(value: Any) -> Constant:
    """A number as Python's, in float64 where an integer is beyond what that holds exactly; TypeError for arrays."""
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        value = value.item()
    if isinstance(value, bool | float) or (isinstance(value, int) and abs(value) <= EXACT):
        return value
    if isinstance(value, int):
        return float(value)
    raise TypeError(f"{type(value).__name__} among traced values")


class Traced(NDArrayOperatorsMixin):
    """A value of a tape. It has no truth and no size: what asks for them cannot be traced."""

    __slots__ = ("number", "tape")

    def __init__(self, tape: Tape, number: int) -> None:
        self.tape = tape
        self.number = number

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or options or ufunc.nout != 1:
            return NotImplemented
        return self.tape.apply(ufunc.__name__, *inputs)

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        if function is np.where and len(arguments) == 3 and not options:
            return self.tape.apply("where", *arguments)
        if function is np.round and len(arguments) == 1 and not options:
            return self.tape.apply("round", *arguments)
        return NotImplemented

    def __bool__(self) -> bool:
        raise TypeError("a traced value is neither true nor false")

    def __hash__(self) -> int:
        return hash(self.number)

    def __repr__(self) -> str:
        return f"v{self.number}"


def is_traced(*values: Any) -> bool:
    """Whether any of `values` is traced."""
    return any(isinstance(v, Traced) for v in values)


def call(function: Callable[..., Any], outputs: int, *arguments: Any) -> tuple[Traced, ...]:
    """The outputs of a function of arrays, on the tape of its arguments."""
    tape = next(a.tape for a in arguments if isinstance(a, Traced))
    return tape.call(function, outputs, *arguments)


def _simplified(name: str, arguments: Sequence[Any]) -> Any:
    """The result where it needs no operation, else None."""
    if name == "where":
        condition, then, otherwise = arguments
        if not isinstance(condition, Traced):
            return then if condition else otherwise
        return then if same(then, otherwise) else None
    if len(arguments) != 2:
        return None
    a, b = arguments
    if name in ("add", "multiply") and not isinstance(a, Traced):
        a, b = b, a
    if isinstance(b, Traced) or not isinstance(a, Traced):
        return None
    if name in ("add", "subtract") and b == 0:
        return a
    if name in ("multiply", "divide", "power") and b == 1:
        return a
    return 0 if name == "multiply" and b == 0 else None


def same(a: Any, b: Any) -> bool:
    """Whether two values are equal numbers, or the same traced one."""
    if isinstance(a, Traced) or isinstance(b, Traced):
        return isinstance(a, Traced) and isinstance(b, Traced) and a.number == b.number
    return bool(a == b)
