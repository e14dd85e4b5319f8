r"""The randomised adiabatic solver (Jennings et al., arXiv:2305.11352): walks of random length along the path.

At each of some points of the path the walk of that point is repeated a random number of times. That averages away
the coherence between the kernel vector and the rest, which does as a measurement of the kernel would, and points
close to each other keep the kernel vector. The filter follows. Expected queries for κ and ε, repetitions included:

    835.4 κ + ⌈κ ln(2/(√(1+ε/4) − 1)) + 2⌉,

the first term for the walks, the second for the filter. Kind: bound. This is a transcription of the paper's closed
formula (version 3, eq. 175); at ε = 1e-10 it is 861 κ where the abstract says 837 κ, so it is the safer one.
The paper counts uses of an encoding of a Hermitian L. Our walk is that of the discrete solver, whose gap is the same
where L + L† >= 0; for other L it makes L Hermitian, and each step uses U_L and U_L†.
"""

from __future__ import annotations

from collections.abc import Sequence

from qgd_compiler.algorithms.adiabatic.filter import eigenstate_filter
from qgd_compiler.algorithms.adiabatic.queries import ACCRETIVE, ANY
from qgd_compiler.algorithms.adiabatic.solver import finish, prepare, solver_registers
from qgd_compiler.algorithms.adiabatic.walk import Task, Wires, walk_pair
from qgd_compiler.algorithms.queries import Queries
from qgd_compiler.kinds import Kind
from qgd_compiler.program.builder import Builder
from qgd_compiler.program.ir import Routine
from qgd_compiler.scalars import Scalar, ceil, log, sqrt

RANDOMISED = "randomised adiabatic"
WALKED = 835.4  # steps per κ, expected
SOURCE = "Jennings, Lostaglio, Pallister, Sornborger, Subaşı, arXiv:2305.11352v3, eq. 175 as transcribed"


def walk_steps(kappa: Scalar) -> Scalar:
    """Expected steps of the walks, all attempts together."""
    return ceil(WALKED * kappa)


def filter_steps(kappa: Scalar, epsilon: Scalar) -> Scalar:
    """Steps of the filters, ⌈κ ln(2/(√(1+ε/4)−1)) + 2⌉."""
    # √(1+x) − 1 = x/(√(1+x) + 1) keeps its digits for small x
    quarter = epsilon / 4
    return ceil(kappa * log(2 * (sqrt(1 + quarter) + 1) / quarter) + 2)


def randomised_queries(kappa: Scalar, epsilon: Scalar, *, dilated: bool = False) -> Queries:
    """Expected queries, repetitions included; one right-hand side per step and one to start from."""
    walked, filtered = walk_steps(kappa), filter_steps(kappa, epsilon)
    return Queries(
        encoding=(2 if dilated else 1) * walked + filtered,
        right_hand_side=walked + filtered + 1,
        success=1,
        kind=Kind.BOUND,
        source=SOURCE,
        valid_for=ANY if dilated else ACCRETIVE,
    )


def randomised_expected(task: Task, kappa: Scalar, epsilon: Scalar) -> Routine:
    """The expected work of the solver, repetitions included (a count): so many steps of walks and of filters."""
    builder = Builder(RANDOMISED, "solver")
    none, left, wires = solver_registers(builder, task)
    prepare(builder, task, wires)
    builder.call(walk_pair(task), *wires.all(), times=ceil(walk_steps(kappa) / 2))
    steps = 2 * ceil(filter_steps(kappa, epsilon) / 2)
    finish(builder, task, none, left, wires, eigenstate_filter(task, steps))
    return builder.routine()


def random_walk(task: Task, walks: Sequence[tuple[float, int]]) -> Routine:
    """|0> to one random run: at each point of `walks` (angle of the path, pairs of steps) the walk of that point.

    The lengths are drawn by the caller, from a distribution whose characteristic function is small beyond the gap.
    Registers: those of the walk; `dilation`, `path` and `ancilla` are 0 where the run has succeeded.
    """
    builder = Builder("random walks", "solver")
    wires = Wires.of(builder, task)
    prepare(builder, task, wires)
    for angle, pairs in walks:
        builder.call(walk_pair(task, (angle, angle)), *wires.all(), times=pairs)
    return builder.routine()
