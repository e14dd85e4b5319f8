"""What users call: compile a spec to a report, analyse it, describe files, write and check the schemas."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from qgd_compiler.algorithms.access import column_caps
from qgd_compiler.algorithms.choice import pareto_front
from qgd_compiler.algorithms.menu.leaves import absent
from qgd_compiler.algorithms.ranking import rank
from qgd_compiler.algorithms.solver_menu import Case, history_kappa, solver_menu
from qgd_compiler.analysis.spectrum import measure_extremes
from qgd_compiler.backends.analysis_report import Analysis, analysis_schema
from qgd_compiler.backends.assemble import report_of
from qgd_compiler.backends.encodings_report import EncodingsReport, encodings_of, encodings_schema
from qgd_compiler.backends.explain import explanation_of
from qgd_compiler.backends.explain_report import Explanation, explain_schema
from qgd_compiler.backends.explain_tree import View
from qgd_compiler.backends.html.report_html import Dossier
from qgd_compiler.backends.proof_report import ProofReport, proof_schema
from qgd_compiler.backends.report import Report, report_schema
from qgd_compiler.backends.solvers_report import SolversReport, solvers_of, solvers_schema
from qgd_compiler.backends.verdict import MeasuredRun
from qgd_compiler.chosen import Chosen, SpecLike, accesses_of, exchange_of, physical_of
from qgd_compiler.chosen import choose_plan as _chosen
from qgd_compiler.chosen import loaded_of as _loaded
from qgd_compiler.costing.fold import Folder
from qgd_compiler.costing.prices import price_of
from qgd_compiler.errors import SpecError, UsageError
from qgd_compiler.frontends.describe import describe as describe_files
from qgd_compiler.frontends.weights.layers import Reading
from qgd_compiler.frontends.weights.proposals import Structure
from qgd_compiler.physical.second_opinion import require_installed
from qgd_compiler.program.ir import Routine
from qgd_compiler.regression.check import Relocked, relock
from qgd_compiler.regression.check import check as check_locks
from qgd_compiler.regression.difference import difference
from qgd_compiler.regression.documents import Difference, Results, check_schema, diff_schema
from qgd_compiler.regression.lock import lock_schema
from qgd_compiler.regression.places import locks_in, specs_in
from qgd_compiler.spec import dump, schema
from qgd_compiler.spec.loader import Loaded, validate
from qgd_compiler.spec.models import Spec
from qgd_compiler.structure.facts import best_norm
from qgd_compiler.study import Progress, study, study_hessian
from qgd_compiler.study.analysis import analysis_of
from qgd_compiler.study.comparison import compared
from qgd_compiler.study.eigenvalues import eigenvalues_of
from qgd_compiler.study.loop import windows_of
from qgd_compiler.sweeps.axes import axes_of
from qgd_compiler.sweeps.columns import arrow
from qgd_compiler.sweeps.evaluator import Evaluator
from qgd_compiler.sweeps.fit import Fits, fit_schema
from qgd_compiler.sweeps.fit import fit as fit_store
from qgd_compiler.sweeps.fixed import Fixed
from qgd_compiler.sweeps.grid import Grid as SweepGrid
from qgd_compiler.sweeps.identity import sweep_digest
from qgd_compiler.sweeps.local import Local
from qgd_compiler.sweeps.manifest import manifest_of, sweep_schema
from qgd_compiler.sweeps.pointwise import Pointwise
from qgd_compiler.sweeps.query import Answer
from qgd_compiler.sweeps.query import query as query_store
from qgd_compiler.sweeps.quick import Quick
from qgd_compiler.sweeps.row import Row, row_of
from qgd_compiler.sweeps.rules import rules_digest
from qgd_compiler.sweeps.run import Warn, Watch, complete
from qgd_compiler.sweeps.store import begin, open_store
from qgd_compiler.sweeps.work import Engine, Work

if TYPE_CHECKING:
    from qgd_compiler.sweeps.result import Sweep

SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "spec.schema.json": schema.spec_schema,
    "report.schema.json": report_schema,
    "analysis.schema.json": analysis_schema,
    "encodings.schema.json": encodings_schema,
    "solvers.schema.json": solvers_schema,
    "explain.schema.json": explain_schema,
    "proof.schema.json": proof_schema,
    "lock.schema.json": lock_schema,
    "check.schema.json": check_schema,
    "diff.schema.json": diff_schema,
    "sweep.schema.json": sweep_schema,
    "fit.schema.json": fit_schema,
}


def compile(
    spec: SpecLike, progress: Progress = lambda _: None, *, second_opinion: str | None = None
) -> Report:
    """The cost report of a spec: a path, a `Spec`, or plain dicts (files relative to the working directory).

    second_opinion  "azure": with Microsoft's estimator on the same logical counts beside ours

    Raises QgdError, one class per kind of mistake (see `qgd_compiler.errors`).
    """
    return _report(_compiled(spec, progress, second_opinion), second_opinion)


def dossier(
    spec: SpecLike, progress: Progress = lambda _: None, *, second_opinion: str | None = None
) -> Dossier:
    """What the report as a web page shows (`report_html`): the report, and what stands behind its numbers.

    With `live` formulas where only bounds of the Hessian are declared and the plan solves one linear system of a plain
    quadratic run; else None, and the page has no sliders.
    """
    from qgd_compiler.live.generate import live_of, why_not_live  # with SymPy, which takes half a second

    made = _compiled(spec, progress, second_opinion)
    asked = (made.found.loaded, made.choice.best, made.problem.iterations)
    live = live_of(*asked)
    return Dossier(
        report=_report(made, second_opinion),
        explained=_explanation(made, None, View(depth=0)),
        analysis=analysis_of(made.found),
        eigenvalues=eigenvalues_of(made.found),
        live=live,
        without_live="" if live is not None else why_not_live(*asked),
    )


def _compiled(spec: SpecLike, progress: Progress, second_opinion: str | None) -> Chosen:
    loaded = _loaded(spec)
    if second_opinion is not None:
        _require_an_opinion(second_opinion, loaded)
    return _chosen(loaded, progress)


def _report(made: Chosen, second_opinion: str | None) -> Report:
    from qgd_compiler.proof.section import section_of

    found, content = made.found, made.found.loaded.spec
    windows, why = (None, "") if made.loops is not None else windows_of(found, made.choice, made.make)
    report = report_of(
        made.heading,
        made.problem,
        MeasuredRun(found.regime, found.recursion.iterations, why),
        made.choice,
        pareto_front(made.planner, made.choice, column_caps(made.accesses)),
        made.planner.exchange,
        content.objective,
        made.loops,
        windows,
        compared(
            found,
            made.choice.best,
            None if made.loops is None else made.loops.best,
            made.planner.exchange,
            # the access whose price grows least with a table, where it is allowed
            next((a for a in made.accesses if a.name == "qroam"), made.choice.best.candidate.access),
        ),
        physical_of(made, second_opinion is not None),
    )
    return report.model_copy(update={"proof": section_of(made.choice.best)})


def explain(
    spec: SpecLike,
    component: str | None = None,
    *,
    depth: int | None = None,
    min_share: float = 0.0,
    progress: Progress = lambda _: None,
) -> Explanation:
    """How the numbers of `compile` come about: the chosen plan as a tree down to primitives, and what stands above.

    component  a part of a title, of a label or of the name of a number, or an id: that part alone
    depth      levels of the tree below its root; None: all
    min_share  parts with a smaller share of the T gates of what is shown are summed up; between 0 and 1
    """
    if not 0 <= min_share <= 1:
        raise UsageError(f"the smallest share {min_share:g} is not between 0 and 1", remedy="such as 0.001")
    if depth is not None and depth < 0:
        raise UsageError(f"a tree has no depth {depth}", remedy="0 or more")
    return _explanation(_chosen(spec, progress), component, View(depth, min_share))


def _explanation(made: Chosen, component: str | None, view: View) -> Explanation:
    best = made.choice.best
    return explanation_of(
        made.heading,
        made.problem,
        best if best.reading is None else best.reading.one_state,
        made.planner.exchange,
        made.planner.folder,
        component,
        view,
    )


def analyze(
    spec: SpecLike, progress: Progress = lambda _: None, *, proxy: bool = False, training: bool = False
) -> Analysis:
    """Spectrum, regime, growth and what would change the verdict; nothing is lowered or counted.

    proxy     with the error proxy E(t) for t = 0 … T of the density of eigenvalues
    training  with the class, growth and proxy at every step of the spectrum file
    """
    return analysis_of(study(_loaded(spec), progress), proxy=proxy, training=training)


def encodings(
    spec: SpecLike, *, epsilon: float | None = None, progress: Progress = lambda _: None
) -> EncodingsReport:
    """Every encoding of the Hessian of a spec at one precision, best α·T per query first.

    epsilon  spectral error of the block, relative to the norm of the Hessian; default: target.epsilon
    """
    loaded = _loaded(spec)
    found = study_hessian(loaded, progress)
    content = loaded.spec
    relative = float(content.target.epsilon.value) if epsilon is None else epsilon
    if not 0 < relative < 1:
        raise UsageError(f"the relative error {relative:g} is not between 0 and 1", remedy="such as 0.01")
    norm = best_norm((found.explicit or found.matrix).facts())
    if norm is None or not norm.value > 0:
        raise SpecError(
            "no norm of the Hessian is known, so no precision can be relative to it",
            at=loaded.where("hessian"),
            remedy="norm: …, or row_sparsity and max_entry",
        )
    exchange = exchange_of(content)
    ranked, refused = rank(
        found.offers(), accesses_of(content), relative * float(norm.value), exchange, Folder(price_of)
    )
    absences = absent(found.explicit or found.matrix)
    return encodings_of(
        content.name, found.digest, found.matrix, found.sources, ranked, refused, absences, relative, norm
    )


def verify(
    spec: SpecLike, *, shots: int = 0, seed: int = 0, progress: Progress = lambda _: None
) -> ProofReport:
    """The plan of a spec, run: the largest instance of its family that fits the simulator, against every claim.

    shots   runs to draw besides, as hardware would give them
    """
    from qgd_compiler.proof.verify import verify_plan

    made = _chosen(spec, progress)
    return verify_plan(made.found, made.choice.best, shots=shots, seed=seed, progress=progress)


@dataclass(frozen=True)
class WrittenCircuit:
    """A circuit or call graph as text; `how` it differs from that of the spec, in words."""

    text: str
    how: tuple[str, ...]


def circuit(
    spec: SpecLike,
    format: str = "qasm3",
    *,
    small: bool = False,
    depth: int = 4,
    progress: Progress = lambda _: None,
) -> WrittenCircuit:
    """The circuit of a spec's plan for other programs.

    format  "qasm3" and "cirq": at the size that `verify` runs, every angle written out;
            "qref" and "graphviz": the call graph of the whole plan, or with `small` of the same circuit
    depth   levels of calls in QREF
    """
    if format not in ("qasm3", "cirq", "qref", "graphviz"):
        raise UsageError(f"there is no format {format!r}", remedy="qasm3, cirq, qref or graphviz")
    made = _chosen(spec, progress)
    program: Routine = made.choice.best.program
    how: tuple[str, ...] = ()
    if small or format in ("qasm3", "cirq"):
        from qgd_compiler.proof.verify import largest_instance

        instance, built = largest_instance(made.found, made.choice.best)
        program, how = built.program, instance.how
    return WrittenCircuit(_as_text(program, format, depth, made.heading.name, made.planner.folder), how)


def _as_text(program: Routine, format: str, depth: int, title: str, folder: Folder) -> str:
    if format == "qasm3":
        from qgd_compiler.backends.openqasm import openqasm

        return openqasm(program, title)
    if format == "qref":
        from qgd_compiler.backends.qref import qref

        return json.dumps(qref(program, folder, depth=depth), indent=1, ensure_ascii=False) + "\n"
    if format == "graphviz":
        from qgd_compiler.backends.dot import dot

        return dot(program)
    try:
        from qgd_compiler.bloqs.flat_cirq import circuit_json
    except ImportError as error:
        raise UsageError(
            "Cirq is not installed", remedy="pip install 'qgd-compiler[qualtran]', or --format qasm3"
        ) from error
    return circuit_json(program)


def verify_all(*, check: bool = False, progress: Progress = lambda _: None) -> ProofReport:
    """Every family of the table, run; with `check` ProofError where the committed record says otherwise."""
    from qgd_compiler.proof import record
    from qgd_compiler.proof.verify import verify_all as run_all

    report = run_all(progress)
    if check:
        record.insist_on_record(report)
    return report


def insist_on_proof(report: ProofReport) -> None:
    """ProofError where a claim failed."""
    from qgd_compiler.proof.verify import insist

    insist(report)


def proof_record(report: ProofReport) -> str:
    """A report as the record that later reports read, in JSON."""
    from qgd_compiler.proof.record import as_json

    return as_json(report)


def proof_record_path() -> Path:
    """Where the record stands."""
    return Path(__file__).parent / "proof" / "record.json"


def formula(spec: SpecLike, quantity: str, symbols: Sequence[str], *, encoding: str | None = None) -> Any:
    """The closed form of a quantity of one encoding query in `symbols`, a SymPy expression.

    See `qgd_compiler.algorithms.formulas` for the quantities and symbols.
    """
    from qgd_compiler.algorithms import formulas

    loaded = _loaded(spec)
    content = loaded.spec
    found = study_hessian(loaded)
    return formulas.formula(
        found.matrix, accesses_of(content), exchange_of(content), quantity, symbols, encoding=encoding
    )


def solvers(
    kappa: float | None, epsilon: float, steps: int | None = None, *, norm_spread: float = 1.0
) -> SolversReport:
    """Every solver of linear systems at one κ and ε, fewest queries first.

    kappa        α‖L⁻¹‖; None: that of the history of `steps` neutral steps
    steps        T, for the solvers that need one and for the κ of its history
    norm_spread  the factor by which the norm of the solution may be off, either way
    """
    if steps is not None and steps < 1:
        raise UsageError(f"a run of {steps} steps", remedy="at least one step")
    of_history = None if steps is None else history_kappa(steps)
    found = of_history if kappa is None else float(kappa)
    if found is None:
        raise UsageError(
            "neither a κ nor a number of steps was given", remedy="--kappa 2548, or --steps 1000"
        )
    case = Case(found, float(epsilon), steps, float(norm_spread))
    return solvers_of(case, solver_menu(case), of_history)


def describe(
    files: Sequence[Path],
    *,
    gradient: Path | None = None,
    base_dir: Path = Path(),
    structure: Structure | str | None = None,
    reading: Reading = "auto",
    progress: Progress = lambda _: None,
) -> Spec:
    """A spec for a Hessian file, its facts measured, or for a file of weights; files are relative to `base_dir`.

    structure  of weights: what the Hessian is declared to be (`Structure`); default: low rank and a diagonal
    reading    of weights: `auto`, `read` or `skip`
    """
    return describe_files(
        files,
        measure_extremes,
        gradient=gradient,
        base_dir=base_dir,
        structure=None if structure is None else Structure(structure),
        reading=reading,
        progress=progress,
    )


def spec_text(spec: Spec, format: str) -> str:
    """A spec as "yaml" or "json"."""
    if format == "yaml":
        return dump.to_yaml(spec)
    if format == "json":
        return dump.to_json(spec)
    raise UsageError(f"a spec cannot be written as {format!r}", remedy="yaml or json")


def lock(
    paths: Sequence[Path],
    reason: str,
    *,
    tolerances: Mapping[str, float] | None = None,
    jobs: int | None = None,
    progress: Progress = lambda _: None,
) -> Relocked:
    """New locks for specs; nothing is written (see `cli/lock.py`). BrokenError if one of them does not compile.

    tolerances  relative change that `check` lets pass, by pattern of a path; those of earlier locks are kept
    """
    if not reason.strip():
        raise UsageError("the reason is empty", remedy='--reason "what moved the numbers, and why"')
    return relock(specs_in(paths), _report_at, tolerances or {}, jobs, progress)


def check(paths: Sequence[Path], *, jobs: int | None = None, progress: Progress = lambda _: None) -> Results:
    """Compile locked specs again and compare with their locks.

    paths  specs, locks, or folders of locks
    jobs   processes side by side; None: one for each core
    """
    return check_locks(locks_in(paths), _report_at, jobs, progress)


def diff(before: Path, after: Path, *, tolerance: float = 0.0) -> Difference:
    """What differs between two reports or locks, and what moved the T count."""
    if not tolerance >= 0:
        raise UsageError(f"the tolerance {tolerance:g} is negative", remedy="0, or such as 0.01")
    return difference(before, after, tolerance)


def price(spec: SpecLike, progress: Progress = lambda _: None) -> Row:
    """What a sweep keeps of a spec: its totals and choice as `compile` finds them, without the rest of the report."""
    made = _chosen(spec, progress)
    return row_of(made.found, made.choice, made.loops, made.planner.exchange, physical_of(made, False))


PARTS = 8  # of a sweep at least, so that processes share it and a kill costs little
ONE_OF_MANY = 16  # points of a chunk at least


def sweep(
    spec: SpecLike,
    over: Mapping[str, Any] | None = None,
    directory: str | Path | None = None,
    *,
    points: str | Path | None = None,
    mode: str = "choice",
    engine: Engine | None = None,
    chunk: int | None = None,
    new: bool = False,
    watch: Watch = lambda _: None,
    warn: Warn = warnings.warn,
) -> Sweep:
    """A spec priced at many points, every one as `compile` prices it. What a folder holds already is kept.

    over       values by field: `"1e4:1e9:log:26"`, `"qrom,qroam"`, or a list. Fields are dotted paths, or n, T, s,
               eps, eta, access
    directory  of the store; None: a temporary one, which goes with the result
    points     a CSV file of points, whose columns are fields; together with `over` their product
    mode       "choice": the best plan of each point; "fixed": the plan of the spec itself at all of them
    engine     what runs the chunks; None: this process. `Local(2)` of `sweeps.local`: two processes,
               `Cluster(address)` of `sweeps.cluster`: a Dask cluster
    chunk      points in a part of the store
    new        replace what another sweep left in the folder

    UsageError where the folder holds another sweep, SweepError where chunks failed.
    """
    from qgd_compiler.sweeps.result import Sweep

    arrow()  # a missing library is said before the work
    loaded = _loaded(spec)
    if mode not in EVALUATORS:
        raise UsageError(f"there is no mode {mode!r}", remedy=" or ".join(EVALUATORS))
    if chunk is not None and chunk < 1:
        raise UsageError(f"a chunk of {chunk} points", remedy="at least 1")
    grid = SweepGrid(axes_of(loaded, over or {}, None if points is None else Path(points)))
    document = dump.to_plain(loaded.spec)
    evaluator = EVALUATORS[mode](loaded, document)
    manifest = manifest_of(
        loaded.spec.name,
        sweep_digest(loaded, document, grid),
        rules_digest(),
        evaluator.mode,
        grid,
        chunk or min(evaluator.chunk, max(ONE_OF_MANY, -(-grid.points // PARTS))),
    )
    folder = TemporaryDirectory(prefix="qgd-sweep-") if directory is None else None
    store = begin(Path(folder.name if folder else directory or ""), manifest, new=new, chunk=chunk)
    base = str(loaded.base_dir.resolve())
    kept = store.manifest
    work = Work(evaluator, document, base, grid, kept.chunk, kept.identity, kept.rules)
    complete(store, work, engine or Local(1), watch, warn)
    return Sweep(store, folder)


def query(directory: str | Path, sql: str, warn: Warn = warnings.warn) -> Answer:
    """The answer of SQL to the store of a sweep: its table `sweep`, its views `pareto`, `crossover`, `exponents`."""
    return query_store(open_store(Path(directory)), sql, warn)


def fit(
    directory: str | Path,
    x: str,
    y: str = "t_count",
    by: str | None = None,
    where: str | None = None,
    warn: Warn = warnings.warn,
) -> Fits:
    """How y grows with x in the store of a sweep: exponents, global and local, with all other swept fields held.

    by     a column whose values are fitted apart
    where  SQL that chooses points
    """
    return fit_store(open_store(Path(directory)), x, y, by, where, warn=warn)


def plot(
    directory: str | Path,
    suffix: str,
    x: str | None = None,
    y: str | None = None,
    by: str | None = None,
    where: str | None = None,
    *,
    map: bool = False,
    warn: Warn = warnings.warn,
) -> bytes:
    """A figure of the store of a sweep, in the format of an ending: .svg, .png, .pdf, .html.

    x, y   columns; default: the first swept number, and t_count
    by     the column that colours and markers show; of a map: solver
    where  SQL that chooses points
    map    the winner at every x and y, and the line on which classical computers are as fast
    """
    from qgd_compiler.sweeps.result import draw, known_ending, rendered

    known_ending(suffix)
    store = open_store(Path(directory))
    return rendered(draw(store, x, y, by, where, map=map, warn=warn), store, suffix)


def _price_in(document: Mapping[str, Any], base_dir: Path) -> Row:
    """The row of a spec in plain data."""
    return price(validate(dict(document), base_dir))


def _choosing(loaded: Loaded, document: Mapping[str, Any]) -> Evaluator:
    return Quick(Pointwise(_price_in)).suited(document, str(loaded.base_dir))


def _keeping(loaded: Loaded, document: Mapping[str, Any]) -> Evaluator:
    made = _chosen(loaded, lambda _: None)
    return Fixed.of(made.choice.best, made.problem.iterations).suited(document, str(loaded.base_dir))


# what prices the points of a sweep, from the spec and its plain data
EVALUATORS: dict[str, Callable[[Loaded, Mapping[str, Any]], Evaluator]] = {
    "choice": _choosing,
    "fixed": _keeping,
}


def _report_at(path: Path) -> Mapping[str, Any]:
    """The JSON of the report of a spec, as plain data."""
    content: Mapping[str, Any] = json.loads(compile(path).to_json())
    return content


def write_schemas(directory: Path) -> list[str]:
    """Write all JSON Schemas into a folder; their file names."""
    return schema.write(directory, SCHEMAS)


def check_schemas(directory: Path) -> list[str]:
    """The file names, if the schemas in a folder are current; else SchemaError."""
    return schema.check(directory, SCHEMAS)


def _require_an_opinion(name: str, loaded: Loaded) -> None:
    """Raise before the work, if the second opinion that is asked for cannot be had."""
    if name != "azure":
        raise UsageError(f"there is no second opinion by {name!r}", remedy="azure")
    if loaded.spec.hardware is None:
        raise SpecError(
            "a second opinion is on a machine, and the spec names none",
            at=loaded.where("hardware"),
            remedy="hardware: superconducting_1e-3",
        )
    require_installed()
