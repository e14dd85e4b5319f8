"""A measurement that must give 0: what is left, what it costs, and that it has no inverse."""

from __future__ import annotations

import numpy as np
import pytest

from qgd_compiler.costing.fold import fold
from qgd_compiler.costing.gates import Gates
from qgd_compiler.costing.prices import price_of
from qgd_compiler.errors import UnsupportedError
from qgd_compiler.program.builder import Builder
from qgd_compiler.program.expand import expand_all
from qgd_compiler.program.primitives import Gate, Postselect
from qgd_compiler.program.simulate import State, run


def test_only_what_is_zero_is_kept_and_with_its_own_amplitude() -> None:
    psi = np.array([0.1, 0.2j, -0.3, 0.4, 0.5, -0.6j, 0.2, 0.1])
    state = State.zero()
    kept, measured = state.allocate(1), state.allocate(2)
    state.keys, state.amplitudes = np.zeros(8, dtype=np.uint64), psi
    state.put(kept, np.repeat(np.arange(2, dtype=np.uint64), 4))
    state.put(measured, np.tile(np.arange(4, dtype=np.uint64), 2))
    run(Postselect(bits=2), state, {"x": measured})
    assert state.values(kept).tolist() == [0, 1]
    assert state.values(measured).tolist() == [0, 0]
    assert state.amplitudes.tolist() == [0.1, 0.5]


def test_it_costs_one_measurement_per_qubit_and_has_no_inverse() -> None:
    builder = Builder("check")
    x = builder.register("x", 3)
    builder.call(Gate(kind="X", bits=3), x)
    builder.call(Postselect(bits=3), x)
    routine = builder.routine()
    assert fold(routine, price_of).gates == Gates(measurements=3, clifford=3)
    assert expand_all(routine) == routine, "it is an atom"
    with pytest.raises(UnsupportedError, match="inverse"):
        fold(routine, price_of, adjoint=True)
    with pytest.raises(UnsupportedError, match="forwards"):
        run(Postselect(bits=1), State.zero(), {"x": [0]}, adjoint=True)
