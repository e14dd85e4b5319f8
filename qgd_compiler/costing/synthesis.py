"""What one rotation costs once it is synthesised to a given precision, under the named models."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from qgd_compiler.kinds import Kind, Source
from qgd_compiler.scalars import Scalar, ceil, is_array, is_symbolic, log2, maximum


@dataclass(frozen=True)
class RotationModel:
    """How rotations become T gates and Toffolis, per rotation and once per circuit.

    norm         the norm of the error that the precision bounds: "diamond" or "operator"
    t            T gates of one rotation, whole, as a function of its precision
    toffoli      Toffolis of one rotation, whole
    once_t       T gates spent once in a circuit that has any rotation
    qubits       work qubits of one rotation, with what stays allocated for all of them
    kind, source, reference   how sure the formula is, and where it stands
    """

    name: str
    norm: str
    t: Callable[[Scalar], Scalar]
    toffoli: Callable[[Scalar], Scalar]
    once_t: Callable[[Scalar], Scalar]
    qubits: Callable[[Scalar], Scalar]
    kind: Kind
    source: Source
    reference: str


def mixed_fallback_t(epsilon: Scalar) -> Scalar:
    r"""T gates of a rotation by mixed fallback: a mixture of measured projective rotations, with corrections.

    $$\lceil 0.53\,\log_2(1/\varepsilon) + 4.86 \rceil$$

    Units:   T gates, the mean over angles and outcomes, rounded up per rotation.
    Shape:   scalar, symbol or array; 0 < epsilon < 1.
    Error:   epsilon in diamond norm.
    Kind:    fit (epsilon below 1e-4).
    Source:  Kliuchnikov et al., arXiv:2203.10064, Table 1.
    Checked: tests/costing/test_exchange.py, against the published examples.

    >>> mixed_fallback_t(1e-10)
    23
    """
    return ceil(-0.53 * log2(_precision(epsilon)) + 4.86)


def gridsynth_t(epsilon: Scalar) -> Scalar:
    r"""T gates of a rotation by a Clifford+T word without measurements.

    $$\lceil 3.02\,\log_2(1/\varepsilon) + 1.77 \rceil$$

    Units:   T gates, the mean over angles, rounded up per rotation.
    Shape:   scalar, symbol or array; 0 < epsilon < 1.
    Error:   epsilon in operator norm.
    Kind:    fit.
    Source:  Ross, Selinger, arXiv:1403.2975; the fit in Kliuchnikov et al., arXiv:2203.10064, Table 1.
    Checked: tests/costing/test_exchange.py, against published means.

    >>> gridsynth_t(1e-10)
    103
    """
    return ceil(-3.02 * log2(_precision(epsilon)) + 1.77)


def proven_word_t(epsilon: Scalar) -> Scalar:
    r"""T gates that a Clifford+T word without measurements never needs to exceed for a rotation about Z.

    $$2\left\lceil \tfrac52 + 2\log_2(1+\sqrt2) + 2\log_2(1/\varepsilon) \right\rceil$$

    Units:   T gates, of the worst angle.
    Shape:   scalar, symbol or array; 0 < epsilon < 1.
    Error:   epsilon in operator norm.
    Kind:    bound; that the search for the word ends soon rests on a hypothesis on primes, its length does not.
    Source:  Selinger, arXiv:1212.6253: K + 4 log2(1/epsilon) with K about 10, here 10.09 rounded up to an even number.
    Checked: tests/costing/test_exchange.py, against the published K and the mean of shortest words.

    >>> proven_word_t(1e-10)
    144
    """
    constant = 2.5 + 2 * math.log2(1 + math.sqrt(2))
    return 2 * ceil(constant - 2 * log2(_precision(epsilon)))


def gradient_bits(epsilon: Scalar) -> Scalar:
    r"""Bits of a phase gradient that rotates by any angle to within epsilon/2.

    An angle 4πx/2^b is at most 2π/2^b from a wanted one, which moves e^{-iθZ/2} by at most π/2^b. The other
    half of epsilon, of one rotation, is left for the preparation of the gradient.

    Units:   qubits.
    Shape:   scalar, symbol or array; 0 < epsilon < 1.
    Error:   epsilon/2 in operator norm.
    Kind:    bound.
    Source:  rounding to the nearest multiple; Sanders et al., arXiv:2007.07391, Appendix A, for the circuit.
    Checked: tests/costing/test_exchange.py, against rotation matrices.

    >>> gradient_bits(1e-10)
    36
    """
    return ceil(math.log2(2 * math.pi) - log2(_precision(epsilon)))


def gradient_toffoli(epsilon: Scalar) -> Scalar:
    r"""Toffolis of a rotation by adding a number to a phase gradient.

    Units:   Toffolis.
    Shape:   scalar, symbol or array; 0 < epsilon < 1.
    Error:   epsilon/2 in operator norm.
    Kind:    bound.
    Source:  Sanders et al., arXiv:2007.07391, Appendix A: b-2 for b bits.
    Checked: tests/costing/test_exchange.py, against the rule for rotation by a register.

    >>> gradient_toffoli(1e-10)
    34
    """
    return maximum(gradient_bits(epsilon) - 2, 0)


def gradient_once_t(epsilon: Scalar) -> Scalar:
    """T gates to prepare the phase gradient: one rotation per bit, together good to epsilon/2.

    Units:   T gates, once per circuit.
    Shape:   scalar, symbol or array; 0 < epsilon < 1.
    Error:   epsilon/2 in operator norm, once: every addition gives the gradient back as it was.
    Kind:    fit, like the synthesis it uses.
    Source:  Gidney, arXiv:1709.06648 (phase gradient as a catalyst).
    Checked: tests/costing/test_exchange.py, by hand.

    >>> gradient_once_t(1e-10)
    4356
    """
    bits = gradient_bits(epsilon)
    return bits * gridsynth_t(epsilon / (2 * bits))


def _precision(epsilon: Scalar) -> Scalar:
    if not is_symbolic(epsilon) and not is_array(epsilon) and not 0 < epsilon < 1:
        raise ValueError(f"the precision of a rotation is {epsilon}; it must be between 0 and 1")
    return epsilon


def _none(epsilon: Scalar) -> Scalar:
    return 0 * _precision(epsilon) if is_array(epsilon) else 0


ROTATION_MODELS: dict[str, RotationModel] = {
    model.name: model
    for model in (
        RotationModel(
            name="mixed_fallback",
            norm="diamond",
            t=mixed_fallback_t,
            toffoli=_none,
            once_t=_none,
            qubits=lambda epsilon: 1,
            kind=Kind.FIT,
            source=Source.PAPER,
            reference="arXiv:2203.10064",
        ),
        RotationModel(
            name="gridsynth",
            norm="operator",
            t=gridsynth_t,
            toffoli=_none,
            once_t=_none,
            qubits=lambda epsilon: 0,
            kind=Kind.FIT,
            source=Source.PAPER,
            reference="arXiv:1403.2975, arXiv:2203.10064",
        ),
        RotationModel(
            name="proven_word",
            norm="operator",
            t=proven_word_t,
            toffoli=_none,
            once_t=_none,
            qubits=lambda epsilon: 0,
            kind=Kind.BOUND,
            source=Source.PAPER,
            reference="arXiv:1212.6253",
        ),
        RotationModel(
            name="phase_gradient",
            norm="operator",
            t=_none,
            toffoli=gradient_toffoli,
            once_t=gradient_once_t,
            # the gradient stays; the number and the carries come and go
            qubits=lambda epsilon: 2 * gradient_bits(epsilon) + gradient_toffoli(epsilon),
            kind=Kind.FIT,
            source=Source.PAPER,
            reference="arXiv:2007.07391",
        ),
    )
}
