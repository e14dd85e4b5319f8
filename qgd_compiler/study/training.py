"""A series of spectra along training: the class, growth and proxy of a run that starts at each of them."""

from __future__ import annotations

import math
from dataclasses import replace

from qgd_compiler.analysis.error_proxy import error_proxy
from qgd_compiler.analysis.recursion import Recursion, search_orders
from qgd_compiler.analysis.regime import LIMIT, RegimeName
from qgd_compiler.analysis.verdict import judge
from qgd_compiler.backends.analysis_report import Training, TrainingPoint
from qgd_compiler.errors import InfeasibleError, SpecError
from qgd_compiler.frontends.spectrum_entry import SpectrumEntry
from qgd_compiler.frontends.spectrum_file import read_spectrum
from qgd_compiler.kinds import Source
from qgd_compiler.study.reading import Study


def training_of(found: Study) -> Training:
    """Every step of the spectrum file of the spec; the rates, momentum and order are those of the spec.

    Norms that the file does not give (gradient, F_2, F_3) are those of the spec; SpecError without a series.
    """
    given = found.loaded.spec.spectrum
    if given is None or given.file is None:
        raise SpecError(
            "there is no series of spectra",
            at=found.loaded.where("spectrum"),
            remedy="spectrum: {file: …} with an entry for each training step",
        )
    series = read_spectrum(found.loaded.base_dir / given.file)
    if not series.steps:
        raise SpecError(
            f"{given.file} does not number its entry by training steps",
            at=found.loaded.where("spectrum.file"),
            remedy="a file with `steps`",
        )
    points = tuple(_point(found, entry) for entry in series.entries)
    first, last = _longest_stretch(points)
    return Training(points=points, first_allowed=first, last_allowed=last)


def _point(found: Study, entry: SpectrumEntry) -> TrainingPoint:
    low, high, source = _ends(found, entry)
    known = (entry.f2_norm, entry.f3_norm)
    higher = tuple(
        own if known[i] is None else float(known[i] or 0.0) for i, own in enumerate(found.recursion.higher)
    )
    recursion = replace(
        found.recursion,
        lambda_min=low + found.shift,
        lambda_max=high + found.shift,
        gradient=found.recursion.gradient if entry.gradient_norm is None else entry.gradient_norm,
        higher=higher,
    )
    orders = search_orders(recursion, found.orders.budget)
    regime = judge(recursion, orders, "window")
    over_run = regime.growth_over_run
    window = min(_steps_below(recursion), orders.window)
    least, last = _proxies(found, entry, recursion)
    return TrainingPoint(
        step=int(entry.step or 0),
        regime=regime.name.value,
        lambda_min=recursion.lambda_min,
        lambda_max=recursion.lambda_max,
        source=source,
        growth=regime.growth,
        growth_over_run=over_run if math.isfinite(over_run) else None,
        window=window,
        allowed=window >= recursion.iterations and regime.name is not RegimeName.INFEASIBLE,
        proxy_minimum=least,
        proxy_last=last,
    )


def _ends(found: Study, entry: SpectrumEntry) -> tuple[float, float, Source]:
    """Measured bounds if the entry has them, else the extent of its density."""
    if entry.lambda_min is not None and entry.lambda_max is not None:
        return entry.lambda_min, entry.lambda_max, Source.MEASURED
    if entry.density is None:
        raise SpecError(
            f"step {entry.step} has neither bounds nor a density",
            at=found.loaded.where("spectrum.file"),
            remedy="lambda_min and lambda_max, or eigenvalue and density",
        )
    extent = entry.density.extent
    return float(extent.smallest), float(extent.largest), Source.ESTIMATED


def _steps_below(recursion: Recursion) -> int:
    """The steps from the first on whose growth stays below e, at most T."""
    total = 0.0
    if recursion.constant_rate:
        log = math.log(recursion.growth) if recursion.growth > 0 else -math.inf
        return recursion.iterations if log <= 1e-12 else min(recursion.iterations, int(math.log(LIMIT) / log))
    for t, growth in enumerate(recursion.growths):
        total += math.log(growth) if growth > 0 else -math.inf
        if total > math.log(LIMIT):
            return t
    return recursion.iterations


def _proxies(found: Study, entry: SpectrumEntry, recursion: Recursion) -> tuple[float | None, float | None]:
    if entry.density is None:
        return None, None
    given = found.loaded.spec.spectrum
    cut = 0.0 if given is None else float(given.cut.value)
    density = entry.density.shifted(found.shift) if found.shift else entry.density
    try:
        mean = error_proxy(density, recursion.rates, recursion.iterations, cut)
    except InfeasibleError:  # no eigenvalue outside the cut
        return None, None
    return mean.minimum, mean.last if math.isfinite(mean.last) else None


def _longest_stretch(points: tuple[TrainingPoint, ...]) -> tuple[int | None, int | None]:
    """First and last step of the longest row of allowed steps; the first such row."""
    best: tuple[int, int] | None = None
    start: int | None = None
    for i, point in enumerate(points):
        if not point.allowed:
            start = None
            continue
        start = i if start is None else start
        if best is None or i - start > best[1] - best[0]:
            best = (start, i)
    return (None, None) if best is None else (points[best[0]].step, points[best[1]].step)
