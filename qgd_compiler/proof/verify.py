"""Verify: the whole table of families, or the plan of one spec at a size that fits the simulator."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from qgd_compiler.algorithms.plan import Plan
from qgd_compiler.backends.proof_report import ProofReport, Reach, Shots
from qgd_compiler.errors import ProofError, UnsupportedError, UsageError
from qgd_compiler.program.simulate import MOST_QUBITS
from qgd_compiler.proof.build import Built, build
from qgd_compiler.proof.executed import execute
from qgd_compiler.proof.families import families
from qgd_compiler.proof.instance import Instance
from qgd_compiler.proof.prove import ABSENT, Proof, output, prove
from qgd_compiler.proof.reporting import digits, report_of
from qgd_compiler.proof.shrink import instances
from qgd_compiler.study import Study

Progress = Callable[[str], None]
MOST_SHOTS = 10_000_000


def verify_all(progress: Progress = lambda _: None) -> ProofReport:
    """Every family of the table."""
    table = families()
    proofs: list[Proof] = []
    for i, one in enumerate(table):
        progress(f"{i + 1} of {len(table)}: {one.name}")
        proofs.append(prove(one))
    return report_of(proofs)


def verify_plan(
    study: Study, plan: Plan, *, shots: int = 0, seed: int = 0, progress: Progress = lambda _: None
) -> ProofReport:
    """The chosen plan of a spec: the largest instance of its family that fits is run.

    shots  runs to draw, as hardware would give them; 0: none
    """
    if not 0 <= shots <= MOST_SHOTS:
        raise UsageError(f"{shots} shots", remedy=f"0 to {MOST_SHOTS:,}")
    tried: list[Proof] = []
    for one in instances(study, plan):
        progress(f"{len(one.truth.hessians[0])} parameters, {len(one.truth.rates)} steps")
        proof = prove(one)
        tried.append(proof)
        if proof.verdict != ABSENT:
            reach = _reach(study, plan, one)
            drawn = _shots(one, shots, seed) if shots else None
            return report_of([proof], reach, drawn)
    reasons = "; ".join(dict.fromkeys(p.reason for p in tried))
    last = Proof(study.loaded.spec.name, ABSENT, reasons)
    how = ("No instance of this family fits the simulator.",)
    return report_of([last], _reach_of(study, plan, how, False))


def insist(report: ProofReport) -> None:
    """ProofError where a claim failed."""
    failed = [f for f in report.families if f.verdict == "fail"]
    if failed:
        first = failed[0]
        raise ProofError(
            f"{len(failed)} of {len(report.families)} families failed, first {first.name}: {first.reason}",
            at=first.name,
            remedy="the reasons stand in the report; a claim that fails is a mistake of the compiler, please report it",
        )


def largest_instance(study: Study, plan: Plan) -> tuple[Instance, Built]:
    """The largest instance of a plan's family that can be run, built; UnsupportedError where there is none."""
    reasons: list[str] = []
    for one in instances(study, plan):
        try:
            with tempfile.TemporaryDirectory() as folder:
                built = build(one, Path(folder))
            execute(built.program)
        except UnsupportedError as error:
            reasons.append(error.what)
            continue
        return one, built
    raise UnsupportedError(
        f"no instance of this plan can be run ({'; '.join(dict.fromkeys(reasons))})",
        remedy="--format qref, which writes the counts at any size",
    )


def _reach(study: Study, plan: Plan, run: Instance) -> Reach:
    return _reach_of(study, plan, run.how, run.given is not None)


def _reach_of(study: Study, plan: Plan, how: Sequence[str], fits: bool) -> Reach:
    return Reach(
        spec=study.loaded.spec.name,
        qubits=plan.qubits,
        t_count=plan.t_per_circuit,
        simulator_qubits=MOST_QUBITS,
        fits=fits,
        how=tuple(how),
    )


def _shots(instance: Instance, shots: int, seed: int) -> Shots:
    """Draw outcomes of the circuit; a run that succeeds is read out parameter by parameter."""
    with tempfile.TemporaryDirectory() as folder:
        built = build(instance, Path(folder))
    vector, probability = output(execute(built.program), built.wanted)
    u = instance.truth.last()
    weights = np.abs(vector) ** 2
    own = np.zeros(len(u))
    for place in np.flatnonzero(built.ideal_places):
        own[built.ideal_places[place] - 1] += weights[place]
    random = np.random.default_rng(seed)
    lost = max(1 - float(own.sum()), 0.0)
    counts = random.multinomial(shots, np.append(own, lost) / (own.sum() + lost))
    successes = int(
        random.binomial(int(counts[-1]), min(max(probability - own.sum(), 0) / max(lost, 1e-300), 1))
    )
    share = u**2 / float(u @ u)
    return Shots(
        shots=shots,
        seed=seed,
        successes=int(counts[:-1].sum()) + successes,
        counts=tuple(int(c) for c in counts[:-1]),
        expected=tuple(digits(float(s)) for s in share),
    )
