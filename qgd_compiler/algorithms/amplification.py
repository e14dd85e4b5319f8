r"""From a state that succeeds with probability P to one that is there: repetition or amplification.

With θ = asin √P, m rounds of amplification cost 2m+1 runs and succeed with probability sin²((2m+1)θ); repeated until
success the expected number of runs is (2m+1)/sin²((2m+1)θ), and m = 0 is plain repetition. Of a P between two bounds
the worse end counts. With only a lower bound plain amplification could overshoot; fixed-point amplification cannot: L
= 2m+1 runs with the phases of a Chebyshev polynomial of degree L succeed with probability at least 1 − δ² for every P
>= 1 − 1/T_{1/L}(1/δ)², T_{1/L}(x) = cosh(acosh(x)/L). Source: Brassard, Høyer, Mosca, Tapp, arXiv:quant-ph/0005055;
Yoder, Low, Chuang, arXiv:1409.3305.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from qgd_compiler.errors import InfeasibleError
from qgd_compiler.program.builder import NOTHING, Builder, Handle
from qgd_compiler.program.ir import Routine
from qgd_compiler.program.primitives import (
    And,
    Conjunction,
    Gate,
    GreaterEqualConstant,
    Rotation,
    junk_of_conjunction,
)
from qgd_compiler.scalars import Scalar, is_integer

MOST_WAYS = 2  # of amplifying, which are priced whole
TURN = 1.0886594924826534  # x with sinh 2x = 4x, where x/tanh²x is least


@dataclass(frozen=True)
class Amplification:
    """How the wanted outcome is reached.

    rounds        amplification rounds m in one circuit (0: plain repetition)
    probability   success probability of one circuit
    circuits      expected number of circuits
    solver_runs   expected number of solver runs, (2m+1)·circuits
    alone         success probability of a run without rounds, between two values
    leak          δ of fixed-point amplification; None: plain
    """

    rounds: int
    probability: float
    circuits: float
    solver_runs: float
    alone: tuple[float, float]
    leak: float | None = None

    @property
    def method(self) -> str:
        """In words."""
        if self.rounds == 0:
            return "repeat until success"
        return "amplitude amplification" if self.leak is None else "fixed-point amplitude amplification"


def amplifications(probability: float, *, most: float | None, reusable: bool) -> tuple[Amplification, ...]:
    """Plain repetition, and the numbers of rounds that may be worth it; the fewest expected solver runs first.

    probability  at least this; `most`: at most this (None: not known, then amplification could overshoot)
    reusable     the solver run is a unitary that amplification can run forwards and backwards
    """
    if not 0 < probability <= 1 + 1e-12:
        raise InfeasibleError(
            f"the success probability of one run is {probability:.3g}",
            remedy="shorten the run (dynamics.iterations) or choose another output",
        )
    probability = min(probability, 1.0)
    theta = math.asin(math.sqrt(probability))
    upper = 1.0 if most is None else min(max(most, probability), 1.0)
    alone = (probability, upper)
    found = [Amplification(0, probability, 1 / probability, 1 / probability, alone)]
    if not reusable:
        return tuple(found)
    found += _fixed_points(probability, alone)
    if most is None:
        return tuple(sorted(found, key=lambda way: way.solver_runs)[:MOST_WAYS])
    largest = math.asin(math.sqrt(upper))
    for rounds in _useful_rounds(theta):
        turned = (2 * rounds + 1) * largest
        if turned > math.pi:
            continue
        # sin² has no minimum inside (0, π): the worse of the two ends
        reached = min(math.sin((2 * rounds + 1) * theta), math.sin(turned)) ** 2
        if reached > 0:
            found.append(Amplification(rounds, reached, 1 / reached, (2 * rounds + 1) / reached, alone))
    return tuple(sorted(found, key=lambda way: way.solver_runs)[:MOST_WAYS])


def _fixed_points(probability: float, alone: tuple[float, float]) -> list[Amplification]:
    """The best fixed-point amplification for a P of at least `probability`.

    L runs with δ = 1/cosh(L w), w = artanh √P, succeed with tanh²(L w), and L/tanh²(L w) is least where L w is `TURN`:
    the best odd number of at least 3 is next to it.
    """
    if probability >= 1:
        return []
    width = math.atanh(math.sqrt(probability))  # acosh(1/√(1−P)), with all its digits for small P
    below = odd_below(TURN / width)
    found = []
    for runs in (below, below + 2):
        leak = 1 / math.cosh(runs * width)
        reached = 1 - leak * leak
        found.append(Amplification((runs - 1) // 2, reached, 1 / reached, runs / reached, alone, leak))
    return [min(found, key=lambda way: way.solver_runs)]


def odd_below(length: float) -> int:
    """The largest odd number up to `length`, and at least 3."""
    return max(2 * math.floor((length - 1) / 2) + 1, 3)


def fixed_point_phases(rounds: int, leak: float) -> tuple[tuple[float, float], ...]:
    """(α_j, β_j) of round j: the phases of the reflections about the start and about the wanted outcome.

    α_j = −β_{l−j+1} = 2 acot(tan(2πj/L) √(1−γ²)), γ = 1/cosh(acosh(1/δ)/L), L = 2l+1. Source: arXiv:1409.3305, eq. 11.
    """
    runs = 2 * rounds + 1
    gamma = 1 / math.cosh(math.acosh(1 / leak) / runs)
    root = math.sqrt(1 - gamma * gamma)
    alphas = [2 * math.atan2(1.0, math.tan(2 * math.pi * j / runs) * root) for j in range(1, rounds + 1)]
    return tuple((alphas[j], -alphas[rounds - 1 - j]) for j in range(rounds))


def _useful_rounds(theta: float) -> range:
    """Rounds around the minimum of (2m+1)/sin²((2m+1)θ), which lies where tan x = 2x, x = (2m+1)θ ≈ 1.1656."""
    centre = (1.165561 / theta - 1) / 2
    return range(max(1, math.floor(centre) - 1), math.ceil(centre) + 2)


@dataclass(frozen=True)
class Wanted:
    """The outcome that is asked for: t >= T on the first qubits of `system`, and marks on the qubits behind them.

    time_bits, iterations   qubits of the time, and T; 0 qubits: there is no time, every outcome of it is right
    marks                   (qubit behind the time, its value)
    """

    time_bits: Scalar = 0
    iterations: Scalar = 0
    marks: tuple[tuple[int, int], ...] = ()


KEPT = ("system", "gradient")  # registers of a run that need not come back in |0>


def amplified_run(run: Routine, wanted: Wanted, way: Amplification, *, angles: bool = False) -> Routine:
    """The run followed by rounds of amplification of "flags zero and the wanted outcome".

    Every register of `run` other than `system` (time first) and `gradient` is a flag: it starts in |0>, and the run
    succeeds where it is back there. `angles`: write the phases of fixed-point amplification out, to be run; else the
    rounds are one routine, repeated.
    """
    builder = Builder("amplified run", "amplification")
    handles = tuple(builder.register(r.name, r.size) for r in run.registers)
    builder.call(run, *handles)
    if way.leak is None:
        builder.call(_round(run, wanted, None), *handles, times=way.rounds)
    elif angles:
        for phases in fixed_point_phases(way.rounds, way.leak):
            builder.call(_round(run, wanted, phases), *handles)
    else:
        builder.call(_round(run, wanted, (None, None)), *handles, times=way.rounds)
    return builder.routine()


def amplification_round(run: Routine, wanted: Wanted) -> Routine:
    """One round of plain amplification: −1 times the Grover iterate of the run, what is wanted being good."""
    return _round(run, wanted, None)


def fixed_point_round(run: Routine, wanted: Wanted) -> Routine:
    """One round of fixed-point amplification (a count)."""
    return _round(run, wanted, (None, None))


Phases = tuple[float | None, float | None] | None


def _round(run: Routine, wanted: Wanted, phases: Phases) -> Routine:
    """A sign (or a phase: the second) on what is wanted, and one on the start (the first)."""
    builder = Builder("amplification round", "amplification")
    handles = {r.name: builder.register(r.name, r.size) for r in run.registers}
    system = handles["system"]
    flags = NOTHING
    for name, handle in handles.items():
        if name not in KEPT and not (is_integer(handle.size) and handle.size == 0):
            flags = flags + handle
    start, good = (None, None) if phases is None else phases
    _phase_on_good(builder, flags, system, wanted, phases is not None, good)
    builder.call(run, *handles.values(), adjoint=True)
    _phase_on_zero(builder, flags + system, phases is not None, start)
    builder.call(run, *handles.values())
    return builder.routine()


def _phase_on_good(
    builder: Builder, flags: Handle, system: Handle, wanted: Wanted, turn: bool, phase: float | None
) -> None:
    """A sign, or e^{iφ}, where all flags and marks are right and t >= T."""
    time = system.part(0, wanted.time_bits)
    for place, value in wanted.marks:
        mark = system.part(wanted.time_bits + place, 1)
        flags = flags + mark
        if value:
            builder.call(Gate(kind="X"), mark)
    zero = Conjunction(bits=flags.size)
    junk = builder.allocate("partial", junk_of_conjunction(flags.size))
    at_zero = builder.allocate("flags zero", 1)
    builder.call(zero, flags, junk, at_zero)
    if not (is_integer(wanted.time_bits) and wanted.time_bits == 0):
        late = builder.allocate("late", 1)
        compare = GreaterEqualConstant(bits=time.size, constant=wanted.iterations)
        builder.call(compare, time, late)
        if turn:
            both = builder.allocate("wanted", 1)
            builder.call(And(), at_zero, late, both)
            builder.call(Rotation(axis="Z", angle=phase), both)
            builder.call(And(), at_zero, late, both, adjoint=True)
            builder.release(both)
        else:
            builder.call(Gate(kind="CZ"), at_zero, late)
        builder.call(compare, time, late, adjoint=True)
        builder.release(late)
    elif turn:
        builder.call(Rotation(axis="Z", angle=phase), at_zero)
    else:
        builder.call(Gate(kind="Z"), at_zero)
    builder.call(zero, flags, junk, at_zero, adjoint=True)
    builder.release(junk, at_zero)
    for place, value in wanted.marks:
        if value:
            builder.call(Gate(kind="X"), system.part(wanted.time_bits + place, 1))


def _phase_on_zero(builder: Builder, everything: Handle, turn: bool, phase: float | None) -> None:
    """A sign, or e^{−iφ}, on |0…0>."""
    size = everything.size
    zero = Conjunction(bits=size)
    junk = builder.allocate("partial", junk_of_conjunction(size))
    flag = builder.allocate("all zero", 1)
    builder.call(zero, everything, junk, flag)
    if turn:
        builder.call(Rotation(axis="Z", angle=None if phase is None else -phase), flag)
    else:
        builder.call(Gate(kind="Z"), flag)
    builder.call(zero, everything, junk, flag, adjoint=True)
    builder.release(junk, flag)


def sign_on_zero(builder: Builder, everything: Handle) -> None:
    """A sign on |0…0>."""
    _phase_on_zero(builder, everything, False, None)
