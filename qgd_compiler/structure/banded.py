"""`Banded`: one constant on each diagonal, an entry by formula at any size."""

from __future__ import annotations

import math
from dataclasses import field
from typing import final

import numpy as np

from qgd_compiler.errors import SpecError
from qgd_compiler.kinds import Source
from qgd_compiler.nodes import node
from qgd_compiler.scalars import Scalar, is_integer, is_symbolic, sqrt
from qgd_compiler.structure.checks import Array, count, is_real, scalar
from qgd_compiler.structure.data_facts import SPECTRUM_LIMIT, data_facts, exact
from qgd_compiler.structure.facts import Fact, Facts, combine
from qgd_compiler.structure.matrix import Matrix

TRANSFORM_LIMIT = 2**20  # rows up to which the eigenvalues of a circulant matrix are all computed


@final
@node
class Banded(Matrix):
    """A square matrix with A[i, i + o] = v for each offset o and its value v.

    periodic: i + o counts modulo the rows (circulant); otherwise entries outside are absent (Toeplitz).
    rows may be a symbol, then every |o| is taken to be below rows/2. Bands are kept in ascending order, zero
    values dropped, periodic offsets reduced, so that equal matrices have equal digests.

    Facts: exact up to 512 rows; exact eigenvalues of circulants (by FFT, to 2^20 rows) and of Hermitian
    tridiagonal Toeplitz matrices (a + 2|b| cos(πk/(n+1))); otherwise Gershgorin's bound Σ|v|.
    Error: SpecError for offsets that repeat or lie outside, or unequal numbers of offsets and values.
    """

    rows: Scalar = field()
    offsets: tuple[int, ...]
    values: tuple[Scalar, ...]
    periodic: bool = False

    def _check(self) -> None:
        rows = count("rows", self.rows)
        self._put("rows", rows)
        if len(self.offsets) != len(self.values):
            raise SpecError(f"{len(self.offsets)} offsets, but {len(self.values)} values")
        bands: dict[int, Scalar] = {}
        for offset, value in zip(self.offsets, self.values, strict=True):
            if not is_integer(offset):
                raise SpecError(f"the band offset {offset!r} is not an integer")
            place = int(offset)
            if is_integer(rows):
                if abs(place) >= rows:
                    raise SpecError(f"the band offset {place} lies outside a matrix of {rows} rows")
                if self.periodic:
                    place = (place + (rows - 1) // 2) % rows - (rows - 1) // 2
            if place in bands:
                raise SpecError(f"the band offset {offset} stands twice" + (" (modulo rows)" * self.periodic))
            bands[place] = scalar(f"the value of band {offset}", value)
        kept = sorted((o, v) for o, v in bands.items() if is_symbolic(v) or v != 0)
        self._put("offsets", tuple(o for o, _ in kept))
        self._put("values", tuple(v for _, v in kept))

    def _size(self) -> tuple[Scalar, Scalar]:
        return self.rows, self.rows

    def _has_data(self) -> bool:
        return is_integer(self.rows) and not is_symbolic(*self.values)

    def _derive(self, parts: tuple[Facts, ...]) -> Facts:
        if self.is_explicit and self.rows <= SPECTRUM_LIMIT:
            return data_facts(self._dense(()))
        total = Fact(sum((abs(v) for v in self.values), 0), self._full_row())
        bands = Fact(len(self.values), self._full_row())
        squares = (
            abs(v) ** 2 * (self.rows if self.periodic else self.rows - abs(o))
            for o, v in zip(self.offsets, self.values, strict=True)
        )
        hermitian = self._is_hermitian()
        low, high = self._eigenvalues() if hermitian else (None, None)
        top = max((abs(v) for v in self.values), default=0) if not is_symbolic(*self.values) else None
        return Facts(
            norm=self._circulant_norm(),
            lambda_min=low,
            lambda_max=high,
            row_sparsity=bands,
            column_sparsity=bands,
            max_entry=None if top is None else Fact(top, Source.EXACT),
            row_one_norm=total,
            column_one_norm=total,
            frobenius=combine(lambda n: sqrt(sum(squares, 0 * n)), Fact(self.rows, Source.EXACT), exact=True),
            hermitian=hermitian,
            real=all(is_real(v) for v in self.values),
        )

    def _full_row(self) -> Source:
        """Exact where some row (and so some column) has an entry of every band, else a bound."""
        reach = max((0, *self.offsets)) - min((0, *self.offsets))
        full = self.periodic or not is_integer(self.rows) or reach < self.rows
        return Source.EXACT if full else Source.BOUND

    def _is_hermitian(self) -> bool:
        bands = dict(zip(self.offsets, self.values, strict=True))
        for offset, value in bands.items():
            mirror = bands.get(-offset)
            if self.periodic and is_integer(self.rows) and 2 * offset == self.rows:
                mirror = value
            conjugate = value.conjugate() if isinstance(value, complex) else value
            if mirror is None or mirror != conjugate:
                return False
        return True

    def _eigenvalues(self) -> tuple[Fact, Fact]:
        """Smallest and largest eigenvalue of a Hermitian matrix."""
        if self._transforms():
            values = self._spectrum().real
            return exact(values.min()), exact(values.max())
        bands = dict(zip(self.offsets, self.values, strict=True))
        centre = bands.get(0, 0)
        radius = sum((abs(v) for o, v in bands.items() if o != 0), 0)
        source = Source.BOUND
        if not self.periodic and set(bands) <= {-1, 0, 1}:
            source = Source.EXACT
            if is_integer(self.rows):
                radius = radius * math.cos(math.pi / (self.rows + 1))
            else:
                radius = radius * _cos_pi_over(self.rows + 1)
        return Fact(centre - radius, source), Fact(centre + radius, source)

    def _transforms(self) -> bool:
        return self.periodic and self.is_explicit and bool(self.rows <= TRANSFORM_LIMIT)

    def _circulant_norm(self) -> Fact | None:
        return exact(np.abs(self._spectrum()).max()) if self._transforms() else None

    def _spectrum(self) -> Array:
        """All eigenvalues Σ_o v_o exp(2πi o k/n), k = 0 … n−1, of an explicit circulant matrix."""
        first = np.zeros(self.rows, dtype=complex)
        for offset, value in zip(self.offsets, self.values, strict=True):
            first[offset % self.rows] += value
        return np.asarray(np.fft.ifft(first) * self.rows)

    def _dense(self, parts: tuple[Array, ...]) -> Array:
        n = int(self.rows)
        result = np.zeros((n, n), dtype=complex)
        i = np.arange(n)
        for offset, value in zip(self.offsets, self.values, strict=True):
            j = i + offset
            inside = (j >= 0) & (j < n) | self.periodic
            result[i[inside], j[inside] % n] += value
        return result

    def _note(self) -> str:
        kind = "circulant" if self.periodic else "Toeplitz"
        return f"{kind}, offsets {', '.join(map(str, self.offsets))}"


def _cos_pi_over(x: Scalar) -> Scalar:
    if is_symbolic(x):
        import sympy

        return sympy.cos(sympy.pi / x)
    return np.cos(np.pi / x)
