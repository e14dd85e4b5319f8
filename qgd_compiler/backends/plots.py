"""Figures of an analysis: the error proxy over the run, and class, growth and proxy along training."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from qgd_compiler.backends.analysis_report import Analysis, Proxy, Training
from qgd_compiler.errors import UsageError

SUFFIXES = (".svg", ".png", ".pdf")


def plot(analysis: Analysis, path: Path) -> bytes:
    """The figure as bytes, in the format that the ending of `path` names.

    UsageError for another ending, where there is nothing to plot, and without matplotlib.
    """
    if path.suffix not in SUFFIXES:
        raise UsageError(
            f"no figure goes with the ending {path.suffix!r} of {path}", remedy=", ".join(SUFFIXES)
        )
    if analysis.proxy is None and analysis.training is None:
        raise UsageError("there is nothing to plot", remedy="--proxy or --training beside --plot")
    figures = _figure_class()
    parts = (analysis.proxy is not None) + 2 * (analysis.training is not None)
    figure = figures(figsize=(7.0, 2.6 * parts + 0.6), layout="constrained")
    figure.suptitle(analysis.name)
    axes = list(figure.subplots(parts, 1, squeeze=False)[:, 0])
    if analysis.proxy is not None:
        _proxy(axes.pop(0), analysis.proxy)
    if analysis.training is not None:
        _growth(axes.pop(0), analysis.training)
        _along(axes.pop(0), analysis.training)
    stream = io.BytesIO()
    metadata = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(path.suffix)
    figure.savefig(stream, format=path.suffix[1:], metadata=metadata)
    return stream.getvalue()


def _figure_class() -> Any:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise UsageError("figures need matplotlib", remedy='pip install "qgd-compiler[plot]"') from None
    return Figure


def _proxy(axis: Any, proxy: Proxy) -> None:
    points = [(t, v) for t, v in zip(proxy.t, proxy.value, strict=True) if v is not None]
    axis.plot([t for t, _ in points], [v for _, v in points])
    axis.axhline(1.0, color="grey", linewidth=0.8)
    axis.plot([proxy.minimum_at], [proxy.minimum], "o", markersize=4)
    axis.set_xlabel("t")
    axis.set_ylabel("E(t)")
    axis.set_title(f"error proxy, |λ| > {proxy.cut:g}: an average that certifies nothing", fontsize="medium")


def _growth(axis: Any, training: Training) -> None:
    """Growth over the run, one colour per class."""
    for name in dict.fromkeys(p.regime for p in training.points):
        shown = [(p.step, p.growth_over_run) for p in training.points if p.regime == name]
        kept = [(s, g) for s, g in shown if g is not None]
        axis.semilogy([s for s, _ in kept], [g for _, g in kept], "o", label=name)
    axis.axhline(2.718281828, color="grey", linewidth=0.8)
    axis.set_ylabel("growth over the run")
    axis.set_title("class and growth of a run from each training step (grey: e)", fontsize="medium")
    axis.legend(fontsize="small")


def _along(axis: Any, training: Training) -> None:
    """The longest run, and the proxy where there is a density."""
    steps = [p.step for p in training.points]
    axis.plot(steps, [p.window for p in training.points], "s-", label="longest run (steps)")
    axis.set_xlabel("training step")
    axis.set_ylabel("steps")
    means = [(p.step, p.proxy_last) for p in training.points if p.proxy_last is not None]
    if means:
        other = axis.twinx()
        other.plot(
            [s for s, _ in means], [m for _, m in means], "^:", color="tab:red", label="error proxy at T"
        )
        other.set_ylabel("E(T)")
        other.legend(loc="upper right", fontsize="small")
    axis.legend(loc="upper left", fontsize="small")
