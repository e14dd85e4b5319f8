"""Prices of a bucket-brigade memory: a tree that decodes the address, level by level and each level at once."""

from __future__ import annotations

from qgd_compiler.costing.gates import Gates, Price
from qgd_compiler.costing.rules_logic import at_least
from qgd_compiler.costing.rules_lookup import Shape, Table, entries
from qgd_compiler.scalars import Scalar, ceil_log2, maximum, minimum, power


def address_bits(shape: Shape) -> Scalar:
    """Qubits of all addresses together, Σ⌈log2 L_i⌉.

    >>> address_bits((10, 7))
    7
    """
    total: Scalar = 0
    for length in shape:
        total = total + ceil_log2(length)
    return total


def bucket_brigade(shape: Shape, bits: Scalar, controlled: bool, table: Table = None) -> Price:
    r"""XOR one of ∏L_i words of `bits` bits into a register; the inverse is the same.

    $$\max(2^m - 2 + c, 0), \qquad m = \sum_i \lceil\log_2 L_i\rceil$$

    c is 1 if controlled, else 0.

    With m address bits each of the N = 2^m leaves gets a qubit that is 1 where the address leads there: N−2
    ANDs, or N−1 under a control. A level has its ANDs at the same time, each on its own copy of the address
    bit. Cliffords: two to split and to join a node and one to erase it, four per copy, six at an uncontrolled
    root or two at a control, and a CNOT per 1 in the table; without a table, per bit of it.

    Units:   Toffolis; depth: one per level. Work: N leaves, and N/2−1 copies of the last address bit.
    Shape:   tuples of scalars, symbols or arrays; L_i >= 1; bits >= 1.
    Error:   none.
    Kind:    exact; Cliffords a bound without a table.
    Source:  Giovannetti, Lloyd, Maccone, arXiv:0708.1879; as a circuit Arunachalam et al., arXiv:1502.03450. Di
             Matteo, Gheorghiu, Mosca, arXiv:1902.01329, count 21·2^m − 28 T with Toffolis of seven T each way;
             with temporary ANDs it is 4·2^m − 8.
    Checked: tests/program/test_bucket_brigade.py, gate by gate, and its depth by a schedule of the gates.

    >>> bucket_brigade((64,), 8, False).gates.toffoli
    62
    """
    at_least(1, bits=bits)
    for length in shape:
        at_least(1, length=length)
    m = address_bits(shape)
    leaves = power(2, m)
    some = minimum(m, 1)  # 0 for a table of one word
    if controlled:
        ands, copies, root, depth = leaves - 1, leaves - 1 - m, 2 * some, m
    else:
        ands, copies, root, depth = (leaves - 2) * some, (leaves - 1 - m) * some, 6 * some, m - some
    copied = power(2, maximum(m - 1, 0)) - 1
    ones: Scalar = entries(shape) * bits
    if table is not None:
        ones = sum(word.bit_count() for word in table)
    return Price(
        Gates(
            toffoli=ands,
            clifford=root + 4 * copies + 3 * ands + ones,
            measurements=ands,
            toffoli_depth=depth,
        ),
        work=(leaves + copied) * some,
    )
