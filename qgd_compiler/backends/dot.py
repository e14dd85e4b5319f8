"""The call graph of a program in the language of Graphviz: one node per distinct routine, edges with how often."""

from __future__ import annotations

from qgd_compiler.program.graph import call_graph
from qgd_compiler.program.ir import Operation


def dot(program: Operation) -> str:
    """The graph as text; nodes numbered in the order in which they are first called."""
    graph = call_graph(program)
    number = {key: i for i, key in enumerate(graph)}
    lines = ["digraph program {", "  node [shape=box, fontname=sans];"]
    for key, i in number.items():
        node = graph.nodes[key]
        shape = "" if node["kind"] == "routine" else ", style=rounded"
        lines.append(f'  n{i} [label="{_escaped(str(node["name"]))}\\n{node["qubits"]} qubits"{shape}];')
    for caller, callee, edge in graph.edges(data=True):
        label = str(edge["calls"]) + (f", {edge['inverse']} inverse" if edge["inverse"] else "")
        lines.append(f'  n{number[caller]} -> n{number[callee]} [label="{_escaped(label)}"];')
    return "\n".join([*lines, "}"]) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
