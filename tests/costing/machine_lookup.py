"""Table lookups and their erasure written out gate by gate, for the machine of basis states."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.costing.machine import Machine, Qubit, swap_where

Leaf = Callable[[tuple[int, ...], Qubit | None], None]


def iterate(
    m: Machine, lengths: Sequence[int], addresses: Sequence[list[Qubit]], control: Qubit | None, leaf: Leaf
) -> None:
    """Call `leaf` for each address with a qubit that is 1 there (None: always). Splits at powers of two."""
    if not lengths:
        leaf((), control)
        return

    def inner(index: int, at: Qubit | None) -> None:
        iterate(m, lengths[1:], addresses[1:], at, lambda rest, q: leaf((index, *rest), q))

    def visit(start: int, stop: int, level: int, at: Qubit | None) -> None:
        if stop - start == 1:
            inner(start, at)
            return
        half = 1 << level - 1
        bit = addresses[0][level - 1]
        if stop - start <= half:
            visit(start, stop, level - 1, at)
            return
        if at is None:
            m.x(bit)
            visit(start, start + half, level - 1, bit)
            m.x(bit)
            visit(start + half, stop, level - 1, bit)
            return
        w = m.temporary_and(at, bit, (1, 0))
        visit(start, start + half, level - 1, w)
        m.cnot(at, w)
        visit(start + half, stop, level - 1, w)
        m.erase(w, at, bit)

    visit(0, lengths[0], (lengths[0] - 1).bit_length(), control)


def fetch(
    m: Machine,
    table: dict[tuple[int, ...], int],
    shape: Sequence[int],
    blocks: Sequence[int],
    addresses: Sequence[list[Qubit]],
    words: list[list[Qubit]],
    control: Qubit | None,
) -> None:
    """XOR the word at the address into words[0]; the other columns end in the other words."""
    low = [block.bit_length() - 1 for block in blocks]
    lengths = [-(-length // block) for length, block in zip(shape, blocks, strict=True)]

    def write(group: tuple[int, ...], at: Qubit | None) -> None:
        for column in range(len(words)):
            place, rest = [], column
            for g, block in zip(reversed(group), reversed(blocks), strict=True):
                place.append(g * block + rest % block)
                rest //= block
            word = table.get(tuple(reversed(place)), 0)
            for i, q in enumerate(words[column]):
                if word >> i & 1:
                    m.x(q) if at is None else m.cnot(at, q)

    iterate(m, lengths, [a[j:] for a, j in zip(addresses, low, strict=True)], control, write)
    select = [q for a, j in zip(reversed(addresses), reversed(low), strict=True) for q in a[:j]]
    for level in reversed(range(len(select))):
        for column in range(1 << level):
            swap_where(m, select[level], words[column], words[column + (1 << level)])


def mend_phase(
    m: Machine,
    phase: dict[tuple[int, ...], int],
    shape: Sequence[int],
    blocks: Sequence[int],
    addresses: Sequence[list[Qubit]],
    control: Qubit | None,
) -> None:
    """Change the sign where phase[address] is 1 (and the control is 1)."""
    low = [block.bit_length() - 1 for block in blocks]
    lengths = [-(-length // block) for length, block in zip(shape, blocks, strict=True)]
    select = [q for a, j in zip(reversed(addresses), reversed(low), strict=True) for q in a[:j]]

    one_hot: list[Qubit] = []  # one_hot[s-1] is 1 where the low bits read s; the value 0 has no qubit
    undo: list[tuple[Qubit, Qubit, list[Qubit], list[Qubit]]] = []
    for bit in select:
        rest = m.fresh()
        m.cnot(bit, rest)
        doubled = []
        for q in one_hot:
            w = m.temporary_and(bit, q)
            m.cnot(w, rest)
            m.cnot(w, q)
            doubled.append(w)
        undo.append((bit, rest, one_hot, doubled))
        one_hot = [*one_hot, rest, *doubled]

    def mend(group: tuple[int, ...], at: Qubit | None) -> None:
        bits = []
        for column in range(1 << len(select)):
            place, rest = [], column
            for g, block in zip(reversed(group), reversed(blocks), strict=True):
                place.append(g * block + rest % block)
                rest //= block
            bits.append(phase.get(tuple(reversed(place)), 0))
        if bits[0]:
            if at is None:
                m.sign *= -1
                m.clifford += 1
            else:
                m.z(at)
        for q, bit in zip(one_hot, bits[1:], strict=True):
            if bit != bits[0]:
                m.z(q) if at is None else m.cz(at, q)

    iterate(m, lengths, [a[j:] for a, j in zip(addresses, low, strict=True)], control, mend)
    for bit, rest, old, new in reversed(undo):
        _undouble(m, bit, rest, old, new)


def _undouble(m: Machine, bit: Qubit, rest: Qubit, old: list[Qubit], new: list[Qubit]) -> None:
    for q, w in zip(reversed(old), reversed(new), strict=True):
        m.cnot(w, q)
        m.cnot(w, rest)
        m.erase(w, bit, q)
    m.cnot(bit, rest)
    m.release(rest)
