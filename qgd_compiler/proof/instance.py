"""An instance that is small enough to run: a spec with its data, the same run as plain numbers, a line of the menu."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.proof.descent import Descent
from qgd_compiler.spec.loader import Loaded, validate

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Pin:
    """Which line of the menu is run, each field a part of what reports print.

    knob        the free number of its route (rows of padding)
    amplified   run the rounds of amplification that the plan would take; else one run of the solver
    transformed  apply the polynomial by quantum singular value transformation, which no route of the menu takes
    """

    subject: str = ""
    solver: str = ""
    encoding: str = ""
    access: str = "qrom"
    knob: int = 0
    amplified: bool = False
    transformed: bool = False


@dataclass(frozen=True, eq=False)
class Instance:
    """A small run.

    spec     as plain dicts; files that it names stand in `files`, by name
    files    arrays by file name (.npz: one array named `a`)
    truth    the same run for the NumPy loop, made from the same arrays and not from the spec
    how      what was made smaller, in words, where it stands for something larger
    given    the spec as it was read, where that is run itself
    """

    name: str
    spec: Mapping[str, Any]
    files: Mapping[str, Array]
    truth: Descent
    pin: Pin
    how: tuple[str, ...] = field(default=())
    given: Loaded | None = None

    def loaded(self, folder: Path) -> Loaded:
        """The spec, its files written into `folder`."""
        if self.given is not None:
            return self.given
        for name, array in self.files.items():
            if name.endswith(".npz"):
                np.savez(folder / name, a=array)
            else:
                np.save(folder / name, array)
        return validate(dict(self.spec), folder)
