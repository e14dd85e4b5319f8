r"""The adiabatic walk: a qubitised step of the path from b to the solution, two steps at a time.

M(f) = Q A(f), Q the projector off b, has one kernel vector: b at f = 0, A⁻¹b at f = 1. The walk of Costa et al.
(arXiv:2111.08152) is that of H = |0><1|⊗M† + |1><0|⊗M, whose first qubit flips at every step. From a state where it
is 0 only every other half of each step does anything, and Q, encoded there by a qubit of its own, undoes itself
between two steps except for one reflection. What is left of two steps is

    U(f_n),   1 − 2 |0><0|⊗Q,   U(f_{n+1})†,   1 − 2 |0><0|⊗1,

without those two qubits: the same walk, so its spectrum and its bounds are the same. The kernel vector is kept; a
singular value σ of M has eigenphases ±2 arccos σ, up to a global sign.

U(f) encodes A(f)/√(2((1−f)² + f²)): the rotation R_y with R|0> ∝ (1−f)|0> + f|1>, the encoding of A where that qubit
is 1, a Hadamard. Where A + A† >= 0 one controlled U_A serves (A(f) = (1−f) + fA; ‖A(f)v‖² >= (1−f)² + f²‖Av‖², the
gap of the general case). Else a qubit `dilation` makes A Hermitian, |0><1|⊗A + |1><0|⊗A†: a controlled U_A and a
controlled U_A† at each step, on different states of that qubit.

Per two steps: one preparation of b and one inverse.
"""

from __future__ import annotations

from dataclasses import dataclass

from qgd_compiler.algorithms.amplification import sign_on_zero
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.program.builder import NOTHING, Builder, Handle
from qgd_compiler.program.ir import Routine
from qgd_compiler.program.primitives import And, Conjunction, Gate, Rotation, junk_of_conjunction
from qgd_compiler.scalars import Scalar, maximum


@dataclass(frozen=True)
class Task:
    """What is solved: a controlled encoding of L and a preparation of b (registers `system`, `gradient`).

    dilated  L + L† has negative eigenvalues, or may have: make it Hermitian first
    """

    system: Encoding
    right_hand_side: Routine
    dilated: bool = False

    def __post_init__(self) -> None:
        if not self.system.controlled:
            raise ValueError("the adiabatic walk needs an encoding with an idle control")

    @property
    def gradient(self) -> Scalar:
        """Qubits of the phase gradient that both share."""
        return maximum(self.system.gradient, self.right_hand_side.register("gradient").size)


@dataclass(frozen=True)
class Wires:
    """The registers that every part of the solver works on."""

    dilation: Handle
    path: Handle
    system: Handle
    ancilla: Handle
    gradient: Handle

    @classmethod
    def of(cls, builder: Builder, task: Task) -> Wires:
        """Registers of a routine that is called on all of them; `dilation` only where there is one."""
        return cls(
            dilation=builder.register("dilation", 1) if task.dilated else NOTHING,
            path=builder.register("path", 1),
            system=builder.register("system", task.system.system),
            ancilla=builder.register("ancilla", task.system.ancilla),
            gradient=builder.register("gradient", task.gradient),
        )

    def all(self) -> tuple[Handle, ...]:
        """In the order of the signature."""
        first = () if self.dilation is NOTHING else (self.dilation,)
        return (*first, self.path, self.system, self.ancilla, self.gradient)


def interpolated(task: Task, angle: Scalar = None) -> Routine:
    """The encoding of A(f)/√(2((1−f)²+f²)); `angle` None: a count only."""
    builder = Builder("system on the path", "solver")
    wires = Wires.of(builder, task)
    own = wires.gradient.part(0, task.system.gradient)
    builder.call(Rotation(axis="Y", angle=angle), wires.path)
    if task.dilated:
        # Z of the dilation where the path qubit is 0
        builder.call(Gate(kind="Z"), wires.dilation)
        builder.call(Gate(kind="CZ"), wires.path, wires.dilation)
        for value, adjoint in ((1, False), (0, True)):
            on = builder.allocate("this side on", 1)
            side = And(values=(1, value))
            builder.call(side, wires.path, wires.dilation, on)
            builder.call(task.system.routine, on, wires.system, wires.ancilla, own, adjoint=adjoint)
            builder.call(side, wires.path, wires.dilation, on, adjoint=True)
            builder.release(on)
        builder.call(Gate(kind="CNOT"), wires.path, wires.dilation)
    else:
        builder.call(task.system.routine, wires.path, wires.system, wires.ancilla, own)
    builder.call(Gate(kind="H"), wires.path)
    return builder.routine()


def walk_pair(task: Task, angles: tuple[Scalar, Scalar] | None = None) -> Routine:
    """Two steps of the walk, at two points of the path; without angles a count."""
    first, second = angles if angles is not None else (None, None)
    builder = Builder("two steps of the walk", "solver")
    wires = Wires.of(builder, task)
    zero = wires.path + wires.ancilla
    builder.call(interpolated(task, first), *wires.all())
    sign_off_right_hand_side(builder, task, wires, zero)
    builder.call(interpolated(task, second), *wires.all(), adjoint=True)
    sign_on_zero(builder, zero)
    return builder.routine()


def sign_off_right_hand_side(builder: Builder, task: Task, wires: Wires, zero: Handle) -> None:
    """A sign where `zero` is 0 and `dilation` and `system` are not in |0>|b>."""
    own = wires.gradient.part(0, task.right_hand_side.register("gradient").size)
    place = wires.dilation + wires.system
    at_b, at_zero = Conjunction(bits=place.size), Conjunction(bits=zero.size)
    flags = [builder.allocate(name, 1) for name in ("at b", "at zero")]
    junk_b = builder.allocate("partial", junk_of_conjunction(place.size))
    junk_zero = builder.allocate("partial", junk_of_conjunction(zero.size))
    builder.call(task.right_hand_side, wires.system, own, adjoint=True)
    builder.call(at_b, place, junk_b, flags[0])
    builder.call(at_zero, zero, junk_zero, flags[1])
    builder.call(Gate(kind="Z"), flags[1])
    builder.call(Gate(kind="CZ"), flags[0], flags[1])
    builder.call(at_zero, zero, junk_zero, flags[1], adjoint=True)
    builder.call(at_b, place, junk_b, flags[0], adjoint=True)
    builder.call(task.right_hand_side, wires.system, own)
    builder.release(junk_zero, junk_b, *flags)
