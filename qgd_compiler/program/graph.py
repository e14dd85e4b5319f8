"""A program as a graph: one node per distinct routine or primitive, one edge per caller and callee."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qgd_compiler.program.ir import Call, Loop, Operation, Routine, Step
from qgd_compiler.scalars import Scalar, sum_over

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import networkx


def call_graph(root: Operation) -> networkx.DiGraph[str]:
    """The directed acyclic graph of calls from `root` down.

    Nodes: the digest as a hexadecimal string, with `name`, `kind` ("routine" or the class of the primitive),
    `component` and `qubits` (of the signature). Edges: `calls`, how often the caller runs the callee, and
    `inverse`, how many of these are of its inverse; numbers or symbols.
    """
    import networkx

    graph: networkx.DiGraph[str] = networkx.DiGraph()
    stack = [root]
    while stack:
        op = stack.pop()
        key = op.digest.hex()
        if key in graph and "name" in graph.nodes[key]:
            continue
        graph.add_node(key, **_described(op))
        for call, times in weighted_calls(op.body) if isinstance(op, Routine) else ():
            callee = call.op.digest.hex()
            before: dict[str, Any] = graph.get_edge_data(key, callee) or {"calls": 0, "inverse": 0}
            graph.add_edge(
                key,
                callee,
                calls=before["calls"] + times,
                inverse=before["inverse"] + (times if call.adjoint else 0),
            )
            stack.append(call.op)
    return graph


def _described(op: Operation) -> dict[str, Any]:
    qubits: Scalar = 0
    for r in op.registers:
        qubits = qubits + r.size
    routine = isinstance(op, Routine)
    return {
        "name": op.name,
        "kind": "routine" if routine else type(op).__name__,
        "component": op.component if isinstance(op, Routine) else "",
        "qubits": qubits,
    }


def weighted_calls(steps: Iterable[Step], times: Scalar = 1) -> Iterator[tuple[Call, Scalar]]:
    """Every call with how often it runs where the steps run `times` times."""
    for step in steps:
        if isinstance(step, Call):
            yield step, step.times * times
        elif isinstance(step, Loop):
            for call, inner in weighted_calls(step.body, times):
                yield call, sum_over(inner, step.index, step.count)
