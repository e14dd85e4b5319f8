"""Reading what is known of a spectrum from .json, .csv or .npz: eigenvalues, a density, or bounds, by step.

One entry, the state of one model at one training step, has fields of one of four kinds:

    eigenvalues, weights           a list, and (optional) the weight of each
    edges, counts                  a histogram: n + 1 edges, n counts (not heights)
    eigenvalue, density            a curve, straight between its points
    eigenvalue, log_density        the same with the natural logarithm of the density: straight in the logarithm

and/or bounds: lambda_min and lambda_max (both where there is no density), gradient_norm, f2_norm, f3_norm
(norms >= 0; f2_norm is that of F₂ = ∇³L/2 and f3_norm that of F₃ = ∇⁴L/6, as matrices of n rows).

.json   one entry, or `"steps": {"0": entry, "10": entry, ...}`. Beside it the texts `source`, `model`, `note`
        (an entry may have a `note`). null counts as not given.
.csv    a header line with names of columns, commas between. `eigenvalue` (or `eigenvalues`) and possibly `weight`;
        `eigenvalue` with `density` or `log_density`; `low`, `high`, `count` (bins that touch); or one row of bounds.
        With a column `step` the rows of a step form its entry. An empty cell of a bound counts as not
        given. Lines that start with # are left out.
.npz    members with the names of the fields (`eigenvalue`, `density`, ...), numbers for bounds, 0-dimensional texts.
        With a member `step` of one whole number per point (or per row of bounds) it holds several entries;
        a single number names the step of the one entry.

Points may come in any order; they are sorted. Everything that is not a finite number, a negative density,
lengths that differ, a point or a step that is there twice, and names that are not in this list are errors.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from qgd_compiler.errors import InputFileError, UnsupportedError
from qgd_compiler.frontends.npz import require_file
from qgd_compiler.frontends.spectrum_entry import MAX_TEXT, SpectrumEntry
from qgd_compiler.frontends.spectrum_members import read_npz
from qgd_compiler.frontends.spectrum_table import read_csv
from qgd_compiler.frontends.spectrum_tree import read_json
from qgd_compiler.spectra import Density

SUFFIXES = (".json", ".csv", ".npz")


@dataclass(frozen=True, eq=False)
class SpectrumFile:
    """The entries of a file, sorted by step.

    entries               at least one; the step is None in a file of one entry without a step
    source, model, note   texts of the file, "" where it has none
    """

    path: Path
    entries: tuple[SpectrumEntry, ...]
    source: str = ""
    model: str = ""
    note: str = ""

    @property
    def steps(self) -> tuple[int, ...]:
        """The training steps, in order; none where the file does not number its entry."""
        return tuple(entry.step for entry in self.entries if entry.step is not None)

    def entry(self, step: int | None = None) -> SpectrumEntry:
        """The entry of a step; without a step the only one.

        Raises InputFileError for a step that is not there, and for no step where there are several.
        """
        if step is None:
            if len(self.entries) == 1:
                return self.entries[0]
            raise InputFileError(
                f"{self.path.name}: it holds {len(self.entries)} steps and none is named",
                at=str(self.path),
                remedy=f"step: one of {_shown(self.steps)}",
            )
        for entry in self.entries:
            if entry.step == step:
                return entry
        raise InputFileError(
            f"{self.path.name}: it has no step {step}",
            at=str(self.path),
            remedy=f"step: one of {_shown(self.steps)}"
            if self.steps
            else "leave the step out: it numbers none",
        )

    def density(self, step: int | None = None) -> Density:
        """The density of a step (see `entry`). Raises InputFileError for an entry of bounds only."""
        density = self.entry(step).density
        if density is None:
            raise InputFileError(
                f"{self.path.name}: it holds bounds, but no density", at=str(self.path), remedy="another file"
            )
        return density


def read_spectrum(path: Path | str) -> SpectrumFile:
    """The file, as the docstring of this module lays down.

    Error: InputFileError with the line or the field for everything that is not so, for files of more than
    64 MiB of text, 10⁷ numbers or 10⁵ steps; UnsupportedError for other kinds of file.
    """
    path = Path(path)
    require_file(path)
    texts: dict[str, str] = {}
    if path.suffix == ".json":
        entries, texts = read_json(path, _text(path))
    elif path.suffix == ".csv":
        entries = read_csv(path, _text(path))
    elif path.suffix == ".npz":
        entries, texts = read_npz(path)
    else:
        raise UnsupportedError(
            f"{path.name}: spectra are not read from files of kind {path.suffix or 'without suffix'!r}",
            at=str(path),
            remedy=f"one of {', '.join(SUFFIXES)}",
        )
    return SpectrumFile(path=path, entries=tuple(entries), **texts)


def _text(path: Path) -> str:
    size = path.stat().st_size
    if size > MAX_TEXT:
        raise InputFileError(
            f"{path.name}: it has {size} bytes; at most {MAX_TEXT} are read",
            at=str(path),
            remedy="save the numbers as .npz",
        )
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputFileError(
            f"{path.name}: byte {error.start} is not UTF-8", at=str(path), remedy="save the file as UTF-8"
        ) from error


def _shown(steps: tuple[int, ...]) -> str:
    """The steps, the middle left out where there are many."""
    if len(steps) <= 12:
        return ", ".join(map(str, steps))
    return ", ".join([*map(str, steps[:6]), "...", *map(str, steps[-3:])])
