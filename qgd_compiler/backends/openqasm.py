"""A circuit in OpenQASM 3: gates of `stdgates.inc`, ANDs erased by measurement and feed-forward, qubits used again.

Source: OpenQASM 3.0, arXiv:2104.14722 and openqasm.com; the erasure is that of Gidney, arXiv:1709.06648.
"""

from __future__ import annotations

from collections.abc import Iterator

from qgd_compiler.errors import UnsupportedError
from qgd_compiler.program.flatten import Flattened, Line
from qgd_compiler.program.ir import Routine
from qgd_compiler.program.primitives import And, Gate, MeasureX, Postselect, Rotation

SINGLE = {"X": "x", "Z": "z", "H": "h"}
PAIRS = {"CNOT": "cx", "CZ": "cz", "SWAP": "swap"}


def openqasm(routine: Routine, title: str = "") -> str:
    """The program as text. The registers of the routine are aliases, most significant qubit first; all start in |0>.

    UnsupportedError for a circuit with angles that are not known, or of more than a million gates.
    """
    flat = Flattened(routine)
    lines = ["OPENQASM 3.0;", 'include "stdgates.inc";']
    if title:
        lines.append(f"// {title}")
    lines.append(
        "// the inverse of a lookup is its circuit backwards; rotations by a register are controlled rotations"
    )
    lines += [f"qubit[{max(flat.qubits, 1)}] q;", "bit erased;", "bit kept;"]
    for name, places in flat.registers.items():
        if places:
            lines.append(f"// register {name}: q{places}")
    for line in flat.lines:
        lines += _written(line)
    return "\n".join(lines) + "\n"


def _written(line: Line) -> Iterator[str]:
    op, q = line.atom, [f"q[{i}]" for i in line.qubits]
    if isinstance(op, Gate):
        yield from _gate(op, line.adjoint, q)
    elif isinstance(op, Rotation):
        if op.angle is None:
            raise UnsupportedError("a rotation without an angle can be counted but not written down")
        angle = float(op.angle) * (-1 if line.adjoint else 1)
        yield f"{'c' if op.controlled else ''}r{op.axis.lower()}({angle!r}) {', '.join(q)};"
    elif isinstance(op, And):
        yield from _and(op, line.adjoint, q)
    elif isinstance(op, Postselect):
        for one in q:
            yield f"kept = measure {one};"
    elif isinstance(op, MeasureX):
        raise UnsupportedError("a measured erasure depends on its outcomes and is not written down")
    else:
        raise UnsupportedError(f"{op.name} is no gate")


def _gate(op: Gate, adjoint: bool, q: list[str]) -> Iterator[str]:
    if op.kind in PAIRS:
        half = 1 if op.fan else int(op.bits)
        first, second = q[:half] * (int(op.bits) if op.fan else 1), q[half:]
        for a, b in zip(first, second, strict=True):
            yield f"{PAIRS[op.kind]} {a}, {b};"
        return
    name = ("sdg" if adjoint else "s") if op.kind == "S" else SINGLE[op.kind]
    for one in q:
        yield f"{name} {one};"


def _and(op: And, adjoint: bool, q: list[str]) -> Iterator[str]:
    a, b, target = q
    flipped = [one for one, value in zip((a, b), op.values, strict=True) if not value]
    yield from (f"x {one};" for one in flipped)
    if adjoint:
        yield f"h {target};"
        yield f"erased = measure {target};"
        yield f"if (erased) {{ cz {a}, {b}; }}"
        yield f"reset {target};"
    else:
        yield f"ccx {a}, {b}, {target};"
    yield from (f"x {one};" for one in flipped)
