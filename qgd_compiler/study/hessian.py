"""The Hessian of a spec alone: as a tree, and written out where there is data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from qgd_compiler.algorithms.menu.offer import Offer
from qgd_compiler.algorithms.menu.offers import offers
from qgd_compiler.analysis.spectrum import measure_extremes
from qgd_compiler.frontends.structure_of import hessian_of
from qgd_compiler.kinds import Source
from qgd_compiler.spec.digest import spec_digest
from qgd_compiler.spec.loader import Loaded
from qgd_compiler.structure.bounded import Bounded
from qgd_compiler.structure.matrix import Matrix
from qgd_compiler.structure.simplify import simplify
from qgd_compiler.structure.sparse import Sparse
from qgd_compiler.study.assumptions import Progress, sha256

MEASURED_LIMIT = 4096  # rows up to which a structure without one file is written out to be measured


@dataclass(frozen=True)
class HessianStudy:
    """The Hessian alone, with damping and weight decay: as a tree, and written out where there is data."""

    matrix: Matrix
    explicit: Matrix | None
    digest: str
    sources: tuple[Source, ...]

    def offers(self, *, tables: bool = False) -> tuple[Offer, ...]:
        """Its encodings."""
        return offers(self.matrix, entries=self.explicit, tables=tables)


def study_hessian(loaded: Loaded, progress: Progress = lambda _: None) -> HessianStudy:
    """Read the Hessian of a spec and what is known of it; the dynamics are not looked at."""
    progress("reading the Hessian")
    read = hessian_of(loaded, measure_extremes)
    entries = entries_of(read.bare)
    explicit: Matrix | None = None
    if entries is not None:
        moved = entries + float(read.shift) * identity_of(entries.shape[0]) if read.shift else entries
        explicit = Sparse.from_scipy(moved)
    matrix = simplify(read.matrix)
    facts = (explicit or matrix).facts()
    known = [f.source for f in (facts.row_sparsity, facts.max_entry, facts.frobenius) if f is not None]
    return HessianStudy(
        matrix=matrix,
        explicit=explicit,
        digest=spec_digest(loaded.spec, {path.name: sha256(path) for path in read.files}),
        sources=tuple(known) or (Source.ASSUMED,),
    )


def unbounded(matrix: Matrix) -> Matrix:
    """The matrix under the declared and measured bounds that stand around it."""
    while isinstance(matrix, Bounded):
        matrix = matrix.term
    return matrix


def entries_of(matrix: Matrix) -> Any:
    """The matrix as CSR where there is data and it is small enough to write out; else None."""
    from scipy.sparse import csr_array

    inner = unbounded(matrix)
    if isinstance(inner, Sparse):
        return inner.shared()
    if matrix.is_explicit and matrix.rows <= MEASURED_LIMIT:
        return csr_array(np.real_if_close(matrix.matrix()))
    return None


def identity_of(size: int) -> Any:
    from scipy.sparse import eye_array

    return eye_array(size, format="csr")
