"""Encodings of lifted steps, and of the history of a run, from the offers for their parts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.carleman.couplings import Couplings, distortion
from qgd_compiler.algorithms.carleman.encoder import CarlemanEncoder
from qgd_compiler.algorithms.carleman.timing import Timing
from qgd_compiler.algorithms.composites.frame import composed_name
from qgd_compiler.algorithms.encoding import Encoder
from qgd_compiler.algorithms.history_encoder import AnyHistoryEncoder, HistoryEncoder
from qgd_compiler.algorithms.menu.composed import ComposedOffer, Split, of_one, of_sum
from qgd_compiler.algorithms.menu.layout import digits, in_a_row, levels
from qgd_compiler.algorithms.menu.offer import Offer
from qgd_compiler.scalars import Scalar, is_symbolic
from qgd_compiler.structure.carleman_step import CarlemanStep
from qgd_compiler.structure.carleman_steps import CarlemanSteps, interleaved
from qgd_compiler.structure.diagonal import Diagonal
from qgd_compiler.structure.facts import best_norm, is_plain
from qgd_compiler.structure.history_matrix import HistoryMatrix
from qgd_compiler.structure.matrix import Matrix
from qgd_compiler.structure.step import Step
from qgd_compiler.structure.tensor import Tensor

Combine = Callable[[Sequence[Matrix]], list[tuple[Offer, ...]]]
REDUCTIONS = 3


def history_of_step(
    matrix: HistoryMatrix, step: Step, found: Iterable[Offer], target: np.ndarray | None
) -> Iterable[Offer]:
    """I − S + S·[t<T]⊗ηH from offers for H."""
    eta, steps, padding = step.learning_rate, matrix.iterations, matrix.padding
    time = in_a_row(matrix.block_rows)
    for part in found:
        yield ComposedOffer(
            name=composed_name("history", [part.name]),
            weight=2 + eta * part.weight,
            parts=(part,),
            compose=lambda p: HistoryEncoder(p[0], eta, steps, padding),
            split=of_sum((eta,)),
            target=target,
            rows=digits([time, part.rows]),
            columns=digits([time, part.columns]),
        )


def history_of_any(
    matrix: HistoryMatrix, found: Iterable[Offer], target: np.ndarray | None
) -> Iterable[Offer]:
    """I − S·(A on t<T, I behind) from offers for A, which must not shrink below the identity of the padding."""
    time = in_a_row(matrix.block_rows)
    for part in found:
        if not part.rows.agrees(part.columns):
            continue
        yield ComposedOffer(
            name=composed_name("history", [part.name]),
            weight=1 + _at_least_one(part.weight),
            parts=(part,),
            compose=lambda p: AnyHistoryEncoder(p[0], matrix.iterations, matrix.padding),
            split=of_one,
            target=target,
            rows=digits([time, part.rows]),
            columns=digits([time, part.columns]),
        )


def _at_least_one(weight: Scalar) -> Scalar:
    return weight if is_symbolic(weight) or weight >= 1 else 1


def carleman_step(matrix: CarlemanStep, combine: Combine, target: np.ndarray | None) -> Iterable[Offer]:
    """C from offers for g, H, F_2, …; parts that are zero are left out."""
    placed: list[tuple[int, Matrix]] = [(1, matrix.hessian)]
    if matrix.gradient is not None and not _is_zero(matrix.gradient):
        placed.append((0, matrix.gradient))
    for inputs, flat in enumerate(matrix.higher, 2):
        if not _is_zero(flat):
            placed.append((inputs, flat.in_registers if isinstance(flat, Tensor) else flat))
    degree = max(inputs for inputs, _ in placed)
    for parts in combine([part for _, part in placed]):
        copy = parts[0].rows
        if not parts[0].rows.agrees(parts[0].columns):
            continue
        if len(parts) > 1 and copy.kind != "in a row":
            continue  # tensors and gradients stand in a row
        order = [inputs for inputs, _ in placed]
        weights: list[float | None] = [None] * (degree + 1)
        for inputs, part in zip(order, parts, strict=True):
            if is_symbolic(part.weight) or not is_plain(matrix.learning_rate):
                return
            weights[inputs] = abs(float(matrix.learning_rate)) * float(part.weight)
        layout = levels(copy, matrix.first, matrix.order)
        yield ComposedOffer(
            name=composed_name(
                f"{matrix.lift} Carleman lift of order {matrix.order}", [p.name for p in parts]
            ),
            weight=Couplings(matrix, tuple(weights)).alpha,
            parts=parts,
            compose=_lifter(matrix, order, degree, copy.bits),
            split=_of_lift(matrix, weights, order),
            target=target,
            rows=layout,
            columns=layout,
        )


def carleman_steps(matrix: CarlemanSteps, combine: Combine, target: np.ndarray | None) -> Iterable[Offer]:
    """diag(C_t) from offers for interleaved data sets, for a table of the rates, and for what coasts."""
    step, steps = matrix.largest, matrix.iterations
    placed: list[tuple[int, Matrix]] = []
    counts = [1] * (2 + len(step.higher))
    for inputs in (1, 0, *range(2, len(counts))):
        sets = matrix.sets(inputs)[:steps]
        if sets and not all(_is_zero(one) for one in sets):
            counts[inputs] = len(sets)
            placed.append((inputs, interleaved(sets)))
    changing = not np.all(matrix.rates == matrix.rates[0])
    extra = [] if matrix.coasting is None else [matrix.coasting]
    table = next(o for o in combine([Diagonal(values=matrix.rates / step.learning_rate)]) if _is_table(o[0]))
    order, time = [inputs for inputs, _ in placed], in_a_row(steps)
    for found in combine([*(part for _, part in placed), *extra]):
        parts, coasting = found[: len(order)], found[len(order) :]
        if not all(p.rows.kind == "in a row" for p in found):
            continue  # numbers of data sets and tensors stand in a row
        scale = float(table[0].weight) if changing else 1.0
        eta = step.learning_rate * scale
        weights: list[float | None] = [None] * len(counts)
        for inputs, part in zip(order, parts, strict=True):
            weights[inputs] = eta * float(part.weight)
        apart = float(coasting[0].weight) if coasting else 0.0
        layout = digits([time, levels(in_a_row(step.hessian.rows), matrix.first, matrix.order)])
        chosen = (*parts, *coasting, *(table if changing else ()))
        yield ComposedOffer(
            name=composed_name(
                f"changing {matrix.lift} Carleman lift of order {matrix.order}",
                [p.name for p in (*parts, *coasting)],
            ),
            weight=Couplings(step, tuple(weights), apart).alpha,
            parts=chosen,
            compose=_changing_lifter(matrix, order, tuple(counts), bool(coasting), changing),
            split=_of_lift(step, weights, order, apart, changing),
            target=target,
            rows=layout,
            columns=layout,
            reads=True,
        )


def _is_table(offer: Offer) -> bool:
    return offer.name == "diagonal table"


def _changing_lifter(
    matrix: CarlemanSteps, order: Sequence[int], counts: tuple[int, ...], coasts: bool, changing: bool
) -> Callable[[Sequence[Encoder], Access], Encoder]:
    def compose(encoders: Sequence[Encoder], access: Access) -> Encoder:
        parts: list[Encoder | None] = [None] * len(counts)
        for inputs, encoder in zip(order, encoders, strict=False):
            parts[inputs] = encoder
        coasting = encoders[len(order)] if coasts else None
        timing = Timing(matrix.iterations, counts, encoders[-1] if changing else None, access)
        bits = in_a_row(matrix.hessians[0].rows).bits
        return CarlemanEncoder(matrix.largest, tuple(parts), bits, timing, coasting)

    return compose


def _is_zero(part: Matrix) -> bool:
    norm = best_norm(part.facts())
    return norm is not None and is_plain(norm.value) and norm.value == 0


def _lifter(
    step: CarlemanStep, order: Sequence[int], degree: int, bits: Scalar
) -> Callable[[Sequence[Encoder]], Encoder]:
    def compose(encoders: Sequence[Encoder]) -> Encoder:
        parts: list[Encoder | None] = [None] * (degree + 1)
        for inputs, encoder in zip(order, encoders, strict=True):
            parts[inputs] = encoder
        return CarlemanEncoder(step, tuple(parts), bits)

    return compose


def _of_lift(
    step: CarlemanStep,
    weights: Sequence[float | None],
    order: Sequence[int],
    coasting: float = 0.0,
    changing: bool = False,
) -> Split:
    """Equal relative errors of the parts, as large as the error of the whole allows.

    With a table of the rates each part and the table have half of it.
    """
    eta = abs(float(step.learning_rate))

    def off(share: float) -> float:
        errors = [0.0 if w is None else share * w for w in weights]
        return distortion(step, weights, errors, (coasting, share * coasting))

    def split(epsilon: float) -> list[float]:
        # off is convex and 0 at 0: from a share that is too large, share·ε/off is never too large
        share = 1.0
        for _ in range(REDUCTIONS):
            share = min(share, share * epsilon / off(share))
        own = math.sqrt(1 + share) - 1 if changing else share  # (1 + own)² = 1 + share
        found = [own * float(weights[inputs] or 0.0) / eta for inputs in order]
        return [*found, *([share * coasting] if coasting else []), *([own] if changing else [])]

    return split
