"""What a plan solves, with the numbers that its report shows: a history system, a polynomial, a stationary point."""

from __future__ import annotations

from dataclasses import dataclass

from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.problem import Interval, System
from qgd_compiler.kinds import Kind


@dataclass(frozen=True)
class HistorySubject:
    """The linear system of all iterates.

    padding          rows that repeat the last iterate
    step, history    the encodings of one step's matrix and of L
    inverse_norm     bound on ‖L⁻¹‖; `kappa` = α_L‖L⁻¹‖ with the error of the encoding
    solution_norm    ‖(L/α)⁻¹b̂‖ between two values; None: not known
    probability      of the wanted part of the solution, between two values
    right_hand_side_error   2-norm, of the prepared b/‖b‖
    """

    system: System
    padding: int
    step: Encoding
    history: Encoding
    inverse_norm: float
    kappa: float
    solution_norm: Interval | None
    probability: Interval
    right_hand_side_bits: int
    right_hand_side_error: float


@dataclass(frozen=True)
class StationarySubject:
    """H x = −g, whose solution the run comes near.

    encoding        of H; `inverse_norm` bounds ‖H⁻¹‖; `kappa` = α_H‖H⁻¹‖ with the error of the encoding
    distance        ‖u_T − x‖/‖u_T‖, at most
    solution_norm   ‖(H/α)⁻¹ĝ‖ between two values
    right_hand_side_error   2-norm, of the prepared g/‖g‖
    """

    encoding: Encoding
    inverse_norm: float
    kappa: float
    distance: float
    solution_norm: Interval
    right_hand_side_bits: int
    right_hand_side_error: float


@dataclass(frozen=True)
class PolynomialSubject:
    """A polynomial of a Hermitian matrix, applied to what drives the run.

    polynomial   its name; `argument` what it is a polynomial of, in words
    method       how it is applied: linear combination of Chebyshev polynomials, or generalised QSP
    degree       in the argument; `uses` of the encoding in one application
    alpha        of the argument's encoding
    scale        the polynomial is `scale` times the wanted function over its largest value, within the error
    amplitude    norm of what it leaves of the normalised input, between two values
    one_norm     sum of its Chebyshev coefficients' sizes
    error        sup-norm, relative to `scale`; `error_kind`
    """

    polynomial: str
    argument: str
    method: str
    degree: int
    uses: int
    encoding: Encoding
    alpha: float
    scale: float
    amplitude: Interval
    one_norm: float
    error: float
    error_kind: Kind
    right_hand_side_bits: int


Subject = HistorySubject | StationarySubject | PolynomialSubject
