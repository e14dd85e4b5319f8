r"""Plans that apply a polynomial of a Hermitian matrix to what drives the run, and amplify what is left of it.

With p ≈ c f/F and w = ‖f(H)v̂‖/F the state a û_T, a = c w, is left of the normalised input. Displacements relative to
a: of the polynomial its sup error; of the preparation of its coefficients Σ|w̃_k − w_k|; of the encoding Σ|a_k|k²
ε_A/α (`qsp/series.py`), four times that for a factor J; of the input ε_v Σ|a_k|. They add up to r, which turns the
direction by at most asin r, a distance 2 sin(asin(r)/2), and the amplitude is at least a(1 − r). R rotations
synthesised to ε_r move the state of one circuit by at most R ε_r, which restricting to the outcome multiplies by at
most 2/√P.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import final

from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.amplification import Wanted, amplifications
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.menu.offer import Offer, Words
from qgd_compiler.algorithms.plan import Candidate, Lowered, Shares, displacement_of, distance_of
from qgd_compiler.algorithms.polynomials.fewest import RUNS, degree_per_amplitude, eigenvalues_between
from qgd_compiler.algorithms.qsp.chebyshev_lcu import chebyshev_lcu, chebyshev_lcu_gram
from qgd_compiler.algorithms.qsp.gqsp import gqsp, gqsp_gram
from qgd_compiler.algorithms.qsp.qsvt import qsvt
from qgd_compiler.algorithms.qsp.series import Parity
from qgd_compiler.algorithms.quadratic import Quadratic
from qgd_compiler.algorithms.queries import Queries
from qgd_compiler.algorithms.routes.families import CHEBYSHEV, PROCESSING, Family, Truncated
from qgd_compiler.algorithms.routes.route import Least, Line
from qgd_compiler.algorithms.subjects import PolynomialSubject
from qgd_compiler.algorithms.upload import vector_state
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.fold import Cost, Folder
from qgd_compiler.costing.gates import Gates
from qgd_compiler.kinds import Kind
from qgd_compiler.program.builder import Builder
from qgd_compiler.program.ir import Operation, Routine

ROUNDING = 1e-12  # of the budget: parts that add up to it may exceed it by as much in float64
COARSEST = 1e6  # times α: an error for which the shortest words will do
COEFFICIENTS_PART = 0.1  # of the solver's share, for the preparation of the coefficients


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

    @property
    def subject(self) -> str:
        """As reports print it."""
        about = "minimum" if self._quadratic.response.driven == "displacement" else "start"
        return f"{self._family.name} in {self._family.argument}, about the {about}"

    @property
    def offers(self) -> Sequence[Offer]:
        """Of the matrix that is solved or raised to powers."""
        return tuple(self._offers.values())

    def lines(self, accesses: Sequence[Access]) -> Iterator[Line]:
        """Both methods with every encoding and access model."""
        names = [_solver_name(self._family, method) for method in self._family.methods]
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
        """None."""
        return (0,)

    def near(self, knob: int) -> Sequence[int]:
        """None."""
        return ()

    def least(self, candidate: Candidate) -> Least | None:
        """What every plan of a line costs at least, by Bernstein's inequality; None where nothing is known."""
        quadratic, offer = self._quadratic, self._offers[candidate.encoding]
        if not quadratic.response.closed or quadratic.high <= quadratic.low:
            return None
        values = eigenvalues_between(quadratic.low, quadratic.high)
        sizes = quadratic.response.values(values)
        sizes = sizes / quadratic.response.largest(quadratic.low, quadratic.high)
        slack = self._epsilon * self._kept[0]
        degree = degree_per_amplitude(self._family.places(float(offer.weight), values), sizes, slack)
        uses = float(degree) * RUNS / self._kept[0] * (2 if self._family.gram else 1)
        gates = cheapest_query(offer, candidate.access, self._folder.cost)
        each = self._exchange.t_of(gates, 0.5)
        return Least(t_count=uses * float(each), toffoli_count=uses * float(gates.toffoli))

    def lowered(self, candidate: Candidate, knob: int, shares: Shares) -> Lowered:
        """As `Route` says."""
        family, offer = self._family, self._offers[candidate.encoding]
        method = next(m for m in family.methods if candidate.solver == _solver_name(family, m))
        # a displacement is less than its distance; bounds take the distance itself
        others = 1.0 if shares.is_bound else 1 - shares.synthesis
        whole = self._epsilon if shares.is_bound else displacement_of(others * self._epsilon)
        parts = {
            "polynomial": shares.solver / others * whole,
            "encoding": shares.encoding / others * whole,
            "right-hand side": shares.right_hand_side / others * whole,
        }
        alpha = float(offer.weight)
        own = parts["polynomial"] * (1 - COEFFICIENTS_PART if method == CHEBYSHEV else 1.0)
        series = family.truncated(alpha, own * self._kept[0])
        scale = series.scale
        amplitude = scale * self._kept[0]
        moment = series.moment * (4 if family.gram else 1)
        allowed = parts["encoding"] * amplitude * alpha / moment if moment else alpha
        prepared = offer.prepared(Words(epsilon=allowed), candidate.access)
        encoding = prepared.encoding(controlled=False)
        mixed = series.parity is Parity.MIXED and not family.gram
        controlled = prepared.encoding(controlled=True) if mixed else None
        coefficients_epsilon = COEFFICIENTS_PART * parts["polynomial"] * amplitude / series.weight
        block = self._block(method, encoding, controlled, series, candidate.access, coefficients_epsilon)
        largest = min(series.weight, series.processed)  # |p| is at most either
        state = vector_state(
            self._quadratic.states,
            self._quadratic.nonzeros,
            offer.columns,
            parts["right-hand side"] * amplitude / largest,
            candidate.access,
            self._folder,
        )
        lost = 0.0 if shares.is_bound else whole
        low = (scale * self._kept[0] * (1 - lost) / float(block.alpha)) ** 2
        high = min((scale * self._kept[1] * (1 + lost) / float(block.alpha)) ** 2, 1.0)
        uses = 2 * series.degree if family.gram else _uses(series)
        ways = amplifications(low, most=high if self._reaches_back else None, reusable=True)
        after = 2 / math.sqrt(low)
        distance = distance_of(whole)
        return Lowered(
            candidate=candidate,
            knob=knob,
            shares=shares,
            facts=PolynomialSubject(
                polynomial=family.name,
                argument=family.argument,
                method=method,
                degree=series.degree,
                uses=uses,
                encoding=encoding,
                alpha=float(encoding.alpha),
                scale=scale,
                amplitude=(scale * self._kept[0] * (1 - lost), scale * self._kept[1] * (1 + lost)),
                one_norm=series.weight,
                error=series.error / scale,
                error_kind=series.kind,
                right_hand_side_bits=state.bits,
            ),
            queries=Queries(uses, 1, 1.0, series.kind, series.source),
            run=_applied(state.routine, block),
            wanted=Wanted(),
            ways=ways,
            allowed=shares.synthesis * self._epsilon / after,
            synthesis_after=after,
            terms=tuple((name, distance * part / whole, Kind.BOUND) for name, part in parts.items()),
            breakdown={
                "parameters": int(encoding.system),
                "encoding ancilla": int(encoding.ancilla),
                "solver ancilla": int(block.ancilla) - int(encoding.ancilla),
            },
            kinds=(series.kind, Kind.BOUND),
        )

    def _block(
        self,
        method: str,
        encoding: Encoding,
        controlled: Encoding | None,
        series: Truncated,
        access: Access,
        epsilon: float,
    ) -> Encoding:
        """The block-encoding of the polynomial (a count)."""
        if self._family.gram:
            if method == PROCESSING:
                return gqsp_gram(encoding, degree=series.degree, alpha=series.processed, moment=series.moment)
            return chebyshev_lcu_gram(
                encoding,
                degree=series.degree,
                access=access,
                prep_epsilon=epsilon,
                weight=series.weight,
                moment=series.moment,
                exchange=self._exchange,
            )
        if method != CHEBYSHEV:
            process = gqsp if method == PROCESSING else qsvt
            return process(
                encoding,
                degree=series.degree,
                parity=series.parity,
                controlled=controlled,
                alpha=series.processed,
                moment=series.moment,
            )
        return chebyshev_lcu(
            encoding,
            degree=series.degree,
            access=access,
            prep_epsilon=epsilon,
            parity=series.parity,
            controlled=controlled,
            weight=series.weight,
            moment=series.moment,
            signed=series.signed,
            exchange=self._exchange,
        )


def cheapest_query(offer: Offer, access: Access, cost: Callable[[Operation, bool], Cost]) -> Gates:
    """Toffolis and T gates of a use of an encoding or its inverse, at least: no control, and the shortest words."""
    words = Words(epsilon=COARSEST * float(offer.weight))
    routine = offer.prepared(words, access).encoding(controlled=False).routine
    ways = [cost(routine, way).gates for way in (False, True)]
    return Gates(toffoli=min(int(gates.toffoli) for gates in ways), t=min(int(gates.t) for gates in ways))


def _solver_name(family: Family, method: str) -> str:
    return f"{family.name}, {method}"


def _uses(series: Truncated) -> int:
    """Of the encoding: one for each degree, and a mixed parity starts with one more where the degree is even."""
    return 2 * (series.degree // 2) + 1 if series.parity is Parity.MIXED else series.degree


def _applied(state: Routine, block: Encoding) -> Routine:
    """The input, and the polynomial of it."""
    builder = Builder("polynomial of the input", "solver")
    ancilla = builder.register("ancilla", block.ancilla)
    system = builder.register("system", block.system)
    own = int(state.register("gradient").size)
    gradient = builder.register("gradient", max(own, int(block.gradient)))
    builder.call(state, system, gradient.part(0, own))
    builder.call(block.routine, system, ancilla, gradient.part(0, block.gradient))
    return builder.routine()
