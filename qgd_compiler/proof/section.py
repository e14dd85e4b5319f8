"""What the record says of a plan: the section `proof` of a report."""

from __future__ import annotations

from qgd_compiler.algorithms.plan import Plan
from qgd_compiler.backends.proof_report import Family
from qgd_compiler.backends.report import ProofInstance, ProofSection
from qgd_compiler.proof.build import family_of
from qgd_compiler.proof.record import record


def section_of(plan: Plan) -> ProofSection:
    """Instances of the plan's family, and of its encoding elsewhere, that were run end to end."""
    family, encoding = family_of(plan.candidate), plan.candidate.encoding
    kept = record().families
    own = tuple(_instance(f) for f in kept if f.instance is not None and f.instance.family == family)
    beside = tuple(
        _instance(f)
        for f in kept
        if f.instance is not None and f.instance.family != family and f.instance.encoding == encoding
    )
    return ProofSection(
        family=family,
        encoding=encoding,
        statement=_statement(plan, own, beside),
        end_to_end=own,
        encoding_elsewhere=beside,
    )


def _statement(plan: Plan, own: tuple[ProofInstance, ...], beside: tuple[ProofInstance, ...]) -> str:
    passed = sum(one.passed for one in own)
    name, encoding = plan.candidate.solver, plan.candidate.encoding
    if not own:
        reasons = [f.reason for f in record().families if f.reason and name.split(",")[0] in f.reason]
        first = reasons[0] if reasons else f"no instance of {family_of(plan.candidate)} was run"
        told = f"Not run end to end: {first}."
    else:
        told = f"{passed} of {len(own)} small instances of this family passed end to end."
    used = sum(one.passed for one in beside)
    if beside:
        told += f" The encoding {encoding} passed in {used} of {len(beside)} others."
    elif not any(one.passed for one in own):
        told += f" No instance with the encoding {encoding} was run."
    return told


def _instance(family: Family) -> ProofInstance:
    at = family.instance
    assert at is not None
    return ProofInstance(
        name=family.name,
        passed=family.verdict == "pass",
        parameters=at.parameters,
        iterations=at.iterations,
        order=at.order,
        claimed_error=family.claimed_error,
        measured_error=family.measured_error,
        claimed_success=family.claimed_success,
        measured_success=family.measured_success,
    )
