"""Plans that apply a polynomial of a Hermitian matrix to what drives the run, and amplify what is left of it.

What they are made of is in `polynomial_plan.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import final

from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.amplification import Wanted, amplifications
from qgd_compiler.algorithms.arrays.lines import LinesOfOnePolynomial
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.menu.offer import Offer, Words
from qgd_compiler.algorithms.plan import Candidate, Lowered, Shares, distance_of
from qgd_compiler.algorithms.polynomial_plan import (
    FINER,
    PHASED,
    ROUNDING,
    Encodings,
    Method,
    applied,
    controlled_of,
    error_at,
)
from qgd_compiler.algorithms.polynomials.fewest import RUNS, degree_per_amplitude, eigenvalues_between
from qgd_compiler.algorithms.qsp.chebyshev_lcu import chebyshev_lcu, chebyshev_lcu_gram
from qgd_compiler.algorithms.quadratic import Quadratic
from qgd_compiler.algorithms.queries import Queries
from qgd_compiler.algorithms.routes.families import CHEBYSHEV, TRANSFORMATION, Family, Truncated, place_of
from qgd_compiler.algorithms.routes.route import Least, Line
from qgd_compiler.algorithms.subjects import PolynomialSubject
from qgd_compiler.algorithms.upload import vector_state
from qgd_compiler.analysis.response import Driven
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.fold import Cost, Folder
from qgd_compiler.costing.gates import Gates
from qgd_compiler.errors import InfeasibleError
from qgd_compiler.kinds import Kind
from qgd_compiler.program.ir import Operation
from qgd_compiler.scalars import Scalar

COARSEST = 1e6  # times α: an error for which the shortest words will do


@final
class PolynomialRoute:
    """One family of polynomials, by both methods, with every encoding."""

    def __init__(
        self, family: Family, quadratic: Quadratic, epsilon: float, exchange: Exchange, folder: Folder
    ) -> None:
        self._family = family
        self._quadratic = quadratic
        self._epsilon = epsilon * (1 - ROUNDING)
        self._exchange = exchange
        self._folder = folder
        self._offers = {offer.name: offer for offer in family.offers}
        largest = quadratic.response.largest(quadratic.low, quadratic.high)
        low, high = quadratic.kept
        self._kept = (low / largest, 1.0 if high is None else min(high / largest, 1.0))
        self._reaches_back = high is not None
        self._place = place_of(self._epsilon * self._kept[0])

    @property
    def subject(self) -> str:
        """As reports print it."""
        return subject_of(self._family.name, self._family.argument, self._quadratic.response.driven)

    @property
    def offers(self) -> Sequence[Offer]:
        """Of the matrix that is solved or raised to powers."""
        return tuple(self._offers.values())

    def lines(self, accesses: Sequence[Access]) -> Iterator[Line]:
        """Both methods with every encoding and access model."""
        names = [solver_name(self._family.name, method) for method in self._family.methods]
        if not self._offers:
            yield Line(
                Candidate(self.subject, names[0], "none", accesses[0]),
                Kind.EXACT,
                "no encoding of it is offered",
            )
        for offer in self._offers.values():
            reason = self._family.why_not(float(offer.weight))
            for name in names:
                for access in accesses[:1] if reason else accesses:
                    yield Line(Candidate(self.subject, name, offer.name, access), Kind.BOUND, reason)

    def knobs(self, candidate: Candidate) -> Sequence[int]:
        """None: the share of the solver decides on the polynomial."""
        return (0,)

    def near(self, knob: int) -> Sequence[int]:
        """None."""
        return ()

    def least(self, candidate: Candidate) -> Least | None:
        """What every plan of a line costs at least; None where nothing is known.

        By Bernstein's inequality, and by the polynomial of the whole error where that is found at once.
        """
        quadratic, offer = self._quadratic, self._offers[candidate.encoding]
        if not quadratic.response.closed or quadratic.high <= quadratic.low:
            return None
        values = eigenvalues_between(quadratic.low, quadratic.high)
        sizes = quadratic.response.values(values)
        sizes = sizes / quadratic.response.largest(quadratic.low, quadratic.high)
        slack = self._epsilon * self._kept[0]
        degree = float(degree_per_amplitude(self._family.places(float(offer.weight), values), sizes, slack))
        allowed = None
        if TRANSFORMATION not in self._family.methods:
            coarsest = self._family.truncated(float(offer.weight), slack)
            degree = max(degree, coarsest.degree / coarsest.scale)
            allowed = coarsest_words(coarsest, slack, float(offer.weight), gram=self._family.gram)
        uses = degree * RUNS / self._kept[0] * (2 if self._family.gram else 1)
        try:
            gates = cheapest_query(offer, candidate.access, self._folder.cost, allowed)
        except InfeasibleError:
            return None  # the plan will tell why
        each = self._exchange.t_of(gates, 0.5)
        return Least(t_count=uses * float(each), toffoli_count=uses * float(gates.toffoli))

    def quick(self, solver: str) -> bool:
        """Whether arrays price the lines of a solver.

        Those by QSVT, where nothing is written into lookups. A run of one step has polynomials of a definite parity.
        """
        unwritten = not self._quadratic.states.written
        return self._named(solver) == TRANSFORMATION and unwritten and self._quadratic.response.steps > 1

    def quick_knobs(self, candidate: Candidate) -> Sequence[int]:
        """The places of the grid of errors: 1 for what the whole error allows, the next ones finer.

        The finer may be the cheaper: its degree may be lower for a smaller c.
        """
        return range(1, FINER + 1)

    def solver(self, name: str) -> Method:
        """The method of a solver that arrays price."""
        return PHASED[self._named(name), self._family.gram]

    def quick_lines(self, candidates: Sequence[Candidate], folder: Folder) -> LinesOfOnePolynomial:
        """Lines as arrays ask for them."""
        quadratic = self._quadratic
        return LinesOfOnePolynomial(
            [(self._offers[c.encoding], c.access) for c in candidates],
            quadratic.states,
            quadratic.nonzeros,
            self._epsilon,
            folder,
            kept=(self._kept[0], self._kept[1] if self._reaches_back else math.nan),
            place=self._place,
            weights=[float(self._offers[c.encoding].weight) for c in candidates],
            truncated=self._family.truncated,
        )

    def _named(self, solver: str) -> str:
        """The method of a solver."""
        return next(m for m in self._family.methods if solver == solver_name(self._family.name, m))

    def lowered(self, candidate: Candidate, knob: int, shares: Shares) -> Lowered:
        """As `Route` says; `knob` as `quick_knobs`, or 0."""
        family, offer = self._family, self._offers[candidate.encoding]
        method = self._named(candidate.solver)
        made = applied(
            self._method(method, candidate.access),
            self._epsilon,
            self._kept,
            float(offer.weight),
            shares,
            lambda relative: self._truncated(offer, float(relative)),
            lambda epsilon: offer.prepared(Words(epsilon=float(epsilon)), candidate.access).encoding,
            lambda epsilon: vector_state(
                self._quadratic.states,
                self._quadratic.nonzeros,
                offer.columns,
                float(epsilon),
                candidate.access,
                self._folder,
            ),
            bound=shares.is_bound,
            exactly=error_at(self._place, knob),
        )
        series, encoding = made.series, made.encoding
        low, high = (float(end) for end in made.success)
        ways = amplifications(low, most=high if self._reaches_back else None, reusable=True)
        distance = distance_of(made.whole)
        return Lowered(
            candidate=candidate,
            knob=knob,
            shares=shares,
            facts=PolynomialSubject(
                polynomial=family.name,
                argument=family.argument,
                method=method,
                degree=series.degree,
                uses=int(made.uses),
                encoding=encoding,
                alpha=float(encoding.alpha),
                scale=series.scale,
                amplitude=made.amplitude,
                one_norm=series.weight,
                error=series.error / series.scale,
                error_kind=series.kind,
                right_hand_side_bits=made.rhs.bits,
            ),
            queries=Queries(made.uses, 1, 1.0, series.kind, series.source),
            run=made.run,
            wanted=Wanted(),
            ways=ways,
            allowed=float(made.allowed),
            synthesis_after=float(made.after),
            terms=tuple(
                (name, distance * part / made.whole, Kind.BOUND) for name, part in made.parts.items()
            ),
            breakdown={
                "parameters": int(encoding.system),
                "encoding ancilla": int(encoding.ancilla),
                "solver ancilla": int(made.block.ancilla) - int(encoding.ancilla),
            },
            kinds=(series.kind, Kind.BOUND),
        )

    def _truncated(self, offer: Offer, relative: float) -> Truncated:
        if math.isnan(relative):
            raise InfeasibleError(
                "the solver's share of the error is less than the polynomial needs",
                remedy="a finer polynomial, or another split",
            )
        return self._family.truncated(float(offer.weight), relative)

    def _method(self, name: str, access: Access) -> Method:
        """How it is applied, as `applied` asks for it."""
        gram = self._family.gram
        return Method(True, gram, self._summed(access)) if name == CHEBYSHEV else PHASED[name, gram]

    def _summed(self, access: Access) -> Callable[[Truncated, Encodings, Scalar], Encoding]:
        """The Chebyshev sum."""

        def block(series: Truncated, encodings: Encodings, epsilon: Scalar) -> Encoding:
            if self._family.gram:
                return chebyshev_lcu_gram(
                    encodings(False),
                    degree=series.degree,
                    access=access,
                    prep_epsilon=float(epsilon),
                    weight=series.weight,
                    moment=series.moment,
                    exchange=self._exchange,
                )
            return chebyshev_lcu(
                encodings(False),
                degree=series.degree,
                access=access,
                prep_epsilon=float(epsilon),
                parity=series.parity,
                controlled=controlled_of(series, encodings),
                weight=series.weight,
                moment=series.moment,
                signed=series.signed,
                exchange=self._exchange,
            )

        return block


def coarsest_words(series: Truncated, slack: float, weight: float, *, gram: bool) -> float | None:
    """The error that the encoding may make at most, when the whole error `slack` (relative to c) is its own."""
    moment = series.moment * (4 if gram else 1)
    return slack * series.scale * weight / moment if moment > 0 else None


def cheapest_query(
    offer: Offer, access: Access, cost: Callable[[Operation, bool], Cost], allowed: float | None = None
) -> Gates:
    """Toffolis and T gates of a use of an encoding or its inverse, at least: no control, and words for this error."""
    words = Words(epsilon=COARSEST * float(offer.weight) if allowed is None else allowed)
    routine = offer.prepared(words, access).encoding(controlled=False).routine
    ways = [cost(routine, way).gates for way in (False, True)]
    return Gates(toffoli=min(int(gates.toffoli) for gates in ways), t=min(int(gates.t) for gates in ways))


def subject_of(family: str, argument: str, driven: Driven) -> str:
    """What is solved, as reports print it."""
    return f"{family} in {argument}, about the {'minimum' if driven == 'displacement' else 'start'}"


def solver_name(family: str, method: str) -> str:
    """The solver, as reports print it."""
    return f"{family}, {method}"
