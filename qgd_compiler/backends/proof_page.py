"""What `qgd verify` found, laid out: claims beside measurements, failures first."""

from __future__ import annotations

from qgd_compiler.backends.figures import count, real
from qgd_compiler.backends.page import Grid, Page, Pairs, Section, columns
from qgd_compiler.backends.proof_report import Family, ProofReport

NUMBERS = ("ε claimed", "ε measured", "P claimed", "P measured", "Toffolis", "qubits", "T")
ORDER = {"fail": 0, "pass": 1, "not applicable": 2}


def proof_page(report: ProofReport) -> Page:
    """The page of a proof report."""
    verdict = [f"{report.passed} passed, {report.failed} failed, {report.not_applicable} not applicable."]
    sections = [_families(report)]
    if report.reach is not None:
        r = report.reach
        verdict += list(r.how)
        verdict.append(
            f"The circuit of {r.spec} has {count(r.qubits)} logical qubits and {count(r.t_count)} T gates; "
            f"the simulator has {r.simulator_qubits} qubits."
        )
    reasons = tuple((f.name, f.verdict, f.reason) for f in report.families if f.reason)
    if reasons:
        sections.append(Section("Reasons", Pairs(reasons)))
    if report.shots is not None:
        s = report.shots
        rows = tuple(
            (str(i), count(c), real(c / max(s.successes, 1)), real(e))
            for i, (c, e) in enumerate(zip(s.counts, s.expected, strict=True))
        )
        heads = ("parameter", "times seen", "share", "u_i²/|u|²")
        note = f"{count(s.successes)} of {count(s.shots)} runs succeeded; seed {s.seed}"
        sections.append(Section("Shots", Grid(columns(*heads, numeric=heads), rows), (note,)))
    return Page("Proof", tuple(verdict), tuple(sections), f"qgd {report.compiler}")


def _families(report: ProofReport) -> Section:
    ordered = sorted(report.families, key=lambda f: ORDER[f.verdict])
    rows = tuple(_row(f) for f in ordered)
    strong = frozenset(i for i, f in enumerate(ordered) if f.verdict == "fail")
    notes = (
        "Measured: the circuit was run on a state vector and post-selected; errors are distances from plain descent.",
    )
    return Section(
        "Families", Grid(columns("family", "verdict", *NUMBERS, numeric=NUMBERS), rows, strong), notes
    )


def _row(f: Family) -> tuple[str, ...]:
    return (
        f.name,
        f.verdict,
        *(
            "n/a" if value is None else real(value, 3)
            for value in (f.claimed_error, f.measured_error, f.claimed_success, f.measured_success)
        ),
        "n/a" if f.run_gates is None else count(f.run_gates.toffoli),
        count(f.qubits),
        count(f.t_count),
    )
