"""The composition of a fixed plan in symbols: what `arrays/formula.py` does with traced values."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import sympy

from qgd_compiler.algorithms.access import Access, Qrom
from qgd_compiler.algorithms.adiabatic.queries import Split, discrete_queries, split_at
from qgd_compiler.algorithms.adiabatic.solver import discrete_expected
from qgd_compiler.algorithms.adiabatic.solvers import DiscreteAdiabatic
from qgd_compiler.algorithms.adiabatic.walk import Task
from qgd_compiler.algorithms.amplification import (
    MOST_WAYS,
    TURN,
    Wanted,
)
from qgd_compiler.algorithms.arrays.amplifying import Ways, amplified
from qgd_compiler.algorithms.arrays.leaves import Leaf
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.history import history_encoding, rows
from qgd_compiler.algorithms.history_plan import Composed, composed
from qgd_compiler.algorithms.linear_solvers import LinearSolver
from qgd_compiler.algorithms.paddings import MOST_ROWS
from qgd_compiler.algorithms.plan import Shares, circuit
from qgd_compiler.algorithms.problem import HistorySums, RightHandSide
from qgd_compiler.algorithms.queries import Queries
from qgd_compiler.algorithms.right_hand_sides import driven
from qgd_compiler.algorithms.stationary_plan import composed_stationary
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.fold import Folder
from qgd_compiler.costing.gates import Gates
from qgd_compiler.costing.gathered import price_of_counts
from qgd_compiler.kinds import Source
from qgd_compiler.live.functions import BestDistance, ExpectedCount, InverseNorm, RoundEven
from qgd_compiler.live.script import NO_PLAN, POSITIVE, REAL, WHOLE, Script
from qgd_compiler.live.states import Sizes, encoding_of, state_of
from qgd_compiler.program.ir import Routine
from qgd_compiler.scalars import Scalar, ceil_log2, maximum, minimum, where


@dataclass(frozen=True)
class Run:
    """What a plan is asked for, in symbols and numbers.

    rate, steps, epsilon   η, T and the error of the normalised output
    growth, kept           m, and ‖u_T‖²/Σ‖u_t‖² at least; of a stationary point not needed
    left                   of the error, for all shares together
    lowest, highest        ends of the spectrum
    """

    rate: Scalar
    steps: Scalar
    epsilon: Scalar
    growth: Scalar
    kept: Scalar
    left: Scalar
    lowest: Scalar
    highest: Scalar


@dataclass(frozen=True)
class Choice:
    """What is held fixed; `ratio` padding over T, None for the stationary point."""

    solver: LinearSolver
    access: Access
    exchange: Exchange
    leaf: Leaf
    sizes: Sizes
    shares: Shares
    ratio: float | None
    objective: str


@dataclass(frozen=True)
class _Sizes:
    script: Script
    run: Run

    @property
    def sums(self) -> HistorySums:
        kept = self.run.kept
        return HistorySums((kept, kept), (kept, kept), (1.0, 1.0), None, Source.BOUND)

    def inverse_norm(self, padding: Scalar) -> Scalar:
        norm = InverseNorm(self.run.growth, self.run.steps, padding)
        return self.script.number("inverse_norm", norm, **POSITIVE)

    def allowed(self, epsilon: Scalar) -> Scalar:
        return epsilon / self.run.rate


@dataclass(frozen=True)
class _Named:
    """A solver whose arguments are named before it works with them."""

    script: Script
    inner: LinearSolver

    def queries(self, kappa: Scalar, epsilon: Scalar, spread: Scalar) -> Queries:
        kappa, epsilon = self._arguments(kappa, epsilon)
        inner = self.inner
        if isinstance(inner, DiscreteAdiabatic):
            split = self._split(epsilon, inner)
            found = discrete_queries(kappa, epsilon, inner.constant, dilated=inner.dilated, split=split)
        else:
            found = inner.queries(kappa, epsilon, self.script.let("spread", spread, **POSITIVE))
        return replace(found, encoding=self.script.let("queries", found.encoding, **WHOLE))

    def routine(self, system: Encoding, right_hand_side: Routine, kappa: Scalar, epsilon: Scalar) -> Routine:
        kappa, epsilon = self._arguments(kappa, epsilon)
        inner = self.inner
        if isinstance(inner, DiscreteAdiabatic):
            task = Task(system, right_hand_side, inner.dilated)
            split = self._split(epsilon, inner)
            return discrete_expected(task, kappa, epsilon, inner.constant, split=split)
        return inner.routine(system, right_hand_side, kappa, epsilon)

    def _arguments(self, kappa: Scalar, epsilon: Scalar) -> tuple[Scalar, Scalar]:
        return (
            self.script.let("kappa", kappa, **POSITIVE),
            self.script.let("solver_error", epsilon, **POSITIVE),
        )

    def _split(self, epsilon: Scalar, inner: DiscreteAdiabatic) -> Split:
        distance = self.script.let("walk_distance", BestDistance(epsilon), **POSITIVE)
        found = split_at(distance, epsilon, walk_constant(inner))
        named = {
            field.name: self.script.let(f"walk_{field.name}", getattr(found, field.name), **POSITIVE)
            for field in fields(found)
        }
        return Split(**named)


def walk_constant(solver: DiscreteAdiabatic) -> float:
    """c of the walk, as the table of its best distances takes it."""
    return (2 if solver.dilated else 1) * solver.constant.value


def write_plan(script: Script, run: Run, choice: Choice) -> None:
    """Write what the plan costs, as an object `best` with its counts."""
    work_out = _stationary if choice.ratio is None else _history
    _counts(script, *work_out(script, run, choice), choice)


def _history(script: Script, run: Run, choice: Choice) -> tuple[Composed, Wanted, Scalar | None]:
    assert choice.ratio is not None
    rounded = RoundEven(sympy.sympify(choice.ratio) * run.steps)
    padding = script.let("padding", minimum(rounded, int(MOST_ROWS)), **WHOLE)

    def prepared(epsilon: Scalar) -> RightHandSide:
        state = state_of(script, choice.sizes, choice.access, epsilon)
        system, gradient = state.routine.registers
        routine = driven(
            choice.sizes.rows,
            run.steps,
            padding,
            gradient.size,
            Qrom(),  # of no table here: the state has its own, the times need none
            data_bits=system.size,
            state=state.routine,
        )
        return RightHandSide(routine, state.error, state.bits)

    made = composed(
        _Sizes(script, run),
        _Named(script, choice.solver),  # type: ignore[arg-type]
        run.left,
        padding,
        choice.shares,
        lambda epsilon: encoding_of(script, choice.leaf, epsilon),
        lambda step: history_encoding(step, run.rate, run.steps, padding, idle=True),
        prepared,
        bound=False,
    )
    time_bits = script.let("time_bits", ceil_log2(rows(run.steps, padding)), **WHOLE)
    most = made.probability[1] if made.norm is not None else None
    return made, Wanted(time_bits, run.steps), most


def _stationary(script: Script, run: Run, choice: Choice) -> tuple[Composed, Wanted, Scalar | None]:
    made = composed_stationary(
        _Named(script, choice.solver),  # type: ignore[arg-type]
        run.left,
        run.lowest,
        (1 / run.highest, 1 / run.lowest),
        choice.shares,
        lambda epsilon: encoding_of(script, choice.leaf, epsilon),
        lambda epsilon: state_of(script, choice.sizes, choice.access, epsilon),
        bound=False,
    )
    return made, Wanted(), 1.0


def _counts(script: Script, made: Composed, wanted: Wanted, most: Scalar | None, choice: Choice) -> None:
    """The best way to amplify, as `sweeps/quick.py` takes it, and its counts."""
    success = script.let("success", made.success, **POSITIVE)
    allowed = script.let("rotation_budget", made.allowed, **POSITIVE)
    # a solver that can be amplified needs the norm, which only a stationary point has a bound on both sides of
    assert most is not None or not choice.solver.reusable
    if not choice.solver.reusable:
        script.write(f"if (!({script.code(success)} > 0 && {script.code(success)} <= 1 + 1e-12)) {NO_PLAN}")
        circuits = 1 / minimum(success, 1.0)
        found = _of_way(script, made, Ways(0, 0, circuits), wanted, allowed, choice.exchange)
        script.write(f"const best = {{ {', '.join(found)} }};")
    else:
        plain, fixed = (sympy.Symbol(n, integer=True, nonnegative=True) for n in ("plain", "fixed"))
        circuits = sympy.Symbol("runs", positive=True)
        script.block(plain, fixed, circuits)
        found = _of_way(script, made, Ways(plain, fixed, circuits), wanted, allowed, choice.exchange)
        body = script.close()
        value = "toffoli" if choice.objective == "toffoli" else "t_count"
        script.write(
            "const priced = ([plain, fixed, runs]) => {",
            *body,
            f"return {{ {', '.join(found)} }};",
            "};",
            f"const ways = waysOf({script.code(success)}, {script.code(most)}, {TURN!r}, {MOST_WAYS}).map(priced);",
            f"if (ways.length === 0) {NO_PLAN}",
            f"ways.sort((a, b) => a.{value} - b.{value} || a.qubits - b.qubits);",
            "const best = ways[0];",
        )
    queries, kappa = script.code(made.queries.encoding), script.code(script.let("kappa", made.kappa))
    script.write(f"best.queries = {queries};", f"best.kappa = {kappa};")


def _of_way(
    script: Script, made: Composed, ways: Ways, wanted: Wanted, allowed: Scalar, exchange: Exchange
) -> list[str]:
    """`arrays.formula._counted`: fields of an object in JavaScript."""
    program = circuit(amplified(made.run, wanted, ways))
    cost = Folder(price_of_counts, shared=False).cost(program)
    gates = cost.gates
    gates = Gates(
        **{f.name: script.let(f"all_{f.name}", getattr(gates, f.name), **WHOLE) for f in fields(Gates)}
    )
    each = script.let("rotation_error", minimum(allowed / maximum(gates.rotations, 1), 0.5), **POSITIVE)
    per_circuit = script.let("t_per_circuit", exchange.t_count(gates, each), **REAL)
    synthesis = where(sympy.sympify(gates.rotations) > 0, exchange.extra_qubits(each), 0)
    qubits: Scalar = cost.work + synthesis
    for register in program.registers:
        qubits = qubits + register.size
    counts = {
        "t_count": ExpectedCount(per_circuit, ways.circuits),
        "toffoli": ExpectedCount(gates.toffoli, ways.circuits),
        "qubits": qubits,
        "circuits": maximum(ways.circuits, 1.0),
    }
    return [f"{name}: {script.code(value)}" for name, value in counts.items()]
