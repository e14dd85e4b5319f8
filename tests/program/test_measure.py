"""A measurement in the X basis against the amplitudes of the state after Hadamards."""

from __future__ import annotations

import numpy as np
import pytest

from qgd_compiler.costing.fold import fold
from qgd_compiler.costing.gates import Gates
from qgd_compiler.costing.prices import price_of
from qgd_compiler.errors import UnsupportedError
from qgd_compiler.program.builder import Builder
from qgd_compiler.program.primitives import MeasureX
from qgd_compiler.program.simulate import State, run


@pytest.mark.parametrize("outcome", range(4))
def test_a_measurement_projects_onto_the_outcome_in_the_x_basis(outcome: int) -> None:
    rng = np.random.default_rng(3)
    psi = rng.normal(size=(2, 4)) + 1j * rng.normal(
        size=(2, 4)
    )  # one qubit that stays, two that are measured
    hadamard = np.array([[1, 1], [1, -1]])
    projected = psi @ np.kron(hadamard, hadamard)[:, outcome]
    state = State.zero()
    kept, measured = state.allocate(1), state.allocate(2)
    state.keys, state.amplitudes = np.zeros(8, dtype=np.uint64), psi.ravel()
    state.put(kept, np.repeat(np.arange(2, dtype=np.uint64), 4))
    state.put(measured, np.tile(np.arange(4, dtype=np.uint64), 2))
    run(MeasureX(bits=2, outcome=outcome), state, {"x": measured})
    assert len(state.keys) == 2, "equal basis states are one"
    assert state.values(measured).tolist() == [0, 0]
    found = dict(zip(state.values(kept).tolist(), state.amplitudes.tolist(), strict=True))
    assert [found[0], found[1]] == pytest.approx(projected)


def test_a_measurement_costs_one_measurement_per_qubit_and_has_no_inverse() -> None:
    b = Builder("measure")
    b.call(MeasureX(bits=3), b.register("x", 3))
    assert fold(b.routine(), price_of).gates == Gates(measurements=3)
    with pytest.raises(UnsupportedError, match="inverse"):
        fold(b.routine(), price_of, adjoint=True)
    for op, adjoint in ((MeasureX(bits=3), False), (MeasureX(bits=3, outcome=0), True)):
        state = State.zero()
        with pytest.raises(UnsupportedError, match="outcome"):
            run(op, state, {"x": state.allocate(3)}, adjoint)
