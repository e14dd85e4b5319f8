"""A sweep in Python: its rows as data frames, questions, fits and figures."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qgd_compiler.errors import UsageError
from qgd_compiler.sweeps import plots
from qgd_compiler.sweeps.fit import Fits, fit
from qgd_compiler.sweeps.query import Answer, query
from qgd_compiler.sweeps.store import Store


def _warn(line: str) -> None:
    warnings.warn(line, stacklevel=3)


@dataclass(frozen=True)
class Sweep:
    """The points of a sweep, in its store."""

    store: Store
    # a folder that goes when the sweep goes, where none was named
    _folder: Any = field(default=None, repr=False, compare=False)

    @property
    def directory(self) -> Path:
        """The folder of the store."""
        return self.store.directory

    def __len__(self) -> int:
        return self.store.manifest.points

    def __repr__(self) -> str:
        manifest = self.store.manifest
        axes = " × ".join(f"{', '.join(f.name for f in a.fields)} ({a.values})" for a in manifest.axes)
        status = self.query("SELECT status, count(*) AS n FROM sweep GROUP BY status ORDER BY n DESC").table
        said = ", ".join(f"{row['n']:,} {row['status']}" for row in status.to_pylist())
        return f"<Sweep of {manifest.name!r} over {axes}: {len(self):,} points ({said}) in {self.directory}>"

    def query(self, sql: str) -> Answer:
        """The answer of SQL to the table `sweep` or to the views `pareto`, `crossover`, `exponents`."""
        return query(self.store, sql, _warn)

    def to_arrow(self) -> Any:
        """All rows by rising point, as an Arrow table."""
        return self.query("SELECT * FROM sweep ORDER BY point").table

    def to_pandas(self) -> Any:
        """All rows by rising point, as a pandas data frame."""
        return Answer(self.to_arrow()).to_pandas()

    def to_polars(self) -> Any:
        """All rows by rising point, as a Polars data frame."""
        return Answer(self.to_arrow()).to_polars()

    def fit(self, x: str, y: str = "t_count", by: str | None = None, where: str | None = None) -> Fits:
        """Exponents of y in x, global and local; see `qgd fit`."""
        return fit(self.store, x, y, by, where, warn=_warn)

    def plot(
        self,
        x: str | None = None,
        y: str | None = None,
        by: str | None = None,
        where: str | None = None,
        *,
        map: bool = False,
        path: str | Path | None = None,
    ) -> Any:
        """A figure of matplotlib, see `qgd plot`; `path` saves it, in the format of its ending."""
        drawn = draw(self.store, x, y, by, where, map=map)
        if path is not None:
            path = Path(path)
            path.write_bytes(rendered(drawn, self.store, path.suffix))
        return drawn.figure


def draw(
    store: Store,
    x: str | None,
    y: str | None,
    by: str | None,
    where: str | None,
    *,
    map: bool = False,
    warn: Any = _warn,
) -> plots.Drawn:
    """A figure with defaults: the first swept number against T gates, or a map of the first two."""
    numbers = store.manifest.numbers
    if not numbers:
        raise UsageError("the sweep is over no number", remedy="a sweep over n or T")
    if map:
        if len(numbers) < 2:
            raise UsageError(
                f"a map needs two swept numbers, and this sweep is over {numbers[0]}", remedy="--x"
            )
        first = x or next(name for name in numbers if name != y)
        second = y or next(name for name in numbers if name != first)
        return plots.solver_map(store, first, second, by or "solver", where, warn=warn)
    return plots.plot(store, x or numbers[0], y or "t_count", by, where, warn=warn)


def rendered(drawn: plots.Drawn, store: Store, suffix: str) -> bytes:
    """A figure in the format of an ending: .svg, .png, .pdf or .html."""
    if suffix == ".html":
        from qgd_compiler.sweeps.html import page

        return page(drawn, store.manifest).encode()
    known_ending(suffix)
    return drawn.to_bytes(suffix[1:])


def known_ending(suffix: str) -> None:
    """UsageError where no figure has such an ending."""
    if suffix != ".html" and suffix[1:] not in plots.FORMATS:
        raise UsageError(f"no figure goes with the ending {suffix!r}", remedy=".svg, .png, .pdf or .html")
