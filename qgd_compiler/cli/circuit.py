"""`qgd circuit`: the circuit of a spec, for other programs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from qgd_compiler.cli.output import OutputOption, emit
from qgd_compiler.cli.talk import say, working


class CircuitFormat(StrEnum):
    """How a circuit is written."""

    QASM3 = "qasm3"
    CIRQ = "cirq"
    QREF = "qref"
    GRAPHVIZ = "graphviz"


def write_circuit(
    spec: Annotated[Path, typer.Argument(metavar="SPEC", help="The spec, YAML or JSON.", show_default=False)],
    format: Annotated[
        CircuitFormat,
        typer.Option("--format", "-f", help="Circuits: qasm3, cirq; call graphs: qref, graphviz."),
    ] = CircuitFormat.QASM3,
    small: Annotated[
        bool, typer.Option("--small", help="Call graphs at the size that `qgd verify` runs.")
    ] = False,
    depth: Annotated[int, typer.Option("--depth", help="Levels of calls in QREF.", min=1)] = 4,
    output: OutputOption = None,
) -> None:
    """Write a circuit at the size that `qgd verify` runs, or the call graph of the whole plan."""
    from qgd_compiler import api

    with working(f"compiling {spec}") as progress:
        written = api.circuit(spec, format.value, small=small, depth=depth, progress=progress)
    for line in written.how:
        say(line)
    emit(written.text, output)
