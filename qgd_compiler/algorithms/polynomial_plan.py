r"""What a plan for a polynomial of H is made of, for numbers and for arrays of splits alike.

With p ≈ c f/F and w = ‖f(H)v̂‖/F the state a û_T, a = c w, is left of the normalised input. Displacements relative to
a: of the polynomial its sup error; of the preparation of its coefficients Σ|w̃_k − w_k|; of the encoding Σ|a_k|k²
ε_A/α (`qsp/series.py`), four times that for a factor J; of the input ε_v Σ|a_k|. They add up to r, which turns the
direction by at most asin r, a distance 2 sin(asin(r)/2), and the amplitude is at least a(1 − r). R rotations
synthesised to ε_r move the state of one circuit by at most R ε_r, which restricting to the outcome multiplies by at
most 2/√P.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.plan import Shares, displacement_of
from qgd_compiler.algorithms.problem import RightHandSide
from qgd_compiler.algorithms.qsp.gqsp import gqsp, gqsp_gram
from qgd_compiler.algorithms.qsp.qsvt import qsvt
from qgd_compiler.algorithms.qsp.series import Parity
from qgd_compiler.algorithms.routes.families import PER_DECADE, PROCESSING, TRANSFORMATION, Truncated
from qgd_compiler.program.builder import Builder
from qgd_compiler.program.ir import Routine
from qgd_compiler.scalars import Scalar, maximum, minimum, power, sqrt, where

ROUNDING = 1e-12  # of the budget: parts that add up to it may exceed it by as much in float64
FINER = 6  # places of the grid of errors that are tried
ON_GRID = 1e-9  # relative, beyond what float64 rounds
COEFFICIENTS_PART = 0.1  # of the solver's share, for the preparation of the coefficients


Encodings = Callable[[bool], Encoding]  # with and without a control


@dataclass(frozen=True)
class Method:
    """How a polynomial is applied.

    prepared   its coefficients are prepared, which takes a part of the solver's share
    gram       the encodings are of a factor J, and its argument is 1 − 2J†J/α_J²
    block      the block-encoding of it (a count), from encodings of its argument and the error of the coefficients
    """

    prepared: bool
    gram: bool
    block: Callable[[Truncated, Encodings, Scalar], Encoding]


def controlled_of(series: Truncated, encodings: Encodings) -> Encoding | None:
    """The encoding with the control that a polynomial of mixed parity needs."""
    return encodings(True) if series.parity is Parity.MIXED else None


def _phased(process: Callable[..., Encoding]) -> Callable[[Truncated, Encodings, Scalar], Encoding]:
    """Generalised QSP or QSVT."""

    def block(series: Truncated, encodings: Encodings, epsilon: Scalar) -> Encoding:
        return process(
            encodings(False),
            degree=series.degree,
            parity=series.parity,
            controlled=controlled_of(series, encodings),
            alpha=series.processed,
            moment=series.moment,
        )

    return block


def _processed_gram(series: Truncated, encodings: Encodings, epsilon: Scalar) -> Encoding:
    return gqsp_gram(encodings(False), degree=series.degree, alpha=series.processed, moment=series.moment)


# by name and `gram`: those whose count takes nothing but the degree
PHASED = {
    (PROCESSING, False): Method(False, False, _phased(gqsp)),
    (PROCESSING, True): Method(False, True, _processed_gram),
    (TRANSFORMATION, False): Method(False, False, _phased(qsvt)),
}


@dataclass(frozen=True)
class Applied:
    """A polynomial on its input at one split.

    amplitude   of what is wanted in the normalised state, between two values
    parts       relative displacements of polynomial, encoding and right-hand side; `whole` of all of them
    uses        of the encoding, or of the factor
    success     of one run, between two values
    after       2/√P: by how much an error of the state of a circuit grows in the output
    allowed     what all rotations of one circuit may make together
    """

    series: Truncated
    encoding: Encoding
    block: Encoding
    rhs: RightHandSide
    run: Routine
    uses: Scalar
    amplitude: tuple[Scalar, Scalar]
    parts: dict[str, Scalar]
    whole: Scalar
    success: tuple[Scalar, Scalar]
    after: Scalar
    allowed: Scalar


def applied(
    method: Method,
    left: Scalar,
    kept: tuple[Scalar, Scalar],
    weight: Scalar,
    shares: Shares,
    series_of: Callable[[Scalar], Truncated],
    encodings_of: Callable[[Scalar], Encodings],
    state_of: Callable[[Scalar], RightHandSide],
    *,
    bound: bool,
    exactly: Scalar = 0,
) -> Applied:
    """The plan with its programs.

    left        of the error, for all shares together
    kept        ‖f(H)v̂‖/F between two values
    weight      α of the encodings with unlimited words
    series_of   the polynomial to an error relative to c
    encodings_of   those of the argument to an error
    state_of    the input to an error
    bound       the shares add up to more than 1, and what comes out is a lower bound
    exactly     error of the polynomial, relative to c; not a number where its share is less (0: its share decides)
    """
    # a displacement is less than its distance; bounds take the distance itself
    others = 1.0 if bound else 1 - shares.synthesis
    whole = left if bound else displacement_of(others * left)
    parts = {
        "polynomial": shares.solver / others * whole,
        "encoding": shares.encoding / others * whole,
        "right-hand side": shares.right_hand_side / others * whole,
    }
    relative = parts["polynomial"] * (1 - COEFFICIENTS_PART if method.prepared else 1.0) * kept[0]
    if bound:
        series = series_of(where(exactly > 0, exactly, relative))
    else:
        series = series_of(where(exactly > 0, where(relative >= exactly, exactly, math.nan), relative))
    amplitude = series.scale * kept[0]
    moment = series.moment * (4 if method.gram else 1)
    allowed = where(moment > 0, parts["encoding"] * amplitude * weight / where(moment > 0, moment, 1), weight)
    encodings = encodings_of(allowed)
    block = method.block(
        series, encodings, COEFFICIENTS_PART * parts["polynomial"] * amplitude / series.weight
    )
    largest = minimum(series.weight, series.processed)  # |p| is at most either
    rhs = state_of(parts["right-hand side"] * amplitude / largest)
    lost = 0.0 if bound else whole
    between = (amplitude * (1 - lost), series.scale * kept[1] * (1 + lost))
    low = (between[0] / block.alpha) ** 2
    after = 2 / sqrt(low)
    return Applied(
        series=series,
        encoding=encodings(False),
        block=block,
        rhs=rhs,
        run=_on_input(rhs.routine, block),
        uses=_uses(series, method.gram),
        amplitude=between,
        parts=parts,
        whole=whole,
        success=(low, minimum((between[1] / block.alpha) ** 2, 1.0)),
        after=after,
        allowed=shares.synthesis * left / after,
    )


def error_at(place: Scalar, knob: Scalar) -> Scalar:
    """The error at a place of the grid (knob 1), or finer by a place for each more, a little above; 0 for knob 0."""
    return where(knob > 0, power(10.0, (place - (knob - 1)) / PER_DECADE) * (1 + ON_GRID), 0.0)


def around(exactly: Scalar, left: Scalar, kept: Scalar, shares: Shares) -> Shares:
    """The share that a polynomial of this error needs; the others have the rest, in proportion to their shares."""
    needed = exactly * (1 + ON_GRID) / (kept * displacement_of(left))
    each = (1 - needed) / (shares.encoding + shares.right_hand_side + shares.synthesis)
    return Shares(needed, *(each * s for s in (shares.encoding, shares.right_hand_side, shares.synthesis)))


def _uses(series: Truncated, gram: bool) -> Scalar:
    """Of the encoding: one for each degree, and a mixed parity starts with one more where the degree is even."""
    if gram:
        return 2 * series.degree
    return 2 * (series.degree // 2) + 1 if series.parity is Parity.MIXED else series.degree


def _on_input(state: Routine, block: Encoding) -> Routine:
    """The input, and the polynomial of it."""
    builder = Builder("polynomial of the input", "solver")
    ancilla = builder.register("ancilla", block.ancilla)
    system = builder.register("system", block.system)
    own = state.register("gradient").size
    gradient = builder.register("gradient", maximum(own, block.gradient))
    builder.call(state, system, gradient.part(0, own))
    builder.call(block.routine, system, ancilla, gradient.part(0, block.gradient))
    return builder.routine()
