"""Specs: a small quadratic problem with all its data, and its run by NumPy; runs of which bounds alone are known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

HESSIAN = np.array([[1.0, 0.25, 0.0], [0.25, 0.6, 0.1], [0.0, 0.1, 0.8]])
GRADIENT = np.array([0.1, -0.05, 0.08])
RATE = 0.3


def few(folder: Path, hessian: np.ndarray = HESSIAN, **changes: Any) -> dict[str, Any]:
    """The spec of three parameters; `dynamics__x` sets a field of a section."""
    np.savez(folder / "h.npz", H=hessian)
    np.save(folder / "g.npy", GRADIENT)
    data: dict[str, Any] = {
        "qgd": 1,
        "name": "few",
        "model": {"parameters": 3},
        "dynamics": {"learning_rate": RATE, "iterations": 5},
        "hessian": {"kind": "dense", "file": str(folder / "h.npz"), "key": "H"},
        "gradient": {"file": str(folder / "g.npy")},
        "target": {"epsilon": 0.05},
        "solvers": ["power"],
    }
    return _changed(data, changes)


def declared(low: float, high: float, rate: float, steps: int, **changes: Any) -> dict[str, Any]:
    """A spec of bounds alone, of a thousand parameters; `changes` as above."""
    return _changed(
        {
            "qgd": 1,
            "name": "declared",
            "model": {"parameters": 1000},
            "hessian": {
                "kind": "sparse",
                "n": 1000,
                "row_sparsity": 4,
                "max_entry": 0.5,
                "lambda_min": low,
                "lambda_max": high,
            },
            "gradient": {"norm": 1.0},
            "solution": {"final_over_max": 0.5},
            "dynamics": {"learning_rate": rate, "iterations": steps},
            "target": {"epsilon": 1e-3},
        },
        changes,
    )


def _changed(data: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    for path, value in changes.items():
        *parents, last = path.split("__")
        here = data
        for name in parents:
            here = here.setdefault(name, {})
        here[last] = value
    return data


def iterates(steps: int, hessian: np.ndarray = HESSIAN, start: np.ndarray | None = None) -> np.ndarray:
    """u_0 … u_T of plain gradient descent."""
    u = [np.zeros(3) if start is None else start]
    for _ in range(steps):
        u.append(u[-1] - RATE * (hessian @ u[-1] + GRADIENT))
    return np.array(u)
