"""The circuit of a bucket-brigade memory: one qubit per leaf of the tree of addresses."""

from __future__ import annotations

from itertools import product

from qgd_compiler.program.builder import Handle
from qgd_compiler.program.expansions.circuit import Circuit, Qubits
from qgd_compiler.program.ir import Routine
from qgd_compiler.program.primitives import BucketBrigade
from qgd_compiler.scalars import ceil_log2


def bucket_brigade(op: BucketBrigade) -> Routine:
    """Split the qubits of the nodes level by level, write the words from the leaves, and join them again."""
    c = Circuit(op)
    address = [q for i in range(len(op.shape)) for q in reversed(c.register(f"address{i}"))]
    target = c.register("target")
    words = _words(op)
    control = c.control()
    if not address:
        for i, q in enumerate(target):
            if words.get(0, 0) >> i & 1:
                c.x(q) if control is None else c.cnot(control, q)
        return c.routine()
    splits: list[tuple[Handle, Qubits, Qubits]] = []
    if control is None:
        zero, one = c.fresh(), c.fresh()
        _root(c, address[0], zero, one)
        nodes, rest = [zero, one], address[1:]
    else:
        root = c.fresh()
        c.cnot(control, root)
        nodes, rest = [root], address
    for bit in rest:
        nodes, fresh = _split(c, bit, nodes)
        splits.append((bit, nodes, fresh))
    for leaf, q in enumerate(nodes):
        for i, t in enumerate(target):
            if words.get(leaf, 0) >> i & 1:
                c.cnot(q, t)
    for bit, behind, fresh in reversed(splits):
        nodes = _join(c, bit, behind, fresh)
    if control is None:
        _root(c, address[0], nodes[0], nodes[1], back=True)
    else:
        c.cnot(control, nodes[0])
    c.release(*nodes)
    return c.routine()


def _root(c: Circuit, bit: Handle, zero: Handle, one: Handle, back: bool = False) -> None:
    """`zero` and `one` say which way the first bit leads; the same gates take that back."""
    if back:
        c.x(zero)
    c.cnot(bit, one)
    c.cnot(bit, zero)
    if not back:
        c.x(zero)


def _split(c: Circuit, bit: Handle, nodes: Qubits) -> tuple[Qubits, Qubits]:
    """Two nodes for each: where the bit is 0 (the old qubit) and where it is 1 (a fresh one), in order."""
    copies = _copied(c, bit, len(nodes))
    fresh = [c.temporary_and(node, copy) for node, copy in zip(nodes, copies, strict=True)]
    for node, new in zip(nodes, fresh, strict=True):
        c.cnot(new, node)
    _uncopied(c, bit, copies)
    return [q for pair in zip(nodes, fresh, strict=True) for q in pair], fresh


def _join(c: Circuit, bit: Handle, behind: Qubits, fresh: Qubits) -> Qubits:
    """The nodes above."""
    nodes = behind[::2]
    copies = _copied(c, bit, len(nodes))
    for node, new, copy in zip(nodes, fresh, copies, strict=True):
        c.cnot(new, node)
        c.erase(new, node, copy)
    _uncopied(c, bit, copies)
    return nodes


def _copied(c: Circuit, bit: Handle, count: int) -> Qubits:
    copies = [bit]
    for _ in range(count - 1):
        copy = c.fresh()
        c.cnot(bit, copy)
        copies.append(copy)
    return copies


def _uncopied(c: Circuit, bit: Handle, copies: Qubits) -> None:
    for copy in reversed(copies[1:]):
        c.cnot(bit, copy)
        c.release(copy)


def _words(op: BucketBrigade) -> dict[int, int]:
    """The words by leaf: the bits of all addresses in a row. All ones where there is no table."""
    found = {}
    places = product(*(range(int(length)) for length in op.shape))
    for number, place in enumerate(places):
        leaf = 0
        for length, at in zip(op.shape, place, strict=True):
            leaf = leaf << int(ceil_log2(length)) | at
        found[leaf] = (1 << int(op.bits)) - 1 if op.table is None else op.table[number]
    return found
