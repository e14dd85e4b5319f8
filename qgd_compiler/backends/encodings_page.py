"""The list of encodings laid out: best first, what is missing, and the tree."""

from __future__ import annotations

from qgd_compiler.backends.encodings_report import EncodingsReport
from qgd_compiler.backends.figures import count, real
from qgd_compiler.backends.page import Grid, Page, Section, columns

NUMBERS = ("alpha", "T/query", "alpha·T", "Toffoli", "rotations", "T depth", "ancillas", "bits", "epsilon")


def encodings_page(report: EncodingsReport) -> Page:
    """The page of a list of encodings."""
    best = report.encodings[0] if report.encodings else None
    verdict = (
        "No encoding reaches the precision."
        if best is None
        else f"Lowest alpha·T per query: {best.name} with {best.access}, alpha {real(best.alpha)}, "
        f"{count(best.t_per_query)} T gates.",
        f"All at a spectral error of {real(report.epsilon)} of the norm {real(report.norm.value)} "
        f"({report.norm.source}), under a control; {count(report.parameters)} parameters.",
    )
    sections = (_list(report), _refused(report), _tree(report))
    footer = f"qgd {report.compiler}; spec {report.spec_digest[:12]}; weakest input: {report.weakest_source}"
    return Page(report.name, verdict, tuple(s for s in sections if s.body.rows), footer)


def _list(report: EncodingsReport) -> Section:
    rows = tuple(
        (
            e.name,
            e.access,
            real(e.alpha),
            count(e.t_per_query),
            real(float(e.alpha_t)),
            count(e.toffoli_per_query),
            count(e.rotations),
            count(e.t_depth),
            count(e.ancillas),
            count(e.word_bits),
            real(e.epsilon),
            str(e.kind),
        )
        for e in report.encodings
    )
    heads = columns("encoding", "access", *NUMBERS, "kind", numeric=NUMBERS)
    notes = ("T depth: an upper bound, by sequential composition.",)
    return Section("Encodings", Grid(heads, rows, frozenset({0})), notes)


def _refused(report: EncodingsReport) -> Section:
    rows = tuple((r.name, r.access or "any", r.reason) for r in report.refused)
    return Section("Not in the list", Grid(columns("encoding", "access", "reason"), rows))


def _tree(report: EncodingsReport) -> Section:
    rows = tuple((line,) for line in report.structure.splitlines())
    return Section("Structure", Grid(columns("node"), rows))
