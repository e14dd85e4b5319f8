"""How many qubits the flattened circuit of a bloq takes: step by step, and as a Cirq circuit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from qualtran import Bloq, DecomposeNotImplementedError, DecomposeTypeError
from qualtran.bloqs.bookkeeping import Join, Split

if TYPE_CHECKING:
    import cirq


def leaves(bloq: Bloq) -> Iterator[Bloq]:
    """What a bloq is made of in the end, in the order in which it was written."""
    yield from _leaves(bloq, {})


def peak_qubits(bloq: Bloq) -> int:
    """The most qubits in use at once when the leaves run one after the other, freed qubits used again."""
    live = sum(int(r.total_bits()) for r in bloq.signature.lefts())
    peak = live
    for leaf in leaves(bloq):
        live += sum(int(r.total_bits()) for r in leaf.signature.rights())
        live -= sum(int(r.total_bits()) for r in leaf.signature.lefts())
        peak = max(peak, live)
    return peak


def cirq_circuit(bloq: Bloq) -> cirq.FrozenCircuit:
    """The flattened circuit; qubits that are given back are used again, the last one first.

    Qualtran's plain export refuses to free a qubit of a register, as an AND into one does here.
    """
    from qualtran._infra.gate_with_registers import get_named_qubits

    flat = bloq.as_composite_bloq().flatten()
    circuit, _ = flat.to_cirq_circuit_and_quregs(
        qubit_manager=_manager(), **get_named_qubits(bloq.signature.lefts())
    )
    return circuit


def cirq_qubits(bloq: Bloq) -> int:
    """The qubits of `cirq_circuit`, idle ones of the registers included."""
    from qualtran._infra.gate_with_registers import get_named_qubits

    named = get_named_qubits(bloq.signature.lefts())
    idle = {q for row in named.values() for q in row.flatten()}
    return len(idle | set(cirq_circuit(bloq).all_qubits()))


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
    """One level of decomposition, in order and without splits and joins; None for a leaf."""
    try:
        composite = bloq.decompose_bloq()
    except (DecomposeTypeError, DecomposeNotImplementedError):
        return None
    ordered = sorted(composite.bloq_instances, key=lambda instance: instance.i)
    return [instance.bloq for instance in ordered if not isinstance(instance.bloq, Split | Join)]


def _manager() -> Any:
    """Cirq's greedy manager, which here also takes over qubits that it did not make."""
    import cirq

    class Adopting(cirq.GreedyQubitManager):  # type: ignore[misc]
        def qfree(self, qubits: Any) -> None:
            qubits = list(qubits)
            self._used_qubits.update(qubits)
            super().qfree(qubits)

    return Adopting("work", maximize_reuse=True)
