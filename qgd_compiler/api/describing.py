"""Specs written for files that people have."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qgd_compiler.analysis.spectrum import measure_extremes
from qgd_compiler.errors import UsageError
from qgd_compiler.frontends.describe import describe as describe_files
from qgd_compiler.frontends.weights.layers import Reading
from qgd_compiler.frontends.weights.proposals import Structure
from qgd_compiler.spec import dump
from qgd_compiler.spec.models import Spec
from qgd_compiler.study import Progress


def describe(
    files: Sequence[Path],
    *,
    gradient: Path | None = None,
    base_dir: Path = Path(),
    structure: Structure | str | None = None,
    reading: Reading = "auto",
    progress: Progress = lambda _: None,
) -> Spec:
    """A spec for a Hessian file, its facts measured, or for a file of weights; files are relative to `base_dir`.

    structure  of weights: what the Hessian is declared to be (`Structure`); default: low rank and a diagonal
    reading    of weights: `auto`, `read` or `skip`
    """
    return describe_files(
        files,
        measure_extremes,
        gradient=gradient,
        base_dir=base_dir,
        structure=None if structure is None else Structure(structure),
        reading=reading,
        progress=progress,
    )


def spec_text(spec: Spec, format: str) -> str:
    """A spec as "yaml" or "json"."""
    if format == "yaml":
        return dump.to_yaml(spec)
    if format == "json":
        return dump.to_json(spec)
    raise UsageError(f"a spec cannot be written as {format!r}", remedy="yaml or json")
