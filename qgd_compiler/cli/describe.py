"""`qgd describe`: from the files of a matrix, or of the weights of a network, to a spec."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from qgd_compiler.cli.output import emit
from qgd_compiler.cli.talk import say, working
from qgd_compiler.errors import UsageError


class SpecFormat(StrEnum):
    """How a spec is written."""

    YAML = "yaml"
    JSON = "json"


class HessianStructure(StrEnum):
    """What the Hessian of a network is declared to be; the values of `Structure`, which is slow to import."""

    LOW_RANK = "low-rank"
    GAUSS_NEWTON = "gauss-newton"
    BLOCKS = "block-diagonal"
    KFAC = "kfac"
    DENSE = "dense"


class Weights(StrEnum):
    """Whether the weights of a network are read."""

    AUTO = "auto"
    READ = "read"
    SKIP = "skip"


SUFFIXES = {".yaml": SpecFormat.YAML, ".yml": SpecFormat.YAML, ".json": SpecFormat.JSON}


def describe_files(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="The Hessian: .npz, .npy, .mtx or .h5; or weights: .safetensors, .pt, .pth, .ckpt, .bin, .onnx, .h5, "
            ".blocks.yaml.",
            show_default=False,
        ),
    ],
    gradient: Annotated[
        Path | None,
        typer.Option(
            "--gradient", metavar="FILE", help="The gradient; default: `grad` of the sibling .aux.npz."
        ),
    ] = None,
    hessian: Annotated[
        HessianStructure | None,
        typer.Option(
            "--hessian",
            help="For weights: what the Hessian is declared to be. Default: low-rank.",
            show_default=False,
        ),
    ] = None,
    weights: Annotated[
        Weights,
        typer.Option(
            "--weights",
            help="For weights without masks: read them to count zeros, or take the header alone. auto: up to 64 MiB.",
        ),
    ] = Weights.AUTO,
    format: Annotated[
        SpecFormat | None,
        typer.Option("--format", "-f", help="Default: by the ending of the output file, else yaml."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="SPEC", help="Write here instead of to stdout.")
    ] = None,
) -> None:
    """Measure a Hessian, or read the weights of a network, and write a spec, every number with its source."""
    chosen = _format_for(format, output)
    from qgd_compiler import api

    with working("measuring " + ", ".join(map(str, files))) as progress:
        # files are named relative to the folder that the spec will stand in
        spec = api.describe(
            files,
            gradient=gradient,
            base_dir=output.parent if output else Path(),
            structure=None if hessian is None else hessian.value,
            reading=weights.value,
            progress=progress,
        )
    emit(api.spec_text(spec, chosen.value), output)
    if output is not None:
        say(f"wrote {output}; next: qgd compile {output}")


def _format_for(asked: SpecFormat | None, output: Path | None) -> SpecFormat:
    if asked is not None:
        return asked
    if output is None or not output.suffix:
        return SpecFormat.YAML
    try:
        return SUFFIXES[output.suffix]
    except KeyError:
        raise UsageError(
            f"a spec cannot end in {output.suffix!r}: {output}",
            remedy=f"an ending among {', '.join(SUFFIXES)}, or say --format yaml or json",
        ) from None
