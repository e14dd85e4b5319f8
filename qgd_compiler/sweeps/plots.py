"""Figures of a sweep: one number against another, and the map of the winning solver. For print, and for every eye."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qgd_compiler.errors import UsageError
from qgd_compiler.frontends.extras import need
from qgd_compiler.sweeps.manifest import Manifest
from qgd_compiler.sweeps.query import Warn, known_column, query
from qgd_compiler.sweeps.series import Series, series_of
from qgd_compiler.sweeps.store import Store
from qgd_compiler.sweeps.views import quoted

# Okabe and Ito's colours, which people with any colour vision tell apart; markers, dashes and hatches say the same
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)), (0, (5, 5)))
HATCHES = ("", "///", "...", "\\\\\\", "xxx", "+++", "ooo", "---")
WORDS = {
    "n": "rows of the Hessian, n",
    "T": "steps, T",
    "s": "entries in a row, s",
    "eps": "error of the state, ε",
    "epsilon": "error of the state, ε",
    "eta": "learning rate, η (parameter²/loss)",
    "t_count": "T gates",
    "toffoli": "Toffolis",
    "t_per_circuit": "T gates of one circuit",
    "proven_t_count": "T gates, proven",
    "qubits": "logical qubits",
    "quantum_seconds": "quantum time (s)",
    "classical_seconds": "classical time (s)",
    "physical_qubits": "physical qubits",
    "runtime_seconds": "time on the machine (s)",
    "kappa": "condition number, κ",
    "queries": "uses of the encoding",
    "circuits": "circuits",
}
MOST_KINDS = len(COLORS)
FORMATS = ("svg", "png", "pdf")
# neither times nor addresses of others
METADATA = {
    "svg": {"Date": None, "Creator": None, "Format": None, "Type": None},
    "pdf": {"CreationDate": None},
}
MOST_NAMED = 24  # series that are named at their ends


@dataclass(frozen=True)
class Drawn:
    """A figure of matplotlib, and the numbers that it shows: names of columns, and rows."""

    figure: Any
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def to_bytes(self, format: str) -> bytes:
        """The figure in a format of `FORMATS`; the same figure gives the same bytes."""
        stream = io.BytesIO()
        metadata = METADATA.get(format)
        with need("matplotlib", "plot", "figures").rc_context(
            {"svg.hashsalt": "qgd", "svg.fonttype": "path"}
        ):
            self.figure.savefig(stream, format=format, metadata=metadata, dpi=200)
        return stream.getvalue()


def plot(
    store: Store, x: str, y: str, by: str | None = None, where: str | None = None, *, warn: Warn
) -> Drawn:
    """y against x on logarithmic axes, points told apart by the column `by`; one line for each series."""
    series = series_of(store, x, y, by, where, warn)
    kinds = _kinds([word for one in series for word in one.by or ()], by)
    figure, axis = _figure()
    # a line in the colour of its kind, where it has one; else grey under points of several
    for one in series:
        own = None if one.by is None else set(one.by)
        if own is not None and len(own) > 1:
            axis.plot(one.x, one.y, "-", color="0.75", linewidth=0.9, zorder=1)
    for i, kind in enumerate(kinds):
        _kind(axis, series, i, kind, len(kinds))
    _name_ends(axis, series, by)
    axis.set_xscale("log")
    axis.set_yscale("log")
    _dress(axis, _label(store.manifest, x), _label(store.manifest, y), store.manifest.name)
    if by is not None:
        axis.legend(title=_label(store.manifest, by), fontsize="small", title_fontsize="small", frameon=False)
    held = [name for name, _ in series[0].held]
    rows = tuple(
        (*(value for _, value in one.held), x_, y_, *(() if one.by is None else (one.by[i],)))
        for one in series
        for i, (x_, y_) in enumerate(zip(one.x.tolist(), one.y.tolist(), strict=True))
    )
    names = (*held, x, y, *(() if by is None else (by,)))
    return Drawn(figure, f"{store.manifest.name}: {y} against {x}", names, rows)


def solver_map(
    store: Store, x: str, y: str, by: str = "solver", where: str | None = None, *, warn: Warn
) -> Drawn:
    """Which solver (or other word) wins at every x and y, and where the quantum side meets the classical one."""
    manifest = store.manifest
    for name in (x, y):
        if name not in manifest.numbers:
            raise UsageError(
                f"a map needs two swept numbers, and {name} is none",
                remedy=f"--x and --y among {', '.join(manifest.numbers) or 'none: sweep two of them'}",
            )
    if x == y:
        raise UsageError(f"a map of {x} against itself", remedy="--x n --y T")
    known_column(manifest, by)
    condition = f"WHERE ({where})" if where else ""
    found = query(
        store,
        f"SELECT {quoted(x)}::DOUBLE AS x, {quoted(y)}::DOUBLE AS y, {quoted(by)} AS kind, "
        f"quantum_seconds / classical_seconds AS r, status = 'ok' AS ok FROM sweep {condition} ORDER BY point",
        warn,
    ).table.to_pylist()
    if not found:
        raise UsageError(f"no point where {where}", remedy="another --where")
    xs, ys = sorted({row["x"] for row in found}), sorted({row["y"] for row in found})
    if min(xs[0], ys[0]) <= 0:
        raise UsageError("a map has logarithmic axes, and there are values at or below 0", remedy="--where")
    kinds = _kinds([str(row["kind"]) for row in found if row["ok"]], by)
    cells = np.full((len(ys), len(xs)), -2)
    ratios = np.full(cells.shape, np.nan)
    for row in found:
        i, j = ys.index(row["y"]), xs.index(row["x"])
        if cells[i, j] != -2:
            others = ", ".join(f.name for f in manifest.fields if f.name not in (x, y))
            raise UsageError(
                f"there are several points at {x} = {row['x']:g}, {y} = {row['y']:g}",
                remedy=f"--where with one value of {others}",
            )
        cells[i, j] = kinds.index(str(row["kind"])) if row["ok"] else -1
        ratios[i, j] = row["r"] if row["ok"] and row["r"] is not None else np.nan
    figure, axis = _figure()
    handles = _cells(axis, np.array(xs), np.array(ys), cells, kinds)
    handles += _meeting(axis, np.array(xs), np.array(ys), ratios)
    axis.set_xscale("log")
    axis.set_yscale("log")
    _dress(axis, _label(manifest, x), _label(manifest, y), manifest.name)
    axis.tick_params(which="both", direction="out", top=False, right=False)
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=2,
        fontsize="small",
        frameon=False,
        handleheight=1.4,
    )
    columns = (x, y, by, "quantum over classical seconds")
    rows = tuple((r["x"], r["y"], r["kind"] if r["ok"] else "no plan", r["r"]) for r in found)
    return Drawn(figure, f"{manifest.name}: {by} over {x} and {y}", columns, rows)


def _figure() -> tuple[Any, Any]:
    figures = need("matplotlib.figure", "plot", "figures")
    figure = figures.Figure(figsize=(6.0, 4.2), layout="constrained")
    return figure, figure.subplots()


def _kinds(words: Sequence[str], by: str | None) -> list[str]:
    kinds = sorted(set(words), key=_by_size) if by is not None else [""]
    if len(kinds) > MOST_KINDS:
        raise UsageError(
            f"{by} has {len(kinds)} values, and a figure tells {MOST_KINDS} apart",
            remedy="--where, which leaves fewer, or another --by",
        )
    return kinds


def _by_size(word: str) -> tuple[bool, float, str]:
    try:
        return False, float(word), word
    except ValueError:
        return True, 0.0, word


def _kind(axis: Any, series: Sequence[Series], i: int, kind: str, kinds: int) -> None:
    """All points of one kind, and the lines of series that have no other."""
    label = kind
    for one in series:
        here = np.ones(len(one.x), bool) if one.by is None else np.array([word == kind for word in one.by])
        if not here.any():
            continue
        axis.plot(
            one.x[here],
            one.y[here],
            linestyle=DASHES[i] if here.all() else "none",
            marker=MARKERS[i],
            color=COLORS[i],
            markersize=4.5,
            markeredgecolor="white",
            markeredgewidth=0.4,
            linewidth=1.3,
            label=label,
            zorder=2 + (kinds - i) / kinds,
        )
        label = "_nolegend_"


def _name_ends(axis: Any, series: Sequence[Series], by: str | None) -> None:
    """What is held along each series, where that is not the same for all, beside its last point."""
    varying = [
        name
        for i, (name, _) in enumerate(series[0].held)
        if name != by and len({one.held[i][1] for one in series}) > 1
    ]
    if not varying or len(series) > MOST_NAMED:
        return
    ends = {float(one.x[-1]) for one in series}
    for one in series:
        held = dict(one.held)
        axis.annotate(
            ", ".join(f"{name} = {_value(held[name])}" for name in varying),
            (one.x[-1], one.y[-1]) if len(ends) > 1 else (1.0, one.y[-1]),
            xycoords="data" if len(ends) > 1 else axis.get_yaxis_transform(),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize="x-small",
            color="0.25",
            annotation_clip=False,
        )


def _value(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _cells(axis: Any, xs: Any, ys: Any, cells: Any, kinds: Sequence[str]) -> list[Any]:
    """A coloured and hatched cell for every point; the handles of a legend."""
    patches = need("matplotlib.patches", "plot", "figures")
    x_edges, y_edges = _edges(xs), _edges(ys)
    handles = []
    for code in [*range(len(kinds)), -1]:
        if not (cells == code).any():
            continue
        face, hatch = ("white", "////") if code < 0 else (COLORS[code], HATCHES[code])
        style = {
            "facecolor": face,
            "hatch": hatch,
            "edgecolor": "0.35" if code < 0 else "white",
            "linewidth": 0,
        }
        for i, j in zip(*np.nonzero(cells == code), strict=True):
            corner = (x_edges[j], y_edges[i])
            size = (x_edges[j + 1] - x_edges[j], y_edges[i + 1] - y_edges[i])
            axis.add_patch(patches.Rectangle(corner, *size, **style))
        handles.append(patches.Patch(label="no plan" if code < 0 else kinds[code], **style))
    axis.set_xlim(x_edges[0], x_edges[-1])
    axis.set_ylim(y_edges[0], y_edges[-1])
    return handles


def _meeting(axis: Any, xs: Any, ys: Any, ratios: Any) -> list[Any]:
    """The line on which both sides take as long; a word for the legend where there is none."""
    lines = need("matplotlib.lines", "plot", "figures")
    known = ratios[np.isfinite(ratios)]
    if not known.size:
        return []
    if (known > 1).all() or (known <= 1).all():
        text = "classical faster throughout" if (known > 1).all() else "quantum not slower throughout"
        return [lines.Line2D([], [], linestyle="none", label=text)]
    style = {"color": "black", "linewidth": 2.0, "linestyle": "--"}
    if min(ratios.shape) > 1:
        logs = np.ma.masked_invalid(np.log(ratios))
        axis.contour(xs, ys, logs, levels=[0.0], colors="white", linewidths=4.0, zorder=3)
        axis.contour(xs, ys, logs, levels=[0.0], colors="black", linewidths=2.0, linestyles="--", zorder=4)
    return [lines.Line2D([], [], label="quantum meets classical", **style)]


def _edges(values: Any) -> Any:
    """Edges of cells about points, half way on a logarithmic axis."""
    logs = np.log(values)
    if len(logs) == 1:
        return np.exp([logs[0] - 0.5, logs[0] + 0.5])
    middle = (logs[1:] + logs[:-1]) / 2
    return np.exp([2 * logs[0] - middle[0], *middle, 2 * logs[-1] - middle[-1]])


def _dress(axis: Any, x: str, y: str, title: str) -> None:
    axis.set_xlabel(x)
    axis.set_ylabel(y)
    axis.set_title(title, fontsize="medium")
    axis.grid(True, which="major", linewidth=0.4, color="0.85", zorder=0)
    axis.set_axisbelow(True)
    axis.tick_params(which="both", direction="in", top=True, right=True)
    ticker = need("matplotlib.ticker", "plot", "figures")
    for one, (low, high) in ((axis.xaxis, axis.get_xlim()), (axis.yaxis, axis.get_ylim())):
        if high < 100 * low and low > 1e-3 and high < 1e5:  # 20 and not 2·10¹
            one.set_major_formatter(ticker.LogFormatter())
            one.set_minor_formatter(ticker.LogFormatter(minor_thresholds=(2, 0.5)))


def _label(manifest: Manifest, name: str) -> str:
    """What an axis says: words, and the unit."""
    if name in WORDS:
        return WORDS[name]
    unit = next((c.unit for c in manifest.columns if c.name == name), "")
    return f"{name} ({unit})" if unit else name
