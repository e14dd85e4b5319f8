"""Many points of one spec, and what is asked of their store."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from qgd_compiler.api.compiling import price_in
from qgd_compiler.chosen import SpecLike, choose_plan, loaded_of
from qgd_compiler.errors import UsageError
from qgd_compiler.spec import dump
from qgd_compiler.spec.loader import Loaded
from qgd_compiler.sweeps.axes import Values, axes_of
from qgd_compiler.sweeps.columns import arrow
from qgd_compiler.sweeps.evaluator import Evaluator
from qgd_compiler.sweeps.fit import Fits
from qgd_compiler.sweeps.fit import fit as fit_store
from qgd_compiler.sweeps.fixed import Fixed
from qgd_compiler.sweeps.grid import Grid as SweepGrid
from qgd_compiler.sweeps.identity import sweep_digest
from qgd_compiler.sweeps.local import Local
from qgd_compiler.sweeps.manifest import manifest_of
from qgd_compiler.sweeps.pointwise import Pointwise
from qgd_compiler.sweeps.query import Answer
from qgd_compiler.sweeps.query import query as query_store
from qgd_compiler.sweeps.quick import Quick
from qgd_compiler.sweeps.rules import rules_digest
from qgd_compiler.sweeps.run import Warn, Watch, complete
from qgd_compiler.sweeps.store import begin, open_store
from qgd_compiler.sweeps.work import Engine, Work

if TYPE_CHECKING:
    from qgd_compiler.sweeps.result import Sweep

PARTS = 8  # of a sweep at least, so that processes share it and a kill costs little
ONE_OF_MANY = 16  # points of a chunk at least
MANY = 2**17  # points of a sweep, from which on a sample of them is looked at first
SAMPLE = 256

Sample = Mapping[str, Values] | None


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
    loaded = loaded_of(spec)
    if mode not in EVALUATORS:
        raise UsageError(f"there is no mode {mode!r}", remedy=" or ".join(EVALUATORS))
    if chunk is not None and chunk < 1:
        raise UsageError(f"a chunk of {chunk} points", remedy="at least 1")
    grid = SweepGrid(axes_of(loaded, over or {}, None if points is None else Path(points)))
    document = dump.to_plain(loaded.spec)
    evaluator = EVALUATORS[mode](loaded, document, grid.sample(SAMPLE) if grid.points > MANY else None)
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


def _choosing(loaded: Loaded, document: Mapping[str, Any], sample: Sample = None) -> Evaluator:
    return Quick(Pointwise(price_in)).suited(document, str(loaded.base_dir), sample)


def _keeping(loaded: Loaded, document: Mapping[str, Any], sample: Sample = None) -> Evaluator:
    made = choose_plan(loaded, lambda _: None)
    return Fixed.of(made.choice.best, made.problem.iterations).suited(document, str(loaded.base_dir))


EVALUATORS: dict[str, Callable[..., Evaluator]] = {
    "choice": _choosing,
    "fixed": _keeping,
}
