"""`Tensor`: a symmetric multilinear map, such as half the third derivative, as a flat matrix."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from typing import final

import numpy as np
from scipy import sparse

from qgd_compiler.errors import InputFileError, SpecError, UnsupportedError
from qgd_compiler.kinds import Source
from qgd_compiler.nodes import node
from qgd_compiler.scalars import Scalar, ceil_log2, is_integer, power
from qgd_compiler.structure.checks import Array, count
from qgd_compiler.structure.data_facts import data_facts
from qgd_compiler.structure.declared import Declared
from qgd_compiler.structure.facts import Fact, Facts
from qgd_compiler.structure.matrix import Matrix
from qgd_compiler.structure.sparse import Sparse

NORM_LIMIT = 2000  # rows up to which the norm of the flattening comes from the eigenvalues of F Fᵀ
SYMMETRY = 1e-9  # relative difference of two entries that symmetry says are equal


@final
@node
class Tensor(Matrix):
    """F with F u⊗u⊗… (`inputs` factors) for u of `size` entries: a `size` × `size`^inputs matrix.

    F_{i,(a,b,…)} does not change when a, b, … change places. Column (a, b, …) is number (a·size + b)·size + ….

    indices  (non-zeros, inputs+1): i, a, b, …; None where only bounds are known
    values   (non-zeros,)
    norm, row_sparsity, max_entry   declared, where there are no entries (row_sparsity counts columns)
    Error: InputFileError for indices out of range, NaN, or entries that are not symmetric; SpecError for a
           tensor with neither entries nor a norm.
    """

    size: Scalar = field()
    inputs: int = field()
    indices: Array | None = None
    values: Array | None = None
    norm: Fact | None = None
    row_sparsity: Fact | None = None
    max_entry: Fact | None = None

    @staticmethod
    def of_derivative(
        size: int, inputs: int, entries: Mapping[Sequence[int], float] | Sequence[tuple[Sequence[int], float]]
    ) -> Tensor:
        """F = ∇^{l+1} L / l! from entries of the derivative, each place and its permutations given once or more.

        entries  ((i, j, k, …), value); permutations of a place that are given twice must agree
        """
        pairs = entries.items() if isinstance(entries, Mapping) else entries
        known: dict[tuple[int, ...], float] = {}
        for place, value in pairs:
            key = tuple(sorted(int(i) for i in place))
            if len(key) != inputs + 1:
                raise InputFileError(f"the place {tuple(place)} has {len(key)} indices, not {inputs + 1}")
            before = known.setdefault(key, float(value))
            if not math.isclose(before, value, rel_tol=SYMMETRY, abs_tol=SYMMETRY):
                raise InputFileError(
                    f"the derivative has {before:g} and {value:g} at permutations of {key}",
                    remedy="a derivative is symmetric: give each place once, or equal values",
                )
        places: list[tuple[int, ...]] = []
        values: list[float] = []
        for key, value in known.items():
            for permuted in sorted(set(itertools.permutations(key))):
                places.append(permuted)
                values.append(value / math.factorial(inputs))
        if not places:
            raise InputFileError("the derivative has no entries", remedy="leave it out: it is zero")
        return Tensor(size=size, inputs=inputs, indices=np.array(places), values=np.array(values))

    def _check(self) -> None:
        self._put("size", count("size", self.size))
        self._put("inputs", count("inputs", self.inputs, at_least=2))
        if (self.indices is None) != (self.values is None):
            raise SpecError("a tensor needs both indices and values, or neither")
        if self.indices is None or self.values is None:
            if self.norm is None and (self.row_sparsity is None or self.max_entry is None):
                raise SpecError("nothing bounds the tensor", remedy="norm: …, or sparsity and max_entry")
            return
        places = np.asarray(self.indices, dtype=np.int64)
        values = np.asarray(self.values, dtype=float)
        if places.ndim != 2 or places.shape[1] != self.inputs + 1 or len(places) != len(values):
            raise InputFileError(f"indices have shape {places.shape}, values {values.shape}")
        if not np.all(np.isfinite(values)):
            raise InputFileError("the tensor holds NaN or infinity")
        if len(places) and (places.min() < 0 or places.max() >= self.size):
            bad = places[np.any((places < 0) | (places >= self.size), axis=1)][0]
            raise InputFileError(f"the place {tuple(bad.tolist())} lies outside a size of {self.size}")
        order = np.lexsort(places.T[::-1])
        places, values = places[order], values[order]
        kept = values != 0
        places, values = places[kept], values[kept]
        for array in (places, values):
            array.setflags(write=False)
        self._put("indices", places)
        self._put("values", values)
        self._require_symmetric()

    def _require_symmetric(self) -> None:
        flat = self._sparse(int(self.size))
        turned = self._sparse(int(self.size), swap=True)
        scale = float(np.max(np.abs(self.values), initial=0.0))  # type: ignore[arg-type]
        if (abs(flat - turned) > SYMMETRY * scale).count_nonzero():
            raise InputFileError("the tensor changes when its last two indices change places")

    def _sparse(self, side: int, swap: bool = False) -> sparse.csr_array:
        """The flat matrix with `side` in place of the size (at least it)."""
        assert self.indices is not None and self.values is not None
        inputs = self.indices[:, 1:]
        if swap:
            inputs = np.concatenate([inputs[:, :-2], inputs[:, :-3:-1]], axis=1)
        column = np.zeros(len(inputs), dtype=np.int64)
        for k in range(self.inputs):
            column = column * side + inputs[:, k]
        return sparse.csr_array(
            sparse.coo_array((self.values, (self.indices[:, 0], column)), shape=(side, side**self.inputs))
        )

    @property
    def in_registers(self) -> Matrix:
        """The same matrix with every index on a register of its own, ⌈log2 size⌉ qubits: gaps are zero."""
        bits = ceil_log2(self.size)
        side = power(2, bits)
        if self.indices is not None:
            return Sparse.from_scipy(self._sparse(int(side)))
        facts = self.facts()
        return Declared(
            rows=side,
            columns=power(2, bits * self.inputs),
            norm=facts.norm,
            row_sparsity=facts.row_sparsity,
            column_sparsity=facts.column_sparsity,
            max_entry=facts.max_entry,
            frobenius=facts.frobenius,
            real=True,
        )

    def apply(self, u: Array) -> Array:
        """F u⊗u⊗… for explicit entries: one product per entry."""
        if self.indices is None or self.values is None:
            raise UnsupportedError(f"{self.label} has no entries, only bounds")
        products = self.values * np.prod(u[self.indices[:, 1:]], axis=1)
        return np.bincount(self.indices[:, 0], weights=products, minlength=len(u))

    def _size(self) -> tuple[Scalar, Scalar]:
        return self.size, power(self.size, self.inputs) if not is_integer(self.size) else (
            int(self.size) ** self.inputs
        )

    def _has_data(self) -> bool:
        return self.indices is not None

    def _derive(self, parts: tuple[Facts, ...]) -> Facts:
        if self.indices is None:
            columns = None if self.row_sparsity is None else Fact(self.row_sparsity.value, Source.BOUND)
            if columns is not None and is_integer(self.size):
                columns = Fact(min(columns.value, self.size), Source.BOUND)
            return Facts(
                norm=self.norm,
                row_sparsity=self.row_sparsity,
                column_sparsity=columns,
                max_entry=self.max_entry,
                real=True,
            )
        if not len(self.indices):
            zero = Fact(0.0, Source.EXACT)
            return Facts(norm=zero, max_entry=zero, frobenius=zero, real=True)
        flat = self._sparse(int(self.size))
        facts = data_facts(_used_columns(flat), hermitian=False)
        if self.size > NORM_LIMIT:
            return facts
        square = np.asarray((flat @ flat.T).toarray())
        norm = float(np.sqrt(max(np.linalg.eigvalsh(square)[-1], 0.0)))
        return replace(facts, norm=Fact(norm, Source.EXACT))

    def _dense(self, parts: tuple[Array, ...]) -> Array:
        return np.asarray(self._sparse(int(self.size)).toarray())

    def _note(self) -> str:
        return f"{self.inputs} inputs"


def _used_columns(flat: sparse.csr_array) -> sparse.csr_array:
    """The columns that are not zero: the others add nothing to norms and counts."""
    used = np.unique(flat.indices)
    return sparse.csr_array(flat.tocsc()[:, used])
