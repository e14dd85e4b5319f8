"""Write a routine step by step, with registers as handles that can be sliced and joined."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from qgd_compiler.program.ir import Allocate, Call, Loop, Operation, Register, Release, Routine, Step, Wire
from qgd_compiler.scalars import Scalar, is_array, is_integer, is_symbolic, less
from qgd_compiler.traced import Traced


@dataclass(frozen=True)
class Handle:
    """A row of qubits: one or more pieces of registers."""

    wires: tuple[Wire, ...]

    @property
    def size(self) -> Scalar:
        """The number of qubits."""
        if len(self.wires) == 1:
            return self.wires[0].size
        total: Scalar = 0
        for w in self.wires:
            total = total + w.size
        return total

    def part(self, start: Scalar, size: Scalar) -> Handle:
        """`size` qubits from `start` on; the handle must be one piece unless the sizes are numbers."""
        if is_integer(start) and start < 0:
            raise ValueError(f"a part that starts at {start}: it is larger than the whole")
        if len(self.wires) == 1:
            w = self.wires[0]
            if is_integer(start) and is_integer(size) and is_integer(w.size) and start + size > w.size:
                raise ValueError(f"bits {start}…{start + size} of {w.register}, which has {w.size}")
            return Handle((Wire(register=w.register, start=w.start + start, size=size),))
        pieces: list[Wire] = []
        for w in self.wires:
            take = min(w.size - start, size) if start < w.size else 0
            if take > 0:
                pieces.append(Wire(register=w.register, start=w.start + start, size=take))
                size, start = size - take, 0
            else:
                start -= w.size
        if size:
            raise ValueError("a part that reaches past the end of its handle")
        return Handle(tuple(pieces))

    def __add__(self, other: Handle) -> Handle:
        return Handle(self.wires + other.wires)


NOTHING = Handle(())


class Builder:
    """Collects registers and steps; `routine()` freezes them."""

    def __init__(self, title: str, component: str = "") -> None:
        self._title = title
        self._component = component
        self._signature: list[Register] = []
        self._body: list[Step] = []
        self._live: dict[str, Allocate] = {}
        self._serial = 0

    def register(self, name: str, size: Scalar) -> Handle:
        """A register of the signature."""
        self._signature.append(Register(name=name, size=size))
        return Handle((Wire(register=name, start=0, size=size),))

    def allocate(self, name: str, size: Scalar, dirty: bool = False) -> Handle:
        """A work register, starting in |0> (`dirty`: borrowed, in any state); its name is made unique."""
        if is_integer(size) and size == 0:
            return NOTHING
        self._serial += 1
        unique = f"{name}.{self._serial}"
        step = Allocate(register=Register(name=unique, size=size), dirty=dirty)
        self._live[unique] = step
        self._body.append(step)
        return Handle((Wire(register=unique, start=0, size=size),))

    def release(self, *handles: Handle) -> None:
        """Give work registers back, in |0> or as they were borrowed."""
        for handle in handles:
            for w in handle.wires:
                taken = self._live.pop(w.register)
                self._body.append(Release(register=w.register, size=taken.register.size, dirty=taken.dirty))

    def levels(self, count: Scalar) -> Iterator[Scalar]:
        """Write the body of a loop: 0 … count−1 one by one; once, with a symbol, where `count` is symbolic.

        The steps written in between become one `Loop`; of arrays one for each number, taken where it is below `count`.
        """
        if is_array(count):
            outer = self._body
            levels = count.tape.levels if isinstance(count, Traced) else int(np.max(count))
            count = count.tape.passes(count) if isinstance(count, Traced) else count
            for number in range(levels):
                self._body = []
                yield number
                outer.append(Loop(index=number, count=less(number, count), body=tuple(self._body)))
            self._body = outer
            return
        if not is_symbolic(count):
            yield from range(int(count))
            return
        import sympy

        outer, self._body = self._body, []
        taken = {str(symbol) for symbol in sympy.sympify(count).free_symbols}
        for register in self._signature:
            taken |= {str(symbol) for symbol in sympy.sympify(register.size).free_symbols}
        self._serial += 1
        name = next(k for k in (f"k_{i}" for i in itertools.count(self._serial)) if k not in taken)
        index = sympy.Symbol(name, integer=True, nonnegative=True)
        yield index
        outer.append(Loop(index=index, count=count, body=tuple(self._body)))
        self._body = outer

    def call(
        self, op: Operation, *handles: Handle, adjoint: bool = False, times: Scalar = 1, beside: bool = False
    ) -> None:
        """Call `op` on one handle per register of its signature; `beside` the call before, on other qubits.

        `times` 0 writes nothing.
        """
        if is_integer(times) and times == 0:
            return
        registers = op.registers
        if len(handles) != len(registers):
            raise ValueError(f"{op.name} takes {len(registers)} registers, got {len(handles)}")
        for handle, register in zip(handles, registers, strict=True):
            given, own = handle.size, register.size
            if given is not own and is_integer(given) and is_integer(own) and given != own:
                raise ValueError(f"{op.name}.{register.name} has {own} qubits, got {given} in {self._title}")
        wires = tuple(h.wires for h in handles)
        self._body.append(Call(op=op, wires=wires, adjoint=adjoint, times=times, beside=beside))

    def routine(self) -> Routine:
        """The finished routine; every work register must have been released."""
        if self._live:
            raise ValueError(f"{self._title} keeps {sorted(self._live)}")
        return Routine(
            title=self._title,
            signature=tuple(self._signature),
            body=tuple(self._body),
            component=self._component,
        )
