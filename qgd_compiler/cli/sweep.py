"""`qgd sweep`: a spec priced at many points, into a store."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qgd_compiler.cli.sweep_progress import sweeping
from qgd_compiler.cli.talk import complain, say
from qgd_compiler.errors import UsageError

if TYPE_CHECKING:
    from qgd_compiler.sweeps.result import Sweep
    from qgd_compiler.sweeps.work import Engine


class Mode(StrEnum):
    """What is looked for at each point."""

    CHOICE = "choice"
    FIXED = "fixed"


class EngineName(StrEnum):
    """What runs the chunks."""

    LOCAL = "local"
    DASK = "dask"


def sweep_spec(
    spec: Annotated[Path, typer.Argument(metavar="SPEC", help="The spec, YAML or JSON.", show_default=False)],
    directory: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR",
            help="The store. What it holds already is kept.",
            show_default=False,
        ),
    ],
    over: Annotated[
        list[str] | None,
        typer.Option(
            "--over",
            metavar="FIELD=VALUES",
            help="n=1e4:1e9:log:26, T=100:10000:lin:10, access=qrom,qroam. Fields: n, T, s, eps, eta, access, or a "
            "dotted path of the spec. Repeatable: the product.",
            show_default=False,
        ),
    ] = None,
    points: Annotated[
        Path | None,
        typer.Option("--points", metavar="FILE.csv", help="A table of points: a column for each field."),
    ] = None,
    mode: Annotated[
        Mode,
        typer.Option(
            "--mode", help="The best plan of each point, or that of the spec itself at all of them."
        ),
    ] = Mode.CHOICE,
    engine: Annotated[
        EngineName, typer.Option("--engine", help="Processes of this machine, or a Dask cluster.")
    ] = EngineName.LOCAL,
    scheduler: Annotated[
        str | None,
        typer.Option("--scheduler", metavar="ADDRESS", help="Of Dask, such as tcp://10.0.0.1:8786."),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", "-j", min=1, help="Processes side by side. Default: one for each core."),
    ] = None,
    chunk: Annotated[
        int | None,
        typer.Option("--chunk", min=1, help="Points that are priced and stored together."),
    ] = None,
    new: Annotated[bool, typer.Option("--new", help="Replace what another sweep left in the store.")] = False,
) -> None:
    """Price a spec at many points, each as `qgd compile` does. Kill it, and the same command goes on from there."""
    from qgd_compiler import api
    from qgd_compiler.sweeps.axes import parse_over

    runs = _engine(engine, scheduler, jobs)
    with sweeping(str(directory)) as watch:
        try:
            found = api.sweep(
                spec,
                parse_over(over or []),
                directory,
                points=points,
                mode=mode.value,
                engine=runs,
                chunk=chunk,
                new=new,
                watch=watch,
                warn=say,
            )
        except KeyboardInterrupt:
            last = watch.last
            if last is not None:
                complain(
                    f"{last.done:,} of {last.points:,} points are in {directory}; the same command goes on"
                )
            raise
    _say_what_came_of_it(found)


def _engine(name: EngineName, scheduler: str | None, jobs: int | None) -> Engine:
    if name is EngineName.DASK:
        if scheduler is None:
            raise UsageError("a Dask cluster needs an address", remedy="--scheduler tcp://10.0.0.1:8786")
        if jobs is not None:
            raise UsageError(
                "--jobs is about this machine, not about a cluster", remedy="workers of the cluster"
            )
        from qgd_compiler.sweeps.cluster import Cluster

        return Cluster(scheduler)
    if scheduler is not None:
        raise UsageError("--scheduler is about a Dask cluster", remedy="--engine dask")
    from qgd_compiler.sweeps.local import Local

    return Local(jobs)


def _say_what_came_of_it(found: Sweep) -> None:
    """How many points there are, and why others have no price."""
    rows = found.query(
        "SELECT status, count(*) AS points, any_value(reason) AS reason FROM sweep GROUP BY status ORDER BY points DESC"
    ).table.to_pylist()
    say(f"{len(found):,} point{'s' if len(found) > 1 else ''} in {found.directory}")
    for row in rows:
        if row["status"] != "ok":
            say(f"without a price: {row['points']:,}, such as by {row['status']}: {row['reason']}")
