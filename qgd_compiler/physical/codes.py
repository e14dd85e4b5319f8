"""Codes: error per logical cycle, physical qubits per logical one, and the distance that an error asks for."""

from __future__ import annotations

from dataclasses import dataclass

from qgd_compiler.scalars import Scalar, ceil, floor, log, maximum, power


@dataclass(frozen=True)
class Code:
    """A code with a threshold.

    threshold            p*, the physical error rate at which it stops to help
    prefactor            a of the error a (p/p*)^((d+1)/2)
    gate_layers, measurement_layers   layers of each in one round of syndrome measurement
    patch                coefficients of d^2, d and 1 in the physical qubits of a logical one
    """

    name: str
    threshold: float
    prefactor: float
    gate_layers: int
    measurement_layers: int
    patch: tuple[int, int, int]
    reference: str = ""


CODES: dict[str, Code] = {
    "surface": Code(
        "surface", 0.01, 0.03, 4, 2, (2, 0, 0), "arXiv:1208.0928, Eqs. 11 and 13; arXiv:2211.07629, Table VI"
    ),
    "surface_by_measurement": Code(
        "surface", 0.0015, 0.08, 0, 20, (2, 0, 0), "arXiv:2007.00307, Eq. 1; arXiv:2211.07629, Table VI"
    ),
    "floquet": Code("Floquet", 0.01, 0.07, 0, 3, (4, 8, -8), "arXiv:2202.11829, Table 2; arXiv:2211.07629"),
    "gidney_fowler": Code("surface", 0.01, 0.1, 4, 2, (2, 0, 0), "arXiv:1808.06709, Section XV"),
}


def patch_qubits(code: Code, distance: Scalar) -> Scalar:
    r"""Physical qubits of one logical qubit.

    $$2d^2 \text{ (rotated surface)},\quad 4d^2 + 8(d-1) \text{ (Floquet)}$$

    Units:   physical qubits.
    Shape:   scalar or array; odd distance >= 1.
    Error:   none.
    Kind:    model (ancillas of the syndrome measurement included, corridors not).
    Source:  Beverland et al., arXiv:2211.07629, Table VI; Paetznick et al., arXiv:2202.11829, Table 2.
    Checked: tests/physical/test_azure_grid.py, against Microsoft's estimator.

    >>> patch_qubits(CODES["surface"], 31), patch_qubits(CODES["floquet"], 7)
    (1922, 244)
    """
    square, linear, constant = code.patch
    return square * distance * distance + linear * distance + constant


def logical_error(code: Code, physical_error: float, distance: Scalar) -> Scalar:
    r"""Error of one logical qubit in one cycle.

    $$a\,(p/p^*)^{(d+1)/2}$$

    Units:   probability per logical qubit and cycle (of d rounds; of one round in the model of Gidney and Fowler).
    Shape:   scalar or array; odd distance >= 1.
    Error:   none.
    Kind:    fit.
    Source:  Fowler et al., arXiv:1208.0928, Eq. 11; Beverland et al., arXiv:2211.07629, Eq. 2.
    Checked: tests/physical/test_azure_grid.py, tests/physical/test_gidney_fowler.py.

    >>> round(logical_error(CODES["surface"], 1e-3, 31) / 0.03 * 1e16, 6)
    1.0
    """
    return code.prefactor * power(physical_error / code.threshold, (distance + 1) / 2)


def smallest_distance(code: Code, physical_error: float, budget: Scalar, volume: Scalar) -> Scalar:
    r"""The smallest odd distance at which `volume` logical qubits times cycles fail with probability <= budget.

    $$d \ge 2\,\frac{\ln(a V/\epsilon)}{\ln(p^*/p)} - 1$$

    Units:   code distance.
    Shape:   scalars or arrays that broadcast; physical_error below the threshold, volume of any size.
    Error:   none.
    Kind:    exact for the error model.
    Source:  the inverse of `logical_error`; union bound over qubits and cycles.
    Checked: tests/physical/test_azure_grid.py; test_codes.py, by trying distance after distance.

    >>> smallest_distance(CODES["surface"], 1e-3, 5e-4, 2091 * 14 * 10**9)
    31
    """
    exponent = (log(volume) + log(code.prefactor) - log(budget)) / log(code.threshold / physical_error)
    # ceil(2e - 1) made odd: 2 floor(x/2) + 1 leaves an odd x alone and moves an even one up
    return maximum(2 * floor(ceil(2 * exponent - 1) / 2) + 1, 1)


def allowed_cycles(
    code: Code, physical_error: float, budget: Scalar, qubits: Scalar, distance: Scalar
) -> Scalar:
    r"""How many cycles `qubits` logical qubits live before they fail with probability `budget`.

    $$\lfloor \epsilon / (Q\,a\,(p/p^*)^{(d+1)/2}) \rfloor$$

    Units:   logical cycles.
    Shape:   scalars or arrays that broadcast.
    Error:   none.
    Kind:    exact for the error model.
    Source:  union bound over qubits and cycles.
    Checked: tests/physical/test_codes.py, against `smallest_distance`.

    >>> allowed_cycles(CODES["surface"], 1e-3, 0.005, 30, 13)
    55555
    """
    return floor(budget / (qubits * logical_error(code, physical_error, distance)))
