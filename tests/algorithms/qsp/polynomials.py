"""What the polynomial circuits are checked by: singular values of the block of U as the simulator finds it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.polynomial import chebyshev

from qgd_compiler.algorithms.access import Qroam, Qrom
from qgd_compiler.algorithms.composites.gram import GramEncoder
from qgd_compiler.algorithms.composites.kronecker import KroneckerEncoder
from qgd_compiler.algorithms.composites.linear_combination import SumEncoder
from qgd_compiler.algorithms.encoders import Frobenius, RowWeighted, SparseAccess
from qgd_compiler.algorithms.encoding import Encoder, Encoding
from qgd_compiler.algorithms.qsp.series import Parity
from qgd_compiler.program.simulate import block

RNG = np.random.default_rng(11)
TWO = np.array([[0.9, -0.35], [-0.35, -0.2]])
FOUR = RNG.normal(size=(4, 4))
FOUR = FOUR + FOUR.T
SPARSE = np.array([[1.1, 0.4, 0, 0], [0.4, -0.7, 0, 0.3], [0, 0, 0.2, -0.9], [0, 0.3, -0.9, 0.5]])
TALL, WIDE = RNG.normal(size=(4, 2)), RNG.normal(size=(2, 4))
PARITIES = tuple(Parity)


def sparse(matrix: np.ndarray, bits: int = 3) -> Encoder:
    width = int((matrix != 0).sum(axis=0).max())
    return SparseAccess(len(matrix), width, float(np.abs(matrix).max()), bits, Qrom(), True, matrix)


def tree(matrix: np.ndarray, bits: int = 4) -> Encoder:
    rows, columns = matrix.shape
    return Frobenius(rows, columns, float(np.linalg.norm(matrix)), bits, Qroam(), matrix)


def weighted(matrix: np.ndarray, bits: int = 5) -> Encoder:
    sums = np.abs(matrix)
    return RowWeighted(len(matrix), float(sums.sum(1).max()), float(sums.sum(0).max()), bits, Qrom(), matrix)


# an encoder, and the matrix that it encodes
HERMITIAN: dict[str, tuple[Callable[[], Encoder], np.ndarray]] = {
    "sparse access, 2x2": (lambda: sparse(TWO), TWO),
    "sparse access, 4x4": (lambda: sparse(SPARSE), SPARSE),
    "Frobenius, 2x2": (lambda: tree(TWO), TWO),
    "Frobenius, 4x4": (lambda: tree(FOUR), FOUR),
    "row-weighted, 2x2": (lambda: weighted(TWO), TWO),
    "Kronecker, 4x4": (
        lambda: KroneckerEncoder((tree(TWO), sparse(TWO + 0.3 * np.eye(2)))),
        np.kron(TWO, TWO + 0.3 * np.eye(2)),
    ),
    "a sum, 2x2": (
        lambda: SumEncoder((0.8, -0.5), (tree(TWO), None), 1),
        0.8 * TWO - 0.5 * np.eye(2),
    ),
    "Gram, 2x2": (lambda: GramEncoder(tree(TALL)), TALL.T @ TALL),
}
FACTORS: dict[str, tuple[Callable[[], Encoder], np.ndarray]] = {
    "tall": (lambda: tree(TALL), TALL),
    "wide": (lambda: tree(WIDE), WIDE),
    "sparse": (lambda: sparse(SPARSE), SPARSE),
}


def parities_of(degree: int) -> list[Parity]:
    """Those that a polynomial of this degree can have."""
    return [p for p in PARITIES if p is Parity.MIXED or degree % 2 == (p is Parity.ODD)]


def drawn(degree: int, parity: Parity, seed: int, *, complex_numbers: bool = False) -> np.ndarray:
    """Coefficients of both signs that all differ, of a parity."""
    rng = np.random.default_rng([degree, PARITIES.index(parity), seed])
    found = rng.normal(size=degree + 1) + (1j * rng.normal(size=degree + 1) if complex_numbers else 0)
    if parity is not Parity.MIXED:
        found[int(parity is Parity.EVEN) :: 2] = 0
    return np.asarray(found)


def block_of(encoding: Encoding, rows: int, columns: int) -> np.ndarray:
    """The upper left corner of the simulated block."""
    return block(encoding.routine, columns=range(columns)).matrix[:rows, :columns]


def transformed(argument: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    """The polynomial of the singular values of a block that need not be exactly Hermitian.

    Odd terms map right singular vectors to left ones. Even terms keep the right ones, but those of a mixed polynomial
    the left ones, as its circuit runs U† first.
    """
    left, sigma, right = np.linalg.svd(argument)
    even, odd = np.array(coefficients), np.array(coefficients)
    even[1::2], odd[::2] = 0, 0
    mixed = bool(np.any(even)) and bool(np.any(odd))
    kept = left if mixed else right.conj().T
    return np.asarray(
        (kept * chebyshev.chebval(sigma, even)) @ kept.conj().T
        + (left * chebyshev.chebval(sigma, odd)) @ right
    )


def of_matrix(matrix: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    """The polynomial of a Hermitian matrix, by its eigenvalues."""
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * chebyshev.chebval(values, coefficients)) @ vectors.conj().T)


def of_gram(factor: np.ndarray, alpha: float, coefficients: np.ndarray) -> np.ndarray:
    """The polynomial of 1 − 2J†J/α²."""
    gram = factor.conj().T @ factor
    return of_matrix(np.eye(len(gram)) - 2 * gram / alpha**2, coefficients)
