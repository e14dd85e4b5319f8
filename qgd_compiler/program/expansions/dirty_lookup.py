"""The circuit of a table lookup with borrowed columns."""

from __future__ import annotations

from qgd_compiler.program.builder import Handle
from qgd_compiler.program.expansions.circuit import Circuit, Qubits
from qgd_compiler.program.expansions.lookup import lookup, swap_in, write_groups
from qgd_compiler.program.ir import Routine
from qgd_compiler.program.primitives import DirtyLookup


def dirty_lookup(op: DirtyLookup) -> Routine:
    """Copy the wanted column out before and after the words are written; one column alone is the target itself."""
    columns = int(op.columns)
    if columns == 1:
        return lookup(op)
    c = Circuit(op)
    target, bits = c.register("target"), int(op.bits)
    borrowed = c.builder.allocate("borrowed", bits * columns, dirty=True)
    words: list[Qubits] = [[borrowed.part(k * bits + i, 1) for i in range(bits)] for k in range(columns)]
    for _ in range(2):
        _copy_out(c, op, words, target)
        write_groups(c, op, words)
    c.builder.release(borrowed)
    return c.routine()


def _copy_out(c: Circuit, op: DirtyLookup, words: list[Qubits], target: list[Handle]) -> None:
    """XOR the column that the address names into the target."""
    swap_in(c, op, words)
    for word, into in zip(words[0], target, strict=True):
        c.cnot(word, into)
    swap_in(c, op, words, back=True)
