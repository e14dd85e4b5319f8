r"""The kernel-reflection linear-system solver (Dalzell, arXiv:2406.12086), norm known and norm unknown.

Let A = L/α, x = A⁻¹b̂ with ‖b̂‖ = 1, κ = α‖L⁻¹‖, and t = ‖x‖. On one more qubit, A_t acts as A where it is 0 and
as 1/t where it is 1, and b' = |+>|b̂>. Then G = (1 − |b'><b'|) A_t has the kernel vector x_t ∝ |0>x + t|1>b̂, and
all its other singular values lie in [1/κ, 1]. An even polynomial that is 1 at 0 and near −1 on [1/κ, 1] reflects
about x_t, and the reflection of |1>b̂ is |0>x/‖x‖ exactly. (We let the extra direction be |1>b̂ rather than a
separate state: then b' is a product and its preparation needs no control.)

Filter f(σ) = (T_l(z)+1)/(T_l(z0)+1), z = (1+Δ²−2σ²)/(1−Δ²), Δ = 1/κ, z0 = z(0): f(0) = 1 and 0 <= f <= η on the
rest, η = 2/(T_l(z0)+1). K = 2f − 1 has degree 2l.

Error. On e = |1>b̂ = (x_t + y)/√2 we get √2 x_t − e + √2 E y with 0 <= E <= η on the complement of x_t. With
c = <y|E|y>, the part of E y orthogonal to y has square at most c(η−c). Where the extra qubit is 0 the output is
(1−c) x̂ plus something orthogonal of norm at most √2·√(c(η−c)); the angle to x̂ has tan <= η/√(2(1−η)) (maximal at
c = η/(2−η)). So η = ε(√(2+ε²) − ε) gives a normalised output within ε (2-norm), with probability at least (1−η)².
To first order this is degree κ ln(2√2/ε), the paper's count.

Queries. Each pair of queries shares one phase about b' (prepare undone, phase, prepare) and one about the zero
ancilla: one use of the right-hand side per query, where a product block-encoding of G pays two.
"""

from __future__ import annotations

from collections.abc import Sequence

from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.queries import Queries
from qgd_compiler.kinds import Kind
from qgd_compiler.program.builder import Builder, Handle
from qgd_compiler.program.ir import Routine
from qgd_compiler.program.primitives import And, Conjunction, Gate, Rotation, junk_of_conjunction
from qgd_compiler.scalars import Scalar, acosh, atanh, ceil, ceil_div, log, maximum, sqrt

NORM_KNOWN = "kernel reflection, norm known"
NORM_UNKNOWN = "kernel reflection, norm unknown"

_ETA = "epsilon*(sqrt(2 + epsilon**2) - epsilon)"
_DEGREE = f"2*Max(ceil(acosh(2/({_ETA}) - 1)/log((kappa + 1)/(kappa - 1))), 1)"
KNOWN_FORMULAS = (
    ("encoding", _DEGREE),
    ("right_hand_side", f"{_DEGREE} + 1"),
    ("success", f"(1 - {_ETA})**2*(2*spread/(1 + spread**2))**2"),
)
_EQ_48 = "ceil(56*kappa + 1.05*kappa*log(sqrt(1 - epsilon**2)/epsilon) + 2.78*log(kappa)**3 + 3.17)"
UNKNOWN_FORMULAS = (("encoding", _EQ_48), ("right_hand_side", f"2*{_EQ_48}"), ("success", "1"))


def filter_height(epsilon: Scalar) -> Scalar:
    """η for output error ε: η = ε(√(2+ε²) − ε). Kind: bound (derived above)."""
    return epsilon * (sqrt(2 + epsilon * epsilon) - epsilon)


def filter_degree(kappa: Scalar, epsilon: Scalar) -> Scalar:
    """Half the degree, l = ⌈acosh(2/η − 1)/acosh(z0)⌉, z0 = (κ²+1)/(κ²−1), for output error ε."""
    eta = filter_height(epsilon)
    # acosh((1+d²)/(1−d²)) = 2 artanh(d), d = 1/κ, which keeps its digits for large κ.
    step = 2 * atanh(1 / kappa)
    return maximum(ceil(acosh(2 / eta - 1) / step), 1)


def norm_known_queries(kappa: Scalar, epsilon: Scalar, spread: Scalar = 1) -> Queries:
    """Queries when ‖x‖ is known: degree 2l, plus one right-hand side to start from.

    If the norm is off by a factor τ the success probability is multiplied by (2τ/(1+τ²))²; the output is unchanged.
    spread   √(largest/smallest norm) where it is only known to lie between two: τ of their geometric mean, at most
    """
    half = filter_degree(kappa, epsilon)
    return Queries(
        encoding=2 * half,
        right_hand_side=2 * half + 1,
        success=(1 - filter_height(epsilon)) ** 2 * norm_mismatch_success(spread),
        kind=Kind.BOUND,
        source="Dalzell, arXiv:2406.12086; degree and error derived in algorithms/kernel_reflection.py",
        formulas=KNOWN_FORMULAS,
        inputs=(("kappa", kappa), ("epsilon", epsilon), ("spread", spread)),
    )


def norm_mismatch_success(factor: Scalar) -> Scalar:
    """Success probability factor when the norm is off by `factor`: (2τ/(1+τ²))² (exact)."""
    return (2 * factor / (1 + factor * factor)) ** 2


def norm_unknown_queries(kappa: Scalar, epsilon: Scalar) -> Queries:
    """Expected queries when nothing is known of ‖x‖, including all repetitions.

    56 κ + 1.05 κ ln(√(1−ε²)/ε) + 2.78 ln³κ + 3.17, two right-hand sides each. Kind: bound.
    Source: Dalzell, arXiv:2406.12086, eq. 48.
    """
    ln_kappa = log(kappa)
    queries = ceil(
        56 * kappa + 1.05 * kappa * log(sqrt(1 - epsilon * epsilon) / epsilon) + 2.78 * ln_kappa**3 + 3.17
    )
    return Queries(
        encoding=queries,
        right_hand_side=2 * queries,
        success=1,
        kind=Kind.BOUND,
        source="Dalzell, arXiv:2406.12086, eq. 48",
        formulas=UNKNOWN_FORMULAS,
        inputs=(("kappa", kappa), ("epsilon", epsilon)),
    )


def augmented(system: Encoding, angle: Scalar = None) -> Routine:
    r"""The block-encoding of A_t: A where `extra` is 0, and cos(angle/2) where it is 1.

    Registers: `extra`, `system`, `ancilla` (one more than the encoding of A, first), `gradient`.
    `angle` = 2 arccos(1/t); None: a count only. Exact.
    """
    if not system.controlled:
        raise ValueError("the augmented system needs an encoding with an idle control")
    builder = Builder("augmented system", "history")
    extra = builder.register("extra", 1)
    data = builder.register("system", system.system)
    ancilla = builder.register("ancilla", system.ancilla + 1)
    gradient = builder.register("gradient", system.gradient)
    builder.call(Gate(kind="X"), extra)
    builder.call(system.routine, extra, data, ancilla.part(1, system.ancilla), gradient)
    builder.call(Gate(kind="X"), extra)
    builder.call(Rotation(axis="Y", angle=angle, controlled=True), extra, ancilla.part(0, 1))
    return builder.routine()


def reflection_pair(
    system: Encoding,
    right_hand_side: Routine,
    angle: Scalar = None,
    phases: tuple[Scalar, Scalar] | None = None,
) -> Routine:
    """Two queries: A_t, a phase about b' in the zero ancilla, A_t†, a phase about the zero ancilla.

    Registers: `sign`, `extra`, `system`, `ancilla`, `gradient`. The phases are e^{iφ(2Π−1)}, with φ's sign set by
    `sign`, so that a |+> there takes the real part. `right_hand_side` has registers `system`, `gradient`.
    """
    first, second = phases if phases is not None else (None, None)
    builder = Builder("two queries and their phases", "solver")
    sign, extra, data, ancilla, gradient = _solver_registers(builder, system, right_hand_side)
    query = augmented(system, angle)
    query_gradient = gradient.part(0, system.gradient)
    builder.call(query, extra, data, ancilla, query_gradient)
    _phase_about_right_hand_side(builder, right_hand_side, sign, extra, data, ancilla, gradient, first)
    builder.call(query, extra, data, ancilla, query_gradient, adjoint=True)
    _phase_on_zero_ancilla(builder, sign, ancilla, second)
    return builder.routine()


def norm_known_solver(
    system: Encoding,
    right_hand_side: Routine,
    half_degree: Scalar,
    angle: Scalar = None,
    phases: Sequence[tuple[float, float]] | None = None,
) -> Routine:
    """The whole solver run: |0> to the solution state where `sign`, `extra` and `ancilla` are all 0.

    angle, phases   as `reflection_pair` takes them, one pair of phases per two queries; without them a count
    """
    builder = Builder(NORM_KNOWN, "solver")
    sign, extra, data, ancilla, gradient = _solver_registers(builder, system, right_hand_side)
    builder.call(right_hand_side, data, gradient.part(0, right_hand_side.register("gradient").size))
    builder.call(Gate(kind="X"), extra)
    builder.call(Gate(kind="H"), sign)
    registers = (sign, extra, data, ancilla, gradient)
    if phases is None:
        builder.call(reflection_pair(system, right_hand_side), *registers, times=half_degree)
    else:
        if len(phases) != half_degree:
            raise ValueError(f"{len(phases)} pairs of phases for a filter of degree {2 * half_degree}")
        for pair in phases:
            builder.call(reflection_pair(system, right_hand_side, angle, pair), *registers)
    builder.call(Gate(kind="H"), sign)
    return builder.routine()


def norm_unknown_solver(system: Encoding, right_hand_side: Routine, queries: Scalar) -> Routine:
    """The expected work of the norm-unknown solver: so many queries, each with its phase and two preparations.

    Every other query is of the inverse.
    """
    builder = Builder(NORM_UNKNOWN, "solver")
    registers = _solver_registers(builder, system, right_hand_side)
    forwards = ceil_div(queries, 2)
    for inverse, times in ((False, forwards), (True, queries - forwards)):
        builder.call(_query_with_both_phases(system, right_hand_side, inverse), *registers, times=times)
    return builder.routine()


def _query_with_both_phases(system: Encoding, right_hand_side: Routine, inverse: bool) -> Routine:
    builder = Builder("one query and its phases", "solver")
    sign, extra, data, ancilla, gradient = _solver_registers(builder, system, right_hand_side)
    own = gradient.part(0, system.gradient)
    builder.call(augmented(system), extra, data, ancilla, own, adjoint=inverse)
    _phase_about_right_hand_side(builder, right_hand_side, sign, extra, data, ancilla, gradient, None)
    _phase_on_zero_ancilla(builder, sign, ancilla, None)
    return builder.routine()


def _solver_registers(
    builder: Builder, system: Encoding, right_hand_side: Routine
) -> tuple[Handle, Handle, Handle, Handle, Handle]:
    gradient = maximum(system.gradient, right_hand_side.register("gradient").size)
    return (
        builder.register("sign", 1),
        builder.register("extra", 1),
        builder.register("system", system.system),
        builder.register("ancilla", system.ancilla + 1),
        builder.register("gradient", gradient),
    )


def _phase_about_right_hand_side(
    builder: Builder,
    right_hand_side: Routine,
    sign: Handle,
    extra: Handle,
    data: Handle,
    ancilla: Handle,
    gradient: Handle,
    phase: Scalar | None,
) -> None:
    """e^{iφ(2Π−1)}, Π = (1 − |b'><b'|) on the zero ancilla."""
    own = gradient.part(0, right_hand_side.register("gradient").size)
    hadamard = Gate(kind="H")
    builder.call(right_hand_side, data, own, adjoint=True)
    builder.call(hadamard, extra)
    at_b, ancilla_zero = Conjunction(bits=data.size + 1), Conjunction(bits=ancilla.size)
    flags = [builder.allocate(name, 1) for name in ("at b", "ancilla zero", "kept")]
    junk_b = builder.allocate("partial", junk_of_conjunction(data.size + 1))
    junk_a = builder.allocate("partial", junk_of_conjunction(ancilla.size))
    builder.call(at_b, extra + data, junk_b, flags[0])
    builder.call(ancilla_zero, ancilla, junk_a, flags[1])
    kept = And(values=(0, 1))
    builder.call(kept, flags[0], flags[1], flags[2])
    _signed_phase(builder, sign, flags[2], phase)
    builder.call(kept, flags[0], flags[1], flags[2], adjoint=True)
    builder.call(ancilla_zero, ancilla, junk_a, flags[1], adjoint=True)
    builder.call(at_b, extra + data, junk_b, flags[0], adjoint=True)
    builder.release(junk_a, junk_b, *flags)
    builder.call(hadamard, extra)
    builder.call(right_hand_side, data, own)


def _phase_on_zero_ancilla(builder: Builder, sign: Handle, ancilla: Handle, phase: Scalar | None) -> None:
    zero = Conjunction(bits=ancilla.size)
    flag = builder.allocate("ancilla zero", 1)
    junk = builder.allocate("partial", junk_of_conjunction(ancilla.size))
    builder.call(zero, ancilla, junk, flag)
    _signed_phase(builder, sign, flag, phase)
    builder.call(zero, ancilla, junk, flag, adjoint=True)
    builder.release(junk, flag)


def _signed_phase(builder: Builder, sign: Handle, flag: Handle, phase: Scalar | None) -> None:
    """e^{iφ(2F−1)}, φ negated where `sign` is 1: R_z(2φ) on flag ⊕ sign."""
    angle = None if phase is None else 2 * phase
    cnot = Gate(kind="CNOT")
    builder.call(cnot, sign, flag)
    builder.call(Rotation(axis="Z", angle=angle), flag)
    builder.call(cnot, sign, flag)
