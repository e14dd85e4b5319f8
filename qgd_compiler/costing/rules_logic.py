"""Prices of gates and logic on single qubits: Cliffords, temporary ANDs, conjunctions, controlled swaps."""

from __future__ import annotations

from qgd_compiler.costing.gates import Gates, Price
from qgd_compiler.scalars import Scalar, is_integer, maximum, minimum


def at_least(lowest: int, **sizes: Scalar) -> None:
    """Refuse numeric sizes below `lowest`; symbols and arrays pass. Raises ValueError."""
    for name, size in sizes.items():
        if is_integer(size) and size < lowest:
            raise ValueError(f"{name} is {size}; a cost rule needs {name} >= {lowest}")


def clifford_gates(bits: Scalar) -> Price:
    """One Clifford gate on each of `bits` qubits, or pairs of qubits; Pauli gates count too.

    $$b$$

    Units:   gates; the inverse costs the same.
    Shape:   scalar, symbol or array; bits >= 0.
    Error:   none.
    Kind:    exact.
    Source:  by definition of the count.
    Checked: tests/costing/test_prices.py, against a fold of the single gates.

    >>> clifford_gates(3).gates.clifford
    3
    """
    at_least(0, bits=bits)
    return Price(Gates(clifford=bits))


def measured(bits: Scalar) -> Price:
    """Measurements of single qubits, in any basis.

    $$b$$

    Units:   measurements.
    Shape:   scalar, symbol or array; bits >= 0.
    Error:   none.
    Kind:    exact.
    Source:  by definition of the count.
    Checked: tests/program/test_measure.py, by hand; in erased lookups in tests/program/test_expand_lookup.py.

    >>> measured(3).gates.measurements
    3
    """
    at_least(0, bits=bits)
    return Price(Gates(measurements=bits))


def temporary_and() -> Price:
    """The AND of two qubits into a fresh qubit.

    The X gates of a control value 0 are part of the gadget, like its other Cliffords.

    Units:   Toffolis (a temporary AND counts once).
    Shape:   no arguments.
    Error:   none.
    Kind:    exact.
    Source:  Gidney, arXiv:1709.06648 (temporary logical-AND).
    Checked: tests/conformance/test_logic_against_qualtran.py, And.

    >>> temporary_and().gates.toffoli
    1
    """
    return Price(Gates(toffoli=1, toffoli_depth=1))


def temporary_and_erased() -> Price:
    """The inverse of the AND of two qubits: an X measurement and a CZ that depends on it.

    Units:   measurements and Cliffords; the CZ counts always, though it is needed half of the time.
    Shape:   no arguments.
    Error:   none.
    Kind:    exact.
    Source:  Gidney, arXiv:1709.06648 (temporary logical-AND).
    Checked: tests/conformance/test_logic_against_qualtran.py, And.adjoint().

    >>> temporary_and_erased().gates.measurements
    1
    """
    return Price(Gates(clifford=1, measurements=1))


def conjunction(bits: Scalar, value: int) -> Price:
    """The AND of `bits` qubits, each compared with `value`, as a ladder of temporary ANDs.

    $$b - 1$$

    One qubit is copied by a CNOT (and an X for the value 0).

    Units:   Toffolis; depth: the ladder.
    Shape:   bits scalar, symbol or array, >= 1; value 0 or 1.
    Error:   none.
    Kind:    exact; the depth a bound.
    Source:  Gidney, arXiv:1709.06648 (temporary logical-AND), one after the other.
    Checked: tests/conformance/test_logic_against_qualtran.py, MultiAnd.

    >>> conjunction(5, 0).gates.toffoli
    4
    """
    at_least(1, bits=bits)
    copies = maximum(2 - bits, 0) * (2 - value)
    return Price(Gates(toffoli=bits - 1, clifford=copies, toffoli_depth=bits - 1))


def conjunction_erased(bits: Scalar, value: int) -> Price:
    """The inverse of a conjunction: the ladder is measured from its end.

    $$b - 1$$

    Units:   measurements and Cliffords (one CZ per AND).
    Shape:   bits scalar, symbol or array, >= 1; value 0 or 1.
    Error:   none.
    Kind:    exact.
    Source:  Gidney, arXiv:1709.06648 (temporary logical-AND), one after the other.
    Checked: tests/conformance/test_logic_against_qualtran.py, MultiAnd.adjoint().

    >>> conjunction_erased(5, 1).gates.measurements
    4
    """
    at_least(1, bits=bits)
    copies = maximum(2 - bits, 0) * (2 - value)
    return Price(Gates(clifford=bits - 1 + copies, measurements=bits - 1))


def controlled_swap(bits: Scalar) -> Price:
    """Swap two registers of `bits` qubits where a qubit is 1; the inverse is the same.

    $$b$$

    Per qubit: three CNOTs, an AND into one work qubit that all qubits share, and its erasure.

    Units:   Toffolis; depth: qubit after qubit.
    Shape:   scalar, symbol or array; bits >= 0.
    Error:   none.
    Kind:    exact; the depth a bound.
    Source:  Low, Kliuchnikov, Schaeffer, arXiv:1812.00954 (swap network); one Toffoli per swapped qubit.
    Checked: tests/conformance/test_logic_against_qualtran.py, CSwap.

    >>> controlled_swap(8).gates.toffoli
    8
    """
    at_least(0, bits=bits)
    return Price(
        Gates(toffoli=bits, clifford=4 * bits, measurements=bits, toffoli_depth=bits),
        work=minimum(bits, 1),
    )
