"""Prices of comparisons and increments: chains of carries, computed by ANDs and erased by measurement.

All of them are their own inverse up to the direction of the chain: both directions cost the same.
"""

from __future__ import annotations

from qgd_compiler.costing.gates import Gates, Price
from qgd_compiler.costing.rules_logic import at_least
from qgd_compiler.scalars import Scalar, maximum, minimum


def greater_equal(bits: Scalar, controlled: bool) -> Price:
    r"""Flip a qubit where (a control is 1 and) u >= v, by the borrows of u - v.

    $$b + c$$

    c is 1 if controlled, else 0.

    A borrow is a majority, one AND between CNOTs: MAJ(a,b,c) = (a⊕c)(b⊕c) ⊕ c. The last borrow goes to the
    flag by a CNOT, or by one more AND if controlled; then the chain is erased. Cliffords: seven per borrow
    but the first (six CNOTs and a CZ), which has one, and two at the flag.

    Units:   Toffolis; depth: the chain.
    Shape:   bits scalar, symbol or array, >= 1.
    Error:   none.
    Kind:    exact; the depth a bound.
    Source:  Cuccaro et al., arXiv:quant-ph/0410184 (majority chain); Gidney, arXiv:1709.06648 (ANDs).
    Checked: tests/conformance/test_arithmetic_against_qualtran.py, LinearDepthHalfGreaterThanEqual.

    >>> greater_equal(8, controlled=True).gates.toffoli
    9
    """
    at_least(1, bits=bits)
    ands = bits + int(controlled)
    return Price(
        Gates(toffoli=ands, clifford=7 * bits - 4, measurements=ands, toffoli_depth=ands),
        work=ands,
    )


def greater_equal_constant(bits: Scalar, controlled: bool) -> Price:
    r"""Flip a qubit where (a control is 1 and) x >= K, for a number K known in advance.

    $$b - 1 + c$$

    c is 1 if controlled, else 0.

    The borrow of a bit is ¬x∧c or ¬(x∧¬c), one AND either way; the first is a copy of a bit of x. The count
    is the same for all K, so also where K = 0 or K = 2^bits would need no gates.

    Units:   Toffolis; depth: the chain.
    Shape:   bits scalar, symbol or array, >= 1.
    Error:   none.
    Kind:    exact; Cliffords (two per copy of a bit or flag) and depth are bounds over all K.
    Source:  Gidney, arXiv:1709.06648, carries of an adder with one summand known.
    Checked: tests/conformance/test_arithmetic_against_qualtran.py, LessThanConstant.

    >>> greater_equal_constant(8, controlled=False).gates.toffoli
    7
    """
    at_least(1, bits=bits)
    ands = bits - 1 + int(controlled)
    return Price(
        Gates(toffoli=ands, clifford=bits + 3, measurements=ands, toffoli_depth=ands),
        work=bits + int(controlled),
    )


def increment(bits: Scalar, controlled: bool) -> Price:
    r"""Add 1 modulo 2^bits (where a control is 1), by the ladder of the ANDs of the low bits.

    $$\max(b - 2 + c, 0)$$

    c is 1 if controlled, else 0.

    Cliffords: a CNOT (or X) onto each bit and a CZ per AND.

    Units:   Toffolis; depth: the ladder.
    Shape:   bits scalar, symbol or array, >= 1.
    Error:   none.
    Kind:    exact; the depth a bound.
    Source:  Gidney, arXiv:1709.06648, the adder with one summand constant.
    Checked: tests/conformance/test_arithmetic_against_qualtran.py, AddK.

    >>> increment(8, controlled=True).gates.toffoli
    7
    """
    at_least(1, bits=bits)
    ands = bits - 1 if controlled else maximum(bits - 2, 0)
    return Price(
        Gates(toffoli=ands, clifford=ands + bits, measurements=ands, toffoli_depth=ands),
        work=ands,
    )


def add(bits: Scalar) -> Price:
    r"""Add a register to another, modulo 2^bits; the inverse subtracts at the same price.

    $$b - 1$$

    Carries 1 … bits-1, one AND each. Cliffords: seven per carry but the first, four for the first carry and the
    top bit, or one CNOT alone.

    Units:   Toffolis; depth: the carries.
    Shape:   bits scalar, symbol or array, >= 1.
    Error:   none.
    Kind:    exact; the depth a bound.
    Source:  Gidney, arXiv:1709.06648, figure 1.
    Checked: tests/conformance/test_arithmetic_against_qualtran.py, Add.

    >>> add(8).gates.toffoli
    7
    """
    at_least(1, bits=bits)
    ands = bits - 1
    return Price(
        Gates(
            toffoli=ands,
            clifford=7 * ands + 1 - 4 * minimum(ands, 1),
            measurements=ands,
            toffoli_depth=ands,
        ),
        work=ands,
    )
