"""Lower an instance as `qgd compile` does, write its angles, and work out what is claimed of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.access import access_named
from qgd_compiler.algorithms.amplification import Amplification, Wanted, amplified_run
from qgd_compiler.algorithms.menu.offer import Offer
from qgd_compiler.algorithms.plan import Candidate, Lowered, Shares, circuit
from qgd_compiler.algorithms.problem import Problem
from qgd_compiler.algorithms.routes.families import TRANSFORMATION
from qgd_compiler.algorithms.routes.menu import routes_of
from qgd_compiler.algorithms.routes.route import Route
from qgd_compiler.algorithms.subjects import HistorySubject
from qgd_compiler.algorithms.systems.lifted import LiftedSystem
from qgd_compiler.algorithms.systems.linear import LinearSystem
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.fold import Folder
from qgd_compiler.costing.prices import price_of
from qgd_compiler.errors import UnsupportedError
from qgd_compiler.program.ir import Routine
from qgd_compiler.proof.instance import Instance, Pin
from qgd_compiler.proof.written import written
from qgd_compiler.spec.loader import Loaded
from qgd_compiler.study import study

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Sizes:
    """How large an instance is.

    parameters, iterations   n and T; `order` the Carleman order
    family     what is solved and how, without sizes: how reports find the proofs of what they chose
    queries    uses of the encoding in one run, as claimed; `word_bits` of its longest words
    """

    parameters: int
    iterations: int
    order: int
    padding: int
    family: str
    encoding: str
    access: str
    queries: int
    word_bits: int


@dataclass(frozen=True)
class Built:
    """An instance lowered and written.

    run, program     one run of the solver, and the circuit: with its rounds of amplification
    counted          the same circuit as the plan counts it
    success          of the circuit, at least; `most`: of one run at most, where it is known
    epsilon          error of the normalised output that is claimed, synthesis apart: rotations are exact here
    ideal            the normalised state that is claimed, over the basis states of register `system`
    ideal_places     for each of these the number of the parameter that stands there, from 1; 0: none
    """

    candidate: Candidate
    run: Routine
    program: Routine
    counted: Routine
    wanted: Wanted
    amplification: Amplification
    success: float
    most: float
    epsilon: float
    terms: tuple[tuple[str, float], ...]
    ideal: Array
    ideal_places: NDArray[np.int64]
    sizes: Sizes


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
    u = instance.truth.last()
    places = _places_of(len(u), problem, lowered, both.explicit)
    program = amplified_run(both.explicit, lowered.wanted, way, angles=True)
    return Built(
        candidate=candidate,
        run=both.explicit,
        program=program,
        counted=circuit(amplified_run(both.counted, plain.wanted, way)),
        wanted=lowered.wanted,
        amplification=way,
        success=way.probability,
        most=way.alone[1],
        epsilon=math.fsum(error for _, error, _ in lowered.terms),
        terms=tuple((name, error) for name, error, _ in lowered.terms),
        ideal=_spread(places, u / np.linalg.norm(u)),
        ideal_places=places,
        sizes=_sizes(instance, lowered),
    )


def _counted(loaded: Loaded, candidate: Candidate, pin: Pin, exchange: Exchange, folder: Folder) -> Lowered:
    """The line as `qgd compile` lowers it, without tables."""
    problem = study(loaded).problem()
    route = routes_of(problem, exchange, folder, loaded.spec.solvers)[candidate.subject]
    return route.lowered(candidate, pin.knob, Shares.uniform())


def _pinned(routes: Mapping[str, Route], pin: Pin) -> tuple[Route, Candidate]:
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


def _places_of(size: int, problem: Problem, lowered: Lowered, run: Routine) -> NDArray[np.int64]:
    """Which parameter each basis state of `system` is claimed to hold, from 1; 0: none. Shape (2^system,)."""
    qubits = int(run.register("system").size)
    found = np.zeros(1 << qubits, dtype=np.int64)
    numbers = np.arange(1, size + 1)
    facts = lowered.facts
    if not isinstance(facts, HistorySubject):
        found[_offer(problem, lowered).columns.places()] = numbers
        return found
    system, bits = facts.system, qubits - lowered.wanted.time_bits
    one = np.zeros(1 << bits, dtype=np.int64)
    if isinstance(system, LiftedSystem):
        one[_level_one(system, bits)[:size]] = numbers
    else:
        assert isinstance(system, LinearSystem)
        one[_places(system, lowered, bits)[:size]] = numbers
    for t in range(system.iterations, system.iterations + lowered.knob + 1):
        found[t << bits : (t + 1) << bits] = one
    return found


def _spread(places: NDArray[np.int64], u: Array) -> Array:
    """The entries of u wherever they stand, normalised."""
    found = np.where(places > 0, u[places - 1], 0.0)
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
    level_bits = (len(system.step.levels) - 1).bit_length()
    copy = (bits - level_bits) // system.order
    number = 1 - system.step.first
    behind = (system.order - 1) * copy
    return (number << (bits - level_bits)) + (np.arange(1 << copy) << behind)


def _sizes(instance: Instance, lowered: Lowered) -> Sizes:
    facts = lowered.facts
    order, encoding = 1, facts.step if isinstance(facts, HistorySubject) else facts.encoding
    if isinstance(facts, HistorySubject):
        order = facts.system.order
    return Sizes(
        parameters=len(instance.truth.hessians[0]),
        iterations=len(instance.truth.rates),
        order=order,
        padding=lowered.knob,
        family=family_of(lowered.candidate, transformed=instance.pin.transformed),
        encoding=lowered.candidate.encoding,
        access=lowered.candidate.access.name,
        queries=int(lowered.queries.encoding),
        word_bits=int(encoding.word_bits),
    )


def family_of(candidate: Candidate, *, transformed: bool = False) -> str:
    """What a line of the menu solves and how, without orders and sizes."""
    subject = candidate.subject
    for lift in ("exact", "first-order"):
        if subject.startswith(f"{lift} Carleman lift"):
            subject = f"{lift} lift, {subject.split(', ', 1)[1]}"
    solver = candidate.solver
    if transformed:
        solver = f"{solver.split(', ')[0]}, {TRANSFORMATION}"
    return f"{subject}; {solver}"
