"""Run a routine on all basis states of its registers at once."""

from __future__ import annotations

import numpy as np

from qgd_compiler.program.ir import Routine
from qgd_compiler.program.simulate import State, run

Basis = tuple[int, ...]


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
