"""Prints the verdicts of the conformance suite at the end of a run, also one on several processes."""

from __future__ import annotations

from collections import Counter
from typing import Any


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One line per case, then how often each rung passed."""
    cases: dict[str, list[tuple[str, str, str]]] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") != "call":
                continue
            for name, value in getattr(report, "user_properties", ()):
                if name == "verdict":
                    case, rung, verdict, reason = value
                    cases.setdefault(case, []).append((rung, verdict, reason))
    if not cases:
        return
    terminalreporter.section("verdicts")
    totals: Counter[tuple[str, str]] = Counter()
    for case, lines in sorted(cases.items()):
        told = []
        for rung, verdict, reason in lines:
            totals[rung, verdict] += 1
            told.append(f"{rung} {verdict}" + (f" ({reason})" if reason else ""))
        terminalreporter.write_line(f"{case}: {'; '.join(told)}")
    for (rung, verdict), count in sorted(totals.items()):
        terminalreporter.write_line(f"{rung}: {count} {verdict}")
