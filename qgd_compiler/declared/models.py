"""The Hessians of many points: each is read once, as `compile` reads it, and kept from one chunk of points to the next.

Points that share every field but T, the learning rate and the error share a Hessian. What arrays cannot tell apart from
a mistake, or do not know, is left to be priced point by point.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from qgd_compiler.algorithms.arrays.leaves import BOUNDS, NAMES, Matrices
from qgd_compiler.algorithms.arrays.pricing import Index
from qgd_compiler.algorithms.menu.leaves import EntryOffer
from qgd_compiler.algorithms.menu.offer import Offer
from qgd_compiler.algorithms.systems.linear import LinearSystem
from qgd_compiler.errors import QgdError
from qgd_compiler.spec.loader import validate
from qgd_compiler.spec.models import Spec
from qgd_compiler.structure.facts import Fact
from qgd_compiler.study import Study, study
from qgd_compiler.study.classical import Size, size_of
from qgd_compiler.study.quadratic import why_not_quadratic
from qgd_compiler.study.systems import systems_of

MOST_KEPT = 4096  # Hessians


def why_not_arrays(spec: Spec) -> str:
    """Why points of this spec are priced one by one; "" where arrays price them."""
    dynamics, output = spec.dynamics, spec.output
    found = {
        "it has a schedule": dynamics.schedule is not None,
        "it has momentum": float(dynamics.momentum.value) != 0,
        "it has minibatches": dynamics.minibatches is not None,
        "it has noise": dynamics.noise is not None,
        "it is cut into segments": dynamics.segment is not None or int(dynamics.warm_up.value) > 0,
        "growth is damped or refused": dynamics.on_not_dissipative != "window",
        "it is expanded elsewhere or further": dynamics.expansion.about != "start"
        or dynamics.expansion.carleman_order is not None
        or dynamics.expansion.remainder is not None
        or spec.third_derivative is not None,
        "its answer is read out": output.kind != "state",
        "it names hardware": spec.hardware is not None,
        "it has a limit": spec.limits.qubits is not None,
        "it minimises something else than gates": spec.objective not in ("t_count", "toffoli"),
        "it names the operations of a step of training": spec.baseline.flop_per_step is not None,
        "its gradient is data": spec.gradient is None or spec.gradient.file is not None,
    }
    return next((reason for reason, holds in found.items() if holds), "")


@dataclass(frozen=True)
class Model:
    """A Hessian and what else does not depend on T, the learning rate and the error.

    lowest, highest   ends of the spectrum; `offers` their encodings, by name
    size              of a classical run, at T = 1
    """

    spec: Spec
    parameters: int
    lowest: float
    highest: float
    offers: Mapping[str, Offer]
    facts: Mapping[str, float]
    nonzeros: int
    size: Size
    quadratic: bool
    study: Study


FACTS = ("row_sparsity", "column_sparsity", "max_entry", "row_one_norm", "column_one_norm", "frobenius")


@dataclass(eq=False)
class Readings:
    """What was read of the Hessians of one sweep, and the matrices with what was counted for them; not sent along."""

    matrices: Matrices = field(default_factory=lambda: Matrices(*np.empty((6, 0))))
    _models: dict[Hashable, Model | None] = field(default_factory=dict)
    _numbers: dict[tuple[float | None, ...], int] = field(default_factory=dict)
    _of: object = None

    def __reduce__(self) -> tuple[type[Readings], tuple[()]]:
        return Readings, ()

    def begin(self, document: Mapping[str, Any], base_dir: str, names: Sequence[str]) -> None:
        """Before a chunk: forget everything when it is of another sweep, or too much."""
        sweep = (dict(document), base_dir, tuple(names))
        if self._of != sweep or len(self._models) > MOST_KEPT:
            self.__init__(_of=sweep)  # type: ignore[misc]

    def model(self, key: Hashable, read: Callable[[], Model | None]) -> Model | None:
        """The Hessian of this key."""
        if key not in self._models:
            self._models[key] = read()
        return self._models[key]

    def numbers(self, models: Sequence[Model]) -> Index:
        """The number of the matrix of each model in `matrices`, where it now stands."""
        found, new = [], []
        for model in models:
            facts = bounds_of(model)
            key = tuple(None if math.isnan(value) else value for value in facts)
            if key not in self._numbers:
                self._numbers[key] = len(self._numbers)
                new.append(facts)
            found.append(self._numbers[key])
        if new:
            old = self.matrices
            columns = zip(BOUNDS, np.array(new).T, strict=True)
            wider = {name: np.concatenate([getattr(old, name), column]) for name, column in columns}
            self.matrices = replace(old, **wider)  # type: ignore[arg-type]
        return np.array(found, dtype=np.int64)


def bounds_of(model: Model) -> tuple[float, ...]:
    """`BOUNDS` of its matrix."""
    facts = model.facts
    sparsity = float(np.fmax(facts["row_sparsity"], facts["column_sparsity"]))
    return (float(model.parameters), sparsity, *(facts[name] for name in FACTS[2:]))


def model_of(document: Mapping[str, Any], base_dir: str) -> Model | None:
    """The Hessian of a spec; None where it has mistakes, or says something that arrays do not know."""
    try:
        loaded = validate(dict(document), base_dir)
        if why_not_arrays(loaded.spec):
            return None
        return model_of_study(study(loaded))
    except QgdError:
        return None


def model_of_study(found: Study) -> Model | None:
    """The Hessian of a run that was studied, as `model_of`."""
    if found.entries is not None or not found.recursion.linear or found.tensors:
        return None
    (system,) = systems_of(found)
    if not isinstance(system, LinearSystem):
        return None
    offers = {o.name: o for o in system.offers}
    if not offers or not set(offers) <= set(NAMES):
        return None
    if any(not isinstance(o, EntryOffer) or o.target is not None for o in offers.values()):
        return None
    facts = found.matrix.facts()
    return Model(
        spec=found.loaded.spec,
        parameters=found.parameters,
        lowest=found.recursion.lambda_min,
        highest=found.recursion.lambda_max,
        offers=offers,
        facts={name: _value(getattr(facts, name)) for name in FACTS},
        nonzeros=found.parameters if system.nonzeros is None else system.nonzeros,
        size=size_of(found),
        quadratic=not why_not_quadratic(found),
        study=found,
    )


def _value(fact: Fact | None) -> float:
    return math.nan if fact is None else float(fact.value)
