"""The analysis laid out: verdict, dynamics, ways out, spectrum and facts, assumptions."""

from __future__ import annotations

from qgd_compiler.backends.analysis_report import Analysis
from qgd_compiler.backends.document import Fact
from qgd_compiler.backends.figures import count, percent, real
from qgd_compiler.backends.page import Grid, Page, Pairs, Section, columns
from qgd_compiler.backends.report_page import assumptions_section, regime_section


def analysis_page(analysis: Analysis) -> Page:
    """The page of an analysis."""
    sections = [
        regime_section(analysis.regime),
        _ways_out(analysis),
        _model(analysis),
        _run(analysis),
        assumptions_section(analysis.assumptions),
    ]
    footer = (
        f"qgd {analysis.compiler}; spec {analysis.spec_digest[:12]}; weakest input: {analysis.weakest_source}"
    )
    return Page(analysis.name, analysis.verdict, tuple(s for s in sections if s.body.rows), footer)


def _ways_out(analysis: Analysis) -> Section:
    rows = tuple(
        (w.change, "none" if w.value is None else real(w.value), w.effect) for w in analysis.ways_out
    )
    heads = columns("field", "value", "effect", numeric=("value",))
    return Section("What would change that", Grid(heads, rows))


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
