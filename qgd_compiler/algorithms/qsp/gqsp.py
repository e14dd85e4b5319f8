r"""Σ_k a_k T_k(A/α) by generalised quantum signal processing on pairs of queries.

The signal qubit takes the place of the flag (`walk.py`): where it is 1 a pair of queries is run, so that it multiplies
by the walk R U†R U, whose powers have the blocks T_{2i}; U and U† need no control, nor to be their own inverse.
Between the pairs the signal is rotated. An odd polynomial starts with one U more. A mixed one runs its two parts under
a parity qubit: the first U where that is 1, and each rotation by one of two angles.

Queries    d for a definite parity, and 2⌊d/2⌋ + 1 for a mixed one, the first of them controlled
Rotations  ⌊d/2⌋ + 1 for coefficients that are real (or all imaginary) in each part; 2⌊d/2⌋ + 2 for others, where the
           general theorem takes three each: the first about Z is a phase, the last one too, and the middle ones commute
           with the walk. Mixed: twice as many, and two for the parity qubit
α          the sum over the parts of max |Σ a_k z^k| on the circle, a little more (`angles.py`)
ε          of the angles (measured) and of A (`series.argument_error`)

Source: Motlagh, Wiebe, arXiv:2308.01501; the walk on pairs is ours.
"""

from __future__ import annotations

from qgd_compiler.algorithms.composites.frame import composed_name
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.qsp.angles import Angles, Sequence
from qgd_compiler.algorithms.qsp.series import Parity, agreed_parity, argument_error, largest_moment, steps_of
from qgd_compiler.algorithms.qsp.turns import share_of_parts, turn
from qgd_compiler.algorithms.qsp.walk import (
    COMPONENT,
    check_controlled,
    check_uncontrolled,
    even_pair,
    odd_pair,
    without_qubits,
)
from qgd_compiler.kinds import Kind, weakest_kind
from qgd_compiler.program.builder import NOTHING, Builder, Handle
from qgd_compiler.program.ir import Routine
from qgd_compiler.program.primitives import Gate
from qgd_compiler.scalars import Scalar

NAME = "GQSP"


def gqsp(
    encoding: Encoding,
    *,
    degree: int,
    angles: Angles | None = None,
    parity: Parity | None = None,
    controlled: Encoding | None = None,
    alpha: Scalar = 1,
    moment: Scalar | None = None,
    real: bool = True,
) -> Encoding:
    """The encoding of Σ a_k T_k(A/α) from one of a Hermitian A; registers `system`, `ancilla`, `gradient`.

    angles      of `gqsp_angles`; None: a count only, which takes no longer for a large degree
    parity      without angles (default: mixed)
    controlled  the same encoding with a control, for mixed parity
    alpha, moment, real   without angles: α, Σ|a_k|k² (default: the most that α allows), and whether one axis is enough
    ValueError for what does not fit together.
    """
    if angles is not None:
        if angles.degree != degree or parity not in (None, angles.parity):
            raise ValueError(f"angles for degree {angles.degree}, {angles.parity}, not {degree}, {parity}")
        alpha, moment, real, parity = angles.alpha, angles.moment, angles.real, angles.parity
    agreed = agreed_parity(degree, parity, None)
    if moment is None:
        moment = largest_moment(alpha**2, degree)
    return _processed(
        encoding,
        check_controlled(encoding, controlled) if agreed is Parity.MIXED else None,
        agreed,
        degree,
        angles,
        alpha,
        argument_error(moment, encoding.alpha, encoding.epsilon),
        real,
    )


def gqsp_gram(
    factor: Encoding,
    *,
    degree: int,
    angles: Angles | None = None,
    alpha: Scalar = 1,
    moment: Scalar | None = None,
    real: bool = True,
) -> Encoding:
    """The encoding of Σ a_k T_k(1 − 2J†J/α_J²) from one of J, of any shape; without angles as in `gqsp`.

    angles   of `gram_angles`
    moment   Σ|a_k|k², k <= degree
    """
    if angles is not None:
        if angles.degree != 2 * degree or angles.parity is not Parity.EVEN:
            raise ValueError(f"angles for degree {angles.degree}, {angles.parity}, not {2 * degree}, even")
        alpha, real = angles.alpha, angles.real
        of_the_factor: Scalar = angles.moment
    else:
        of_the_factor = 4 * (largest_moment(alpha**2, degree) if moment is None else moment)
    return _processed(
        factor,
        None,
        Parity.EVEN,
        2 * degree,
        angles,
        alpha,
        argument_error(of_the_factor, factor.alpha, factor.epsilon),
        real,
    )


def _processed(
    encoding: Encoding,
    controlled: Encoding | None,
    parity: Parity,
    degree: int,
    angles: Angles | None,
    alpha: Scalar,
    argument: Scalar,
    real: bool,
) -> Encoding:
    check_uncontrolled(encoding)
    steps = steps_of(degree)
    mixed = parity is Parity.MIXED
    name = composed_name(f"{NAME} of degree {degree}", [encoding.name])
    builder = Builder(name, COMPONENT)
    system = builder.register("system", encoding.system)
    own = 2 if mixed else 1
    ancilla = builder.register("ancilla", own + encoding.ancilla)
    gradient = builder.register("gradient", encoding.gradient)
    signal = ancilla.part(0, 1)
    odd = ancilla.part(1, 1) if mixed else NOTHING
    inner = ancilla.part(own, encoding.ancilla)
    wires = (signal, system, inner, gradient)
    even = parity is Parity.EVEN

    share = share_of_parts(None if angles is None else [s.alpha for s in angles.parts])
    if mixed:
        builder.call(share, odd)
    _phase(builder, signal, odd, angles)
    if controlled is not None:
        builder.call(controlled.routine, odd, system, inner, gradient)
    elif not even:
        builder.call(encoding.routine, system, inner, gradient)
    _rotate(builder, signal, odd, angles, 0, real, last=steps == 0)
    pair = even_pair(encoding) if even else odd_pair(encoding)
    if angles is None:
        builder.call(_step(pair, encoding, mixed, real), odd, *wires, times=max(steps - 1, 0))
    else:
        for j in range(1, steps):
            builder.call(pair, *wires)
            _rotate(builder, signal, odd, angles, j, real)
    if steps:
        builder.call(even_pair(encoding, last=True) if even else pair, *wires)
        if even and not without_qubits(inner):
            builder.call(Gate(kind="Z"), signal)  # the sign of the reflection that is left out
        _rotate(builder, signal, odd, angles, steps, real, last=True)
    if mixed:
        builder.call(share, odd, adjoint=True)
    return Encoding(
        name=name,
        access=encoding.access,
        routine=builder.routine(),
        alpha=alpha,
        epsilon=argument + (0 if angles is None else angles.error),
        kind=weakest_kind((Kind.BOUND, encoding.kind)),
        system=encoding.system,
        ancilla=ancilla.size,
        gradient=gradient.size,
        controlled=False,
        word_bits=encoding.word_bits,
    )


def _step(pair: Routine, encoding: Encoding, mixed: bool, real: bool) -> Routine:
    """A pair of queries and the rotations behind it, to be counted."""
    builder = Builder("two queries and their rotations", COMPONENT)
    odd = builder.register("odd", 1 if mixed else 0)
    signal = builder.register("signal", 1)
    system = builder.register("system", encoding.system)
    ancilla = builder.register("ancilla", encoding.ancilla)
    gradient = builder.register("gradient", encoding.gradient)
    builder.call(pair, signal, system, ancilla, gradient)
    _rotate(builder, signal, odd, None, 1, real)
    return builder.routine()


def _phase(builder: Builder, signal: Handle, odd: Handle, angles: Angles | None) -> None:
    """The phases i^n of the parts, by Cliffords: on the signal in |0>, and on the parity qubit where it is 1."""
    if angles is None:
        return
    turns = [s.quarter_turns for s in angles.parts]
    flip, quarter = Gate(kind="X"), Gate(kind="S")
    if turns[0]:
        builder.call(flip, signal)
        builder.call(quarter, signal, times=turns[0])
        builder.call(flip, signal)
    if len(turns) == 2 and turns[0] != turns[1]:
        builder.call(quarter, odd, adjoint=turns[1] < turns[0], times=abs(turns[1] - turns[0]))


def _rotate(
    builder: Builder,
    signal: Handle,
    odd: Handle,
    angles: Angles | None,
    j: int,
    real: bool,
    *,
    last: bool = False,
) -> None:
    """The j-th rotation of each part: about Y, and if it has two axes about Z; the last one about Z comes first."""
    parts: tuple[Sequence | None, ...] = (None, None) if odd.size else (None,)
    if angles is not None:
        parts = angles.parts
    if not real and j == 0:
        turn(builder, "Z", signal, odd, [None if s is None else _first_phase(s) for s in parts])
    turn(builder, "Y", signal, odd, [None if s is None else 2 * float(s.rotations.turns[j]) for s in parts])
    if not real and not last:
        turn(builder, "Z", signal, odd, [None if s is None else _about_z(s, j) for s in parts])


def _first_phase(sequence: Sequence) -> float:
    """R_z on |0> for the phase of the sequence, with what the last R_z would do to the amplitude of |0>."""
    return -2 * sequence.rotations.phase + _about_z(sequence, -1)


def _about_z(sequence: Sequence, j: int) -> float:
    phases = sequence.rotations.phases
    return 0.0 if phases is None else float(phases[j])
