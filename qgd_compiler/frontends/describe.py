"""From the files of a matrix to a spec, every number with its source."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qgd_compiler.analysis.spectrum import measure_extremes
from qgd_compiler.errors import UsageError
from qgd_compiler.frontends.matrix_file import read_matrix
from qgd_compiler.frontends.vector_file import find_gradient, read_vector
from qgd_compiler.spec.loader import validate
from qgd_compiler.spec.models import Spec

ITERATIONS = 100
EPSILON = 0.01


def describe(files: Sequence[Path], gradient: Path | None = None, base_dir: Path = Path()) -> Spec:
    """A spec for a Hessian in a file (.npz or .mtx), with its facts measured.

    `gradient`: where it is; without it a sibling NAME.aux.npz is looked for, else a unit norm is assumed.
    Files are named relative to `base_dir`. The learning rate is a proposal: 1/λ_max rounded down to one digit.
    """
    if len(files) != 1:
        raise UsageError(
            f"describe takes one Hessian file, got {len(files)}", remedy="qgd describe HESSIAN.npz --gradient GRADIENT.npz"
        )
    path = Path(files[0])
    found = read_matrix(path)
    matrix = found.matrix
    n = found.rows
    extremes = measure_extremes(matrix)
    magnitudes = abs(matrix)
    rows = magnitudes.sum(axis=1)
    ref = f"{path.name}, sha256 {hashlib.sha256(path.read_bytes()).hexdigest()[:16]}"

    def exact(value: float) -> dict[str, Any]:
        return {"value": value, "source": "exact", "ref": ref}

    def measured(value: float) -> dict[str, Any]:
        return {"value": value, "source": extremes.source.value, "ref": extremes.method}

    data = {
        "qgd": 1,
        "name": path.stem,
        "model": {"parameters": {"value": n, "source": "exact", "ref": ref}},
        "dynamics": {"learning_rate": _one_digit_below(1 / extremes.norm), "iterations": ITERATIONS},
        "hessian": {
            "kind": "sparse",
            "file": _relative(path, base_dir),
            "row_sparsity": exact(int((matrix != 0).sum(axis=1).max())),
            "max_entry": exact(float(magnitudes.max())),
            "row_one_norm": exact(float(rows.max())),
            "frobenius_norm": exact(math.sqrt(float((matrix.multiply(matrix)).sum()))),
        },
        "gradient": _gradient(path, gradient, n, base_dir),
        "spectrum": {"lambda_min": measured(extremes.lambda_min), "lambda_max": measured(extremes.lambda_max)},
        "target": {"epsilon": EPSILON},
    }
    return validate(data, base_dir, str(path)).spec


def _gradient(hessian: Path, given: Path | None, n: int, base_dir: Path) -> dict[str, Any]:
    if given is not None:
        read_vector(given, size=n)
        return {"file": _relative(Path(given), base_dir)}
    beside = find_gradient(hessian)
    if beside is not None:
        file, key = beside
        read_vector(file, key, size=n)
        return {"file": _relative(file, base_dir), "key": key}
    return {"norm": {"value": 1, "source": "assumed", "ref": "no gradient was given"}}


def _relative(path: Path, base_dir: Path) -> str:
    return Path(os.path.relpath(path.resolve(), Path(base_dir).resolve())).as_posix()


def _one_digit_below(value: float) -> float:
    """The largest number with one significant digit that does not exceed `value`."""
    scale = 10.0 ** math.floor(math.log10(value))
    return float(f"{math.floor(value / scale * (1 + 1e-12)) * scale:.0e}")
