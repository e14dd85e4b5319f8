"""The entries of a spectrum file in the members of an .npz."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.frontends.npz import ArrayFile
from qgd_compiler.frontends.spectrum_entry import (
    BOUNDS,
    LISTS,
    MAX_VALUES,
    TEXTS,
    Origin,
    SpectrumEntry,
    entry_from,
)

Array = NDArray[np.float64]

LARGEST_STEP = 10**15


def read_npz(path: Path) -> tuple[list[SpectrumEntry], dict[str, str]]:
    """The entries in the members of the file. InputFileError with the member."""
    arrays = ArrayFile(path)
    origin = _members(path, None)
    texts: dict[str, str] = {}
    numbers: dict[str, Array] = {}
    for name, member in arrays.members.items():
        if name in TEXTS:
            if member.dtype.kind != "U" or member.shape != ():
                origin.refuse(f"the member {name} must be one text", name)
            texts[name] = str(arrays[name])
            continue
        if name not in (*LISTS, *BOUNDS, "step"):
            origin.unknown(name, (*LISTS, *BOUNDS, "step", *TEXTS), "member")
        if member.dtype.kind not in "iuf":
            origin.refuse(f"{name} has type {member.dtype}; it must hold real numbers", name)
        if len(member.shape) > 1:
            origin.refuse(f"{name} has shape {member.shape}; it must be a list or a number", name)
        if int(np.prod(member.shape)) > MAX_VALUES:
            origin.refuse(f"{name} holds more than {MAX_VALUES} numbers", name)
        numbers[name] = arrays[name].astype(np.float64)
    steps = numbers.pop("step", None)
    if steps is None or steps.ndim == 0:
        return [_one(origin, None if steps is None else _whole(origin, steps.reshape(1))[0], numbers)], texts
    return _by_step(path, _whole(origin, steps), numbers), texts


def _one(origin: Origin, step: int | None, numbers: Mapping[str, Array]) -> SpectrumEntry:
    lists: dict[str, Array] = {}
    bounds: dict[str, float] = {}
    for name, array in numbers.items():
        if name in LISTS:
            if array.ndim == 0:
                origin.refuse(f"{name} is one number; it must be a list", name)
            lists[name] = array
        else:
            if array.size != 1:
                origin.refuse(f"{name} has {array.size} values, but there is no list of steps", name)
            bounds[name] = float(array.reshape(()))
    return entry_from(origin, step, lists, bounds)


def _by_step(path: Path, steps: list[int], numbers: Mapping[str, Array]) -> list[SpectrumEntry]:
    """Members of one length, a step for every place."""
    origin = _members(path, None)
    if not steps:
        origin.refuse("step is empty", "step")
    given = {name for name in numbers if name in LISTS}
    if given & {"edges", "counts"}:
        origin.refuse("a histogram has no place for steps", "step", remedy="write a file .json with steps")
    if given and given < set(numbers):
        other = next(name for name in numbers if name in BOUNDS)
        origin.refuse(f"{other} and {min(given)} do not share their steps", other, remedy="use two files")
    for name, array in numbers.items():
        if array.shape != (len(steps),):
            origin.refuse(f"{name} has shape {array.shape}, but there are {len(steps)} steps", name)
    places: dict[int, list[int]] = {}
    for index, step in enumerate(steps):
        places.setdefault(step, []).append(index)
    origin.require_few_steps(len(places))
    entries = []
    for step, chosen in sorted(places.items()):
        here = _members(path, chosen)
        if given:
            entries.append(entry_from(here, step, {k: v[chosen] for k, v in numbers.items()}, {}))
        elif len(chosen) > 1:
            here.refuse(f"the step {step} stands twice", "step", 1)
        else:
            row = {name: float(array[chosen[0]]) for name, array in numbers.items()}
            entries.append(entry_from(here, step, {}, row))
    return entries


def _members(path: Path, places: list[int] | None) -> Origin:
    def at(field: str, place: int | None) -> str:
        if place is not None and places is not None:
            place = places[place]
        index = "" if place is None else f"[{place}]"
        return f"{path} ({field}{index})" if field else str(path)

    return Origin(path, at)


def _whole(origin: Origin, steps: Array) -> list[int]:
    bad = np.flatnonzero(~((steps >= 0) & (steps < LARGEST_STEP) & (steps == np.floor(steps))))
    if bad.size:
        origin.refuse(f"the step {steps[bad[0]]} is not a whole number >= 0", "step", int(bad[0]))
    return [int(step) for step in steps]
