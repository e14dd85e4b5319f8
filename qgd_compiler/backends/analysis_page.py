"""The analysis laid out: verdict, dynamics, ways out, spectrum and facts, assumptions."""

from __future__ import annotations

from qgd_compiler.backends.analysis_report import Analysis, Nonlinearity, Proxy, Training
from qgd_compiler.backends.document import Fact
from qgd_compiler.backends.figures import bar, count, near_one, percent, real
from qgd_compiler.backends.page import Column, Grid, Page, Pairs, Section, columns
from qgd_compiler.backends.report_page import assumptions_section, regime_section


def analysis_page(analysis: Analysis) -> Page:
    """The page of an analysis."""
    sections = [
        regime_section(analysis.regime),
        _ways_out(analysis),
        _model(analysis),
        _run(analysis),
        *([] if analysis.nonlinearity is None else _nonlinearity(analysis.nonlinearity)),
        *([] if analysis.proxy is None else [_proxy(analysis.proxy)]),
        *([] if analysis.training is None else [_training(analysis.training)]),
        assumptions_section(analysis.assumptions),
    ]
    footer = (
        f"qgd {analysis.compiler}; spec {analysis.spec_digest[:12]}; weakest input: {analysis.weakest_source}"
    )
    return Page(analysis.name, analysis.verdict, tuple(s for s in sections if s.body.rows), footer)


def _ways_out(analysis: Analysis) -> Section:
    rows = [(w.change, "none" if w.value is None else real(w.value), w.effect) for w in analysis.ways_out]
    cuts = analysis.cuts
    if cuts is not None and cuts.fully != 0:
        nonlinear = analysis.nonlinearity is not None
        for value, share, effect in (
            (
                cuts.almost,
                cuts.almost_share,
                "modes above grow less than e-fold over the run"
                + (", T f_2 r <= 1" if nonlinear else "")
                + ": almost dissipative",
            ),
            (
                cuts.fully,
                cuts.fully_share,
                "modes above all contract" + (", R < 1" if nonlinear else "") + ": fully dissipative",
            ),
        ):
            left = "" if share is None else f"; {percent(share)} of the modes are left"
            rows.append(("leave out |lambda| up to", "none" if value is None else real(value), effect + left))
    heads = columns("field", "value", "effect", numeric=("value",))
    return Section("What would change that", Grid(heads, tuple(rows)))


def _model(analysis: Analysis) -> Section:
    spectrum, hessian = analysis.spectrum, analysis.hessian
    facts: list[tuple[str, Fact | None, str]] = [
        ("smallest eigenvalue", spectrum.lambda_min, spectrum.method),
        ("largest eigenvalue", spectrum.lambda_max, spectrum.method),
        ("2-norm", hessian.norm, ""),
        ("stored entries", hessian.nonzeros, ""),
        ("row sparsity", hessian.row_sparsity, "largest number of non-zeros in a row"),
        ("largest entry", hessian.max_entry, ""),
        ("row 1-norm", hessian.row_one_norm, "largest sum of absolute values in a row"),
        ("Frobenius norm", hessian.frobenius, ""),
    ]
    rows = [("parameters", count(hessian.parameters), "", "kept after pruning")]
    rows += [
        (name, "unknown" if f is None else real(f.value), "" if f is None else str(f.source), remark)
        for name, f, remark in facts
    ]
    return Section(
        "Hessian", Grid(columns("fact", "value", "source", "remark", numeric=("value",)), tuple(rows))
    )


def _nonlinearity(found: Nonlinearity) -> list[Section]:
    names = ("f_0", "m", "f_2", "f_3")
    rows = [(name, real(value), "") for name, value in zip(names, found.norms, strict=False)]
    rows += [
        ("size at the start", real(found.start), ""),
        ("size at the end", "unbounded" if found.last_size is None else real(found.last_size), "at most"),
        (
            "smallest order",
            "none" if found.smallest_order is None else count(found.smallest_order),
            "certified",
        ),
        ("certified steps", count(found.window), "by some order"),
        (
            "T f_2 r",
            "unbounded" if found.almost_dissipative is None else real(found.almost_dissipative),
            "almost dissipative up to about 1",
        ),
    ]
    if found.newton_kantorovich is not None:
        rows.append(("Newton-Kantorovich", real(found.newton_kantorovich), "below 1: R < 1 about this point"))
    if found.remainder is not None:
        rows.append(("remainder", real(found.remainder), "how far the true run may be from the expanded one"))
    heads = columns(
        "order",
        "exact lift",
        "first-order lift",
        "its bias",
        "verdict",
        numeric=("order", "exact lift", "first-order lift", "its bias"),
    )
    table = tuple(
        (
            count(o.order),
            _error(o.exact),
            _error(o.first_order),
            _error(o.bias),
            "certified" if o.meets_budget else "",
        )
        for o in found.orders
    )
    note = (
        f"Bounds on the error of the last iterate relative to its {found.relative_to} size; "
        f"budget {real(found.budget)}."
    )
    return [
        Section("Nonlinear terms", Pairs(tuple(rows))),
        Section("Carleman orders", Grid(heads, table), (note,)),
    ]


def _error(value: float | None) -> str:
    return "unbounded" if value is None else real(value)


def _proxy(proxy: Proxy) -> Section:
    """Every tenth step at most."""
    last = proxy.t[-1]
    shown = sorted({0, proxy.minimum_at, last, *range(0, last + 1, max(1, last // 20))})
    rows = tuple(
        (
            count(t),
            "unbounded" if proxy.value[t] is None else real(proxy.value[t], 5),
            "minimum" if t == proxy.minimum_at else "",
            _bar_of(proxy, t),
        )
        for t in shown
    )
    notes = (
        f"Mean of |1 - eta lambda|^t over the density of |lambda| > {real(proxy.cut)}: "
        "it averages over modes and certifies nothing.",
        "No cut keeps it below 1."
        if proxy.smallest_cut is None
        else f"It stays below 1 from a cut of {real(proxy.smallest_cut)} on.",
    )
    heads = (*columns("t", "E(t)", "", numeric=("t", "E(t)")), Column("", fixed=True))
    return Section("Error proxy", Grid(heads, rows), notes)


def _bar_of(proxy: Proxy, t: int) -> str:
    """E(t) as a bar, the largest finite value full."""
    value = proxy.value[t]
    largest = max((v for v in proxy.value if v is not None), default=1.0)
    return "" if value is None or largest == 0 else bar(value / largest)


def _training(training: Training) -> Section:
    rows = tuple(
        (
            count(p.step),
            p.regime,
            near_one(p.growth),
            "unbounded" if p.growth_over_run is None else real(p.growth_over_run),
            count(p.window),
            "" if p.proxy_minimum is None else real(p.proxy_minimum),
            "" if p.proxy_last is None else real(p.proxy_last),
            str(p.source),
            "allowed" if p.allowed else "",
        )
        for p in training.points
    )
    words = ("step", "class", "growth", "over the run", "longest run", "proxy min", "proxy at T", "ends", "")
    heads = columns(
        *words, numeric=("step", "growth", "over the run", "longest run", "proxy min", "proxy at T")
    )
    if training.first_allowed is None or training.last_allowed is None:
        note = "At no step of the file may one run have all the iterations of the spec."
    else:
        note = (
            f"One run may have all the iterations of the spec from step {training.first_allowed} "
            f"to step {training.last_allowed} (of the steps in the file, without a gap)."
        )
    return Section(
        "Along training",
        Grid(heads, rows),
        (note, "The error proxy averages over modes and certifies nothing."),
    )


def _run(analysis: Analysis) -> Section:
    inverse = analysis.inverse_norm
    rows = [
        ("learning rate", real(analysis.learning_rate), ""),
        ("iterations", count(analysis.iterations), ""),
        ("inverse norm", real(inverse.value), f"{inverse.kind}; {count(inverse.rows)} time steps"),
    ]
    run = analysis.trajectory
    if run is not None:
        chance = "n/a" if run.final_probability is None else percent(run.final_probability)
        rows += [
            ("gradient norm", real(run.gradient_norm), str(run.source)),
            ("last displacement", real(run.final_norm), str(run.source)),
            ("largest displacement", real(run.largest_norm), str(run.source)),
            ("final-time probability", chance, "without padding"),
        ]
    return Section("Run", Pairs(tuple(rows)))
