"""The intermediate representation: registers, wires, steps, routines.

A routine is a list of steps on named registers: calls of other routines or primitives (possibly adjoint,
possibly repeated), and the allocation and release of work registers. Sizes are scalars, so that the same
routine serves an exact count, a sweep and a formula; with numbers it is also a circuit.

All registers of a primitive and of a routine go in and come out. An allocated register starts in |0> and
must be back in |0> when it is released; a borrowed (dirty) one starts in any state and must be back in that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import final

from qgd_compiler.nodes import Node, node
from qgd_compiler.scalars import Scalar


@final
@node
class Register(Node):
    """A named group of `size` qubits; bit 0 is the most significant."""

    name: str
    size: Scalar


@final
@node
class Wire(Node):
    """`size` qubits of the register `register`, from bit `start` on."""

    register: str
    start: Scalar
    size: Scalar


class Operation(Node):
    """What a step can call: a primitive or a routine.

    number   what it costs the same as, once `costing.sameness` has looked
    """

    __slots__ = ("number",)
    number: int

    @property
    def name(self) -> str:
        """What reports and drawings call this operation."""
        raise TypeError(f"{type(self).__name__} has no name")

    @property
    def registers(self) -> tuple[Register, ...]:
        """The signature, in the order in which a call binds wires."""
        raise TypeError(f"{type(self).__name__} has no signature")


class Primitive(Operation):
    """A leaf: an operation with a cost rule and a meaning on basis states, but no body."""

    __slots__ = ()


class Step(Node):
    """One line of a routine."""

    __slots__ = ()


@final
@node
class Call(Step):
    """Run `op` (or its inverse), `times` times in a row; `wires[i]` joined are its i-th register.

    `beside`: at the same time as the call before it, on other qubits. It matters for depth and work qubits.
    """

    op: Operation
    wires: tuple[tuple[Wire, ...], ...]
    adjoint: bool = False
    times: Scalar = 1
    beside: bool = False


@final
@node
class Allocate(Step):
    """A fresh register in |0>; `dirty`: qubits in any state, borrowed from whoever does not use them meanwhile."""

    register: Register
    dirty: bool = False


@final
@node
class Release(Step):
    """Give a register back, in |0>; `dirty`: in the state in which it was borrowed."""

    register: str
    size: Scalar
    dirty: bool = False


@final
@node
class Loop(Step):
    """The steps of `body` for `index` = 0 … count−1, where `count` is a symbol; with numbers it is unrolled.

    `index` is a SymPy symbol that the sizes in the body may contain. With arrays it is one number, and `count` is 1
    where the body is there for it, else 0. All that the body allocates it releases.
    """

    index: Scalar
    count: Scalar
    body: tuple[Step, ...]


def calls(steps: Iterable[Step]) -> Iterator[Call]:
    """All calls among `steps`, those of loops included."""
    for step in steps:
        if isinstance(step, Call):
            yield step
        elif isinstance(step, Loop):
            yield from calls(step.body)


def inverse(steps: Sequence[Step]) -> Iterator[Step]:
    """The steps backwards, calls inverted, allocation and release exchanged; groups of calls stay groups."""
    sizes = {s.register.name: s.register.size for s in steps if isinstance(s, Allocate)}
    after: Step | None = None
    for step in reversed(steps):
        beside = isinstance(after, Call) and after.beside
        after = step
        if isinstance(step, Call):
            yield replace(step, adjoint=not step.adjoint, beside=beside)
        elif isinstance(step, Release):
            register = Register(name=step.register, size=sizes[step.register])
            yield Allocate(register=register, dirty=step.dirty)
        elif isinstance(step, Allocate):
            yield Release(register=step.register.name, size=step.register.size, dirty=step.dirty)
        elif isinstance(step, Loop):
            yield replace(step, body=tuple(inverse(step.body)))


@final
@node
class Routine(Operation):
    """A named list of steps on a signature.

    `component` labels what the cost below belongs to in a report; a label inside replaces one outside.
    """

    title: str
    signature: tuple[Register, ...]
    body: tuple[Step, ...]
    component: str = ""

    @property
    def name(self) -> str:
        """The title of the routine."""
        return self.title

    @property
    def registers(self) -> tuple[Register, ...]:
        """The signature."""
        return self.signature

    def register(self, name: str) -> Register:
        """The register called `name` of the signature."""
        for r in self.signature:
            if r.name == name:
                return r
        raise KeyError(f"{self.title} has no register {name!r}")

    def steps(self, adjoint: bool = False) -> Iterator[Step]:
        """The body in order; of the inverse: backwards, as `inverse` says."""
        yield from inverse(self.body) if adjoint else self.body
