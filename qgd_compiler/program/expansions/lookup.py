"""Circuits of table lookups: unary iteration, swap network; and of their erasure by measurement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

from qgd_compiler.errors import UnsupportedError
from qgd_compiler.program.builder import Handle
from qgd_compiler.program.expansions.circuit import Circuit, Qubits
from qgd_compiler.program.expansions.logic import swap_where
from qgd_compiler.program.ir import Routine
from qgd_compiler.program.primitives import CleanLookup, DirtyLookup, Lookup
from qgd_compiler.scalars import ceil_div

Place = tuple[int, ...]
Leaf = Callable[[Place, Handle | None], None]
TableLookup = Lookup | DirtyLookup | CleanLookup


def lookup(op: Lookup | DirtyLookup) -> Routine:
    """Write the words of each group of columns where its address is reached, then swap the wanted one in place.

    Without a table every bit is written, as the count takes it.
    """
    c = Circuit(op)
    words = _words(c, op)
    write_groups(c, op, words)
    swap_in(c, op, words)
    return c.routine()


def write_groups(c: Circuit, op: Lookup | DirtyLookup, words: list[Qubits]) -> None:
    """XOR the words of the group that the address is in into the columns."""
    table, blocks = _table(op), [int(k) for k in op.blocks]

    def write(group: Place, at: Handle | None) -> None:
        for word, place in zip(words, _places(group, blocks), strict=True):
            value = table.get(place, 0)
            for i, q in enumerate(word):
                if value >> i & 1:
                    c.x(q) if at is None else c.cnot(at, q)

    _iterate(c, _lengths(op, blocks), _high(c, op, blocks), c.control(), write)


def swap_in(c: Circuit, op: Lookup | DirtyLookup, words: list[Qubits], *, back: bool = False) -> None:
    """Swap the column that the address names to the front, or all columns back."""
    select = _low(c, op, [int(k) for k in op.blocks])
    levels = range(len(select))
    for level in levels if back else reversed(levels):
        for column in range(1 << level):
            swap_where(c, select[level], words[column], words[column + (1 << level)])


def lookup_erased(op: TableLookup, outcome: int | None) -> Routine:
    """Measure the words in the X basis and mend the sign of each address.

    outcome  of the target's and then the junk's qubits, in the last bits of a number; with the table it fixes the
             signs, and the circuit can be run. None: the worst case, to be counted
    One sign for all addresses stays where nothing tells it from another: without a control, with one group.
    Raises UnsupportedError for an outcome without a table.
    """
    if outcome is not None and op.table is None:
        raise UnsupportedError("the erasure of a lookup without a table can be counted but not run")
    c = Circuit(op)
    words = _words(c, op)
    measured = [name for name in ("target", "junk") if c.register(name)]
    size = sum(len(c.register(name)) for name in measured)
    shift = size
    for name in measured:
        shift -= len(c.register(name))
        part = None if outcome is None else outcome >> shift & ((1 << len(c.register(name))) - 1)
        c.measure(c.handle(name), part)
    c.lend([q for word in words for q in word])
    _mend(c, op, _signs(op, outcome, size))
    return c.routine()


def _signs(op: TableLookup, outcome: int | None, size: int) -> dict[Place, int] | None:
    """The addresses that need a sign: those whose measured bits meet the outcome in an odd number of ones."""
    if outcome is None or op.table is None:
        return None
    table, bits = _table(op), int(op.bits)
    blocks = [int(k) for k in op.kept]
    signs = {}
    for address in table:
        group = tuple(a // block for a, block in zip(address, blocks, strict=True))
        places = _places(group, blocks)
        columns = [table.get(place, 0) for place in places]
        at = places.index(address)
        for level in reversed(range(len(columns).bit_length() - 1)):
            if at >> level & 1:
                half = 1 << level
                columns[:half], columns[half : 2 * half] = columns[half : 2 * half], columns[:half]
        value = 0
        for word in columns:
            value = value << bits | word
        signs[address] = (value & outcome).bit_count() % 2
    return signs


def _mend(c: Circuit, op: TableLookup, signs: dict[Place, int] | None) -> None:
    """Change the sign where `signs` says so (None: wherever it could be needed) and the control is 1."""
    blocks = [int(k) for k in op.erase_blocks]
    select = _low(c, op, blocks)
    one_hot: Qubits = []  # one_hot[s-1] is 1 where the low bits read s; the value 0 has no qubit
    undo: list[tuple[Handle, Handle, Qubits, Qubits]] = []
    for bit in select:
        rest = c.fresh()
        c.cnot(bit, rest)
        doubled = []
        for q in one_hot:
            w = c.temporary_and(bit, q)
            c.cnot(w, rest)
            c.cnot(w, q)
            doubled.append(w)
        undo.append((bit, rest, one_hot, doubled))
        one_hot = [*one_hot, rest, *doubled]

    def mend(group: Place, at: Handle | None) -> None:
        places = _places(group, blocks)
        needed = [1] * len(places) if signs is None else [signs.get(place, 0) for place in places]
        first = 0 if signs is None else needed[0]
        if needed[0] and at is not None:
            c.gate("Z", at)
        for q, sign in zip(one_hot, needed[1:], strict=True):
            if sign != first:
                c.gate("Z", q) if at is None else c.cz(at, q)

    _iterate(c, _lengths(op, blocks), _high(c, op, blocks), c.control(), mend)
    for bit, rest, old, new in reversed(undo):
        for q, w in zip(reversed(old), reversed(new), strict=True):
            c.cnot(w, q)
            c.cnot(w, rest)
            c.erase(w, bit, q)
        c.cnot(bit, rest)
        c.release(rest)


def _iterate(
    c: Circuit, lengths: Sequence[int], addresses: Sequence[Qubits], control: Handle | None, leaf: Leaf
) -> None:
    """Call `leaf` for each address with a qubit that is 1 there (None: always). Splits at powers of two."""
    if not lengths:
        leaf((), control)
        return

    def visit(start: int, stop: int, level: int, at: Handle | None) -> None:
        if stop - start == 1:
            _iterate(c, lengths[1:], addresses[1:], at, lambda rest, q: leaf((start, *rest), q))
            return
        half = 1 << level - 1
        if stop - start <= half:
            visit(start, stop, level - 1, at)
            return
        bit = addresses[0][level - 1]
        if at is None:
            c.x(bit)
            visit(start, start + half, level - 1, bit)
            c.x(bit)
            visit(start + half, stop, level - 1, bit)
            return
        w = c.temporary_and(at, bit, (1, 0))
        visit(start, start + half, level - 1, w)
        c.cnot(at, w)
        visit(start + half, stop, level - 1, w)
        c.erase(w, at, bit)

    visit(0, lengths[0], (lengths[0] - 1).bit_length(), control)


def _table(op: TableLookup) -> dict[Place, int]:
    """The words by place; all ones where there is no table."""
    places = product(*(range(int(length)) for length in op.shape))
    if op.table is None:
        return dict.fromkeys(places, (1 << int(op.bits)) - 1)
    return dict(zip(places, op.table, strict=True))


def _words(c: Circuit, op: TableLookup) -> list[Qubits]:
    """Target and the columns of the junk, each least significant qubit first."""
    bits = int(op.bits)
    columns = [c.register("target")]
    junk = c.register("junk")[::-1]
    return columns + [junk[i : i + bits][::-1] for i in range(0, len(junk), bits)]


def _lengths(op: TableLookup, blocks: Sequence[int]) -> list[int]:
    return [int(ceil_div(int(length), block)) for length, block in zip(op.shape, blocks, strict=True)]


def _places(group: Place, blocks: Sequence[int]) -> list[Place]:
    """The places of the columns of a group, the last axis running fastest."""
    ranges = [range(g * block, (g + 1) * block) for g, block in zip(group, blocks, strict=True)]
    return list(product(*ranges))


def _low(c: Circuit, op: TableLookup, blocks: Sequence[int]) -> Qubits:
    """The address qubits that tell the columns of a group apart, least significant first."""
    axes = reversed(list(enumerate(blocks)))
    return [q for i, block in axes for q in c.register(f"address{i}")[: block.bit_length() - 1]]


def _high(c: Circuit, op: TableLookup, blocks: Sequence[int]) -> list[Qubits]:
    """The address qubits of each axis that tell the groups apart, least significant first."""
    return [c.register(f"address{i}")[block.bit_length() - 1 :] for i, block in enumerate(blocks)]
