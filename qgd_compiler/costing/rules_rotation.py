"""Prices of rotations: by a fixed angle, and by an angle that stands in a register."""

from __future__ import annotations

from qgd_compiler.costing.gates import Gates, Price
from qgd_compiler.costing.rules_logic import at_least
from qgd_compiler.scalars import Scalar, maximum


def rotation() -> Price:
    """A rotation of one qubit about an axis, by any fixed angle; its inverse is another one.

    Units:   rotations, still to be synthesised; the Cliffords that turn the axis are left to the synthesis.
    Shape:   no arguments.
    Error:   none here; the exchange model charges the synthesis.
    Kind:    exact; a bound for the few angles that are Clifford gates.
    Source:  by definition of the count.
    Checked: tests/conformance/test_rotations_against_qualtran.py, Ry.

    >>> rotation().gates.rotations
    1
    """
    return Price(Gates(rotations=1, rotation_depth=1))


def controlled_rotation() -> Price:
    """A rotation where a qubit is 1: two rotations by half the angle, with a CNOT before each.

    Units:   rotations.
    Shape:   no arguments.
    Error:   none here; the exchange model charges the synthesis.
    Kind:    exact.
    Source:  Barenco et al., arXiv:quant-ph/9503016, Lemma 5.4.
    Checked: tests/conformance/test_rotations_against_qualtran.py, the controlled Rz.

    >>> controlled_rotation().gates.rotations
    2
    """
    return Price(Gates(rotations=2, clifford=2, rotation_depth=2))


def rotate_by_register(bits: Scalar) -> Price:
    r"""Rotate a qubit by 4π x/2^b, x in a register of b = `bits` qubits: ±x added into a phase gradient.

    $$\max(b - 2, 0)$$

    x is complemented by b CNOTs from the qubit, which is also the carry-in. The top qubit of the gradient is
    an eigenstate of X, so the top sum bit is a phase: of the top carry, a majority, three CZ. That leaves
    the carries 1 … b-2, one AND each. Cliffords: 4 for the basis of the qubit, 2b for the complement, 7 per
    AND, 6 at the top.

    Units:   Toffolis; depth: the carries.
    Shape:   bits scalar, symbol or array, >= 1.
    Error:   none: the angle in the register is exact, and so is the gradient.
    Kind:    exact; Cliffords a bound for b = 1, the depth a bound.
    Source:  Sanders et al., arXiv:2007.07391, Appendix A (addition for controlled rotations, b-2 Toffolis);
             Gidney, arXiv:1709.06648.
    Checked: tests/conformance/test_rotations_against_qualtran.py, AddIntoPhaseGrad.

    >>> rotate_by_register(10).gates.toffoli
    8
    """
    at_least(1, bits=bits)
    ands = maximum(bits - 2, 0)
    return Price(
        Gates(toffoli=ands, clifford=9 * bits - 4, measurements=ands, toffoli_depth=ands),
        work=ands,
    )
