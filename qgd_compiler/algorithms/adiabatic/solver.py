"""The discrete adiabatic solver as a program: prepare b, walk, check, filter.

Every register but `system` and `gradient` starts in |0>; the solution stands in `system` where all of them are 0
again. Checks on the way end a run that has failed, so a run cannot be run backwards: it is repeated, not amplified.
"""

from __future__ import annotations

from qgd_compiler.algorithms.adiabatic.filter import eigenstate_filter
from qgd_compiler.algorithms.adiabatic.queries import DISCRETE, FIT, Constant, Run, Split, expected_steps
from qgd_compiler.algorithms.adiabatic.schedule import FilterAngles, filter_angles, walk_angles, window
from qgd_compiler.algorithms.adiabatic.walk import Task, Wires, walk_pair
from qgd_compiler.program.builder import Builder, Handle
from qgd_compiler.program.ir import Routine
from qgd_compiler.program.primitives import Gate, Postselect
from qgd_compiler.scalars import Scalar, ceil


def discrete_solver(task: Task, run: Run, kappa: float | None = None) -> Routine:
    """One run of `run.walk` steps of the walk and `run.filter` of the filter.

    kappa  with it all angles are known and the routine can be simulated; without it is a count
    """
    builder = Builder(DISCRETE, "solver")
    none, left, wires = solver_registers(builder, task)
    prepare(builder, task, wires)
    angles: FilterAngles | None = None
    if kappa is None:
        builder.call(walk_pair(task), *wires.all(), times=run.walk // 2)
    else:
        path = walk_angles(kappa, int(run.walk))
        for n in range(0, len(path), 2):
            builder.call(walk_pair(task, (path[n], path[n + 1])), *wires.all())
        angles = filter_angles(window(kappa, int(run.filter)))
    finish(builder, task, none, left, wires, eigenstate_filter(task, run.filter, angles))
    return builder.routine()


def discrete_expected(
    task: Task, kappa: Scalar, epsilon: Scalar, constant: Constant = FIT, *, split: Split | None = None
) -> Routine:
    """The expected work of the solver, repetitions included (a count): what `discrete_queries` says."""
    builder = Builder(DISCRETE, "solver")
    none, left, wires = solver_registers(builder, task)
    prepare(builder, task, wires)
    walked, filtered = expected_steps(kappa, epsilon, constant, dilated=task.dilated, split=split)
    builder.call(walk_pair(task), *wires.all(), times=ceil(walked / 2))
    finish(builder, task, none, left, wires, eigenstate_filter(task, 2 * ceil(filtered / 2)))
    return builder.routine()


def solver_registers(builder: Builder, task: Task) -> tuple[Handle, Handle, Wires]:
    """Registers `none`, `left`, then those of the walk."""
    return builder.register("none", 1), builder.register("left", 1), Wires.of(builder, task)


def prepare(builder: Builder, task: Task, wires: Wires) -> None:
    """|0> to |b>, the start of the path."""
    own = task.right_hand_side.register("gradient").size
    builder.call(task.right_hand_side, wires.system, wires.gradient.part(0, own))


def finish(builder: Builder, task: Task, none: Handle, left: Handle, wires: Wires, made: Routine) -> None:
    """What follows the walk: end the run unless it is at the end of the path, and filter."""
    if task.dilated:
        builder.call(Gate(kind="X"), wires.dilation)  # the solution stands where it is 1
    flags = wires.dilation + wires.path + wires.ancilla
    builder.call(Postselect(bits=flags.size), flags)
    builder.call(made, none, left, wires.path, wires.system, wires.ancilla, wires.gradient)
    builder.call(Postselect(bits=wires.ancilla.size), wires.ancilla)
