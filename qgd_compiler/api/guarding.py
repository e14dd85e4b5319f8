"""Estimates kept from moving unseen: locks, and what differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from qgd_compiler.api.compiling import report_at
from qgd_compiler.errors import UsageError
from qgd_compiler.regression.check import Relocked, relock
from qgd_compiler.regression.check import check as check_locks
from qgd_compiler.regression.difference import difference
from qgd_compiler.regression.documents import Difference, Results
from qgd_compiler.regression.places import locks_in, specs_in
from qgd_compiler.study import Progress


def lock(
    paths: Sequence[Path],
    reason: str,
    *,
    tolerances: Mapping[str, float] | None = None,
    jobs: int | None = None,
    progress: Progress = lambda _: None,
) -> Relocked:
    """New locks for specs; nothing is written (see `cli/lock.py`). BrokenError if one of them does not compile.

    tolerances  relative change that `check` lets pass, by pattern of a path; those of earlier locks are kept
    """
    if not reason.strip():
        raise UsageError("the reason is empty", remedy='--reason "what moved the numbers, and why"')
    return relock(specs_in(paths), report_at, tolerances or {}, jobs, progress)


def check(paths: Sequence[Path], *, jobs: int | None = None, progress: Progress = lambda _: None) -> Results:
    """Compile locked specs again and compare with their locks.

    paths  specs, locks, or folders of locks
    jobs   processes side by side; None: one for each core
    """
    return check_locks(locks_in(paths), report_at, jobs, progress)


def diff(before: Path, after: Path, *, tolerance: float = 0.0) -> Difference:
    """What differs between two reports or locks, and what moved the T count."""
    if not tolerance >= 0:
        raise UsageError(f"the tolerance {tolerance:g} is negative", remedy="0, or such as 0.01")
    return difference(before, after, tolerance)
