"""A program in QREF, the format of routines with resources that bartiq reads: each level the sum of what it calls.

A routine has one child per distinct callee; how often it is called stands in the parent's expressions and not in the
tree, so that a program of any size is written. Below `depth` levels a child is a leaf with its fold.
There are no ports: who calls whom how often has no wires. The sizes of registers stand in `meta`.
Source: github.com/PsiQ/qref, schema v1.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from qgd_compiler.costing.fold import Folder
from qgd_compiler.costing.gates import Gates
from qgd_compiler.program.graph import weighted_calls
from qgd_compiler.program.ir import Operation, Routine
from qgd_compiler.scalars import Scalar

KINDS = ("toffoli", "t", "rotations", "clifford", "measurements")


def qref(program: Operation, folder: Folder, *, depth: int = 4) -> dict[str, Any]:
    """The document of a program, as plain dicts."""
    return {"version": "v1", "program": _routine(program, False, "root", folder, depth)}


def _routine(op: Operation, adjoint: bool, name: str, folder: Folder, depth: int) -> dict[str, Any]:
    cost = folder.cost(op, adjoint)
    size: Scalar = sum((r.size for r in op.registers), 0)
    found: dict[str, Any] = {
        "name": name,
        "type": _type(op),
        "meta": {
            "title": op.name,
            "inverse": adjoint,
            "registers": {r.name: _value(r.size) for r in op.registers},
        },
    }
    callees: dict[tuple[Operation, bool], Scalar] = {}
    if isinstance(op, Routine) and depth > 0:
        for call, times in weighted_calls(op.body):
            key = (call.op, call.adjoint != adjoint)
            callees[key] = callees.get(key, 0) + times
    names: Counter[str] = Counter()
    children: list[dict[str, Any]] = []
    terms: list[tuple[str, Scalar]] = []
    for (callee, inverted), times in callees.items():
        base = _identifier(callee.name) + ("_inverse" if inverted else "")
        names[base] += 1
        own = f"{base}_{names[base]}"
        children.append(_routine(callee, inverted, own, folder, depth - 1))
        terms.append((own, times))
    if children:
        found["children"] = children
    found["resources"] = [
        {"name": kind, "type": "additive", "value": _sum(kind, terms, cost.gates)} for kind in KINDS
    ] + [{"name": "logical_qubits", "type": "other", "value": _value(size + cost.work)}]
    return found


def _sum(kind: str, terms: list[tuple[str, Scalar]], gates: Gates) -> int | float | str:
    if not terms:
        return _value(getattr(gates, kind))
    return " + ".join(f"{_value(times)}*{name}.{kind}" for name, times in terms)


def _value(value: Scalar) -> int | float | str:
    if isinstance(value, int | float):
        return value
    try:
        return int(value)
    except (TypeError, ValueError):
        return str(value)


def _type(op: Operation) -> str:
    return (op.component or "routine") if isinstance(op, Routine) else type(op).__name__


def _identifier(title: str) -> str:
    words = re.sub(r"[^A-Za-z0-9]+", "_", title).strip("_") or "part"
    return words if words[0].isalpha() else f"part_{words}"
