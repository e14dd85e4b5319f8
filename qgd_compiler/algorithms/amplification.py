r"""From a state that succeeds with probability P to one that is there: repetition or amplitude amplification.

With θ = asin √P, m rounds of amplification cost 2m+1 runs and succeed with probability sin²((2m+1)θ); repeated
until success the expected number of runs is (2m+1)/sin²((2m+1)θ), and m = 0 is plain repetition. Of a P
between two bounds the worse end counts; with only a lower bound amplification could overshoot, and m = 0 stands.
Source: Brassard, Høyer, Mosca, Tapp, arXiv:quant-ph/0005055.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from qgd_compiler.errors import InfeasibleError
from qgd_compiler.program.builder import NOTHING, Builder, Handle
from qgd_compiler.program.ir import Routine
from qgd_compiler.program.primitives import Conjunction, Gate, GreaterEqualConstant, junk_of_conjunction
from qgd_compiler.scalars import is_integer


MOST_WAYS = 3  # of amplifying, which are priced whole


@dataclass(frozen=True)
class Amplification:
    """How the wanted outcome is reached.

    rounds        amplification rounds m in one circuit (0: plain repetition)
    probability   success probability of one circuit
    circuits      expected number of circuits
    solver_runs   expected number of solver runs, (2m+1)·circuits
    """

    rounds: int
    probability: float
    circuits: float
    solver_runs: float

    @property
    def method(self) -> str:
        """In words."""
        return "repeat until success" if self.rounds == 0 else "amplitude amplification"


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
    found = [Amplification(0, probability, 1 / probability, 1 / probability)]
    if most is None or not reusable:
        return tuple(found)
    largest = math.asin(math.sqrt(min(max(most, probability), 1.0)))
    for rounds in _useful_rounds(theta):
        turned = (2 * rounds + 1) * largest
        if turned > math.pi:
            continue
        # sin² has no minimum inside (0, π): the worse of the two ends
        reached = min(math.sin((2 * rounds + 1) * theta), math.sin(turned)) ** 2
        if reached > 0:
            found.append(Amplification(rounds, reached, 1 / reached, (2 * rounds + 1) / reached))
    return tuple(sorted(found, key=lambda way: way.solver_runs)[:MOST_WAYS])


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

    time_bits: int = 0
    iterations: int = 0
    marks: tuple[tuple[int, int], ...] = ()


KEPT = ("system", "gradient")  # registers of a run that need not come back in |0>


def amplified_run(run: Routine, wanted: Wanted, rounds: int) -> Routine:
    """The run followed by `rounds` rounds of amplification of "flags zero and the wanted outcome".

    Every register of `run` other than `system` (time first) and `gradient` is a flag: it starts in |0>, and the run
    succeeds where it is back there.
    """
    builder = Builder("amplified run", "amplification")
    handles = tuple(builder.register(r.name, r.size) for r in run.registers)
    builder.call(run, *handles)
    if rounds:
        builder.call(_round(run, wanted), *handles, times=rounds)
    return builder.routine()


def _round(run: Routine, wanted: Wanted) -> Routine:
    builder = Builder("amplification round", "amplification")
    handles = {r.name: builder.register(r.name, r.size) for r in run.registers}
    system = handles["system"]
    flags = NOTHING
    for name, handle in handles.items():
        if name not in KEPT and not (is_integer(handle.size) and handle.size == 0):
            flags = flags + handle
    _phase_on_good(builder, flags, system, wanted)
    builder.call(run, *handles.values(), adjoint=True)
    _sign_on_zero(builder, flags + system)
    builder.call(run, *handles.values())
    return builder.routine()


def _phase_on_good(builder: Builder, flags: Handle, system: Handle, wanted: Wanted) -> None:
    """A sign where all flags and marks are right and t >= T."""
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
    if wanted.time_bits:
        late = builder.allocate("late", 1)
        compare = GreaterEqualConstant(bits=time.size, constant=wanted.iterations)
        builder.call(compare, time, late)
        builder.call(Gate(kind="CZ"), at_zero, late)
        builder.call(compare, time, late, adjoint=True)
        builder.release(late)
    else:
        builder.call(Gate(kind="Z"), at_zero)
    builder.call(zero, flags, junk, at_zero, adjoint=True)
    builder.release(junk, at_zero)
    for place, value in wanted.marks:
        if value:
            builder.call(Gate(kind="X"), system.part(wanted.time_bits + place, 1))


def _sign_on_zero(builder: Builder, everything: Handle) -> None:
    """A sign on |0…0>: an AND short of the full conjunction, then a CZ with the last qubit."""
    size = everything.size
    zero = Conjunction(bits=size)
    junk = builder.allocate("partial", junk_of_conjunction(size))
    flag = builder.allocate("all zero", 1)
    builder.call(zero, everything, junk, flag)
    builder.call(Gate(kind="Z"), flag)
    builder.call(zero, everything, junk, flag, adjoint=True)
    builder.release(junk, flag)
