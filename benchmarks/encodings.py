"""T gates of our block-encodings over those of Qualtran's SparseMatrix, at equal matrix and precision.

    python benchmarks/encodings.py [--markdown]

A ratio below 1 says that ours takes fewer. Both are exchanged alike: 4 T per Toffoli, AND and controlled swap, and
the same number of T per rotation. α·T is what a solver pays, so its ratio stands beside that of T alone.

Theirs: Qualtran 0.7.0, gates of the call graph. Explicit entries are looked up for row and column and turned into an
angle of b bits; ours are b bits of the entry. A band matrix has one value, theirs over arithmetic oracles.

Where T alone is above 1: row-weighted reads two trees of partial row sums in place of one table, for an α that is the
largest row sum and not n times the largest entry; seven bands on 16 rows are selected by a chain of rotations, which
any values need, while theirs are all equal and take Hadamards.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from comparing import ROTATION_EPSILON, print_table, their_t, wants_markdown
from qualtran.bloqs.block_encoding.sparse_matrix import (
    ExplicitEntryOracle,
    SparseMatrix,
    SymmetricBandedRowColumnOracle,
    TopLeftRowColumnOracle,
    UniformEntryOracle,
)

from qgd_compiler.algorithms.access import Access, Qroam, Qrom
from qgd_compiler.algorithms.banded import BandedArithmetic
from qgd_compiler.algorithms.encoders import Frobenius, RowWeighted, SparseAccess
from qgd_compiler.algorithms.encoding import Encoder
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.fold import fold
from qgd_compiler.costing.prices import price_of


@dataclass(frozen=True)
class Line:
    """One of ours against one of theirs."""

    matrix: str
    ours: str
    t: int
    alpha: float
    their_t: int
    their_alpha: float


def our_t(encoder: Encoder) -> tuple[int, float]:
    """T gates of an encoding without a control, and its α."""
    made = encoder.encode(False)
    return int(Exchange().t_of(fold(made.routine, price_of).gates, ROTATION_EPSILON)), float(made.alpha)


def explicit(bits: int, word: int) -> Iterator[Line]:
    """A full symmetric matrix of 2^bits rows with entries in [0, 1]."""
    rng = np.random.default_rng(bits)
    n = 2**bits
    a = rng.random((n, n))
    data = (a + a.T) / 2
    data /= data.max()
    oracle = TopLeftRowColumnOracle(system_bitsize=bits, num_nonzero=n)
    entries = ExplicitEntryOracle(system_bitsize=bits, data=data, entry_bitsize=word)
    theirs = SparseMatrix(row_oracle=oracle, col_oracle=oracle, entry_oracle=entries, eps=0)
    count = their_t(theirs)
    norm = float(np.linalg.norm(data))
    sums = float(data.sum(axis=1).max())
    accesses: tuple[Access, ...] = (Qrom(), Qroam())
    for access in accesses:
        for encoder in (
            SparseAccess(n, n, 1.0, word, access, True, data),
            Frobenius(n, n, norm, word, access, data),
            RowWeighted(n, sums, sums, word, access, data),
        ):
            t, alpha = our_t(encoder)
            name = f"{encoder.encode(False).name}, {access.name}"
            yield Line(f"full, {n} rows, {word} bits", name, t, alpha, count, float(theirs.alpha))


def banded(bits: int, side: int) -> Iterator[Line]:
    """A circulant matrix of 2^bits rows with `side` bands of one value on each side of the diagonal."""
    oracle = SymmetricBandedRowColumnOracle(bits, bandsize=side)
    theirs = SparseMatrix(
        row_oracle=oracle, col_oracle=oracle, entry_oracle=UniformEntryOracle(bits, 0.3), eps=0
    )
    offsets = tuple(range(-side, side + 1))
    t, alpha = our_t(BandedArithmetic(2**bits, offsets, (0.3,) * len(offsets), periodic=True))
    name = f"circulant, 2^{bits} rows, {len(offsets)} bands"
    yield Line(name, "banded arithmetic", t, alpha, their_t(theirs), float(theirs.alpha))


def main() -> None:
    """Print the table."""
    as_markdown = wants_markdown(__doc__)
    lines = [line for bits in (2, 3, 4, 5) for line in explicit(bits, 8)]
    lines += [line for bits in (4, 10, 27) for side in (1, 3) for line in banded(bits, side)]
    heads = ("matrix", "ours", "T", "their T", "T / theirs", "α·T / theirs")
    rows = [
        (
            line.matrix,
            line.ours,
            f"{line.t:,}",
            f"{line.their_t:,}",
            f"{line.t / line.their_t:.3f}",
            f"{line.t * line.alpha / (line.their_t * line.their_alpha):.3f}",
        )
        for line in lines
    ]
    print_table(heads, rows, as_markdown)


if __name__ == "__main__":
    main()
