r"""Σ_k a_k T_k(A/α) by quantum singular value transformation: d queries and d phases about the zero ancilla.

A sign qubit in |+> negates all phases, which takes the real part. A mixed polynomial runs its two parts under a parity
qubit: the first U where that is 1, and each phase by one of two angles.

Queries    d for a definite parity, and 2⌊d/2⌋ + 1 for a mixed one, the first of them controlled
Rotations  d; mixed 2(2⌊d/2⌋ + 1), and two for the parity qubit
α          the sum over the parts of max|p| on [−1, 1], a little more: where coefficients differ in sign that may be
           far below Σ|a_k|, which the Chebyshev sum has, and max|Σ a_k z^k|, which generalised QSP has
ε          of the phases (measured) and of A (`series.argument_error`)

Source: Gilyén et al., arXiv:1806.01838, theorem 56 and corollary 18.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from qgd_compiler.algorithms.composites.frame import composed_name
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.qsp.phases import PartPhases
from qgd_compiler.algorithms.qsp.series import Parity, agreed_parity, argument_error, largest_moment, steps_of
from qgd_compiler.algorithms.qsp.turns import share_of_parts, turn
from qgd_compiler.algorithms.qsp.walk import COMPONENT, check_controlled, check_uncontrolled, zero_flag
from qgd_compiler.kinds import Kind, weakest_kind
from qgd_compiler.program.builder import NOTHING, Builder, Handle
from qgd_compiler.program.ir import Routine
from qgd_compiler.program.primitives import Gate
from qgd_compiler.scalars import Scalar

NAME = "QSVT"
Pair = list[float | None]


def qsvt(
    encoding: Encoding,
    *,
    degree: int,
    phases: PartPhases | None = None,
    parity: Parity | None = None,
    controlled: Encoding | None = None,
    alpha: Scalar = 1,
    moment: Scalar | None = None,
) -> Encoding:
    """The encoding of Σ a_k T_k(A/α), real a_k, from one of a Hermitian A; registers `system`, `ancilla`, `gradient`.

    phases      of `qsvt_phases`; None: a count only, which takes no longer for a large degree
    parity      without phases (default: mixed)
    controlled  the same encoding with a control, for mixed parity
    alpha, moment   without phases: α, and Σ|a_k|k² (default: the most that α allows)
    ValueError for what does not fit together.
    """
    if phases is not None:
        if phases.degree != degree or parity not in (None, phases.parity):
            raise ValueError(f"phases for degree {phases.degree}, {phases.parity}, not {degree}, {parity}")
        alpha, moment, parity = phases.alpha, phases.moment, phases.parity
    agreed = agreed_parity(degree, parity, None)
    if moment is None:
        moment = largest_moment(2 * alpha**2, degree)
    argument = argument_error(moment, encoding.alpha, encoding.epsilon)
    with_control = check_controlled(encoding, controlled) if agreed is Parity.MIXED else None
    return _transformed(encoding, with_control, agreed, degree, phases, alpha, argument)


def qsvt_gram(
    factor: Encoding,
    *,
    degree: int,
    phases: PartPhases | None = None,
    alpha: Scalar = 1,
    moment: Scalar | None = None,
) -> Encoding:
    """The encoding of Σ a_k T_k(1 − 2J†J/α_J²) from one of J, of any shape; without phases as in `qsvt`.

    phases   of `qsvt_phases(in_factor(a))`
    moment   Σ|a_k|k², k <= degree
    """
    if phases is not None:
        if phases.degree != 2 * degree or phases.parity is not Parity.EVEN:
            raise ValueError(f"phases for degree {phases.degree}, {phases.parity}, not {2 * degree}, even")
        alpha, moment = phases.alpha, phases.moment / 4
    elif moment is None:
        moment = largest_moment(2 * alpha**2, degree)
    argument = argument_error(4 * moment, factor.alpha, factor.epsilon)
    return _transformed(factor, None, Parity.EVEN, 2 * degree, phases, alpha, argument)


def _transformed(
    encoding: Encoding,
    controlled: Encoding | None,
    parity: Parity,
    degree: int,
    phases: PartPhases | None,
    alpha: Scalar,
    argument: Scalar,
) -> Encoding:
    check_uncontrolled(encoding)
    mixed, own = parity is Parity.MIXED, 2 if parity is Parity.MIXED else 1
    name = composed_name(f"{NAME} of degree {degree}", [encoding.name])
    builder = Builder(name, COMPONENT)
    system = builder.register("system", encoding.system)
    ancilla = builder.register("ancilla", own + encoding.ancilla)
    gradient = builder.register("gradient", encoding.gradient)
    sign, odd = ancilla.part(0, 1), ancilla.part(1, 1) if mixed else NOTHING
    inner = ancilla.part(own, encoding.ancilla)
    query = (encoding.routine, system, inner, gradient)

    angles = _by_query(phases, mixed)
    share = share_of_parts(None if phases is None else [p.alpha for p in phases.parts])
    builder.call(Gate(kind="H"), sign)
    if mixed:
        builder.call(share, odd)
    if controlled is not None:
        builder.call(controlled.routine, odd, system, inner, gradient)
        _phase(builder, sign, odd, inner, angles(0))
    elif parity is Parity.ODD:
        builder.call(*query)
        _phase(builder, sign, odd, inner, angles(0))
    elif degree == 0:
        _phase(builder, sign, odd, inner, angles(0))
    starts_back = parity is not Parity.EVEN
    done = int(starts_back)
    if phases is None:
        pair = _pair(encoding, mixed, starts_back)
        builder.call(pair, sign, odd, system, inner, gradient, times=steps_of(degree))
    else:
        for j in range(2 * steps_of(degree)):
            builder.call(*query, adjoint=(j % 2 == 0) == starts_back)
            _phase(builder, sign, odd, inner, angles(done + j))
    if mixed:
        builder.call(share, odd, adjoint=True)
    builder.call(Gate(kind="H"), sign)
    return Encoding(
        name=name,
        access=encoding.access,
        routine=builder.routine(),
        alpha=alpha,
        epsilon=argument + (0 if phases is None else phases.error),
        kind=weakest_kind((Kind.BOUND, encoding.kind)),
        system=encoding.system,
        ancilla=ancilla.size,
        gradient=gradient.size,
        controlled=False,
        word_bits=encoding.word_bits,
    )


def _by_query(phases: PartPhases | None, mixed: bool) -> Callable[[int], Pair]:
    """The phases behind the n-th query: one, or that of the even and that of the odd part.

    The even part starts one query later; of degree 0, its phase stands behind the first.
    """
    if phases is None:
        return lambda n: [None, None] if mixed else [None]
    if not mixed:
        (only,) = (p.merged for p in phases.parts)
        return lambda n: [float(only[n])]
    assert phases.even is not None and phases.odd is not None
    even, odd = phases.even.merged, phases.odd.merged
    late = np.zeros(len(odd))
    late[len(odd) - len(even) :] = even
    return lambda n: [float(late[n]), float(odd[n])]


def _pair(encoding: Encoding, mixed: bool, starts_back: bool) -> Routine:
    """Two queries and their phases, to be counted."""
    builder = Builder("two queries and their phases", COMPONENT)
    sign, odd = builder.register("sign", 1), builder.register("odd", 1 if mixed else 0)
    system = builder.register("system", encoding.system)
    ancilla = builder.register("ancilla", encoding.ancilla)
    gradient = builder.register("gradient", encoding.gradient)
    for back in (starts_back, not starts_back):
        builder.call(encoding.routine, system, ancilla, gradient, adjoint=back)
        _phase(builder, sign, odd, ancilla, [None, None] if mixed else [None])
    return builder.routine()


def _phase(builder: Builder, sign: Handle, odd: Handle, ancilla: Handle, by: Pair) -> None:
    """e^{iφ(2Π−1)}, Π the zero state of the ancilla, φ negated where `sign` is 1."""
    with zero_flag(builder, ancilla) as at_zero:
        builder.call(Gate(kind="CNOT"), sign, at_zero)
        turn(builder, "Z", at_zero, odd, [None if phase is None else 2 * phase for phase in by])
        builder.call(Gate(kind="CNOT"), sign, at_zero)
