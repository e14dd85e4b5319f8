"""What circuits are checked by: all basis states of their registers at once, and the count of their gates."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from qgd_compiler.costing.fold import fold
from qgd_compiler.costing.prices import price_of
from qgd_compiler.program.expand import expand, is_atom
from qgd_compiler.program.ir import Primitive, Routine, calls
from qgd_compiler.program.simulate import State, run

Basis = tuple[int, ...]
Meaning = Callable[[Basis], Basis]


def on_basis(routine: Routine, ranges: dict[str, range] | None = None) -> dict[Basis, dict[Basis, complex]]:
    """What becomes of each basis state: amplitudes by the values of the registers, in order of the signature.

    `ranges` limits the inputs of some registers. The inputs are remembered in qubits that nothing touches.
    """
    ranges = ranges or {}
    state = State.zero()
    places = {r.name: state.allocate(int(r.size)) for r in routine.registers}
    twins = {r.name: state.allocate(int(r.size)) for r in routine.registers}
    for r in routine.registers:
        inputs = ranges.get(r.name, range(1 << int(r.size)))
        keys, amplitudes = state.keys, state.amplitudes
        state.keys = np.repeat(keys, len(inputs))
        state.amplitudes = np.repeat(amplitudes, len(inputs))
        values = np.tile(np.array(inputs, dtype=np.uint64), len(keys))
        state.put(places[r.name], values)
        state.put(twins[r.name], values)
    run(routine, state, places)
    names = [r.name for r in routine.registers]
    before = zip(*(state.values(twins[n]).tolist() for n in names), strict=True)
    after = zip(*(state.values(places[n]).tolist() for n in names), strict=True)
    found: dict[Basis, dict[Basis, complex]] = {}
    for i, (start, end) in enumerate(zip(before, after, strict=True)):
        found.setdefault(start, {})[end] = complex(state.amplitudes[i])
    return found


def counts_as_its_rule(primitive: Primitive, adjoint: bool, *, cliffords: str = "exact") -> None:
    """Fold of the circuit = price of the primitive."""
    circuit, price = fold(expand(primitive, adjoint), price_of), price_of(primitive, adjoint)
    found, said = circuit.gates, price.gates
    assert (found.toffoli, found.t, found.rotations) == (said.toffoli, said.t, said.rotations)
    assert found.measurements == said.measurements
    assert (circuit.work, circuit.clean) == (price.work + price.borrowed, price.work)
    assert found.toffoli <= said.toffoli_depth
    if cliffords == "exact":
        assert found.clifford == said.clifford
    else:
        assert found.clifford <= said.clifford


def permutes(routine: Routine, meaning: Meaning, ranges: dict[str, range] | None = None) -> None:
    """Every basis state goes where `meaning` says, with amplitude 1."""
    for before, after in on_basis(routine, ranges).items():
        assert after.keys() == {meaning(before)}, before
        assert after[meaning(before)] == pytest.approx(1), before


def of_atoms(routine: Routine) -> bool:
    """Whether a routine calls atoms only."""
    return all(isinstance(c.op, Primitive) and is_atom(c.op) for c in calls(routine.body))
