"""Verdicts of the conformance suite: pass, fail, or not applicable with the reason; every one is printed."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

PASS, FAIL, NOT_APPLICABLE = "pass", "fail", "not applicable"


@dataclass
class Verdicts:
    """What one case says on each rung."""

    request: pytest.FixtureRequest
    case: str
    failures: list[str] = field(default_factory=list)

    def say(self, rung: str, holds: bool, detail: str = "") -> None:
        """The verdict of a check."""
        if not holds:
            self.failures.append(f"{rung}: {detail}")
        self._record(rung, PASS if holds else FAIL, "" if holds else detail)

    def not_applicable(self, rung: str, reason: str) -> None:
        """No verdict is possible, and why."""
        self._record(rung, NOT_APPLICABLE, reason)

    def _record(self, rung: str, verdict: str, reason: str) -> None:
        self.request.node.user_properties.append(("verdict", (self.case, rung, verdict, reason)))
