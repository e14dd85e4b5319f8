"""A + cI as one node, where A has explicit entries."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from qgd_compiler.scalars import Scalar
from qgd_compiler.structure.banded import Banded
from qgd_compiler.structure.bounded import Bounded
from qgd_compiler.structure.checks import is_real
from qgd_compiler.structure.dense import Dense
from qgd_compiler.structure.diagonal import Diagonal
from qgd_compiler.structure.facts import NAMES, Fact
from qgd_compiler.structure.matrix import Matrix
from qgd_compiler.structure.sparse import Sparse


def with_shift(term: Matrix, shift: Scalar) -> Matrix | None:
    """`term` + shift·I with the shift on its diagonal; None where `term` has no diagonal of its own.

    Of a `Bounded` term only the bounds on eigenvalues survive, moved by the shift: others follow from data.
    """
    match term:
        case Sparse():
            eye = sparse.eye_array(term.rows, format="csr")
            return Sparse.from_scipy(term.to_scipy() + shift * eye)
        case Dense():
            return Dense(entries=term.entries + shift * np.eye(term.rows))
        case Diagonal(values=values) if values is not None:
            return Diagonal(values=values + shift)
        case Banded():
            bands = dict(zip(term.offsets, term.values, strict=True))
            bands[0] = bands.get(0, 0) + shift
            return Banded(
                rows=term.rows,
                offsets=tuple(bands),
                values=tuple(bands.values()),
                periodic=term.periodic,
            )
        case Bounded():
            return _bounded(term, shift)
    return None


def affine(term: Matrix, factor: Scalar, shift: Scalar) -> Matrix | None:
    """factor·`term` + shift·I as one node of the same kind, for bands and diagonals; else None."""
    match term:
        case Diagonal(values=values) if values is not None:
            return Diagonal(values=factor * values + shift)
        case Banded():
            moved = Banded(
                rows=term.rows,
                offsets=term.offsets,
                values=tuple(factor * v for v in term.values),
                periodic=term.periodic,
            )
            return with_shift(moved, shift)
    return None


def _bounded(term: Bounded, shift: Scalar) -> Matrix | None:
    spectral = {"lambda_min", "lambda_max"}
    given = {name for name in NAMES if getattr(term, name) is not None}
    if not is_real(shift) or not given <= spectral:
        return None
    inner = with_shift(term.term, shift)
    if inner is None:
        return None
    moved = {name: _moved(getattr(term, name), shift) for name in given}
    return Bounded(term=inner, **moved, hermitian=term.hermitian, real=term.real)


def _moved(fact: Fact, shift: Scalar) -> Fact:
    return Fact(fact.value + shift, fact.source)
