"""From a study to the report of `qgd analyze`."""

from __future__ import annotations

import math

import numpy as np

from qgd_compiler.analysis.cuts import class_cuts
from qgd_compiler.analysis.error_proxy import error_proxy, smallest_cut
from qgd_compiler.analysis.inverse_norm import log_history_inverse_norm
from qgd_compiler.analysis.lifted_inverse import lifted_inverse_norm
from qgd_compiler.analysis.power_norms import toeplitz_inverse_norm
from qgd_compiler.analysis.recursion import almost_dissipative, newton_kantorovich, search_orders
from qgd_compiler.backends.analysis_report import (
    Analysis,
    CarlemanOrder,
    Cuts,
    HessianFacts,
    InverseNorm,
    Nonlinearity,
    Proxy,
    Spectrum,
    Trajectory,
    WayOut,
)
from qgd_compiler.backends.assemble import regime_of
from qgd_compiler.backends.document import Fact as ReportedFact
from qgd_compiler.errors import InfeasibleError, SpecError
from qgd_compiler.kinds import Kind, Source, weakest_source
from qgd_compiler.structure.facts import Fact
from qgd_compiler.study.reading import Study
from qgd_compiler.study.training import training_of
from qgd_compiler.version import __version__

MOST_ORDERS = 8


def analysis_of(found: Study, *, proxy: bool = False, training: bool = False) -> Analysis:
    """The report of an analysis; a run that cannot be followed or bounded is left out of it.

    proxy     with the error proxy of the density; SpecError where there is none
    training  with every step of the spectrum file; SpecError where there is none
    """
    content, regime = found.loaded.spec, found.regime
    trajectory = _trajectory(found)
    run = () if trajectory is None else tuple(found.run_assumptions)
    return Analysis(
        name=content.name,
        compiler=__version__,
        spec_digest=found.digest,
        verdict=(regime.verdict,),
        weakest_source=weakest_source((found.extremes.source,)),
        learning_rate=float(content.dynamics.learning_rate.value),
        iterations=found.recursion.iterations,
        regime=regime_of(regime),
        spectrum=Spectrum(
            lambda_min=ReportedFact(value=found.extremes.lambda_min, source=found.extremes.source),
            lambda_max=ReportedFact(value=found.extremes.lambda_max, source=found.extremes.source),
            method=found.extremes.method,
        ),
        hessian=_facts(found),
        inverse_norm=_inverse_norm(found),
        trajectory=trajectory,
        nonlinearity=_nonlinearity(found, trajectory is not None),
        cuts=_cuts(found),
        proxy=_proxy(found) if proxy else None,
        training=training_of(found) if training else None,
        ways_out=tuple(WayOut(change=w.change, value=w.value, effect=w.effect) for w in regime.ways_out),
        assumptions=(*found.assumptions, *run),
    )


def _proxy(found: Study) -> Proxy:
    if found.density is None:
        raise SpecError(
            "there is no density of eigenvalues to average over",
            at=found.loaded.where("spectrum"),
            remedy="spectrum: {file: …, step: …}, spectrum.eigenvalues, or a Hessian with data",
        )
    given = found.loaded.spec.spectrum
    cut = 0.0 if given is None else float(given.cut.value)
    rates = found.recursion.rates
    mean = error_proxy(found.density, rates, found.recursion.iterations, cut)
    return Proxy(
        cut=cut,
        t=tuple(int(t) for t in mean.steps),
        value=tuple(_finite(float(v)) for v in mean.values),
        minimum=mean.minimum,
        minimum_at=mean.minimum_at,
        smallest_cut=smallest_cut(found.density, rates, found.recursion.iterations),
    )


def _inverse_norm(found: Study) -> InverseNorm:
    """Of the history of the linear part without padding."""
    recursion = found.recursion
    steps = recursion.iterations
    if found.powers is not None:
        value = toeplitz_inverse_norm(found.powers, 0)
    elif recursion.constant_rate:
        log_norm = float(log_history_inverse_norm(recursion.growth, steps, 0))
        value = math.exp(log_norm) if log_norm < 709 else math.inf
    else:
        value = float(lifted_inverse_norm(recursion.growths[:, None, None], steps))
    return InverseNorm(
        value=value if math.isfinite(value) else None, kind=Kind.BOUND, rows=steps + 1, padding=0
    )


def _nonlinearity(found: Study, followed: bool) -> Nonlinearity | None:
    recursion = found.recursion
    if recursion.linear:
        return None
    whole = found.priced is recursion
    sizes = found.run.measured if followed and whole else None
    orders = found.orders if sizes is None else search_orders(recursion, found.orders.budget, sizes)
    bound = recursion.size_bounds if sizes is None else sizes
    last = float(bound[-1])
    about_start = recursion.start == 0 and recursion.lambda_min > 0
    remainder = recursion.remainder_error(sizes)
    return Nonlinearity(
        norms=tuple(float(f) for f in recursion.step_norms.max(axis=0)),
        start=recursion.first_size,
        last_size=_finite(last),
        relative_to=orders.relative_to,
        budget=orders.budget,
        smallest_order=orders.smallest,
        window=orders.window,
        almost_dissipative=_finite(almost_dissipative(recursion)),
        newton_kantorovich=(
            newton_kantorovich(recursion.gradient, 2 * recursion.higher[0], recursion.lambda_min)
            if about_start
            else None
        ),
        remainder=None if remainder is None else _finite(remainder),
        orders=tuple(
            _order(found, n, error, last, sizes) for n, error in enumerate(orders.errors[:MOST_ORDERS], 1)
        ),
    )


def _order(found: Study, order: int, exact: float, last: float, sizes: np.ndarray | None) -> CarlemanOrder:
    truncation, bias = found.recursion.first_order_errors(order, sizes)
    size = last if last > 0 else math.inf
    return CarlemanOrder(
        order=order,
        exact=_finite(exact),
        first_order=_finite(float(truncation[-1, 1]) / size),
        bias=_finite(float(bias[-1, 1]) / size),
        meets_budget=exact <= found.orders.budget,
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _cuts(found: Study) -> Cuts | None:
    """Where the class changes, and what share of the modes is left there if the spec gives their density."""
    recursion = found.recursion
    if recursion.momentum and not recursion.linear:
        return None
    cuts, density = class_cuts(recursion), found.declared_density

    def share(cut: float | None) -> float | None:
        return None if cut is None or density is None else density.mass_outside(cut)

    return Cuts(
        almost=cuts.almost,
        fully=cuts.fully,
        almost_share=share(cuts.almost),
        fully_share=share(cuts.fully),
    )


def _trajectory(found: Study) -> Trajectory | None:
    if found.data.gradients is None and found.data.displacement is None:
        return None
    try:
        run = found.run
    except InfeasibleError:
        return None
    if run.final is None or run.sums is None:
        return None
    return Trajectory(
        source=run.source,
        gradient_norm=run.gradient_norm,
        final_norm=run.final,
        largest_norm=run.largest if run.largest is not None else run.final,
        final_probability=run.sums.probability(0)[0],
    )


def _facts(found: Study) -> HessianFacts:
    facts = found.facts
    stored = None
    if found.entries is not None:
        stored = ReportedFact(value=int(found.entries.nnz), source=Source.EXACT)
    return HessianFacts(
        parameters=found.parameters,
        nonzeros=stored,
        row_sparsity=_reported(facts.row_sparsity),
        max_entry=_reported(facts.max_entry),
        row_one_norm=_reported(facts.row_one_norm),
        frobenius=_reported(facts.frobenius),
        norm=ReportedFact(value=found.extremes.norm, source=found.extremes.source),
    )


def _reported(fact: Fact | None) -> ReportedFact | None:
    if fact is None:
        return None
    value = fact.value
    return ReportedFact(value=int(value) if float(value).is_integer() else float(value), source=fact.source)
