r"""Block-encoding of Σ_k w_k f_k f_k^T from a thin factor, α = Σ_k |w_k|·‖f_k‖².

With ν_k = ‖f_k‖√(|w_k|/α): prepare Σ ν_k|k>, undo the state f_k/‖f_k‖ on the system for that k, exchange the system
with an ancilla in |0>, prepare f_k/‖f_k‖ there, undo Σ sign(w_k) ν_k|k>. The exchange leaves |0> in the ancilla just
for the part along f_k.
Error: four rounded states, α(2⌈log2 r⌉ + 2⌈log2 n⌉)·π/2^b (bound).
`compressed` gives the factor with the least α, the eigenvectors: α is then the sum of the |eigenvalues|.

No product of encodings of F, diag(w) and F† does better: its α is max|w|·‖F‖_F², and it prepares the states of the
same n·r entries, and n or r norms and a table besides.
Source: the purified projection, e.g. Gilyén et al., arXiv:1806.01838, lemma 45; trees as arXiv:1603.08675.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.amplitude_tree import Tables, amplitude_tree, realised, tree_tables
from qgd_compiler.algorithms.composites.marks import where_all
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.kinds import Kind
from qgd_compiler.program.builder import Builder
from qgd_compiler.program.primitives import ControlledSwap, Gate
from qgd_compiler.scalars import Scalar, ceil_log2, maximum, power

NAME = "low rank"


@dataclass(frozen=True, eq=False)
class LowRankStates:
    """F diag(w) F^T, F of `rows` x `rank`. `total` is Σ|w_k|·‖f_k‖², the α.

    factor, weights   real data; None makes a count only
    """

    rows: Scalar
    rank: Scalar
    total: Scalar
    bits: Scalar
    access: Access
    factor: np.ndarray | None = None
    weights: np.ndarray | None = None
    tables: bool = True

    def encode(self, controlled: bool) -> Encoding:
        """Where the control is off all angles are looked up as 0. ValueError for data that disagree."""
        norms, signs, states = self._tables()
        n_bits, k_bits, b = ceil_log2(self.rows), ceil_log2(self.rank), self.bits
        builder = Builder(f"{NAME} ({self.access.name})", "hessian")
        on = (builder.register("control", 1),) if controlled else ()
        system = builder.register("system", n_bits)
        ancilla = builder.register("ancilla", k_bits + n_bits)
        gradient = builder.register("gradient", b)
        column, other = ancilla.part(0, k_bits), ancilla.part(k_bits, n_bits)
        right = amplitude_tree(self.rank, b, self.access, controlled=controlled, tables=norms)
        left = amplitude_tree(self.rank, b, self.access, controlled=controlled, tables=signs)
        state = amplitude_tree(
            self.rows, b, self.access, rows=self.rank, controlled=controlled, tables=states
        )
        builder.call(right, *on, column, gradient)
        builder.call(state, *on, column, system, gradient, adjoint=True)
        if controlled:
            builder.call(ControlledSwap(bits=n_bits), *on, system, other)
        else:
            builder.call(Gate(kind="SWAP", bits=n_bits), system, other)
        builder.call(state, *on, column, system, gradient)
        builder.call(left, *on, column, gradient, adjoint=True)
        if self.weights is not None and len(self.weights) == 1 and self.weights[0] < 0:
            # one state has no rotation to hold the sign
            with where_all(builder, [(on[0], 1)] if on else []) as always:
                builder.call(Gate(kind="Z"), always)
        return Encoding(
            name=NAME,
            access=self.access.name,
            routine=builder.routine(),
            alpha=self.total,
            epsilon=epsilon_bound(self.rows, self.rank, self.total, b),
            kind=Kind.BOUND,
            system=n_bits,
            ancilla=k_bits + n_bits,
            gradient=b,
            controlled=controlled,
            word_bits=b,
        )

    def _tables(self) -> tuple[Tables | None, Tables | None, Tables | None]:
        if self.factor is None or self.weights is None or not self.tables:
            return None, None, None
        norms, signs = self._amplitudes(self.factor, self.weights)
        bits = int(self.bits)
        return tree_tables(norms, bits), tree_tables(signs, bits), tree_tables(self.factor.T, bits)

    def _amplitudes(self, factor: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """ν, and ν with the signs of the weights, both times √α."""
        if np.iscomplexobj(factor) or np.iscomplexobj(weights):
            raise ValueError("the factor and the weights of a low-rank matrix must be real here")
        if factor.shape != (int(self.rows), int(self.rank)) or weights.shape != (int(self.rank),):
            raise ValueError(
                f"a factor of shape {factor.shape} with {weights.size} weights is not {self.rows} x {self.rank}"
            )
        found = weight_sum(factor, weights)
        if not found > 0 or not math.isclose(found, float(self.total), rel_tol=1e-9):
            raise ValueError(
                f"the weighted squares of the data sum to {found:.6g}, not {float(self.total):.6g}"
            )
        norms = np.sqrt(np.abs(weights) * (factor**2).sum(axis=0))
        return norms, np.where(weights < 0, -norms, norms)

    def realised(self) -> np.ndarray | None:
        """The matrix that the rounded angles stand for."""
        if self.factor is None or self.weights is None:
            return None
        bits = int(self.bits)
        norms, signs = self._amplitudes(self.factor, self.weights)
        both = realised(norms, bits) * realised(signs, bits)
        if len(both) == 1:
            both = np.sign(self.weights)
        states = realised(self.factor.T, bits)
        return np.asarray(float(self.total) * (states.T * both) @ states)


def weight_sum(factor: np.ndarray, weights: np.ndarray) -> float:
    """Σ|w_k|·‖f_k‖², the α of these columns."""
    return float(np.abs(weights) @ (factor**2).sum(axis=0))


def compressed(factor: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Orthonormal columns V (n, r') and eigenvalues λ with V diag(λ) V^T the same matrix, λ not 0.

    Σ|λ| is the least α that any factors of a symmetric matrix have (its trace norm). Error: eigenvalues below
    n·2^−52 of the largest are left out. O(n r²). ValueError for a matrix of zeros.
    """
    q, r = np.linalg.qr(factor)
    core = (r * weights) @ r.T
    values, vectors = np.linalg.eigh((core + core.T) / 2)
    sizes = np.abs(values)
    keep = sizes > sizes.max() * len(factor) * np.finfo(float).eps
    if not keep.any():
        raise ValueError("a matrix of zeros needs no encoding")
    return np.asarray(q @ vectors[:, keep]), np.asarray(values[keep])


def epsilon_bound(rows: Scalar, rank: Scalar, total: Scalar, angle_bits: Scalar) -> Scalar:
    """Spectral error of the block: the rounding of four states, times α (bound)."""
    return total * 2 * (ceil_log2(rows) + ceil_log2(rank)) * math.pi / power(2, angle_bits)


def angle_bits_for(rows: Scalar, rank: Scalar, total: Scalar, epsilon: Scalar) -> Scalar:
    """The smallest b (at least 2) with `epsilon_bound` at most `epsilon`."""
    return maximum(ceil_log2(maximum(epsilon_bound(rows, rank, total, 0) / epsilon, 1)), 2)
