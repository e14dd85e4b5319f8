"""The adiabatic solvers as bloqs: what Qualtran counts in them is what we count."""

from __future__ import annotations

from dataclasses import replace

import pytest

pytest.importorskip("qualtran")
pytestmark = pytest.mark.qualtran

from qgd_compiler.algorithms.adiabatic.queries import Run  # noqa: E402
from qgd_compiler.algorithms.adiabatic.solver import discrete_solver  # noqa: E402
from qgd_compiler.algorithms.adiabatic.walk import Task  # noqa: E402
from qgd_compiler.bloqs.counts import claimed, kinds  # noqa: E402
from qgd_compiler.bloqs.program import ProgramBloq  # noqa: E402
from qgd_compiler.costing.fold import fold  # noqa: E402
from qgd_compiler.costing.prices import price_of  # noqa: E402
from tests.algorithms.test_discrete_adiabatic import case  # noqa: E402


@pytest.mark.parametrize("dilated", [False, True])
def test_qualtran_counts_a_run_of_the_discrete_adiabatic_solver_as_we_do(dilated: bool) -> None:
    this = case("chain")
    solver = discrete_solver(Task(this.encoding, this.right_hand_side, dilated), Run(40, 26, 0.9))
    found, ours = claimed(ProgramBloq(solver)), kinds(fold(solver, price_of).gates)
    assert replace(found, clifford=0) == replace(ours, clifford=0)
    # our Cliffords are a bound: one less in every preparation of this right-hand side, of which there are 67
    assert found.clifford == ours.clifford - 67
