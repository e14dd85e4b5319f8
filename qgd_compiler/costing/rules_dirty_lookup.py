r"""Prices of table lookups whose columns are borrowed: work qubits in any state, given back as they were."""

from __future__ import annotations

from qgd_compiler.costing.gates import Gates, Price
from qgd_compiler.costing.rules_lookup import (
    Shape,
    Table,
    columns,
    groups,
    iteration_ands,
    iteration_work,
    lookup,
)
from qgd_compiler.scalars import Scalar, maximum, minimum


def dirty_lookup(shape: Shape, bits: Scalar, blocks: Shape, controlled: bool, table: Table = None) -> Price:
    r"""XOR one of ∏L_i words of `bits` bits into a register by way of K borrowed columns.

    The wanted column is swapped to the front and copied out before and after all words of its group are XORed
    into the columns: what was borrowed cancels, the word stays. Then the words are XORed away again.

    $$2\,\max(E-2,0) + 4\,b\,(K-1), \qquad E = \prod_i \lceil L_i/K_i\rceil, \quad K = \prod_i K_i > 1$$

    With E-1 in place of max(E-2,0) if controlled; with K = 1 a plain lookup. Cliffords: twice the iteration and
    the words, four per swapped bit, and two copies.

    Units:   Toffolis; depth: one after the other; borrowed: K·b qubits.
    Shape:   tuples of scalars, symbols or arrays; 1 <= K_i <= 2^⌈log2 L_i⌉ powers of two; bits >= 1.
    Error:   none.
    Kind:    exact; Cliffords a bound without a table, the depth a bound.
    Source:  Low, Kliuchnikov, Schaeffer, arXiv:1812.00954; Berry et al., arXiv:1902.02134, Appendix A.
    Checked: tests/program/test_dirty_lookup.py, gate by gate;
             tests/conformance/test_lookups_against_qualtran.py, SelectSwapQROM.

    >>> dirty_lookup((64,), 8, (2,), False).gates.toffoli, dirty_lookup((64,), 8, (2,), False).borrowed
    (92, 16)
    """
    once = lookup(shape, bits, blocks, controlled, table).gates
    e, k = groups(shape, blocks), columns(blocks)
    iteration, swaps = iteration_ands(e, controlled), bits * (k - 1)
    several = minimum(k - 1, 1)
    toffoli = iteration * (1 + several) + 4 * swaps
    return Price(
        Gates(
            toffoli=toffoli,
            clifford=(once.clifford - 4 * swaps) * (1 + several) + 16 * swaps + 2 * bits * several,
            measurements=toffoli,
            toffoli_depth=toffoli,
        ),
        work=maximum(iteration_work(shape, blocks, controlled), several),
        borrowed=bits * k * several,
    )
