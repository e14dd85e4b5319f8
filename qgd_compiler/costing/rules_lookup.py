r"""Prices of table lookups: unary iteration over groups of columns, a swap network, erasure by measurement.

A table has one axis per address register. With K_i columns per axis i (powers of two), E = ∏⌈L_i/K_i⌉
groups are visited one by one, and each writes K = ∏K_i words at once.
"""

from __future__ import annotations

from qgd_compiler.costing.gates import Gates, Price
from qgd_compiler.costing.rules_logic import at_least
from qgd_compiler.scalars import Scalar, ceil_div, ceil_log2, is_integer, maximum, minimum

Shape = tuple[Scalar, ...]
Table = tuple[int, ...] | None


def groups(shape: Shape, blocks: Shape) -> Scalar:
    """The number of groups of columns, ∏⌈L_i/K_i⌉.

    >>> groups((10, 7), (4, 2))
    12
    """
    total: Scalar = 1
    for length, block in zip(shape, blocks, strict=True):
        total = total * ceil_div(length, block)
    return total


def entries(shape: Shape) -> Scalar:
    """The number of words, ∏L_i.

    >>> entries((10, 7))
    70
    """
    return columns(shape)


def columns(blocks: Shape) -> Scalar:
    """The number of words written at once, ∏K_i."""
    total: Scalar = 1
    for block in blocks:
        total = total * block
    return total


def iteration_ands(leaves: Scalar, controlled: bool) -> Scalar:
    """ANDs of a unary iteration over `leaves` addresses: max(E-2, 0), or E-1 if controlled.

    Units:   Toffolis.
    Shape:   scalar, symbol or array; leaves >= 1.
    Error:   none.
    Kind:    exact, for any number of leaves and for nested iterations over several axes.
    Source:  Babbush et al., arXiv:1805.03662, Section III.A.
    Checked: tests/conformance/test_lookups_against_qualtran.py, QROM.

    >>> iteration_ands(13, controlled=False)
    11
    """
    return leaves - 1 if controlled else maximum(leaves - 2, 0)


def iteration_cliffords(leaves: Scalar, controlled: bool) -> Scalar:
    """Cliffords of a unary iteration: a CNOT and a CZ per AND, and two X at an uncontrolled root.

    Units:   gates.
    Shape:   scalar, symbol or array; leaves >= 1.
    Error:   none.
    Kind:    exact.
    Source:  Babbush et al., arXiv:1805.03662, Section III.A.
    Checked: tests/conformance/test_lookups_against_qualtran.py, QROM.

    >>> iteration_cliffords(13, controlled=False)
    24
    """
    root = 0 if controlled else 2 * minimum(leaves - 1, 1)
    return 2 * iteration_ands(leaves, controlled) + root


def iteration_work(shape: Shape, blocks: Shape, controlled: bool) -> Scalar:
    """Work qubits of a unary iteration: one per level of the tree, none at an uncontrolled root.

    Units:   qubits.
    Shape:   tuples of scalars, symbols or arrays, of equal length.
    Error:   none.
    Kind:    exact.
    Source:  Babbush et al., arXiv:1805.03662, Section III.A.
    Checked: tests/conformance/test_lookups_against_qualtran.py, QROM.

    >>> iteration_work((13,), (1,), controlled=False)
    3
    """
    levels: Scalar = 0
    for length, block in zip(shape, blocks, strict=True):
        levels = levels + ceil_log2(ceil_div(length, block))
    return levels if controlled else maximum(levels - 1, 0)


def lookup(shape: Shape, bits: Scalar, blocks: Shape, controlled: bool, table: Table = None) -> Price:
    r"""XOR one of ∏L_i words of `bits` bits into a register, K columns at a time.

    $$\max(E-2,0) + b\,(K-1), \qquad E = \prod_i \lceil L_i/K_i\rceil, \quad K = \prod_i K_i$$

    With E-1 in place of max(E-2,0) if controlled. Cliffords: the iteration, four per swapped bit, and a CNOT
    per 1 in the table; without a table, per bit of it.

    Units:   Toffolis; depth: one after the other.
    Shape:   tuples of scalars, symbols or arrays; 1 <= K_i <= 2^⌈log2 L_i⌉ powers of two; bits >= 1.
    Error:   none.
    Kind:    exact; Cliffords a bound without a table, the depth a bound.
    Source:  Babbush et al., arXiv:1805.03662 (K = 1); Low, Kliuchnikov, Schaeffer, arXiv:1812.00954;
             Berry et al., arXiv:1902.02134, Appendix B (clean work qubits).
    Checked: tests/conformance/test_lookups_against_qualtran.py, QROM and QROAMClean.

    >>> lookup((64,), 8, (4,), False).gates.toffoli
    38
    """
    _check(shape, bits, blocks)
    e, k = groups(shape, blocks), columns(blocks)
    iteration = iteration_ands(e, controlled)
    swaps = bits * (k - 1)
    ones = entries(shape) * bits if table is None else sum(int(word).bit_count() for word in table)
    return Price(
        Gates(
            toffoli=iteration + swaps,
            clifford=iteration_cliffords(e, controlled) + ones + 4 * swaps,
            measurements=iteration + swaps,
            toffoli_depth=iteration + swaps,
        ),
        work=maximum(iteration_work(shape, blocks, controlled), minimum(k - 1, 1)),
    )


def lookup_erased(shape: Shape, bits: Scalar, blocks: Shape, erase_blocks: Shape, controlled: bool) -> Price:
    r"""Clear the `bits`·K qubits that a lookup wrote: measure them in the X basis, then mend the phases.

    The phase of an address is one bit. With K' = ∏K'_i erasure columns, the low address bits are spread into
    K'-1 qubits, one per value but 0, and each of the E' groups of columns applies CZ gates to them:

    $$\max(E'-2,0) + K' - 1 - \log_2 K'$$

    Doubling a set of s values costs s-1 ANDs, as the last product is the sum of the others; hence the
    logarithm. Cliffords: five per AND of the set, two per address bit in it, the iteration, and E'K' for the
    phases. The measured qubits are free to work with: of the K'-1 + iteration qubits, only what goes beyond.

    Units:   Toffolis; depth: one after the other. Measurements: the words and every AND.
    Shape:   tuples of scalars, symbols or arrays; 1 <= K'_i <= 2^⌈log2 L_i⌉ powers of two; bits >= 1.
    Error:   none.
    Kind:    exact, for the worst outcome of the measurements; Cliffords and depth are bounds.
    Source:  Berry et al., arXiv:1902.02134, Appendix C, ⌈L/K'⌉ + K'; Gidney, arXiv:1905.07682.
    Checked: tests/conformance/test_lookups_against_qualtran.py, QROAMCleanAdjoint; the set of
             qubits bit by bit in tests/program/test_expand_lookup.py.

    >>> lookup_erased((64,), 8, (4,), (8,), False).gates.toffoli
    10
    """
    _check(shape, bits, blocks)
    _check(shape, bits, erase_blocks)
    e, k = groups(shape, erase_blocks), columns(erase_blocks)
    low_bits = ceil_log2(k)
    iteration, spread = iteration_ands(e, controlled), k - 1 - low_bits
    measured = bits * columns(blocks)
    need = k - 1 + iteration_work(shape, erase_blocks, controlled)
    return Price(
        Gates(
            toffoli=iteration + spread,
            clifford=iteration_cliffords(e, controlled) + 5 * spread + 2 * low_bits + e * k,
            measurements=measured + iteration + spread,
            toffoli_depth=iteration + spread,
        ),
        work=maximum(need - measured, 0),
    )


def lookup_clean(
    shape: Shape, bits: Scalar, blocks: Shape, erase_blocks: Shape, controlled: bool, table: Table = None
) -> Price:
    r"""XOR a word into a register by select-swap, and clear all columns that were fetched for it at once.

    $$\max(E-2,0) + b\,(K-1) + \max(E'-2,0) + K' - 1 - \log_2 K'$$

    A lookup, a copy of its word, and its erasure.

    Units:   Toffolis; depth: one after the other.
    Shape:   tuples of scalars, symbols or arrays; blocks as for `lookup` and `lookup_erased`; bits >= 1.
    Error:   none.
    Kind:    exact; Cliffords a bound without a table, the depth a bound.
    Source:  Low, Kliuchnikov, Schaeffer, arXiv:1812.00954; Berry et al., arXiv:1902.02134, Appendices B and C.
    Checked: tests/program/test_clean_lookup.py, gate by gate.

    >>> lookup_clean((64,), 8, (4,), (8,), False).gates.toffoli
    48
    """
    there = lookup(shape, bits, blocks, controlled, table)
    back = lookup_erased(shape, bits, blocks, erase_blocks, controlled)
    return Price(
        there.gates + Gates(clifford=bits) + back.gates,
        work=bits * columns(blocks) + maximum(there.work, back.work),
    )


def priced_lookup(price_t: Scalar) -> Price:
    """A lookup in an ideal memory, at a stated number of T gates; the inverse costs the same.

    Units:   T gates per access.
    Shape:   scalar, symbol or array; price_t >= 0.
    Error:   none.
    Kind:    model: the price is an assumption of the spec, and the memory's own qubits are not counted.
    Source:  the spec (data access `qram` with a price).
    Checked: tests/costing/test_prices.py, by hand.

    >>> priced_lookup(100).gates.t
    100
    """
    if is_integer(price_t):
        at_least(0, price_t=price_t)
    return Price(Gates(t=price_t))


def _check(shape: Shape, bits: Scalar, blocks: Shape) -> None:
    at_least(1, bits=bits)
    if len(shape) != len(blocks):
        raise ValueError(f"{len(blocks)} block sizes for a table with {len(shape)} axes")
    for length, block in zip(shape, blocks, strict=True):
        at_least(1, length=length, block=block)
        if not is_integer(block):
            continue
        if block & (block - 1):
            raise ValueError(f"a block of {block} columns; block sizes are powers of two")
        if is_integer(length) and block > 1 << ceil_log2(length):
            raise ValueError(f"a block of {block} columns on an axis of {length} entries")
