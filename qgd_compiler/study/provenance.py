"""What the numbers of a study come from: the identity of its inputs, their sources, what was measured."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from qgd_compiler.analysis.spectrum import Extremes
from qgd_compiler.backends.document import Assumption
from qgd_compiler.frontends.structure_of import HessianOf
from qgd_compiler.kinds import Source
from qgd_compiler.spec.digest import spec_digest
from qgd_compiler.spec.loader import Loaded
from qgd_compiler.structure.facts import Facts, best_norm
from qgd_compiler.structure.tensor import Tensor
from qgd_compiler.study.assumptions import sha256


def digest_of(loaded: Loaded, read: HessianOf) -> str:
    """The spec and the content of every file that it names."""
    spec = loaded.spec
    files = {path.name: sha256(path) for path in read.files}
    named: list[Any] = [spec.gradient, spec.displacement, spec.third_derivative, spec.fourth_derivative]
    named.append(spec.spectrum)
    batches = spec.dynamics.minibatches
    if batches is not None:
        named += [*(batches.gradients or ()), *(h for h in batches.hessians or () if hasattr(h, "file"))]
    for part in named:
        name = getattr(part, "file", None)
        if name is not None:
            files[name] = sha256(loaded.base_dir / name)
    return spec_digest(spec, files)


def sources_of(
    loaded: Loaded,
    bare: Extremes,
    facts: Facts,
    read: HessianOf,
    tensors: tuple[Tensor, ...],
    entries: Any,
) -> Iterator[Source]:
    """How sure everything is that numbers are made of."""
    yield bare.source
    for fact in (facts.row_sparsity, facts.max_entry, facts.frobenius):
        if fact is not None:
            yield fact.source
    for tensor in tensors:
        norm = best_norm(tensor.facts())
        if norm is not None:
            yield norm.source
    if read.model_error is not None:
        yield read.model_error.source
    if entries is None:
        yield (loaded.spec.model.active or loaded.spec.model.parameters).source


def from_measurement(
    read: HessianOf, bare: Extremes, tensors: tuple[Tensor, ...], shift: float
) -> Iterator[Assumption]:
    """What no field of the spec says."""
    for name in ("lambda_min", "lambda_max"):
        yield Assumption(
            name=f"{name} of the Hessian", value=getattr(bare, name), source=bare.source, ref=bare.method
        )
    for power, tensor in enumerate(tensors, 2):
        norm = best_norm(tensor.facts())
        if norm is not None:
            yield Assumption(
                name=f"norm of F_{power}",
                value=float(norm.value),
                source=norm.source,
                ref=f"derivative {power + 1} over {math.factorial(power)}",
            )
    if read.model_error is not None:
        yield Assumption(
            name="model error: 2-norm of what the declared Hessian leaves out",
            value=read.model_error.value,
            source=read.model_error.source,
            ref="not part of the error budget: the counts are for the declared Hessian",
        )
    if shift > read.shift:
        yield Assumption(
            name="damping added by on_not_dissipative: damp",
            value=shift - float(read.shift),
            source=bare.source,
            ref="it changes the problem that is solved",
        )
