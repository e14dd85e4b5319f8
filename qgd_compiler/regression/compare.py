"""Two sets of figures beside each other: what differs by more than its tolerance."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from fractions import Fraction

from qgd_compiler.regression.documents import Move
from qgd_compiler.regression.figures import Figures

# Counts have to be equal. Measured reals differ in the last digits between processors and numbers of threads, and so
# does a count that was multiplied by an expected number of runs: it shows where the count has more digits than a real.
REALS = 1e-6
LONG = 2**53
LONG_COUNTS = 1e-12
FIRST = ("total.t_count", "total.toffoli", "total.qubits", "solver.", "physical.", "logical.", "total.")


def moves(before: Figures, after: Figures, tolerances: Mapping[str, float]) -> tuple[Move, ...]:
    """Every number and choice that moved; the totals first. What only `after` has is no move: see `added`."""
    found = [*_numbers(before, after, tolerances), *_choices(before, after)]
    return tuple(sorted(found, key=lambda m: (_rank(m.path), m.path)))


def added(before: Figures, after: Figures) -> tuple[str, ...]:
    """Paths that only `after` has: a newer compiler says more."""
    known = before.numbers.keys() | before.choices.keys()
    return tuple(sorted((after.numbers.keys() | after.choices.keys()) - known))


def tolerance_of(path: str, value: int | float | None, tolerances: Mapping[str, float]) -> float:
    """The relative change that is let pass."""
    fitting = [size for pattern, size in tolerances.items() if fits(path, pattern)]
    if fitting:
        return fitting[-1]
    if isinstance(value, float):
        return REALS
    return LONG_COUNTS if value is not None and abs(value) > LONG else 0.0


def fits(path: str, pattern: str) -> bool:
    """Whether a pattern with * names the path; a name in brackets is meant as it stands.

    >>> fits("logical.by_component[hessian].t_count", "logical.by_component[hessian].*")
    True
    """
    return fnmatchcase(path, pattern.replace("[", "[[]"))


def _numbers(before: Figures, after: Figures, tolerances: Mapping[str, float]) -> Iterator[Move]:
    for path, old in before.numbers.items():
        new = after.numbers.get(path)
        allowed = tolerance_of(path, old, tolerances)
        if old is None and new is None and path not in after.choices:
            continue
        if old is None or new is None:
            now = after.choices.get(path, new)
            yield Move(path=path, before=old, after=now, relative=None, tolerance=allowed)
        elif abs(Fraction(new) - Fraction(old)) > Fraction(allowed) * abs(Fraction(old)):
            yield Move(
                path=path, before=old, after=new, relative=relative_change(old, new), tolerance=allowed
            )


def _choices(before: Figures, after: Figures) -> Iterator[Move]:
    for path, old in before.choices.items():
        new = after.choices.get(path, after.numbers.get(path))
        if type(old) is not type(new) or old != new:
            yield Move(path=path, before=old, after=new, relative=None)


def relative_change(old: int | float, new: int | float) -> float | None:
    """(new − old)/old, for integers of any size; None where old is 0 or the change too large for a float."""
    if old == 0:
        return None
    try:
        change = float((Fraction(new) - Fraction(old)) / abs(Fraction(old)))
    except OverflowError:
        return None
    return change if math.isfinite(change) else None


def _rank(path: str) -> int:
    return next((i for i, start in enumerate(FIRST) if path.startswith(start)), len(FIRST))
