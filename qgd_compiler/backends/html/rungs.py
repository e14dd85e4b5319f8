"""How far the result is proven: from the cost of a primitive to a run of the whole circuit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from qgd_compiler.backends.explain_report import Explanation
from qgd_compiler.backends.report import ProofInstance, Report


class Standing(StrEnum):
    """Whether a rung holds."""

    HOLDS = "holds"
    PARTLY = "in part"
    NOT_RUN = "not run"
    FAILED = "failed"


@dataclass(frozen=True)
class Rung:
    """One step of the ladder."""

    name: str
    standing: Standing
    told: str


def rungs_of(report: Report, explained: Explanation | None) -> tuple[Rung, ...]:
    """Lowest first; the plan at full size is never run, and the last rung says so."""
    found = []
    if explained is not None:
        rules = {rule.name: rule for node in explained.nodes for rule in node.rules}
        checked = sum(bool(rule.checked) for rule in rules.values())
        found.append(
            Rung(
                "Cost rules of the primitives",
                Standing.HOLDS if checked == len(rules) else Standing.PARTLY,
                f"{checked} of {len(rules)} rules that this plan uses are compared with something else by a test "
                f"that they name.",
            )
        )
    found.append(
        Rung(
            "Formulas above them",
            Standing.HOLDS if report.kind in ("exact", "bound") else Standing.PARTLY,
            f"The weakest formula that the total rests on is of kind {report.kind}.",
        )
    )
    if report.proof is not None:
        found += [
            _run(f"The encoding, {report.proof.encoding}, simulated", report.proof.encoding_elsewhere),
            _run("A small run of the same family, end to end", report.proof.end_to_end),
        ]
    found.append(
        Rung(
            "This plan at its full size",
            Standing.NOT_RUN,
            f"It is counted, with {report.total.qubits:,} logical qubits, and not simulated.",
        )
    )
    return tuple(found)


def _run(name: str, instances: Sequence[ProofInstance]) -> Rung:
    if not instances:
        return Rung(name, Standing.NOT_RUN, "No instance of it was run.")
    passed = sum(one.passed for one in instances)
    standing = Standing.HOLDS if passed == len(instances) else Standing.FAILED
    return Rung(
        name,
        standing,
        f"{passed} of {len(instances)} instances met every claim: error, success, gates, qubits.",
    )
