"""From data files to a spec: what is measured is marked so, and what has to be chosen is a proposal."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from qgd_compiler.errors import InputFileError, UsageError
from qgd_compiler.frontends.describe_network import describe_network, is_network
from qgd_compiler.frontends.hdf5_matrix import holds_matrix
from qgd_compiler.frontends.matrix_file import MatrixFile, read_matrix
from qgd_compiler.frontends.structure_of import Extremes
from qgd_compiler.frontends.vector_file import find_gradient, read_vector
from qgd_compiler.frontends.weights.layers import Progress, Reading
from qgd_compiler.frontends.weights.proposals import Structure
from qgd_compiler.kinds import Source
from qgd_compiler.spec.loader import validate
from qgd_compiler.spec.models import Spec

ITERATIONS = 100  # one segment of the protocol of Liu et al., arXiv:2303.03428
EPSILON = 0.01
DENSE = 0.5  # share of non-zeros above which the Hessian is called dense


class MeasuredExtremes(Extremes, Protocol):
    """What a measurement of a spectrum returns, and how it was made."""

    @property
    def method(self) -> str: ...


class MeasureSpectrum(Protocol):
    """Finds the extreme eigenvalues of a symmetric SciPy sparse array."""

    def __call__(self, matrix: Any, /) -> MeasuredExtremes: ...


def describe(
    files: Sequence[Path | str],
    measure: MeasureSpectrum,
    *,
    gradient: Path | str | None = None,
    base_dir: Path | str = ".",
    name: str | None = None,
    structure: Structure | None = None,
    reading: Reading = "auto",
    progress: Progress = lambda _: None,
) -> Spec:
    """A spec for the Hessian in `files`, with its measured facts, or for the network in a file of weights.

    files     one Hessian (.npz, .npy, .mtx, .h5); NAME.aux.npz beside NAME.npz, or a second file, holds the
              gradient. Or one file of weights (.safetensors, .pt, .pth, .ckpt, .bin, .onnx, .h5, .blocks.yaml)
    measure   finds the extreme eigenvalues (the analysis has one)
    gradient  the file of the gradient, if it is none of those
    base_dir  the folder in which the spec will stand: file names in it are relative to that
    structure, reading   for weights: what the Hessian is declared to be, and whether weights are read
                         (see `describe_network`)

    Chosen, not measured: the learning rate 1/λ_max rounded down to one digit, 100 steps, ε = 0.01. Without a
    gradient its norm is assumed to be 1; only its direction changes the cost.
    Error: UsageError for no Hessian, or several; InputFileError for files that cannot be used.
    """
    networks = [Path(f) for f in files if is_network(Path(f)) and not holds_matrix(Path(f))]
    if networks:
        return _network(
            networks, [Path(f) for f in files if Path(f) not in networks], gradient, base_dir, name, structure,
            reading, progress,
        )  # fmt: skip
    if structure is not None:
        raise UsageError(
            "a structure is proposed for a file of weights; a Hessian that is given stands as it is",
            remedy="leave --hessian out",
        )
    hessian_path, gradient_path = _roles(
        [Path(f) for f in files], None if gradient is None else Path(gradient)
    )
    hessian = read_matrix(hessian_path)
    extremes = measure(hessian.matrix)
    spec = {
        "qgd": 1,
        "name": name or hessian_path.stem,
        "model": {"parameters": _fact(hessian.rows, Source.EXACT, _ref(hessian_path))},
        "dynamics": {
            "learning_rate": learning_rate_for(extremes, str(hessian_path)),
            "iterations": ITERATIONS,
        },
        "hessian": _hessian(hessian, Path(base_dir)),
        "gradient": _gradient(hessian, gradient_path, Path(base_dir)),
        "spectrum": {
            "lambda_min": _fact(extremes.lambda_min, extremes.source, extremes.method),
            "lambda_max": _fact(extremes.lambda_max, extremes.source, extremes.method),
        },
        "target": {"epsilon": EPSILON},
    }
    return validate(spec, base_dir, hessian_path.name).spec


def _network(
    networks: list[Path],
    others: list[Path],
    gradient: Path | str | None,
    base_dir: Path | str,
    name: str | None,
    structure: Structure | None,
    reading: Reading,
    progress: Progress,
) -> Spec:
    """The spec of one network; a file beside it is the gradient over its kept parameters."""
    vectors = others + ([] if gradient is None else [Path(gradient)])
    if len(networks) > 1 or len(vectors) > 1:
        raise UsageError(
            f"describe takes one file of weights and at most one gradient, and there are {len(networks)} and "
            f"{len(vectors)}",
            remedy="one model at a time",
        )
    field = None
    if vectors:
        read_vector(vectors[0])  # fails now rather than when the spec is compiled
        field = {"file": _relative(vectors[0], Path(base_dir))}
    return describe_network(
        networks[0],
        structure=structure or Structure.LOW_RANK,
        reading=reading,
        base_dir=base_dir,
        gradient=field,
        name=name,
        progress=progress,
    )


def _fact(value: float | int, source: Source, ref: str) -> dict[str, Any]:
    return {"value": value, "source": source.value, "ref": ref}


def _roles(files: list[Path], gradient: Path | None) -> tuple[Path, tuple[Path, str | None] | None]:
    """Which file is the Hessian, and which file and member hold the gradient (None: there is none)."""
    vectors = [f for f in files if f.name.endswith(".aux.npz")]
    others = [f for f in files if f not in vectors]
    if len(others) > 1:
        small = [f for f in others if _is_vector(f)]
        vectors += small
        others = [f for f in others if f not in small]
    if len(others) != 1:
        names = ", ".join(f.name for f in others) or "none"
        raise UsageError(
            f"describe needs one Hessian, and there are {len(others)}: {names}",
            remedy="one matrix in .npz, .npy, .mtx or .h5, and at most one file with the gradient; or one file of "
            "weights",
        )
    if gradient is not None:
        vectors.append(gradient)
    if len(vectors) > 1:
        raise UsageError(
            f"describe takes one gradient, and there are {len(vectors)}: {', '.join(f.name for f in vectors)}"
        )
    if vectors:
        return others[0], (vectors[0], None)
    return others[0], find_gradient(others[0])


def _is_vector(path: Path) -> bool:
    """Whether a file holds a vector and no matrix."""
    if path.suffix not in (".npz", ".npy"):
        return False
    try:
        read_vector(path, nonzero=False)
    except InputFileError:
        return False
    return True


def _ref(path: Path) -> str:
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return f"{path.name}, sha256 {digest[:16]}"


def _relative(path: Path, base_dir: Path) -> str:
    return Path(os.path.relpath(path, base_dir)).as_posix()


def _hessian(hessian: MatrixFile, base_dir: Path) -> dict[str, Any]:
    matrix, ref = hessian.matrix, _ref(hessian.path)
    row_sums = np.asarray(abs(matrix).sum(axis=1)).ravel()
    facts = {
        "row_sparsity": int(np.diff(matrix.indptr).max()),
        "max_entry": float(np.abs(matrix.data).max()),
        "row_one_norm": float(row_sums.max()),
        "frobenius_norm": float(np.linalg.norm(matrix.data)),
    }
    dense = matrix.nnz > DENSE * hessian.rows**2
    return {
        "kind": "dense" if dense else "sparse",
        "file": _relative(hessian.path, base_dir),
        **{key: _fact(value, Source.EXACT, ref) for key, value in facts.items()},
    }


def _gradient(hessian: MatrixFile, found: tuple[Path, str | None] | None, base_dir: Path) -> dict[str, Any]:
    if found is None:
        return {
            "norm": _fact(1, Source.ASSUMED, "no gradient was given; only its direction changes the cost")
        }
    path, key = found
    read_vector(path, key, size=hessian.rows)  # fails now rather than when the spec is compiled
    result = {"file": _relative(path, base_dir)}
    return {**result, "key": key} if key else result


def learning_rate_for(extremes: Extremes, path: str) -> float:
    """1/λ_max, or 1/|λ_min| where no eigenvalue is positive, rounded down to one digit."""
    largest = extremes.lambda_max if extremes.lambda_max > 0 else abs(extremes.lambda_min)
    if not largest > 0:
        raise InputFileError(f"{Path(path).name}: every eigenvalue is zero", at=path)
    exponent = math.floor(-math.log10(largest))
    digit = math.floor(10**-exponent / largest * (1 + 1e-12))
    return float(f"{max(digit, 1)}e{exponent}")
