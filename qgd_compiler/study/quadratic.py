"""A run as a function of one Hessian, for the direct solvers; or why it is none."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from qgd_compiler.algorithms.menu.offer import Offer
from qgd_compiler.algorithms.menu.offers import offers
from qgd_compiler.algorithms.problem import Interval
from qgd_compiler.algorithms.quadratic import Factor, Quadratic
from qgd_compiler.algorithms.right_hand_sides import States
from qgd_compiler.analysis.response import Driven, Response
from qgd_compiler.errors import InfeasibleError
from qgd_compiler.structure.bounded import Bounded
from qgd_compiler.structure.fold_identity import affine
from qgd_compiler.structure.gram import Gram
from qgd_compiler.structure.matrix import Matrix
from qgd_compiler.structure.scaled import Scaled
from qgd_compiler.structure.sparse import Sparse
from qgd_compiler.structure.step import Step
from qgd_compiler.structure.sum import Sum, identity_multiple
from qgd_compiler.study.hessian import unbounded
from qgd_compiler.study.systems import about_the_minimum, nonzeros_of

if TYPE_CHECKING:
    from qgd_compiler.study.reading import Study

MEASURED = 1e-9  # relative: what is left open of a measured norm
MOST_SOLVED = 20_000  # rows up to which the stationary point is solved for classically


def why_not_quadratic(study: Study) -> str:
    """Why the last iterate is not a function of one Hessian; "" where it is."""
    if not study.recursion.linear or study.tensors:
        return "the model is not quadratic"
    if study.loaded.spec.dynamics.expansion.carleman_order is not None:
        return "the spec asks for a Carleman lift"
    if study.loaded.spec.dynamics.minibatches is not None:
        return "minibatches have Hessians that do not commute"
    if study.recursion.noise > 0:
        return "noise drives every step apart"
    return ""


def quadratics_of(study: Study) -> tuple[Quadratic, ...]:
    """The run about every point that the spec allows and that has one."""
    if why_not_quadratic(study):
        return ()
    studies = [study]
    if study.loaded.spec.dynamics.expansion.about == "cheaper":
        studies.append(about_the_minimum(study))
    found: list[Quadratic] = []
    for one in studies:
        try:
            found.append(quadratic_of(one))
        except InfeasibleError:
            continue
    return tuple(found)


def quadratic_of(study: Study) -> Quadratic:
    """The run of a study for which `why_not_quadratic` is ""; InfeasibleError where nothing bounds it."""
    recursion = study.recursion
    displaced = study.data.displacement is not None or recursion.start > 0
    driven: Driven = "displacement" if displaced else "gradient"
    response = Response(recursion.rates, recursion.momentum, driven)
    low, high = recursion.lambda_min, recursion.lambda_max
    known = None if study.entries is None else Sparse.from_scipy(study.entries)
    vector = study.data.displacement
    if vector is None and study.data.gradients is not None:
        vector = -study.data.gradients[0]
    states = States(study.parameters, 1, None if vector is None else vector[None], study.written)
    size = recursion.start if displaced else recursion.gradient
    stationary = _stationary(study, vector, size) if low > 0 else None
    return Quadratic(
        response=response,
        low=low,
        high=high,
        offers=offers(study.matrix, entries=known, tables=study.written),
        steps=step_offers(study.matrix, known, response, written=study.written),
        factor=_factor(study.matrix, study.written),
        states=states,
        nonzeros=nonzeros_of(study),
        kept=kept_of(study, response, size),
        stationary=stationary,
        distance=None if stationary is None else _distance(response, low, high),
    )


def kept_of(study: Study, response: Response, size: float) -> Interval | tuple[float, None]:
    """‖u_T‖/‖v‖: measured, else from the spectrum, or what the spec declares of the run."""
    run = study.run
    if run.final is not None and size > 0:
        ratio = run.final / size
        return ratio * (1 - MEASURED), ratio * (1 + MEASURED)
    low, high = study.recursion.lambda_min, study.recursion.lambda_max
    least, most = response.smallest(low, high), response.largest(low, high)
    declared = study.loaded.spec.solution
    if declared is not None and declared.final_over_max is not None:
        # the largest iterate is at least the first: η‖g‖, or ‖u_0‖
        first = float(response.rates[0]) if response.driven == "gradient" else 1.0
        least = max(least, float(declared.final_over_max.value) * first)
    if declared is not None and declared.final_over_reach is not None:
        least = max(least, float(declared.final_over_reach.value) * most)
    if not least > 0:
        raise InfeasibleError(
            "nothing bounds the size of the last iterate from below",
            at="gradient",
            remedy="give the data, or solution.final_over_max, or a smaller learning rate",
        )
    return least, most


def _stationary(study: Study, vector: np.ndarray | None, size: float) -> Interval:
    """‖H⁻¹v‖/‖v‖ with the data, else from the ends of the spectrum."""
    low, high = study.recursion.lambda_min, study.recursion.lambda_max
    if vector is None or study.entries is None or study.parameters > MOST_SOLVED:
        return 1 / high, 1 / low
    from scipy.sparse.linalg import spsolve

    found = float(np.linalg.norm(spsolve(study.entries.tocsc(), vector))) / size
    return found * (1 - MEASURED), found * (1 + MEASURED)


def _distance(response: Response, low: float, high: float) -> float | None:
    """‖u_T − u_∞‖/‖u_T‖ <= m^T/(1 − m^T): u_T = (1 − M^T) u_∞."""
    if not response.closed or response.driven != "gradient":
        return None
    rate = float(response.rates[0])
    growth = max(abs(1 - rate * low), abs(1 - rate * high))
    left = response.steps * math.log(growth) if 0 < growth < 1 else (-math.inf if growth == 0 else 0.0)
    return math.exp(left) / -math.expm1(left) if left < 0 else None


def step_offers(
    matrix: Matrix, known: Matrix | None, response: Response, *, written: bool
) -> tuple[Offer, ...]:
    """Encodings of I − ηH."""
    if not response.closed:
        return ()
    rate = float(response.rates[0])
    entries = None
    if isinstance(known, Sparse):
        from scipy.sparse import eye_array

        entries = Sparse.from_scipy(eye_array(known.rows, format="csr") - rate * known.to_scipy())
    found = {
        o.name: o for o in offers(Step(hessian=matrix, learning_rate=rate), entries=entries, tables=written)
    }
    # bands and diagonals take the identity into their own entries, where alpha may be 1
    folded = affine(unbounded(matrix), -rate, 1)
    if folded is not None:
        for offer in offers(folded, tables=written):
            found.setdefault(offer.name, offer)
    return tuple(found.values())


def _factor(matrix: Matrix, written: bool) -> Factor | None:
    """J and μ of H = J†J + μI, where the structure says so."""
    inner, shift, scale = matrix, 0.0, 1.0
    while True:
        match inner:
            case Bounded():
                inner = inner.term
            case Scaled() if not isinstance(inner.factor, complex) and float(inner.factor) > 0:
                scale, inner = scale * float(inner.factor), inner.term
            case Sum(terms=terms):
                multiples = [identity_multiple(t) for t in terms]
                rest = [t for t, c in zip(terms, multiples, strict=True) if c is None]
                if len(rest) != 1 or any(isinstance(c, complex) for c in multiples):
                    return None
                shift += scale * math.fsum(float(c) for c in multiples if c is not None)
                inner = rest[0]
            case Gram():
                root = inner.factor
                if scale != 1:
                    root = Scaled(factor=math.sqrt(scale), term=root)
                return Factor(offers(root, tables=written), shift)
            case _:
                return None
