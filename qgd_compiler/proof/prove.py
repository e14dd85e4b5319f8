"""Build an instance, run it, and hold every claim of its plan against what the run did."""

from __future__ import annotations

import math
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.access import access_named
from qgd_compiler.algorithms.amplification import Amplification, Wanted, amplified_run
from qgd_compiler.algorithms.choice import OBJECTIVES, Planner
from qgd_compiler.algorithms.menu.offer import Offer
from qgd_compiler.algorithms.plan import Candidate, Lowered, Shares, circuit
from qgd_compiler.algorithms.problem import Problem
from qgd_compiler.algorithms.routes.menu import routes_of
from qgd_compiler.algorithms.routes.route import Route
from qgd_compiler.algorithms.subjects import HistorySubject
from qgd_compiler.algorithms.systems.lifted import LiftedSystem
from qgd_compiler.algorithms.systems.linear import LinearSystem
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.fold import Folder
from qgd_compiler.costing.prices import price_of
from qgd_compiler.errors import InfeasibleError, ProofError, QgdError, UnsupportedError
from qgd_compiler.program.ir import Routine
from qgd_compiler.proof.executed import Execution, GatesRun, execute
from qgd_compiler.proof.instance import Instance, Pin
from qgd_compiler.proof.written import written
from qgd_compiler.spec.loader import Loaded
from qgd_compiler.study import study

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]
ROUNDING = 1e-9


@dataclass(frozen=True)
class Built:
    """An instance lowered and written.

    run, program     one run of the solver, and the circuit: with its rounds of amplification
    counted          the same circuit as the plan counts it
    success          of the circuit, at least
    epsilon          error of the normalised output that is claimed, synthesis apart: rotations are exact here
    ideal            the normalised state that is claimed, over the basis states of register `system`
    """

    candidate: Candidate
    run: Routine
    program: Routine
    counted: Routine
    wanted: Wanted
    amplification: Amplification
    success: float
    epsilon: float
    terms: tuple[tuple[str, float], ...]
    ideal: Array
    facts: dict[str, int | float | str]


@dataclass(frozen=True)
class Proof:
    """What was claimed of an instance, and what was found.

    verdict   "pass", "fail" or "not applicable"; `reason` why
    """

    name: str
    verdict: str
    reason: str = ""
    claimed_error: float | None = None
    measured_error: float | None = None
    claimed_success: float | None = None
    measured_success: float | None = None
    claimed: GatesRun | None = None
    measured: GatesRun | None = None
    claimed_qubits: int | None = None
    measured_qubits: int | None = None
    t_count: int | None = None
    sizes: dict[str, int | float | str] = field(default_factory=dict)
    steps: int = 0
    seconds: float = 0.0


def prove(instance: Instance) -> Proof:
    """The verdict on an instance. QgdErrors of building and running are verdicts too, other errors are raised."""
    started = time.monotonic()
    try:
        with tempfile.TemporaryDirectory() as folder:
            built = build(instance, Path(folder))
        proof = _judged(instance.name, built, execute(built.program))
    except ProofError as error:
        proof = Proof(instance.name, "fail", error.what)
    except (UnsupportedError, InfeasibleError) as error:
        proof = Proof(instance.name, "not applicable", error.what)
    except QgdError as error:
        proof = Proof(instance.name, "fail", f"{type(error).__name__}: {error.what}")
    object.__setattr__(proof, "seconds", time.monotonic() - started)
    return proof


def build(instance: Instance, folder: Path) -> Built:
    """Lower an instance, write its angles, and work out what is claimed of it."""
    loaded = instance.loaded(folder)
    exchange, folder_of_costs = Exchange(), Folder(price_of)
    found = study(loaded, written=True)
    problem = found.problem()
    routes = routes_of(problem, exchange, folder_of_costs, loaded.spec.solvers)
    route, candidate = _pinned(routes, instance.pin)
    lowered = route.lowered(candidate, instance.pin.knob, Shares.uniform())
    plain = _counted(loaded, candidate, instance.pin, exchange, folder_of_costs)
    both = written(plain, lowered, problem.quadratics, transformed=instance.pin.transformed)
    way = _way(instance.pin, lowered, both.success)
    program = amplified_run(both.explicit, lowered.wanted, way, angles=True)
    return Built(
        candidate=candidate,
        run=both.explicit,
        program=program,
        counted=circuit(amplified_run(both.counted, plain.wanted, way)),
        wanted=lowered.wanted,
        amplification=way,
        success=way.probability,
        epsilon=math.fsum(error for _, error, _ in lowered.terms),
        terms=tuple((name, error) for name, error, _ in lowered.terms),
        ideal=_ideal(instance, problem, lowered, both.explicit),
        facts={},
    )


def _counted(
    loaded: Loaded, candidate: Candidate, pin: Pin, exchange: Exchange, folder: Folder
) -> Lowered:
    """The line as `qgd compile` lowers it, without tables."""
    problem = study(loaded).problem()
    route = routes_of(problem, exchange, folder, loaded.spec.solvers)[candidate.subject]
    return route.lowered(candidate, pin.knob, Shares.uniform())


def _pinned(routes: dict[str, Route], pin: Pin) -> tuple[Route, Candidate]:
    """The first line of the menu that a pin names, with a reason where it cannot serve."""
    refused = ""
    for subject, route in routes.items():
        if pin.subject not in subject:
            continue
        for line in route.lines([access_named(pin.access)]):
            c = line.candidate
            if pin.solver in c.solver and pin.encoding in c.encoding:
                if not line.reason:
                    return route, c
                refused = refused or line.reason
    raise UnsupportedError(refused or f"no line of the menu is {pin}; there are {sorted(routes)}")


def _way(pin: Pin, lowered: Lowered, solver: float) -> Amplification:
    """The amplification of the plan, or one run without any."""
    if pin.amplified:
        return next(way for way in lowered.ways if way.rounds)
    if pin.transformed:
        return Amplification(0, solver, 1 / solver, 1 / solver, (solver, 1.0))
    low, high = lowered.ways[0].alone
    claimed = low / float(lowered.queries.success) * solver if lowered.queries.success else low
    return Amplification(0, claimed, 1 / claimed, 1 / claimed, (claimed, high))


def _ideal(instance: Instance, problem: Problem, lowered: Lowered, run: Routine) -> Array:
    """u_T of the NumPy loop where it is claimed to stand, normalised, shape (2^system,)."""
    u = instance.truth.last()
    u = u / np.linalg.norm(u)
    size = int(run.register("system").size)
    found = np.zeros(1 << size)
    facts = lowered.facts
    if not isinstance(facts, HistorySubject):
        offer = _offer(problem, lowered)
        found[offer.columns.places()] = u
        return found
    system, bits = facts.system, size - lowered.wanted.time_bits
    one = np.zeros(1 << bits)
    if isinstance(system, LiftedSystem):
        one[_level_one(system, bits)[: len(u)]] = u
    else:
        assert isinstance(system, LinearSystem)
        one[_places(system, lowered, bits)[: len(u)]] = u
    for t in range(system.iterations, system.iterations + lowered.knob + 1):
        found[t << bits : (t + 1) << bits] = one
    return np.asarray(found / np.linalg.norm(found))


def _offer(problem: Problem, lowered: Lowered) -> Offer:
    subject, name = lowered.candidate.subject, lowered.candidate.encoding
    for quadratic in problem.quadratics:
        pools = [quadratic.offers]
        if "polynomial" in subject:
            pools = [quadratic.steps, () if quadratic.factor is None else quadratic.factor.offers]
        for offer in (o for pool in pools for o in pool):
            if offer.name == name:
                return offer
    raise UnsupportedError(f"no encoding {name!r} in {subject}")


def _places(system: LinearSystem, lowered: Lowered, bits: int) -> NDArray[np.int64]:
    """Where the parameters stand in one step: behind the marks, which are 0 for them."""
    if system.batches is not None or system.marks:
        return np.arange(1 << bits)
    offer = next(o for o in system.offers if o.name == lowered.candidate.encoding)
    return np.asarray(offer.columns.places())


def _level_one(system: LiftedSystem, bits: int) -> NDArray[np.int64]:
    """Level 1 holds the displacement in its first copy, and 0 in the others."""
    level_bits = bits
    while level_bits and (1 << (bits - level_bits)) < 1:
        level_bits -= 1
    levels = len(system.step.levels)
    level_bits = max(levels - 1, 0).bit_length()
    copy = (bits - level_bits) // system.order
    number = 1 - system.step.first
    behind = (system.order - 1) * copy
    return (number << (bits - level_bits)) + (np.arange(1 << copy) << behind)


def output(execution: Execution, wanted: Wanted) -> tuple[Complex, float]:
    """The state of register `system` where the run succeeded, not normalised, and the probability of that."""
    state = execution.state
    keep = np.ones(len(state.keys), dtype=bool)
    for name, spots in execution.places.items():
        if name != "system":
            keep &= state.values(spots) == 0
    spots = execution.places["system"]
    values = state.values(spots).astype(np.int64)
    size = len(spots)
    if wanted.time_bits:
        keep &= (values >> (size - wanted.time_bits)) >= wanted.iterations
    for place, value in wanted.marks:
        keep &= ((values >> (size - 1 - wanted.time_bits - place)) & 1) == value
    vector = np.zeros(1 << size, dtype=complex)
    vector[values[keep]] = state.amplitudes[keep]
    return vector, float(np.sum(np.abs(vector) ** 2))


def distance(found: Complex, ideal: Array) -> float:
    """2-norm distance of the normalised states, up to a phase of the whole."""
    overlap = np.vdot(ideal, found)
    phase = overlap / abs(overlap) if overlap else 1.0
    return float(np.linalg.norm(found / np.linalg.norm(found) - phase * ideal))


def _judged(name: str, built: Built, execution: Execution) -> Proof:
    vector, probability = output(execution, built.wanted)
    error = distance(vector, built.ideal) if probability else math.inf
    claimed = Folder(price_of).cost(built.counted)
    explicit = Folder(price_of).cost(circuit(built.program))
    gradient = Folder(price_of).cost(built.counted.body[0].op).gates  # type: ignore[union-attr]
    gates = claimed.gates
    counts = GatesRun(
        int(gates.toffoli - gradient.toffoli),
        int(gates.rotations - gradient.rotations),
        int(gates.clifford - gradient.clifford),
        int(gates.measurements - gradient.measurements),
    )
    qubits = sum(int(r.size) for r in built.counted.registers) + int(claimed.work)
    ran = execution.gates
    reasons = []
    if not error <= built.epsilon + ROUNDING:
        reasons.append(f"the error is {error:.3g}, claimed are {built.epsilon:.3g}")
    if not probability >= built.success * (1 - ROUNDING):
        reasons.append(f"it succeeds with {probability:.6g}, claimed are {built.success:.6g}")
    if (counts.toffoli, counts.rotations, counts.measurements) != (
        ran.toffoli,
        ran.rotations,
        ran.measurements,
    ):
        reasons.append(f"{ran} were run, claimed are {counts}")
    if ran.clifford > counts.clifford:
        reasons.append(f"{ran.clifford} Cliffords were run, claimed are {counts.clifford}")
    for what in ("toffoli", "t", "rotations", "measurements"):
        if getattr(explicit.gates, what) != getattr(gates, what):
            reasons.append(f"the written circuit folds to another number of {what}")
    if execution.qubits != qubits:
        reasons.append(f"{execution.qubits} qubits were in use, claimed are {qubits}")
    t_count = Exchange().t_count(gates, min(built.epsilon / max(int(gates.rotations), 1), 0.5))
    return Proof(
        name=name,
        verdict="fail" if reasons else "pass",
        reason="; ".join(reasons),
        claimed_error=built.epsilon,
        measured_error=error,
        claimed_success=built.success,
        measured_success=probability,
        claimed=counts,
        measured=ran,
        claimed_qubits=qubits,
        measured_qubits=execution.qubits,
        t_count=int(t_count),
        sizes=built.facts,
        steps=execution.steps,
    )
