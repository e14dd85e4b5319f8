"""The choice for a single compile where sweeps would make it by arrays: the same lines, paddings and splits."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import fields
from functools import lru_cache

import numpy as np

from qgd_compiler.algorithms.arrays.alike import Alike
from qgd_compiler.algorithms.arrays.leaves import Matrices
from qgd_compiler.algorithms.arrays.menu import Spot
from qgd_compiler.algorithms.choice import Known
from qgd_compiler.algorithms.plan import Candidate, Shares
from qgd_compiler.declared.choosing import Searched, Settled, searched, settled
from qgd_compiler.declared.models import bounds_of, model_of_study, why_not_arrays
from qgd_compiler.declared.points import Points, point_of, settings
from qgd_compiler.study import Study

MOST_REMEMBERED = 512  # rounded runs


def known_of(found: Study) -> Known | None:
    """The cheapest plan of a run and the cheapest proven one; None where a compile has to look for itself."""
    if why_not_arrays(found.loaded.spec):
        return None
    model = model_of_study(found)
    points = None if model is None else point_of(model, _matrix(*bounds_of(model)))
    if points is None:
        return None
    made = settled(points, _remembered)
    best = _spot(made.best)
    if best is None or made.alone[0]:
        return None
    return Known(best, None if made.proven is None else _spot(made.proven))


@lru_cache(maxsize=64)
def _matrix(*bounds: float) -> Matrices:
    """With what was counted for it before."""
    rows, sparsity, *others = (np.array([bound]) for bound in bounds)
    return Matrices(rows, sparsity, *others)  # type: ignore[arg-type]


_MEMORY: dict[Hashable, Searched] = {}


def _remembered(points: Points, alike: Alike) -> Searched:
    """`searched`, once for each rounded run."""
    run = tuple(repr(float(getattr(alike.runs, f.name)[0])) for f in fields(alike.runs))
    bounds = tuple(map(repr, bounds_of(points.model_of(0))))
    key = (settings(points.spec), tuple(points.model_of(0).offers), bounds, run)
    if key not in _MEMORY:
        if len(_MEMORY) >= MOST_REMEMBERED:
            del _MEMORY[next(iter(_MEMORY))]
        _MEMORY[key] = searched(points, alike)
    return _MEMORY[key]


def _spot(chosen: Settled) -> Spot | None:
    """The choice for the only run."""
    best = chosen.choice
    number = int(best.line[0])
    if number < 0 or not np.isfinite(best.value[0]):
        return None
    line = chosen.lines[number]
    candidate = Candidate(line.subject, line.solver.name, line.encoding, line.access)
    knob = 0 if line.of_polynomials else int(best.padding[0])
    shares = Shares(*(float(share) for share in best.shares[:, 0]))
    return Spot(candidate, knob, shares, float(best.value[0]), float(best.qubits[0]))
