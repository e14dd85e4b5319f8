r"""The eigenstate filter: a linear combination of walks that keeps the kernel of M = QA and shrinks the rest.

With W the walk of one step (R after U, H as in `walk.py`), Σ_m w_m W^{ℓ−2m} is T_ℓ(β cos φ)/T_ℓ(β) on a singular
value σ = sin φ, and 1 on the kernel. W^{ℓ−2m} is m steps back and ℓ−m forward: ℓ times U with a reflection between
each two, except between the m-th and the next, where the two cancel. So the choice of m is only which of the ℓ−1
reflections is left out (none for m = 0 and m = ℓ), and U needs no control. The signs: the reflection off b is
1 − 2|0><0|⊗Q, the other 2|0><0| − 1, and for every m the kernel comes out with the same sign.

Two qubits make the choice: `none` is 1 as long as nothing was left out; `left` is drawn at each place (R_y where `none`
is 1), suppresses the reflection, is XORed into `none`, and is undrawn (where `none` is 0). It must then be 0: a
failure ends the run there. At the end `none` is undrawn. Source: Costa et al., arXiv:2111.08152, whose filter draws
powers in unary; the angles are closed forms of the Dolph–Chebyshev weights.

Per two steps: one preparation of b and one inverse, eight rotations (four controlled ones).
"""

from __future__ import annotations

from qgd_compiler.algorithms.adiabatic.schedule import FilterAngles
from qgd_compiler.algorithms.adiabatic.walk import Task, Wires, sign_off_right_hand_side
from qgd_compiler.algorithms.amplification import sign_on_zero
from qgd_compiler.program.builder import NOTHING, Builder, Handle
from qgd_compiler.program.ir import Routine
from qgd_compiler.program.primitives import Gate, Postselect, Rotation
from qgd_compiler.scalars import Scalar

Angles = tuple[Scalar, Scalar]  # draw, undraw


def eigenstate_filter(task: Task, steps: Scalar, angles: FilterAngles | None = None) -> Routine:
    """ℓ = `steps` (even) steps of the filter on a state with ancilla 0; without angles a count.

    Registers: `path`, `none`, `left`, all 0 before and after, then those of the system.
    """
    builder = Builder("eigenstate filter", "solver")
    none, left, wires = _registers(builder, task)
    everything = (none, left, *wires.all())
    builder.call(Gate(kind="X"), wires.path)  # the end of the path: the encoding is on
    builder.call(Gate(kind="X"), none)
    if angles is None:
        builder.call(_pair(task), *everything, times=steps // 2 - 1)
        builder.call(_end(task), *everything)
    else:
        places = list(zip(angles.draw, angles.undraw, strict=True))
        if len(places) != steps - 1:
            raise ValueError(f"a filter of {steps} steps draws {steps - 1} places, got {len(places)}")
        for k in range(0, steps - 2, 2):
            builder.call(_pair(task, places[k], places[k + 1]), *everything)
        builder.call(_end(task, places[-1]), *everything)
    last = None if angles is None else angles.last
    builder.call(Rotation(axis="Y", angle=last), none, adjoint=True)
    builder.call(Postselect(bits=1), none)
    builder.call(Gate(kind="X"), wires.path)
    return builder.routine()


def _registers(builder: Builder, task: Task) -> tuple[Handle, Handle, Wires]:
    none, left = builder.register("none", 1), builder.register("left", 1)
    wires = Wires(
        dilation=NOTHING,  # at the end of the path each side of the dilation keeps to itself
        path=builder.register("path", 1),
        system=builder.register("system", task.system.system),
        ancilla=builder.register("ancilla", task.system.ancilla),
        gradient=builder.register("gradient", task.gradient),
    )
    return none, left, wires


def _pair(task: Task, first: Angles | None = None, second: Angles | None = None) -> Routine:
    """U, the reflection off b, U†, the reflection about zero, each reflection with its draw."""
    builder = Builder("two steps of the filter", "solver")
    none, left, wires = _registers(builder, task)
    _there_and_back(builder, task, none, left, wires, first)
    draw, undraw = second if second is not None else (None, None)
    _drawn(builder, none, left, draw)
    sign_on_zero(builder, left + wires.ancilla)
    builder.call(Gate(kind="Z"), left)
    _undrawn(builder, none, left, undraw)
    return builder.routine()


def _end(task: Task, angles: Angles | None = None) -> Routine:
    """The last two steps, without the reflection behind them."""
    builder = Builder("last two steps of the filter", "solver")
    none, left, wires = _registers(builder, task)
    _there_and_back(builder, task, none, left, wires, angles)
    return builder.routine()


def _there_and_back(
    builder: Builder, task: Task, none: Handle, left: Handle, wires: Wires, angles: Angles | None
) -> None:
    draw, undraw = angles if angles is not None else (None, None)
    own = wires.gradient.part(0, task.system.gradient)
    query = (wires.path, wires.system, wires.ancilla, own)
    builder.call(task.system.routine, *query)
    _drawn(builder, none, left, draw)
    sign_off_right_hand_side(builder, task, wires, left + wires.ancilla)
    _undrawn(builder, none, left, undraw)
    builder.call(task.system.routine, *query, adjoint=True)


def _drawn(builder: Builder, none: Handle, left: Handle, angle: Scalar) -> None:
    builder.call(Rotation(axis="Y", angle=angle, controlled=True), none, left)


def _undrawn(builder: Builder, none: Handle, left: Handle, angle: Scalar) -> None:
    builder.call(Gate(kind="CNOT"), left, none)
    builder.call(Gate(kind="X"), none)
    builder.call(Rotation(axis="Y", angle=angle, controlled=True), none, left, adjoint=True)
    builder.call(Gate(kind="X"), none)
    builder.call(Postselect(bits=1), left)
