"""`measure`: what a live PyTorch model looks like to the compiler, as a spec and files of measurements."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.analysis.lanczos_quadrature import PROBES, STEPS, density_of, lanczos_density
from qgd_compiler.analysis.spectrum import Extremes, measure_extremes
from qgd_compiler.errors import InputFileError, UsageError
from qgd_compiler.frontends.describe import learning_rate_for
from qgd_compiler.frontends.describe_network import EPSILON, ITERATIONS, MOST_LAYERS, layer_field
from qgd_compiler.frontends.torch import approximations as near
from qgd_compiler.frontends.torch.approximations import FILE, Approximation
from qgd_compiler.frontends.torch.surface import Loss, Surface
from qgd_compiler.frontends.torch.third import ThirdDerivative, third_derivative
from qgd_compiler.frontends.weights.layers import Network
from qgd_compiler.frontends.weights.proposals import Structure
from qgd_compiler.kinds import Source
from qgd_compiler.spec.dump import to_yaml
from qgd_compiler.spec.loader import validate
from qgd_compiler.spec.models import Spec
from qgd_compiler.spectra import Atoms

Array = NDArray[np.float64]
Progress = Callable[[str, int, int], None]

WRITTEN_OUT = 2000  # kept parameters up to which the Hessian itself is measured


@dataclass(frozen=True, eq=False)
class Measured:
    """What was measured of a model, and the spec that says so.

    spec            files in it are relative to the folder of `path`
    path            the measurements, .npz: grad, theta, active, tensor_id, hessian (up to 2,000 kept parameters),
                    data of the declared structure, and all numbers below
    spectrum_path   the density of eigenvalues with the extreme ones, in the format of `spectrum.file`
    network         the tensors of the model
    loss            at the parameters of the model
    extremes        λ_min and λ_max, each moved outwards by what is not known
    density         all eigenvalues where the Hessian is written out, else of stochastic Lanczos quadrature
    hessian         n × n, where it is written out
    row_sparsity    most non-zeros in a row, where it is written out
    third           norms of the third derivative, where they were asked for
    errors          2-norm of what each structure leaves out, in units of the Hessian
    """

    spec: Spec
    path: Path
    spectrum_path: Path
    network: Network
    loss: float
    gradient: Array
    extremes: Extremes
    density: Atoms
    hessian: Array | None
    row_sparsity: int | None
    third: ThirdDerivative | None
    errors: Mapping[Structure, float]

    def save_spec(self, path: Path | str) -> Path:
        """Write the spec as YAML, into the folder of the measurements, to which its file names are relative."""
        path = Path(path)
        if path.resolve().parent != self.path.resolve().parent:
            raise UsageError(
                f"{path} does not stand beside {self.path.name}", remedy=str(self.path.with_suffix(".yaml"))
            )
        path.write_text(to_yaml(self.spec), encoding="utf-8")
        return path


def measure(
    model: Any,
    loss: Loss,
    data: Any,
    mask: Mapping[str, Any] | None = None,
    *,
    path: Path | str = "measured.npz",
    structure: Structure | str | None = None,
    name: str | None = None,
    learning_rate: float | None = None,
    iterations: int = ITERATIONS,
    epsilon: float = EPSILON,
    third: bool = True,
    dtype: Any = "float64",
    written_out: int = WRITTEN_OUT,
    probes: int = PROBES,
    steps: int = STEPS,
    progress: Progress = lambda what, done, total: None,
) -> Measured:
    """Measure a torch.nn.Module over its kept parameters, write two files, and return a spec for them.

    loss         (outputs, targets) → mean over the samples
    data         (inputs, targets), or batches of such pairs
    mask         from names of parameters to tensors of 0 and 1; default: the masks of torch.nn.utils.prune, or none
    path         of the measurements, .npz; the spectrum goes beside it as .spectrum.json
    structure    what the Hessian is declared to be, with its measured spectral error. Default: the Hessian itself up to
                 `written_out` kept parameters, low rank with a multiple of the identity beyond
    third        whether the norm of the third derivative is estimated
    dtype        of the arithmetic; None: that of the model. The model itself is not changed
    probes, steps   of the Lanczos quadrature beyond `written_out`
    progress     called with (what, done, total)

    The model is taken in evaluation mode. Measured: gradient, extreme eigenvalues (Lanczos from 40 steps, moved out
    by the residual), density, spectral errors. Estimated: the third derivative, and beyond `written_out` the Frobenius
    norm.
    Error: UsageError without PyTorch and for arguments that do not fit; InputFileError for masks that do not fit, and
    models or losses that are not finite.
    """
    path = Path(path)
    if path.suffix != ".npz":
        raise UsageError(f"the measurements cannot go into {path.name}", remedy="a name that ends in .npz")
    wanted = None if structure is None else Structure(structure)
    surface = Surface(model, loss, data, mask, dtype)
    size = surface.size
    network = Network(tuple(t.layer() for t in surface.tensors), ())
    value, gradient = surface.loss(), surface.gradient()
    if not np.isfinite(gradient).all():
        raise InputFileError("the gradient is not finite", remedy="a model whose training diverged")
    operator = surface.hessian()
    hessian: Array | None = None
    if size <= written_out:
        hessian = near.written_out(operator, size, lambda done: progress("Hessian", done, size))
        extremes, density = measure_extremes(hessian), density_of(hessian)
        if not hessian.any():
            raise InputFileError("every second derivative of the loss is 0", remedy="a loss that bends")
    else:
        extremes = measure_extremes(operator, progress=lambda d, t: progress("extreme eigenvalues", d, t))
        density = lanczos_density(
            operator, probes=probes, steps=steps, progress=lambda d, t: progress("density", d, t)
        ).density
    tensor = (
        third_derivative(
            surface.third_product, size, progress=lambda d, t: progress("third derivative", d, t)
        )
        if third
        else None
    )
    progress("structures", 0, 1)
    found = _structures(surface, operator if hessian is None else hessian, size, wanted)
    progress("structures", 1, 1)
    exact_is_written = hessian is not None and wanted in (None, Structure.DENSE)
    chosen = None if exact_is_written else found.get(wanted or Structure.LOW_RANK)
    if not exact_is_written and wanted is not Structure.DENSE and (chosen is None or not chosen.node):
        raise UsageError(
            f"there is no data of a {(wanted or Structure.LOW_RANK).value} Hessian for this model",
            remedy=f"another structure, or at most {written_out} kept parameters",
        )
    arrays: dict[str, Any] = {
        "grad": gradient,
        "theta": surface.theta,
        "active": surface.active,
        "tensor_id": surface.tensor_id,
        **({} if hessian is None else {"hessian": hessian}),
        **({} if chosen is None else chosen.arrays),
        "loss": np.float64(value),
        "lambda_min": np.float64(extremes.lambda_min),
        "lambda_max": np.float64(extremes.lambda_max),
        **({} if tensor is None else {"third_norm": np.float64(tensor.norm)}),
        **({} if tensor is None else {"third_injective": np.float64(tensor.injective)}),
        **{f"error_{kind.value}": np.float64(a.error) for kind, a in found.items()},
    }
    spectrum_path = path.with_suffix(".spectrum.json")
    _write(path, arrays)
    spectrum_path.write_text(_spectrum(extremes, density, gradient, tensor), encoding="utf-8")
    named = name or path.stem
    spec = {
        "qgd": 1,
        "name": named,
        "model": _model(network, surface),
        "dynamics": {
            "learning_rate": learning_rate or learning_rate_for(extremes, named),
            "iterations": iterations,
        },
        "hessian": _hessian(path.name, hessian, chosen, density, size),
        "gradient": {"file": path.name, "key": "grad"},
        **_third_field(tensor),
        "spectrum": {
            "lambda_min": _fact(extremes.lambda_min, extremes.source, extremes.method),
            "lambda_max": _fact(extremes.lambda_max, extremes.source, extremes.method),
            "file": spectrum_path.name,
        },
        "target": {"epsilon": epsilon},
    }
    return Measured(
        spec=validate(spec, path.parent, path.name).spec,
        path=path,
        spectrum_path=spectrum_path,
        network=network,
        loss=value,
        gradient=gradient,
        extremes=extremes,
        density=density,
        hessian=hessian,
        row_sparsity=None if hessian is None else near.row_sparsity(hessian),
        third=tensor,
        errors={kind: a.error for kind, a in found.items()},
    )


def _structures(
    surface: Surface, hessian: Any, size: int, wanted: Structure | None
) -> dict[Structure, Approximation]:
    """All that can be measured: the sparse ones of a large model only where they are asked for."""
    found = [near.low_rank(hessian, size)] if size > 2 else []
    if isinstance(hessian, np.ndarray):
        found += [near.gauss_newton(surface, hessian), near.blocks(surface, hessian)]
        kronecker = near.kfac(surface, hessian)
        found += [] if kronecker is None else [kronecker]
    elif wanted is Structure.GAUSS_NEWTON:
        found.append(near.gauss_newton(surface, hessian))
    return {one.structure: one for one in found}


def _model(network: Network, surface: Surface) -> dict[str, Any]:
    field: dict[str, Any] = {
        "parameters": _fact(surface.parameters, Source.EXACT, "trainable parameters of the model"),
        "active": _fact(surface.size, Source.EXACT, "entries of its masks"),
    }
    if len(network.layers) <= MOST_LAYERS:
        field["layers"] = [layer_field(layer) for layer in network.layers]
    return field


def _hessian(
    file: str, hessian: Array | None, chosen: Approximation | None, density: Atoms, size: int
) -> dict[str, Any]:
    if chosen is not None:
        error = _fact(chosen.error, Source.MEASURED, "2-norm of the Hessian less this structure")
        return {**_placed(chosen.node, file), "spectral_error": error}
    if hessian is not None:
        return {"kind": "dense", "file": file, "key": "hessian"}
    square = density.moment(2)
    norm = _fact((size * square) ** 0.5, Source.ESTIMATED, "second moment of the sampled density")
    return {"kind": "dense", "frobenius_norm": norm}


def _placed(node: Any, file: str) -> Any:
    """The node with the name of the file."""
    if isinstance(node, dict):
        return {key: _placed(value, file) for key, value in node.items()}
    if isinstance(node, list):
        return [_placed(value, file) for value in node]
    return file if node == FILE else node


def _third_field(tensor: ThirdDerivative | None) -> dict[str, Any]:
    if tensor is None:
        return {}
    return {"third_derivative": {"norm": _fact(tensor.norm, tensor.source, tensor.method)}}


def _spectrum(extremes: Extremes, density: Atoms, gradient: Array, tensor: ThirdDerivative | None) -> str:
    entry: dict[str, Any] = {
        "source": "measured on a live model",
        "eigenvalues": density.points.tolist(),
        "weights": density.weights.tolist(),
        "lambda_min": extremes.lambda_min,
        "lambda_max": extremes.lambda_max,
        "gradient_norm": float(np.linalg.norm(gradient)),
    }
    if tensor is not None:
        entry["f2_norm"] = tensor.norm / 2
    return json.dumps(entry)


def _fact(value: float | int, source: Source, ref: str) -> dict[str, Any]:
    return {"value": value, "source": source.value, "ref": ref}


def _write(path: Path, arrays: dict[str, Any]) -> None:
    """Write an .npz whole or not at all."""
    part = path.with_name(f".{path.stem}.{os.getpid()}.npz")
    try:
        np.savez_compressed(part, **arrays)
        part.replace(path)
    except OSError as error:
        raise UsageError(
            f"cannot write {path}: {error.strerror or error}",
            remedy="a folder that exists and may be written to",
        ) from error
    finally:
        part.unlink(missing_ok=True)
