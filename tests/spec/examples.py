"""Specs in plain dicts for the tests of this room: one small, and one that uses every section and node."""

from __future__ import annotations

import copy
from typing import Any

SMALL: dict[str, Any] = {
    "qgd": 1,
    "name": "small",
    "model": {"parameters": 12},
    "dynamics": {"learning_rate": 0.1, "iterations": 7},
    "hessian": {"kind": "sparse", "row_sparsity": 3, "max_entry": 2.5},
    "gradient": {"norm": 1.5},
}

BOUND = {"value": "2*a", "source": "paper", "ref": "a paper, page 3"}

WIDE: dict[str, Any] = {
    "qgd": 1,
    "name": "wide: a #1",
    "symbols": {"a": 3, "scale": 0.25},
    "model": {"parameters": "2**40", "active": {"value": "10**(a + 2)", "source": "measured"}},
    "dynamics": {
        "learning_rate": "1e-3",
        "iterations": "1e6",
        "segment": 100,
        "warm_up": 10,
        "momentum": 0.9,
        "damping": "scale/4",
        "weight_decay": 2e-4,
        "on_not_dissipative": "damp",
        "allow_divergence": True,
        "schedule": {"kind": "cosine", "final": "1e-5"},
        "expansion": {
            "about": "minimum",
            "order": 3,
            "remainder": 0.2,
            "carleman_order": 2,
            "lift": "exact",
            "gamma": "scale",
        },
        "noise": {"norm": 0.5},
        "minibatches": {
            "count": 2,
            "hessians": [{"kind": "sparse", "file": "h0.npz"}, {"kind": "diagonal", "values": [1, "a"]}],
            "gradients": [{"norm": 1}, {"file": "g.npz", "key": "g1"}],
        },
    },
    "hessian": {
        "kind": "sum",
        "spectral_error": {"value": 0.1, "source": "estimated"},
        "terms": [
            {"kind": "sparse", "file": "h.npz", "row_sparsity": 5, "symmetric": True},
            {"kind": "dense", "file": "h.npz", "key": "H", "norm": BOUND},
            {"kind": "diagonal", "values": [1, "a", -2.5]},
            {"kind": "banded", "offsets": [-1, 0, 1], "values": [-1, 2, -1], "periodic": True},
            {
                "kind": "kronecker",
                "factors": [{"kind": "identity", "n": 4}, {"kind": "dense", "file": "k.npy"}],
            },
            {"kind": "block_diagonal", "blocks": [{"kind": "identity", "n": "a"}]},
            {"kind": "gram", "factor": {"kind": "sparse", "n": 9, "frobenius_norm": 2, "symmetric": False}},
            {"kind": "low_rank", "rank": 3, "n": 12, "lambda_max": 2, "weights": [1, 2, -1]},
            {"kind": "scaled", "factor": -0.5, "term": {"kind": "identity"}},
            {"kind": "product", "factors": [{"kind": "adjoint", "term": {"kind": "diagonal", "n": 3}}]},
        ],
    },
    "gradient": {"file": "g.npz", "key": "grad"},
    "displacement": {"norm": 0.7},
    "third_derivative": {"norm": 0.3, "sparsity": 4},
    "fourth_derivative": {"entries": [[0, 1, 2, 3, 0.5], [1, 1, 1, 1, -2]]},
    "spectrum": {
        "lambda_min": -0.5,
        "lambda_max": {"value": 19.1, "source": "measured", "ref": "Lanczos"},
        "eigenvalues": [-0.5, 1, "a"],
        "file": "spectrum.json",
        "step": 10,
        "cut": 0.4,
    },
    "access": {"models": ["qroam", "qram"], "price_per_lookup": 12},
    "output": {
        "kind": "top_k",
        "k": 10,
        "precision": 0.01,
        "failure": 0.1,
        "threshold": 0.05,
        "sparsity": 40,
        "norm_precision": "scale/10",
    },
    "target": {"epsilon": 1e-4},
    "exchange": {"toffoli_in_t": 7, "rotation": "gridsynth"},
    "objective": "toffoli",
    "solvers": ["kernel_reflection", "gram"],
    "limits": {"qubits": 1000},
    "solution": {"final_over_max": 0.9, "final_over_reach": 0.4},
    "hardware": "superconducting_1e-3",
    "baseline": {
        "machines": ["a100", {"name": "mine", "bandwidth": 1e11, "flops": "2e12", "watts": 90}],
        "precision": "float64",
        "flop_per_step": 3.4e12,
        "t_rate": 1e6,
    },
}


def changed(base: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy of a spec with one field set (a dotted path; numbers are positions in lists)."""
    result = copy.deepcopy(base)
    here: Any = result
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in parents:
        here = here.setdefault(part, {}) if isinstance(here, dict) else here[part]
    here[last] = value
    return result


def without(base: dict[str, Any], path: str) -> dict[str, Any]:
    """A copy of a spec without one field."""
    result = copy.deepcopy(base)
    here: Any = result
    *parents, last = path.split(".")
    for part in parents:
        here = here[part]
    del here[last]
    return result
