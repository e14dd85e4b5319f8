"""Make instances from arrays: the spec, its files, and the same run for the NumPy loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.proof.descent import Descent
from qgd_compiler.proof.instance import Instance, Pin

Array = NDArray[np.float64]
Entry = tuple[int, int, int, float]
DENSE: Mapping[str, Any] = {"kind": "dense", "file": "h0.npz", "key": "a"}


def third_of(size: int, entries: Sequence[Entry]) -> Array:
    """The symmetric tensor whose entries are given once each, shape (n, n, n)."""
    found = np.zeros((size, size, size))
    for i, j, k, value in entries:
        for place in set(permutations((i, j, k))):
            found[place] = value
    return found


def instance(
    name: str,
    pin: Pin,
    hessians: Sequence[Array],
    gradients: Sequence[Array],
    *,
    rate: float,
    steps: int,
    epsilon: float,
    node: Mapping[str, Any] | None = None,
    files: Mapping[str, Array] | None = None,
    third: Sequence[Entry] = (),
    order: int | None = None,
    start: Array | None = None,
    momentum: float = 0.0,
    damping: float = 0.0,
    rates: Sequence[float] | None = None,
    how: tuple[str, ...] = (),
) -> Instance:
    """A run of one Hessian or of several minibatches.

    node      the Hessian of the spec as a tree (default: dense), `files` the arrays that it names
    third     entries of the third derivative; `order` the Carleman order
    start     u_0 about a minimum, in place of the gradients
    rates     of each step, where they change
    """
    n = len(hessians[0])
    dynamics: dict[str, Any] = {"learning_rate": rate, "iterations": steps}
    expansion: dict[str, Any] = {}
    stored: dict[str, Array] = {f"h{i}.npz": h for i, h in enumerate(hessians)}
    stored.update(files or {})
    spec: dict[str, Any] = {
        "qgd": 1,
        "name": "instance",
        "model": {"parameters": n},
        "dynamics": dynamics,
        "hessian": dict(node or DENSE),
        "target": {"epsilon": epsilon},
    }
    if third:
        expansion["order"] = 2
        spec["third_derivative"] = {"entries": [list(entry) for entry in third]}
    if order is not None:
        expansion["carleman_order"] = order
    if start is None:
        spec["gradient"] = {"file": "g0.npy"}
        stored.update({f"g{i}.npy": g for i, g in enumerate(gradients)})
    else:
        expansion["about"] = "minimum"
        spec["displacement"] = {"file": "u.npy"}
        stored["u.npy"] = start
    if expansion:
        dynamics["expansion"] = expansion
    if momentum:
        dynamics["momentum"] = momentum
    if damping:
        dynamics["damping"] = damping
    if rates is not None:
        dynamics["schedule"] = {"kind": "list", "rates": [float(r) for r in rates]}
    if len(hessians) > 1:
        dynamics["minibatches"] = {
            "count": len(hessians),
            "hessians": [{"kind": "dense", "file": f"h{i}.npz", "key": "a"} for i in range(len(hessians))],
            "gradients": [{"file": f"g{i}.npy"} for i in range(len(gradients))],
        }
    truth = Descent(
        hessians=tuple(h + damping * np.eye(n) for h in hessians),
        gradients=tuple(gradients) if start is None else (np.zeros(n),),
        rates=tuple(rates) if rates is not None else (rate,) * steps,
        momentum=momentum,
        third=third_of(n, third) if third else None,
        start=start,
    )
    return Instance(name, spec, stored, truth, pin, how)
