"""The flattened circuit of a bloq, in the order in which it was written: its qubits, and itself for Cirq.

Qualtran's own export sorts the leaves anew and may run independent parts at the same time; that takes a few qubits
more than one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from qualtran import Bloq, LeftDangle, Register, Soquet
from qualtran.bloqs.bookkeeping import Join, Split

from qgd_compiler.bloqs.atoms import BORROWED, RETURNED
from qgd_compiler.bloqs.parts import decomposed

if TYPE_CHECKING:
    import cirq

    Qids = np.ndarray[Any, Any]


def leaves(bloq: Bloq) -> Iterator[Bloq]:
    """What a bloq is made of in the end, in order; without splits and joins."""
    return _leaves(bloq, {})


def peak_qubits(bloq: Bloq) -> int:
    """The most qubits in use at once when the leaves run one after the other, freed qubits used again.

    Qubits that a bloq borrows are lent by those that live outside of it, as far as they suffice.
    Calls that a program marks as `beside` each other run one after the other here, so the fold asks for more.
    """
    walk = _Walk(_size(bloq.signature.lefts()))
    walk.run(bloq)
    return walk.peak


def cirq_circuit(bloq: Bloq) -> cirq.FrozenCircuit:
    """The leaves as Cirq operations; qubits of registers are named after them, freed qubits are used again.

    What a bloq borrows is lent by qubits in use outside of it, as far as they suffice.
    An ideal memory stays one operation. Measurements are those of the worst outcome: to be counted, not run.
    """
    import cirq

    named = _named(bloq)
    tracer = _Tracer(_lending_manager({q for row in named.values() for q in row.flatten()}))
    tracer.run(bloq, named)
    return cirq.FrozenCircuit(tracer.operations)


def cirq_qubits(bloq: Bloq) -> int:
    """The qubits of `cirq_circuit`, idle ones of the registers included."""
    idle = {q for row in _named(bloq).values() for q in row.flatten()}
    return len(idle | cirq_circuit(bloq).all_qubits())


class _Walk:
    """Counts live qubits from leaf to leaf."""

    def __init__(self, live: int) -> None:
        self.live = self.peak = live
        self._known: dict[Bloq, list[Bloq] | None] = {}

    def run(self, bloq: Bloq) -> None:
        """The parts of a bloq, one after the other."""
        if bloq not in self._known:
            self._known[bloq] = _parts(bloq)
        parts = self._known[bloq]
        if parts is None:
            self.live += _size(bloq.signature.rights()) - _size(bloq.signature.lefts())
            self.peak = max(self.peak, self.live)
            return
        idle, borrowed = self.live - _size(bloq.signature.lefts()), 0
        for part in parts:
            if part in (BORROWED, RETURNED):
                more = 1 if part == BORROWED else -1
                self.live += max(borrowed + more - idle, 0) - max(borrowed - idle, 0)
                self.peak = max(self.peak, self.live)
                borrowed += more
            else:
                self.run(part)


def _size(registers: Iterable[Register]) -> int:
    return sum(int(r.total_bits()) for r in registers)


def _leaves(bloq: Bloq, known: dict[Bloq, list[Bloq] | None]) -> Iterator[Bloq]:
    if bloq not in known:
        known[bloq] = _parts(bloq)
    parts = known[bloq]
    if parts is None:
        yield bloq
        return
    for part in parts:
        yield from _leaves(part, known)


def _parts(bloq: Bloq) -> list[Bloq] | None:
    """One level of decomposition, in order; None for a leaf."""
    composite = decomposed(bloq)
    if composite is None:
        return None
    ordered = sorted(composite.bloq_instances, key=lambda instance: instance.i)
    return [instance.bloq for instance in ordered if not isinstance(instance.bloq, Split | Join)]


class _Tracer:
    """Follows the qubits of each wire through the leaves."""

    def __init__(self, manager: Any) -> None:
        self.operations: list[cirq.Operation] = []
        self._manager = manager
        self._known: dict[Bloq, Any] = {}

    def run(self, bloq: Bloq, registers: dict[str, Qids]) -> dict[str, Qids]:
        """The registers of `bloq` behind it."""
        if bloq not in self._known:
            self._known[bloq] = decomposed(bloq)
        composite = self._known[bloq]
        if composite is None:
            operation, after = bloq.as_cirq_op(self._manager, **registers)
            self.operations += [] if operation is None else [operation]
            return dict(after)
        ordered = sorted(composite.iter_bloqsoqs(), key=lambda row: row[0].i)
        if any(instance.bloq == BORROWED for instance, _, _ in ordered):
            self._manager.lend_all_but({q for row in registers.values() for q in row.flatten()})
        at: dict[Any, Qids] = {}
        for register in composite.signature.lefts():
            for index in register.all_idxs():
                at[Soquet(LeftDangle, register, idx=index)] = registers[register.name][index]
        for instance, before, behind in ordered:
            given = {name: _gathered(at, soquets) for name, soquets in before.items()}
            made = self.run(instance.bloq, given)
            for register, soquets in zip(instance.bloq.signature.rights(), behind, strict=True):
                for index in register.all_idxs():
                    at[soquets[index] if register.shape else soquets] = made[register.name][index]
        return {name: _gathered(at, soquets) for name, soquets in composite.final_soqs().items()}


def _gathered(at: dict[Any, Qids], soquets: Any) -> Qids:
    """The qubits of one register: its shape, and last the bits of each of its wires."""
    if isinstance(soquets, np.ndarray):
        rows = [at[s] for s in soquets.ravel()]
        return np.array(rows, dtype=object).reshape((*soquets.shape, len(rows[0])))
    return at[soquets]


def _named(bloq: Bloq) -> dict[str, Qids]:
    from qualtran._infra.gate_with_registers import get_named_qubits

    return dict(get_named_qubits(bloq.signature.lefts()))


def _lending_manager(named: set[Any]) -> Any:
    """Cirq's greedy manager, which also knows the qubits of the registers, and lends what is in use elsewhere.

    An AND into a qubit of a register frees that qubit first.
    """
    import cirq

    class Lending(cirq.GreedyQubitManager):
        def __init__(self) -> None:
            super().__init__("work", maximize_reuse=True)
            self._used_qubits.update(named)
            self.idle: list[Any] = []
            self.lent: set[Any] = set()

        def lend_all_but(self, busy: set[Any]) -> None:
            self.idle, self.lent = sorted(self._used_qubits - busy), set()

        def qborrow(self, n: int, dim: int = 2) -> list[Any]:
            taken, self.idle = self.idle[:n], self.idle[n:]
            self.lent = self.lent | set(taken)
            return taken + self.qalloc(n - len(taken), dim)

        def qfree(self, qubits: Any) -> None:
            given = list(qubits)
            super().qfree([q for q in given if q not in self.lent])
            self.idle += [q for q in given if q in self.lent]
            self.lent -= set(given)

    return Lending()
