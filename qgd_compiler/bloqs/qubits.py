"""The flattened circuit of a bloq, in the order in which it was written: its qubits, and itself for Cirq.

Qualtran's own export sorts the leaves anew and may run independent parts at the same time; that takes a few qubits
more than one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from qualtran import Bloq, LeftDangle, Soquet
from qualtran.bloqs.bookkeeping import Join, Split

from qgd_compiler.bloqs.parts import decomposed

if TYPE_CHECKING:
    import cirq

    Qids = np.ndarray[Any, Any]


def leaves(bloq: Bloq) -> Iterator[Bloq]:
    """What a bloq is made of in the end, in order; without splits and joins."""
    return _leaves(bloq, {})


def peak_qubits(bloq: Bloq) -> int:
    """The most qubits in use at once when the leaves run one after the other, freed qubits used again.

    Calls that a program marks as `beside` each other run one after the other here, so the fold asks for more.
    """
    live = sum(int(r.total_bits()) for r in bloq.signature.lefts())
    peak = live
    for leaf in leaves(bloq):
        live += sum(int(r.total_bits()) for r in leaf.signature.rights())
        live -= sum(int(r.total_bits()) for r in leaf.signature.lefts())
        peak = max(peak, live)
    return peak


def cirq_circuit(bloq: Bloq) -> cirq.FrozenCircuit:
    """The leaves as Cirq operations; qubits of registers are named after them, freed qubits are used again.

    An ideal memory stays one operation. Measurements are those of the worst outcome: to be counted, not run.
    """
    import cirq

    tracer = _Tracer(_adopting_manager())
    tracer.run(bloq, _named(bloq))
    return cirq.FrozenCircuit(tracer.operations)


def cirq_qubits(bloq: Bloq) -> int:
    """The qubits of `cirq_circuit`, idle ones of the registers included."""
    idle = {q for row in _named(bloq).values() for q in row.flatten()}
    return len(idle | cirq_circuit(bloq).all_qubits())


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

    def __init__(self, manager: cirq.QubitManager) -> None:
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
        at: dict[Any, Qids] = {}
        for register in composite.signature.lefts():
            for index in register.all_idxs():
                at[Soquet(LeftDangle, register, idx=index)] = registers[register.name][index]
        for instance, before, behind in sorted(composite.iter_bloqsoqs(), key=lambda row: row[0].i):
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


def _adopting_manager() -> cirq.QubitManager:
    """Cirq's greedy manager, which here also takes over qubits that it did not make.

    An AND into a qubit of a register frees that qubit first.
    """
    import cirq

    class Adopting(cirq.GreedyQubitManager):
        def qfree(self, qubits: Any) -> None:
            given = list(qubits)
            self._used_qubits.update(given)
            super().qfree(given)

    return Adopting("work", maximize_reuse=True)
