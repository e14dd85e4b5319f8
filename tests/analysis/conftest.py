"""Prints how tight the certificates were at the end of a run, also one on several processes."""

from __future__ import annotations

import statistics
from typing import Any


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The median ratio of each bound to the truth."""
    found: dict[str, list[float]] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == "ratios" and getattr(report, "when", "") == "teardown":
                    for bound, ratios in value.items():
                        found.setdefault(bound, []).extend(ratios)
    if not found:
        return
    terminalreporter.section("certificates over the truth")
    for bound, ratios in sorted(found.items()):
        terminalreporter.write_line(
            f"{bound}: median ratio {statistics.median(ratios):.4g} over {len(ratios)} cases"
        )
