r"""A quadratic run cut into segments: where each begins, what it may be off by, and what it is asked.

Each segment begins at the parameters that the one before has handed over, takes its warm-up steps classically,
expands about the point it has reached, and returns its displacement u with ‖u‖: the next one's start. With the
data the run is followed and each segment has its own gradient; beyond `MOST_FOLLOWED` segments, and with declared
bounds, one price holds for every gradient and is multiplied. A quadratic gradient obeys g_{t+1} = (1 − η_tH) g_t,
so ‖g_t‖ <= ‖g‖ Π m; else ‖g_t‖ <= ‖g‖ + ‖H‖‖u_t‖.

The budget is target.epsilon times ‖u_T‖, the displacement of the whole run. A tenth is the last segment's state;
the others share the rest (`algorithms/segments.split`). One that may be off by x = e/‖u‖ spends a fifth of x on the
norm (ρ), a twentieth on its state (ε), and reads the vector within d, such that (1+ρ)(2ε + d) + ρ = x: the error of the
state turns the vector, and moves the success probability that the norm is read from. The last segment is read as the
spec says, its read-out error apart; it returns the displacement since the last upload.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.loop import Piece
from qgd_compiler.algorithms.readout.menu import Question, question
from qgd_compiler.algorithms.segments import LEAST, Segment, cut, growths, split
from qgd_compiler.errors import InfeasibleError, UnsupportedError
from qgd_compiler.study.runs import gradient_function, least_final

if TYPE_CHECKING:
    from qgd_compiler.study.reading import Study

Array = NDArray[np.float64]
Item = TypeVar("Item")

MOST_FOLLOWED = 12  # segments that are priced one by one
MOST_STEPS = 10**6  # steps that are followed
LAST = 0.1  # of the budget: the state of the last segment
NORM, STATE = 0.2, 0.05  # of what a segment may be off by; the rest is the reading
LARGEST = 0.5  # what a segment may be off by, relative to its displacement


@dataclass(frozen=True, eq=False)
class Part:
    """A piece with what its plan needs: the study of one segment, the error of its state, and what is read."""

    piece: Piece
    study: Study
    epsilon: float
    question: Question


@dataclass(frozen=True, eq=False)
class Cut:
    """A run cut into segments; `allowed` at the end of the run (units of the parameters)."""

    parts: tuple[Part, ...]
    segments: int
    length: int
    classical_steps: int
    allowed: float


def cut_run(study: Study, length: int, warm_up: int) -> Cut:
    """The segments of a run; UnsupportedError where they are not built, InfeasibleError where no budget is left."""
    _refuse(study)
    recursion = study.recursion
    segments = cut(recursion.iterations, min(length, recursion.iterations), warm_up)
    working = tuple(s for s in segments if s.steps > 0)
    study.progress(f"cutting the run into {len(segments)} segments")
    allowed = float(study.loaded.spec.target.epsilon.value) * _final(study)
    if not allowed > 0:
        raise InfeasibleError(
            "nothing bounds the size of the last iterate from below, so no error of a segment is small beside it",
            at="gradient",
            remedy="give the data, or solution.final_over_max, or a smaller learning rate",
        )
    followed = (
        study.data.complete
        and not recursion.noise
        and len(working) <= MOST_FOLLOWED
        and recursion.iterations <= MOST_STEPS
    )
    studies, sizes = _followed(study, working) if followed else _bounded(study, working)
    factors = growths(working, recursion.growth)
    errors = _errors(allowed, working, sizes, factors)
    asked = _questions(study, len(working))
    parts = [
        _part(Piece(s, 1, size, e, g, followed), one, asked[i])
        for i, (s, size, e, g, one) in enumerate(zip(working, sizes, errors, factors, studies, strict=True))
    ]
    if not followed:
        parts = _multiplied(parts)
    return Cut(
        parts=tuple(parts),
        segments=len(segments),
        length=length,
        classical_steps=sum(s.warm_up for s in segments),
        allowed=allowed,
    )


def why_not_cut(study: Study) -> str:
    """Why the segments of this run are not built; "" where they are."""
    dynamics = study.loaded.spec.dynamics
    if not study.recursion.linear or study.tensors or dynamics.expansion.carleman_order is not None:
        return "every segment of a nonlinear run has a Hessian of its own, at the point where it begins"
    if dynamics.expansion.about == "minimum":
        return "about a minimum nothing new is expanded where a segment begins"
    if study.recursion.momentum:
        return "with momentum the velocity would have to be read and uploaded too"
    return ""


def _refuse(study: Study) -> None:
    reason = why_not_cut(study)
    if reason:
        raise UnsupportedError(
            f"segments are not priced here: {reason}",
            at=study.loaded.where("dynamics.segment"),
            remedy="a quadratic model about the start without momentum, or no segments",
        )


def _final(study: Study) -> float:
    """‖u_T‖ of the whole run: measured, or a lower bound."""
    run, recursion = study.run, study.recursion
    if run.final is not None:
        return run.final
    known = study.loaded.spec.solution
    # the largest iterate is at least the first
    first = 0.0 if known is None or known.final_over_max is None else float(known.final_over_max.value)
    return max(least_final(recursion), first * float(recursion.rates[0]) * recursion.gradient)


def _errors(
    allowed: float, segments: tuple[Segment, ...], sizes: list[float], factors: tuple[float, ...]
) -> list[float]:
    """What each may be off by; the last one's is that of its state."""
    if len(segments) == 1:
        return [allowed]
    weights = [max(size * size * s.steps, LEAST) for s, size in zip(segments, sizes, strict=True)]
    shared = split((1 - LAST) * allowed, factors[:-1], weights[:-1])
    return [*shared, LAST * allowed / factors[-1]]


def _questions(study: Study, count: int) -> list[Question]:
    """Vectors for all but the last, which is read as the spec says."""
    output = study.loaded.spec.output
    failure = float(output.allowed_failure.value) / max(count - 1, 1)
    handed = Question("vector", study.parameters, failure=failure)
    return [handed] * (count - 1) + [question(output, study.parameters)]


def _part(piece: Piece, study: Study, asked: Question) -> Part:
    off = _relative(piece)
    if asked.kind != "vector":
        return Part(piece, study, off, asked)
    norm = NORM * off
    left = (off - norm) / (1 + norm)
    state = STATE * off / (1 + norm)
    # twice: the state's error turns the vector and moves the probability that the norm is read from
    reading = left - 2 * state
    return Part(piece, study, state, replace(asked, precision=reading, norm_precision=norm))


def _relative(piece: Piece) -> float:
    """What a segment may be off by, relative to its displacement; at most `LARGEST`, of no displacement too."""
    return LARGEST if piece.error >= LARGEST * piece.size else piece.error / piece.size


def _multiplied(parts: list[Part]) -> list[Part]:
    """One part for all segments that hand on: the smallest error one may make, relative to what it returns."""
    *handing, last = parts
    if not handing:
        return [last]
    steps = max(p.piece.segment.steps for p in handing)
    ratio = min(_relative(p.piece) for p in handing)
    first = next(p for p in handing if p.piece.segment.steps == steps)
    size = max(p.piece.size for p in handing)
    piece = Piece(
        segment=first.piece.segment,
        times=len(handing),
        size=size,
        error=ratio * size,
        # the mean, so that all together are what each makes of its own displacement: no more than it was given
        growth=sum(p.piece.growth * p.piece.size for p in handing) / (len(handing) * size),
        followed=False,
    )
    return [_part(piece, first.study, first.question), last]


def _followed(study: Study, segments: tuple[Segment, ...]) -> tuple[list[Study], list[float]]:
    """The study of each segment with the gradients where it begins, and the displacement it returns."""
    data, rates = study.data, study.recursion.rates
    assert data.hessians is not None and data.gradients is not None
    gradient = gradient_function(data)
    starts = {s.start + s.warm_up: i for i, s in enumerate(segments)}
    ends = {s.end: i for i, s in enumerate(segments)}
    u = np.zeros(study.parameters)
    began: list[Array] = [u] * len(segments)
    sizes = [0.0] * len(segments)
    for t in range(study.recursion.iterations + 1):
        if t in ends:
            sizes[ends[t]] = float(np.linalg.norm(u - began[ends[t]]))
        if t in starts:
            began[starts[t]] = u
        if t < study.recursion.iterations:
            u = u - float(rates[t]) * gradient(t, u)
    studies = []
    for s, point in zip(segments, began, strict=True):
        batches = len(data.hessians)
        here = tuple(
            np.asarray(data.hessians[b] @ point, dtype=float) + data.gradients[b % len(data.gradients)]
            for b in range(batches)
        )
        studies.append(_one(study, s, here))
    return studies, sizes


def _one(study: Study, segment: Segment, gradients: tuple[Array, ...]) -> Study:
    """The run of one segment from where it begins; its first minibatch is the one whose turn it is."""
    begin = segment.start + segment.warm_up
    hessians = study.data.hessians
    assert hessians is not None
    turn = begin % len(hessians)
    return replace(
        study,
        batches=None if study.batches is None else _turned(study.batches, turn),
        recursion=replace(
            study.recursion,
            rates=study.recursion.rates[begin : segment.end],
            gradient=max(float(np.linalg.norm(g)) for g in gradients),
        ),
        data=replace(study.data, hessians=_turned(hessians, turn), gradients=_turned(gradients, turn)),
    )


def _turned(items: tuple[Item, ...], turn: int) -> tuple[Item, ...]:
    return items[turn:] + items[:turn]


def _bounded(study: Study, segments: tuple[Segment, ...]) -> tuple[list[Study], list[float]]:
    """One study for all segments of a length, by bounds that hold for every gradient, and displacements at most."""
    recursion, spec = study.recursion, study.loaded.spec
    begins = [s.start + s.warm_up for s in segments]
    reached, grown = recursion.size_bounds_at(begins), recursion.grown_at(begins)
    alone = spec.dynamics.minibatches is None and not recursion.noise
    norm = max(abs(recursion.lambda_min), abs(recursion.lambda_max))
    # what the spec says of the first gradient and of the whole run holds for no segment
    gradient = None if spec.gradient is None else spec.gradient.model_copy(update={"sparsity": None})
    loaded = replace(study.loaded, spec=spec.model_copy(update={"gradient": gradient, "solution": None}))
    studies, sizes = [], []
    for s, begin, size, factor in zip(segments, begins, reached, grown, strict=True):
        pushed = recursion.gradient + norm * float(size)
        if alone:
            pushed = min(pushed, recursion.gradient * float(factor))
        here = replace(recursion, rates=recursion.rates[begin : s.end], gradient=pushed)
        data = replace(study.data, gradients=None)
        studies.append(replace(study, loaded=loaded, recursion=here, data=data))
        sizes.append(float(here.size_bounds_at([s.steps])[0]))
    return studies, sizes
