"""How a number grows with another: exponents of power laws by least squares on logarithms, with their confidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from pydantic import Field, FiniteFloat

from qgd_compiler.backends.document import Count, Document, Part, schema_of
from qgd_compiler.backends.page import Grid, Page, Section, columns
from qgd_compiler.errors import UsageError
from qgd_compiler.sweeps.query import Warn
from qgd_compiler.sweeps.series import Series, series_of
from qgd_compiler.sweeps.store import Store
from qgd_compiler.version import __version__

LEAST = 3  # points of a fit
CONFIDENCE = 0.95


class LocalExponent(Part):
    """The exponent between two neighbours."""

    low: FiniteFloat = Field(description="x of the one.")
    high: FiniteFloat = Field(description="x of the other.")
    exponent: FiniteFloat = Field(description="Slope of the logarithms between them.")


class PowerLaw(Part):
    """y = coefficient · x^exponent over one series."""

    held: dict[str, int | FiniteFloat | str] = Field(description="What is the same at all its points.")
    points: Count = Field(description="Points.")
    exponent: FiniteFloat = Field(description="Slope of the logarithms, by least squares.")
    low: FiniteFloat = Field(description="Lower end of its 95 % confidence interval.")
    high: FiniteFloat = Field(description="Upper end.")
    coefficient: FiniteFloat = Field(description="y at x = 1.")
    r_squared: FiniteFloat = Field(description="Share of the variance of log y that it explains.")
    local: tuple[LocalExponent, ...] = Field(description="Exponents between neighbours.")


class Fits(Document):
    """The exponents of a sweep."""

    compiler: str = Field(description="Version of the compiler.")
    name: str = Field(description="Name of the spec.")
    x: str = Field(description="Against what.")
    y: str = Field(description="What grows.")
    fits: tuple[PowerLaw, ...] = Field(description="One for each series.")
    skipped: Count = Field(description="Series of fewer than three points, which have no fit.")


def fit(store: Store, x: str, y: str, by: str | None = None, where: str | None = None, *, warn: Warn) -> Fits:
    """Global and local exponents of every series. UsageError where none has three points."""
    everything = series_of(store, x, y, by, where, warn)
    parts = [part for series in everything for part in _split(series, by)]
    fits = [_power_law(part) for part in parts if len(np.unique(part.x)) >= LEAST]
    if not fits:
        most = max(len(np.unique(part.x)) for part in parts)
        raise UsageError(
            f"a fit of {y} against {x} needs at least {LEAST} points, and no series has more than {most}",
            remedy=f"more values of {x}" + ("" if by is None else f", or no --by {by}"),
        )
    return Fits(
        compiler=__version__,
        name=store.manifest.name,
        x=x,
        y=y,
        fits=tuple(fits),
        skipped=len(parts) - len(fits),
    )


def _split(series: Series, by: str | None) -> Iterator[Series]:
    """One series for each value of `by`."""
    if by is None or series.by is None:
        yield series
        return
    held = tuple((name, value) for name, value in series.held if name != by)
    for value in dict.fromkeys(series.by):
        here = np.array([b == value for b in series.by])
        yield replace(series, held=(*held, (by, value)), x=series.x[here], y=series.y[here], by=None)


def _power_law(series: Series) -> PowerLaw:
    from scipy.stats import linregress, t

    x, y = np.log(series.x), np.log(series.y)
    found = linregress(x, y)
    slope, error = float(found.slope), float(found.stderr)
    wide = float(t.ppf((1 + CONFIDENCE) / 2, len(x) - 2)) * error
    return PowerLaw(
        held=dict(series.held),
        points=len(x),
        exponent=slope,
        low=slope - wide,
        high=slope + wide,
        coefficient=float(np.exp(found.intercept)),
        r_squared=min(1.0, float(found.rvalue) ** 2),
        local=tuple(
            LocalExponent(low=a, high=b, exponent=float((w - v) / (np.log(b) - np.log(a))))
            for a, b, v, w in zip(series.x, series.x[1:], y, y[1:], strict=False)
            if b > a
        ),
    )


def fits_page(found: Fits) -> Page:
    """The exponents for people."""
    names = list(found.fits[0].held)
    numbers = ("points", "exponent", "from", "to", "coefficient", "R²")
    rows = tuple(
        (
            *(_shown(one.held.get(name, "")) for name in names),
            f"{one.points}",
            f"{one.exponent:.4f}",
            f"{one.low:.4f}",
            f"{one.high:.4f}",
            f"{one.coefficient:.4g}",
            f"{one.r_squared:.6f}",
        )
        for one in found.fits
    )
    local = tuple(
        (
            *(_shown(one.held.get(name, "")) for name in names),
            f"{step.low:g}",
            f"{step.high:g}",
            f"{step.exponent:.4f}",
        )
        for one in found.fits
        for step in one.local
    )
    notes = (f"{found.skipped} series of fewer than {LEAST} points have no fit",) if found.skipped else ()
    return Page(
        f"{found.name}: {found.y} ~ {found.x}^exponent",
        (),
        (
            Section(
                "Least squares on logarithms, with 95 % confidence intervals",
                Grid(columns(*names, *numbers, numeric=numbers), rows),
                notes,
            ),
            Section(
                f"Between neighbours in {found.x}",
                Grid(columns(*names, "from", "to", "exponent", numeric=("from", "to", "exponent")), local),
            ),
        ),
        f"qgd {found.compiler}",
    )


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def fit_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of what `qgd fit` writes."""
    return {**schema_of(Fits, "fit.schema"), "title": "qgd fit"}
