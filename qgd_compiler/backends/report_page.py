"""The cost report laid out: verdict, totals, where the T gates go, errors, alternatives, assumptions."""

from __future__ import annotations

from qgd_compiler.backends.baseline_section import baseline_sections
from qgd_compiler.backends.document import Assumption
from qgd_compiler.backends.figures import bar, count, near_one, percent, real
from qgd_compiler.backends.page import Column, Grid, Page, Pairs, Section, columns
from qgd_compiler.backends.physical_page import physical_sections
from qgd_compiler.backends.readout_section import readout_sections
from qgd_compiler.backends.report import Offer, Regime, Report
from qgd_compiler.backends.segments_section import segments_sections

COUNTS = ("T gates", "Toffoli", "qubits", "rotations")


def report_page(report: Report) -> Page:
    """The page of a cost report."""
    sections = [
        _total(report),
        *segments_sections(report.segments),
        *readout_sections(report.readout),
        _components(report),
        _circuit(report),
        *(() if report.physical is None else physical_sections(report.physical)),
        regime_section(report.regime),
        _solver(report),
        _polynomial(report),
        _stationary(report),
        _system(report),
        _errors(report),
        *baseline_sections(report.baselines),
        _front(report),
        _alternatives(report),
        assumptions_section(report.assumptions),
        _proof(report),
    ]
    footer = (
        f"qgd {report.compiler}; spec {report.spec_digest[:12]}; "
        f"weakest formula: {report.kind}; weakest input: {report.weakest_source}"
    )
    return Page(report.name, report.verdict, tuple(s for s in sections if s.body.rows), footer)


def regime_section(regime: Regime) -> Section:
    """Class, growth and margin."""
    rows = (
        ("class", regime.name, ""),
        ("growth per step", near_one(regime.growth), f"margin {real(regime.margin)}"),
        ("growth over the run", real(regime.growth_over_run), ""),
    )
    return Section("Dynamics", Pairs(rows), regime.reasons)


def _proof(report: Report) -> Section:
    """Which circuits like this one were run."""
    proof = report.proof
    if proof is None:
        return Section("Proof", Pairs(()))
    numbers = ("n", "T", "N", "ε claimed", "ε measured", "P claimed", "P measured")
    rows = tuple(
        (
            one.name,
            "passed" if one.passed else "FAILED",
            str(one.parameters),
            str(one.iterations),
            str(one.order),
            *(
                real(value, 3)
                for value in (
                    one.claimed_error,
                    one.measured_error,
                    one.claimed_success,
                    one.measured_success,
                )
            ),
        )
        for one in (*proof.end_to_end, *proof.encoding_elsewhere)
    )
    heads = columns("instance", "verdict", *numbers, numeric=numbers)
    body = Grid(heads, rows) if rows else Pairs((("this family", "not run", proof.family),))
    return Section("Proof", body, (proof.statement,))


def assumptions_section(assumptions: tuple[Assumption, ...]) -> Section:
    """Every input that the result rests on; columns that nobody fills are left out."""
    heads = ("input", "value", "source", "reference", "where")
    rows = [(a.name, _value(a.value), str(a.source), a.ref, a.where) for a in assumptions]
    used = [i for i in range(len(heads)) if i < 3 or any(row[i] for row in rows)]
    grid = Grid(columns(*(heads[i] for i in used)), tuple(tuple(row[i] for i in used) for row in rows))
    return Section("What it rests on", grid)


def _value(value: int | float | str | None) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return count(value) if isinstance(value, int) else real(value, 6)


def _total(report: Report) -> Section:
    total, solver = report.total, report.solver
    chosen = (count(total.t_count), count(total.toffoli), count(total.qubits), solver.name, solver.encoding)
    rows: list[tuple[str, ...]] = [("this plan", *chosen, solver.access)]
    until = "one run succeeds" if report.readout is None else "the answer is read out"
    notes = [f"Chosen for the least {OBJECTIVES[total.objective]}; counted until {until}."]
    for label, offer, why in (
        ("best proven", total.proven, total.why_no_proven),
        ("best heuristic", total.heuristic, total.why_no_heuristic),
    ):
        if offer is not None:
            rows.append((label, *_offer(offer)))
        elif why:
            notes.append(f"No {label.removeprefix('best ')} total: {why}")
    if total.proven is not None:
        notes.append(
            f"Proven: rotations by the model '{total.proven.rotation}', every formula exact or a bound."
        )
    heads = columns("", "T gates", "Toffoli", "qubits", "solver", "encoding", "access", numeric=COUNTS)
    return Section("Total", Grid(heads, tuple(rows), frozenset({0})), tuple(notes))


OBJECTIVES = {
    "t_count": "T gates",
    "toffoli": "Toffolis",
    "qubits": "qubits",
    "qubits_times_t": "qubits times T gates",
    "runtime": "layers of T gates",
}


def _offer(offer: Offer) -> tuple[str, ...]:
    numbers = (count(offer.t_count), count(offer.toffoli), count(offer.qubits))
    return (*numbers, offer.solver, offer.encoding, offer.access)


def _front(report: Report) -> Section:
    heads = columns("T gates", "Toffoli", "qubits", "solver", "encoding", "access", numeric=COUNTS)
    rows = tuple(_offer(o) for o in report.pareto)
    return Section("T gates against qubits", Grid(heads, rows), ("No plan has fewer of both.",))


def _components(report: Report) -> Section:
    rows = tuple(
        (c.name, count(c.t_count), count(c.toffoli), count(c.rotations), percent(c.share), bar(c.share))
        for c in report.logical.by_component
    )
    words = columns("component", "T gates", "Toffoli", "rotations", "share", numeric=(*COUNTS, "share"))
    heads = (*words, Column("", fixed=True))
    note = f"Loading classical data takes {percent(report.logical.data_loading_share)} of the T gates."
    return Section("Where the T gates of one circuit go", Grid(heads, rows), (note,))


def _circuit(report: Report) -> Section:
    logical, success = report.logical, report.success
    rotations = "; ".join(
        f"{r.label + ': ' if r.label else ''}{count(r.count)} to {real(r.epsilon)}, {count(r.t_each)} T each"
        for r in logical.rotations
    )
    breakdown = ", ".join(f"{name} {count(n)}" for name, n in logical.qubit_breakdown.items())
    rows = [
        ("T gates", count(logical.t_count), "Toffolis and rotations exchanged for T"),
        ("Toffoli", count(logical.toffoli), "a temporary AND counts once"),
        ("T outside them", count(logical.t), ""),
        ("table lookups", count(logical.lookups), f"{count(logical.lookup_t)} T gates; erasures counted too"),
        ("rotations", count(sum(r.count for r in logical.rotations)), rotations),
        ("Clifford", count(logical.clifford), ""),
        ("measurements", count(logical.measurement), ""),
        ("Toffoli depth", count(logical.toffoli_depth), "upper bound"),
        ("T depth", count(logical.t_depth), "upper bound"),
        ("qubits", count(logical.qubits), breakdown),
        ("success", percent(success.probability), f"{success.method}, {count(success.rounds)} rounds"),
        ("circuits to run", real(success.runs), "expected until one succeeds"),
    ]
    unknown = {"Toffoli depth": logical.toffoli_depth, "T depth": logical.t_depth}
    kept = tuple(row for row in rows if unknown.get(row[0], 0) is not None)
    return Section("One circuit", Pairs(kept))


def _solver(report: Report) -> Section:
    solver = report.solver
    rows = (
        ("solver", solver.name, f"for the {solver.subject}"),
        ("encoding", solver.encoding, f"tables read by {solver.access}"),
        ("queries", count(solver.queries), f"{solver.kind}; {solver.source}"),
        ("state preparations", count(solver.state_preparations), ""),
    )
    return Section("Solver", Pairs(rows))


def _system(report: Report) -> Section:
    system, carleman = report.linear_system, report.carleman
    if system is None:
        return Section("Linear system", Pairs(()))
    off = f"truncation error <= {real(carleman.truncation_bound)}"
    if carleman.bias_bound:
        off += f", bias <= {real(carleman.bias_bound)}"
    unit = () if carleman.gamma is None else (("gamma", real(carleman.gamma), "unit of the displacement"),)
    rows = (
        ("lift", carleman.lift, ""),
        ("Carleman order", count(carleman.order), off),
        *unit,
        ("time steps", count(system.rows), f"of which padding {count(system.padding)}"),
        ("dimension", count(system.dimension), ""),
        ("alpha", real(system.alpha), "normalisation of the encoding of L"),
        ("inverse norm", real(system.inverse_norm), "bound on the inverse of L"),
        ("kappa", real(system.kappa), "their product: what the solver pays for"),
    )
    notes = () if system.chosen else ("Not solved by this plan: of the cheapest plan that solves it.",)
    return Section("Linear system", Pairs(rows), notes)


def _stationary(report: Report) -> Section:
    end = report.stationary
    rows = (
        ()
        if end is None
        else (
            ("alpha", real(end.alpha), "normalisation of the encoding of H"),
            ("inverse norm", real(end.inverse_norm), "bound on the inverse of H"),
            ("kappa", real(end.kappa), "their product: what the solver pays for"),
            ("distance", real(end.distance), "of the last iterate from the solution, relative to it"),
        )
    )
    return Section("Stationary point", Pairs(rows))


def _polynomial(report: Report) -> Section:
    p = report.polynomial
    rows = (
        ()
        if p is None
        else (
            ("polynomial", p.name, f"of {p.argument}"),
            ("degree", count(p.degree), f"{p.kind}; error {real(p.error)} of its scale"),
            ("applied by", p.method, f"sum of its coefficients' sizes {real(p.one_norm)}"),
            ("alpha", real(p.alpha), "normalisation of the encoding"),
            ("scale", real(p.scale), "the polynomial over the wanted function, which is 1 at its largest"),
            ("amplitude", real(p.amplitude), "norm of what it leaves of the normalised input, at least"),
        )
    )
    return Section("Polynomial", Pairs(rows))


def _errors(report: Report) -> Section:
    whole = sum(share.epsilon for share in report.error_budget)
    rows = [
        (e.name, real(e.epsilon), percent(e.epsilon / whole) if whole else "0 %", str(e.kind))
        for e in report.error_budget
    ]
    if rows:
        rows.append(("sum", real(whole), "", ""))
    heads = columns("source of error", "epsilon", "share", "kind", numeric=("epsilon", "share"))
    split = report.split
    told = [
        f"{name} {percent(factor - 1)} more"
        for name, factor in (("a uniform split costs", split.uniform), ("halving shares", split.halving))
        if factor is not None
    ]
    told.append(f"no split or plan of the menu saves more than {percent(1 - split.floor)}")
    notes = ("2-norm of the normalised output state.", *((f"{'; '.join(told)}.",) if told else ()))
    return Section("Error budget", Grid(heads, tuple(rows), frozenset({len(rows) - 1})), notes)


def _alternatives(report: Report) -> Section:
    several = len({a.subject for a in report.alternatives}) > 1  # lifts beside each other
    rows = tuple(
        (
            *((a.subject,) if several else ()),
            *(a.solver, a.encoding, a.access, count(a.t_count), count(a.toffoli), count(a.qubits), a.reason),
        )
        for a in report.alternatives
    )
    words = ("solver", "encoding", "access", "T gates", "Toffoli", "qubits", "verdict")
    heads = columns(*(("what is solved",) if several else ()), *words, numeric=COUNTS)
    strong = frozenset(i for i, a in enumerate(report.alternatives) if a.chosen)
    return Section("Alternatives", Grid(heads, rows, strong))
