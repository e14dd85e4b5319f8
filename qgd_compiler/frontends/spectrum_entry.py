"""One entry of a spectrum file, built from named fields and checked: a density, bounds, or both."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.errors import InputFileError
from qgd_compiler.kinds import Source
from qgd_compiler.spectra import Atoms, Curve, Density, Histogram

Array = NDArray[np.float64]

LISTS = ("eigenvalues", "weights", "edges", "counts", "eigenvalue", "density", "log_density")
BOUNDS = ("lambda_min", "lambda_max", "gradient_norm", "f2_norm", "f3_norm")
TEXTS = ("source", "model", "note")
WHOLE = re.compile(r"[0-9]{1,15}")  # a training step as text
KINDS: tuple[tuple[str, ...], ...] = (
    ("eigenvalues",),
    ("eigenvalues", "weights"),
    ("edges", "counts"),
    ("eigenvalue", "density"),
    ("eigenvalue", "log_density"),
)
MAX_VALUES = 10**7  # numbers in one file
MAX_STEPS = 10**5  # training steps in one file
MAX_TEXT = 64 * 2**20  # bytes of a .json or .csv file

At = Callable[[str, int | None], str]  # where a field, and a place in it, is written


@dataclass(frozen=True, eq=False)
class SpectrumEntry:
    """What a file says of the Hessian at one training step. None: the file does not say.

    step                     None where the file does not number it
    density                  distribution of the eigenvalues; certifies no extreme one
    lambda_min, lambda_max   extreme eigenvalues (loss/parameter²)
    gradient_norm            2-norm of the gradient (loss/parameter)
    f2_norm, f3_norm         norms of F₂ = ∇³L/2 and F₃ = ∇⁴L/6 as matrices of n rows
    note                     free text
    """

    step: int | None
    density: Density | None = None
    lambda_min: float | None = None
    lambda_max: float | None = None
    gradient_norm: float | None = None
    f2_norm: float | None = None
    f3_norm: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Origin:
    """The file that is read, and where in it its fields are."""

    path: Path
    at: At

    def refuse(self, what: str, field: str = "", place: int | None = None, remedy: str = "") -> NoReturn:
        """Raise InputFileError at a field."""
        raise InputFileError(f"{self.path.name}: {what}", at=self.at(field, place), remedy=remedy)

    def unknown(self, name: str, known: Iterable[str], word: str = "field") -> NoReturn:
        """Raise InputFileError for a name that is not known."""
        known = list(known)
        close = get_close_matches(name, known, n=2)
        remedy = f"did you mean {' or '.join(close)}?" if close else f"one of {', '.join(known)}"
        shown = name if len(name) <= 80 else name[:77] + "..."
        self.refuse(f"the {word} {shown!r} is not known", remedy=remedy)

    def require_few_steps(self, steps: int) -> None:
        """Raise InputFileError for more steps than are read."""
        if steps > MAX_STEPS:
            self.refuse(f"there are {steps} steps; at most {MAX_STEPS} are read")


def entry_from(
    origin: Origin,
    step: int | None,
    lists: Mapping[str, Array | Sequence[float]],
    bounds: Mapping[str, float],
    note: str = "",
) -> SpectrumEntry:
    """The entry with these fields; names are known, values are numbers, everything else is checked here."""
    arrays = {name: np.asarray(values, dtype=float) for name, values in lists.items()}
    for name, array in arrays.items():
        if array.size == 0:
            origin.refuse(f"{name} is empty", name)
        bad = np.flatnonzero(~np.isfinite(array))
        if bad.size:
            place = int(bad[0])
            origin.refuse(
                f"{name} is {array[place]} at place {place} (counted from 0); {bad.size} such numbers in all",
                name,
                place,
                "remove NaN and infinite numbers",
            )
    _check_bounds(origin, bounds)
    density = _density(origin, arrays)
    if density is None:
        absent = [name for name in ("lambda_min", "lambda_max") if name not in bounds]
        if absent:
            origin.refuse(
                f"there is neither a density nor {' and '.join(absent)}",
                remedy="give eigenvalues, edges and counts, eigenvalue and density (or log_density), "
                "or lambda_min and lambda_max",
            )
    return SpectrumEntry(step=step, density=density, note=note, **bounds)


def _check_bounds(origin: Origin, bounds: Mapping[str, float]) -> None:
    for name, value in bounds.items():
        if not np.isfinite(value):
            origin.refuse(f"{name} is {value}; it must be finite", name)
        if name.endswith("_norm") and value < 0:
            origin.refuse(f"{name} is {value}; a norm is not negative", name)
    low, high = bounds.get("lambda_min"), bounds.get("lambda_max")
    if low is not None and high is not None and low > high:
        origin.refuse(f"lambda_min is {low}, above lambda_max, {high}", "lambda_min")


def _density(origin: Origin, arrays: Mapping[str, Array]) -> Density | None:
    if not arrays:
        return None
    if not any(set(arrays) == set(kind) for kind in KINDS):
        origin.refuse(
            f"{' and '.join(arrays)} do not make a density"
            if len(arrays) > 1
            else f"{next(iter(arrays))} alone does not make a density",
            next(iter(arrays)),
            remedy="one of: " + "; ".join(" and ".join(kind) for kind in KINDS),
        )
    if "eigenvalues" in arrays:
        points = arrays["eigenvalues"]
        if "weights" not in arrays:
            return Atoms.equal(points)
        _require_masses(origin, "weights", arrays["weights"])
        _require_lengths(origin, arrays, "eigenvalues", "weights")
        return Atoms(points=points, weights=arrays["weights"], source=Source.ESTIMATED)
    if "edges" in arrays:
        return _histogram(origin, arrays)
    name = "log_density" if "log_density" in arrays else "density"
    points, values = arrays["eigenvalue"], arrays[name]
    _require_lengths(origin, arrays, "eigenvalue", name)
    if name == "density":
        _require_masses(origin, name, values)
    order = np.argsort(points, kind="stable")
    twice = np.flatnonzero(np.diff(points[order]) == 0)
    if twice.size:
        place = int(order[twice[0] + 1])
        origin.refuse(f"the eigenvalue {points[place]:g} of the curve stands twice", "eigenvalue", place)
    if len(points) < 2:
        origin.refuse("a curve of one point has no area", "eigenvalue", remedy="at least two, or eigenvalues")
    return Curve(points=points[order], values=values[order], logarithmic=name == "log_density")


def _histogram(origin: Origin, arrays: Mapping[str, Array]) -> Histogram:
    edges, counts = arrays["edges"], arrays["counts"]
    _require_masses(origin, "counts", counts)
    _require_lengths(origin, arrays, "edges", "counts", more=1)
    if np.all(np.diff(edges) < 0):
        edges, counts = edges[::-1], counts[::-1]
    bad = np.flatnonzero(np.diff(edges) <= 0)
    if bad.size:
        place = int(bad[0]) + 1
        origin.refuse(f"edges run from {edges[place - 1]:g} to {edges[place]:g}", "edges", place, "sort them")
    return Histogram(edges=edges, counts=counts)


def _require_lengths(
    origin: Origin, arrays: Mapping[str, Array], points: str, values: str, more: int = 0
) -> None:
    found, expected = len(arrays[points]), len(arrays[values]) + more
    if found != expected:
        origin.refuse(
            f"{points} has {found} numbers, but {values} has {expected - more}"
            + (": n bins have n + 1 edges" if more else ""),
            values,
        )


def _require_masses(origin: Origin, name: str, values: Array) -> None:
    bad = np.flatnonzero(values < 0)
    if bad.size:
        place = int(bad[0])
        origin.refuse(
            f"{name} is {values[place]:g} at place {place} (counted from 0); it must not be negative",
            name,
            place,
            "log_density is the field for a logarithm" if name == "density" else "",
        )
    if not values.any():
        origin.refuse(f"{name} is zero everywhere: there is no mass", name)
