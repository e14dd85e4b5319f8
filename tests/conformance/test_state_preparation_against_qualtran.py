"""State preparations: our counts as Qualtran counts their decomposition, and never above its own bloqs'."""

from __future__ import annotations

import numpy as np
import pytest
from qualtran.bloqs.state_preparation import StatePreparationAliasSampling, StatePreparationViaRotations

from qgd_compiler.algorithms.access import Access, Qroam, Qrom
from qgd_compiler.algorithms.alias_sampling import alias_sampling, alias_tables
from qgd_compiler.algorithms.amplitude_tree import amplitude_tree
from qgd_compiler.algorithms.sparse_state import sparse_state
from qgd_compiler.algorithms.uniform import uniform_superposition
from qgd_compiler.bloqs import ProgramBloq, claimed, of_leaves, peak_qubits
from qgd_compiler.bloqs.counts import kinds
from qgd_compiler.costing.fold import fold
from qgd_compiler.costing.prices import price_of
from qgd_compiler.program.ir import Routine

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]
RNG = np.random.default_rng(9)
ACCESSES: tuple[Access, ...] = (Qrom(), Qroam())


def programs() -> dict[str, Routine]:
    """Preparations of every kind, with data and without."""
    found: dict[str, Routine] = {}
    for access in ACCESSES:
        for size in (3, 8, 21):
            vector = RNG.normal(size=size)
            places = RNG.permutation(64)[:size].tolist()
            name = f"{size}, {access.name}"
            found[f"tree {name}"] = amplitude_tree(size, 5, access)
            found[f"alias {name}"] = alias_sampling(size, 4, access)
            found[f"alias with data {name}"] = alias_sampling(
                size, 4, access, signs=True, tables=alias_tables(vector, 4, signs=True)
            )
            found[f"sparse {name}"] = sparse_state(64, size, 5, access)
            found[f"sparse with data {name}"] = sparse_state(64, size, 5, access, data=(places, vector))
    for size in (3, 12, 16, 29):
        found[f"uniform {size}"] = uniform_superposition(size)
    return found


PROGRAMS = programs()


@pytest.mark.parametrize("inverse", [False, True])
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_preparation_counts_as_its_decomposed_bloq(name: str, inverse: bool) -> None:
    routine = PROGRAMS[name]
    cost, bloq = fold(routine, price_of, adjoint=inverse), ProgramBloq(routine, inverse)
    ours, theirs = kinds(cost.gates), of_leaves(bloq)
    assert claimed(bloq) == theirs
    for kind in ("toffoli", "t", "rotations", "measurements"):
        assert getattr(ours, kind) == getattr(theirs, kind), kind
    assert ours.clifford == pytest.approx(theirs.clifford, rel=0.1, abs=10)
    walked = peak_qubits(bloq)
    assert walked <= sum(r.size for r in routine.registers) + cost.work <= 1.05 * walked


@pytest.mark.parametrize("size", [3, 5, 20, 100])
def test_alias_sampling_takes_no_more_toffolis_than_qualtran(size: int) -> None:
    weights = RNG.random(size)
    theirs = StatePreparationAliasSampling.from_probabilities(
        (weights / weights.sum()).tolist(), precision=2.0**-8 / size
    )
    assert theirs.mu == 8
    ours = fold(alias_sampling(size, 8, Qrom()), price_of).gates
    counted = claimed(theirs, any_angle=False)
    assert ours.toffoli + ours.rotations <= counted.toffoli + counted.t / 4 + counted.rotations


@pytest.mark.parametrize("size", [4, 16, 64])
def test_a_tree_takes_no_more_toffolis_than_qualtran(size: int) -> None:
    vector = RNG.normal(size=size)
    theirs = StatePreparationViaRotations(
        phase_bitsize=9, state_coefficients=tuple((vector / np.linalg.norm(vector)).tolist())
    )
    ours = fold(amplitude_tree(size, 9, Qrom()), price_of).gates
    counted = claimed(theirs, any_angle=False)
    assert ours.toffoli <= counted.toffoli + counted.t / 4
