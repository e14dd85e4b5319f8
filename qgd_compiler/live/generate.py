"""From a compiled plan to sliders and the script behind them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import sympy

from qgd_compiler.algorithms import frobenius, row_weighted, sparse_access, sparse_row_weighted
from qgd_compiler.algorithms.access import access_named
from qgd_compiler.algorithms.adiabatic.queries import best_distances
from qgd_compiler.algorithms.adiabatic.solvers import ACCRETIVE_SYSTEM, DiscreteAdiabatic
from qgd_compiler.algorithms.arrays.leaves import Leaf, Matrices
from qgd_compiler.algorithms.plan import Plan, Shares, distance_of
from qgd_compiler.analysis.run_bounds import final_over_total_from_largest
from qgd_compiler.backends.html.live import Live, Slider
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.rules_dirty_lookup import dirty_lookup
from qgd_compiler.costing.rules_lookup import lookup, lookup_erased
from qgd_compiler.declared.models import Model, Readings, why_not_arrays
from qgd_compiler.declared.points import MOST_STEPS, points_of
from qgd_compiler.errors import UsageError
from qgd_compiler.live.facts import SPARSITIES, facts_of
from qgd_compiler.live.functions import FinalOverTotal
from qgd_compiler.live.plan import Choice, Run, walk_constant, write_plan
from qgd_compiler.live.script import ABOVE_ZERO, NO_PLAN, POSITIVE, REAL, Script
from qgd_compiler.live.states import Sizes
from qgd_compiler.scalars import Scalar, maximum
from qgd_compiler.spec import dump
from qgd_compiler.spec.fields import field_of
from qgd_compiler.spec.loader import Loaded
from qgd_compiler.structure.facts import Facts
from qgd_compiler.sweeps.fixed import SOLVERS, Fixed

OUTPUTS = (
    ("t_count", "T gates"),
    ("toffoli", "Toffolis"),
    ("qubits", "logical qubits"),
    ("kappa", "condition number κ"),
    ("queries", "queries of a run"),
    ("circuits", "circuits"),
    ("quantum_seconds", "seconds at the clock"),
)
STATEMENT = (
    "Held fixed: the plan, which is solver, encoding, access, split of the error and padding as a share of T, and all "
    "else that the spec says of the Hessian and the gradient. Evaluated again, by the rules that priced the plan: its "
    "counts. At other values another plan may be cheaper."
)
NEEDED = {
    sparse_access.NAME: ("row_sparsity", "column_sparsity", "max_entry"),
    row_weighted.NAME: ("row_one_norm", "column_one_norm"),
    sparse_row_weighted.NAME: ("row_sparsity", "column_sparsity", "row_one_norm", "column_one_norm"),
    frobenius.NAME: ("frobenius",),
}


def live_of(loaded: Loaded, plan: Plan, iterations: int) -> Live | None:
    """Sliders for the plan of a spec; None for a plan whose price has no formula in the sizes of the run."""
    if why_not_arrays(loaded.spec):
        return None
    fixed = _fixed(plan, iterations)
    return None if fixed is None else live_of_fixed(loaded, fixed, iterations)


def why_not_live(loaded: Loaded, plan: Plan, iterations: int) -> str:
    """Why `live_of` gives None, in words that follow a colon."""
    reason = why_not_arrays(loaded.spec)
    if reason:
        return reason
    if _fixed(plan, iterations) is None:
        return f"the price of {plan.candidate.solver} has no formula in n, T and ε"
    return "its Hessian is more than declared bounds of a size"


def live_of_fixed(loaded: Loaded, fixed: Fixed, iterations: int) -> Live | None:
    """Sliders for a fixed plan, which start at the values of the spec."""
    start = _start(loaded, fixed, iterations)
    return None if start is None else _live(start, fixed)


def _fixed(plan: Plan, iterations: int) -> Fixed | None:
    """The plan to be held; None where its price is no formula (the degree of a polynomial is found by a search)."""
    try:
        fixed = Fixed.of(plan, iterations)
    except UsageError:
        return None
    return fixed if fixed.solver in SOLVERS else None


@dataclass(frozen=True)
class _Start:
    """A spec that is covered, and where its sliders start."""

    loaded: Loaded
    model: Model
    rows: int
    sparsity: int | None
    steps: int
    epsilon: float
    rate: float


def _start(loaded: Loaded, fixed: Fixed, iterations: int) -> _Start | None:
    """None where arrays do not price the spec, or where its facts do not follow from declared sizes alone."""
    document = dump.to_plain(loaded.spec)
    columns = {"T": np.array([iterations], dtype=np.int64)}
    points = points_of(document, str(loaded.base_dir), [field_of(loaded, "T")], columns, Readings())
    if points is None or fixed.encoding not in points.models[0].offers:
        return None
    model, spec = points.models[0], loaded.spec
    if fixed.stationary and not np.isfinite(points.runs.off[0]):
        return None
    start = _Start(
        loaded=loaded,
        model=model,
        rows=model.parameters,
        sparsity=_own_sparsity(loaded, model),
        steps=iterations,
        epsilon=float(spec.target.epsilon.value),
        rate=float(spec.dynamics.learning_rate.value),
    )
    return start if _agrees(start) else None


def _own_sparsity(loaded: Loaded, model: Model) -> int | None:
    """The row sparsity that the spec declares, if it is not that of a full row."""
    said = getattr(loaded.spec.hessian, "row_sparsity", None)
    if said is None or int(said.value) == model.parameters:
        return None
    return int(said.value)


def _facts(start: _Start, rows: Scalar, sparsity: Scalar) -> Facts | None:
    names = {}
    if start.sparsity is not None:
        names["row_sparsity"] = sparsity
    elif getattr(start.loaded.spec.hessian, "row_sparsity", None) is not None:
        names["row_sparsity"] = rows  # a full row stays full
    return facts_of(start.model.study.matrix, rows, names)


def _agrees(start: _Start) -> bool:
    """Whether the facts as functions of the sizes are those that the spec was compiled with."""
    facts = _facts(start, start.rows, start.sparsity)
    if facts is None:
        return False
    for name, value in start.model.facts.items():
        fact = getattr(facts, name)
        found = math.nan if fact is None else float(fact.value)
        if found != value and not (math.isnan(found) and math.isnan(value)):
            return False
    return True


def _live(start: _Start, fixed: Fixed) -> Live:
    spec = start.loaded.spec
    script = Script()
    n, steps = (sympy.Symbol(name, **ABOVE_ZERO) for name in ("n", "T"))
    epsilon, rate = (sympy.Symbol(name, **POSITIVE) for name in ("epsilon", "eta"))
    takes_sparsity = start.sparsity is not None
    sparsity = sympy.Symbol("s", **ABOVE_ZERO) if takes_sparsity else None
    sliders = [n, steps, epsilon, rate, *([sparsity] if takes_sparsity else [])]
    script.write(f"const {{ {', '.join(map(str, sliders))} }} = v;")
    if takes_sparsity:
        script.write('if (s > n) return { error: "a row of n entries has at most n that are not zero" };')
    facts = _facts(start, n, sparsity)
    assert facts is not None
    lowest, highest = _ends(script, start, facts)
    run = Run(
        rate=rate,
        steps=steps,
        epsilon=epsilon,
        growth=script.let("growth", maximum(abs(1 - rate * lowest), abs(1 - rate * highest)), **REAL),
        kept=_kept(script, start, highest, rate, steps),
        left=epsilon,
        lowest=lowest,
        highest=highest,
    )
    price = spec.access.price_per_lookup
    access = access_named(fixed.access, None if price is None else price.value)
    solver = SOLVERS[fixed.solver]
    nonzeros = start.model.nonzeros
    sizes = Sizes(n, None if nonzeros == start.rows else nonzeros)
    if sizes.nonzeros is not None:
        script.write(f'if (n < {nonzeros}) return {{ error: "the gradient has {nonzeros} entries" }};')
    script.write(*_bounds(script, start, fixed, run))
    left = epsilon
    if fixed.stationary:
        left = script.let("left", epsilon - _off(script, run), **REAL)
        script.write(
            f'if (!({left} > 0)) return {{ error: "T steps end too far from the stationary point" }};'
        )
    write_plan(
        script,
        Run(**{**vars(run), "left": left}),
        Choice(
            solver=solver,
            access=access,
            exchange=Exchange(spec.exchange.toffoli_in_t.value, spec.exchange.rotation),
            leaf=Leaf(fixed.encoding, access, _matrices(script, facts, n, fixed.encoding)),
            sizes=sizes,
            shares=Shares(*fixed.split),
            ratio=None if fixed.stationary else fixed.ratio,
            objective=spec.objective,
        ),
    )
    script.write(f"best.quantum_seconds = best.t_count / {float(spec.baseline.t_rate.value)!r};")
    names = ", ".join(f"best.{name}" for name, _ in OUTPUTS)
    script.write(f"if (![{names}].every(Number.isFinite)) {NO_PLAN}", "return best;")
    return Live(
        sliders=tuple(_sliders(start, nonzeros, takes_sparsity)),
        outputs=OUTPUTS,
        script="\n".join((*_preamble(solver), "function qgdEvaluate(v) {", *script.lines, "}", "")),
        statement=STATEMENT,
    )


def _ends(script: Script, start: _Start, facts: Facts) -> tuple[Scalar, Scalar]:
    """The ends of the spectrum: as functions of the sizes where they come from the Hessian's facts."""
    found: list[Scalar] = []
    at = _facts(start, start.rows, start.sparsity)
    for name, value in (("lambda_min", start.model.lowest), ("lambda_max", start.model.highest)):
        here, fact = getattr(at, name), getattr(facts, name)
        same = here is not None and fact is not None and float(here.value) == value
        found.append(script.let(name, fact.value, **REAL) if same else value)
    return found[0], found[1]


def _kept(script: Script, start: _Start, highest: Scalar, rate: Scalar, steps: Scalar) -> Scalar:
    known = start.loaded.spec.solution
    if known is not None and known.final_over_max is not None:
        value: Any = final_over_total_from_largest(float(known.final_over_max.value), steps)
    else:
        value = FinalOverTotal(highest, rate, steps)
    return script.let("kept", value, **POSITIVE)


def _off(script: Script, run: Run) -> Scalar:
    """The distance of u_T from the stationary point, as directions."""
    decay = script.let("decay", sympy.exp(run.steps * sympy.log(run.growth)), **REAL)
    distance = script.let("distance", decay / (1 - decay), **POSITIVE)
    return script.let("off", distance_of(distance), **REAL)


def _bounds(script: Script, start: _Start, fixed: Fixed, run: Run) -> Iterator[str]:
    """Checks that arrays make of a run before they price it."""
    growth, kept = script.code(run.growth), script.code(run.kept)
    highest, lowest = script.code(run.highest), script.code(run.lowest)
    if not start.loaded.spec.dynamics.allow_divergence:
        yield (
            f"if (eta * {highest} > 2 * (1 + 1e-9)) "
            'return { error: "gradient descent diverges: the learning rate is above 2/λ_max" };'
        )
    yield f'if (!({growth} <= Math.E)) return {{ error: "a step grows by more than e" }};'
    yield f'if (!({kept} > 0)) return {{ error: "nothing bounds the last iterate from below" }};'
    if fixed.stationary:
        yield f'if (!({lowest} > 0 && {growth} < 1)) return {{ error: "the run reaches no stationary point" }};'
    elif SOLVERS[fixed.solver] in ACCRETIVE_SYSTEM:
        yield f'if (!({growth} <= 1)) return {{ error: "some direction grows, and the solver takes none" }};'


def _matrices(script: Script, facts: Facts, rows: Scalar, encoding: str) -> Matrices:
    known: dict[str, Any] = {}
    for name in NEEDED[encoding]:
        fact = getattr(facts, name)
        known[name] = None if fact is None else script.let(name, fact.value, **POSITIVE)
    sparsities = [known[n] for n in ("row_sparsity", "column_sparsity") if known.get(n) is not None]
    sparsity = maximum(*sparsities) if sparsities else None
    if sparsity is not None:
        sparsity = script.let("sparsity", sparsity, **ABOVE_ZERO)
    # one matrix: every column of numbers has one entry
    columns: Any = {
        "rows": (rows,),
        "sparsity": (sparsity,),
        **{n: (known.get(n),) for n in ("max_entry", "row_one_norm", "column_one_norm", "frobenius")},
    }
    return Matrices(**columns)


def _sliders(start: _Start, nonzeros: int, takes_sparsity: bool) -> Iterator[Slider]:
    n, steps, epsilon, rate = start.rows, start.steps, start.epsilon, start.rate
    facts = start.model.facts
    counts = [nonzeros, *(int(facts[name]) for name in SPARSITIES if math.isfinite(facts[name]))]
    fewest = max([4, *(c for c in counts if c != n)])  # what is as large as n goes along with it
    model = start.loaded.spec.model
    most = min(10_000 * n, 2**40) if model.active is None else int(model.parameters.value)
    kept = "parameters n" if model.active is None else "kept parameters n"
    yield Slider("n", kept, min(fewest, n), max(n, most), n, True, True)
    yield Slider("T", "iterations T", 1, max(steps, min(10_000 * steps, int(MOST_STEPS))), steps, True, True)
    yield Slider("epsilon", "error ε", min(1e-8, epsilon), max(0.5, epsilon), epsilon, False, True)
    least, highest = rate / 100, start.model.highest
    fastest = 10 * rate if not highest > 0 else min(10 * rate, 2 / highest)
    yield Slider("eta", "learning rate η", least, max(rate, fastest), rate, False, True)
    if takes_sparsity and start.sparsity is not None:
        yield Slider(
            "s",
            "row sparsity s",
            1,
            max(start.sparsity, min(n, 100 * start.sparsity)),
            start.sparsity,
            True,
            True,
        )


def _preamble(solver: Any) -> Iterator[str]:
    """Functions that are ported, and what is written from rules and tables."""
    yield (files("qgd_compiler.live") / "assets" / "runtime.js").read_text(encoding="utf-8")
    yield lookups()
    if isinstance(solver, DiscreteAdiabatic):
        yield distances(walk_constant(solver))


@cache
def lookups() -> str:
    """Toffolis of a lookup with given columns, by purpose, control and number of axes; from the rules."""
    lines = ["const lookupToffoli = {"]
    bits = sympy.Symbol("b", **ABOVE_ZERO)
    for purpose in range(3):
        for controlled in (False, True):
            for axes in (1, 2):
                shape = sympy.symbols([f"L{i}" for i in range(axes)], **ABOVE_ZERO)
                blocks = sympy.symbols([f"K{i}" for i in range(axes)], **ABOVE_ZERO)
                price = (
                    lookup(tuple(shape), bits, tuple(blocks), controlled),
                    lookup_erased(tuple(shape), bits, (1,) * axes, tuple(blocks), controlled),
                    dirty_lookup(tuple(shape), bits, tuple(blocks), controlled),
                )[purpose]
                script = Script()
                toffoli = script.code(price.gates.toffoli)
                names = f"b, [{', '.join(map(str, shape))}], [{', '.join(map(str, blocks))}]"
                body = " ".join((*script.lines, f"return {toffoli};"))
                lines.append(f'"{purpose} {int(controlled)} {axes}": ({names}) => {{ {body} }},')
    return "\n".join((*lines, "};"))


@cache
def distances(constant: float) -> str:
    """The table of `best_split` for a constant: ln Δ at equal steps of ln ε, as second differences of whole numbers."""
    logs, values = best_distances(constant)
    whole = np.rint(values * SCALE).astype(np.int64)
    coded = np.concatenate([whole[:1], np.diff(whole)[:1], np.diff(whole, 2)])
    return f"""const bestDistance = (() => {{
const low = {float(logs[0])!r}, high = {float(logs[-1])!r};
const coded = [{",".join(map(str, coded.tolist()))}];
const table = [coded[0]];
let step = coded[1];
for (let i = 1; i < coded.length; i++) {{
if (i > 1) step += coded[i];
table.push(table[i - 1] + step);
}}
return (epsilon) => {{
const last = table.length - 1;
const place = Math.min(Math.max((Math.log(epsilon) - low) / (high - low) * last, 0), last);
const i = Math.min(Math.floor(place), last - 1);
return Math.exp((table[i] + (place - i) * (table[i + 1] - table[i])) / {SCALE});
}};
}})();"""


SCALE = 10**12
