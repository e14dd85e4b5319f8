"""The graph of a program against a count of its primitives by hand-written recursion."""

from __future__ import annotations

from collections import Counter

import networkx
import sympy

from qgd_compiler.algorithms.access import Qrom
from qgd_compiler.algorithms.encoders import Frobenius, SparseAccess
from qgd_compiler.algorithms.history import history_encoding
from qgd_compiler.program.graph import call_graph
from qgd_compiler.program.ir import Call, Operation, Routine


def unrolled(op: Operation) -> Counter[str]:
    """How often each primitive runs, every call walked."""
    if not isinstance(op, Routine):
        return Counter({op.digest.hex(): 1})
    total: Counter[str] = Counter()
    for step in op.body:
        if isinstance(step, Call):
            for key, n in unrolled(step.op).items():
                total[key] += n * step.times
    return total


def test_paths_of_the_graph_count_every_primitive() -> None:
    hessian = SparseAccess(5, 3, 1.0, 4, Qrom()).encode(True)
    program = history_encoding(hessian, 0.1, 5, 2).routine
    graph = call_graph(program)
    assert networkx.is_directed_acyclic_graph(graph)
    runs = dict.fromkeys(graph, 0)
    runs[program.digest.hex()] = 1
    for key in networkx.topological_sort(graph):
        for _, callee, edge in graph.out_edges(key, data=True):
            runs[callee] += runs[key] * edge["calls"]
    leaves = {key: n for key, n in runs.items() if graph.nodes[key]["kind"] != "routine"}
    assert leaves == unrolled(program)
    assert graph.nodes[program.digest.hex()]["qubits"] == sum(r.size for r in program.registers)


def test_a_symbolic_program_has_a_graph_with_sums() -> None:
    n = sympy.Symbol("n", integer=True, positive=True)
    graph = call_graph(Frobenius(n, n, 1.0, 6, Qrom()).encode(False).routine)
    assert networkx.is_directed_acyclic_graph(graph)
    counts = [edge["calls"] for _, _, edge in graph.edges(data=True)]
    assert any(getattr(c, "free_symbols", set()) == {n} for c in counts)
