"""Examples of every encoding as a bloq, with numbers and with symbols, as Qualtran's documentation wants them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import sympy
from qualtran import BloqDocSpec, BloqExample
from qualtran.resource_counting.generalizers import ignore_alloc_free, ignore_split_join

from qgd_compiler.algorithms.access import Qroam, Qrom
from qgd_compiler.algorithms.composites.block_diagonal import BlockDiagonalEncoder
from qgd_compiler.algorithms.composites.gram import GramEncoder
from qgd_compiler.algorithms.composites.kronecker import KroneckerEncoder
from qgd_compiler.algorithms.composites.linear_combination import SumEncoder
from qgd_compiler.algorithms.composites.product import ProductEncoder
from qgd_compiler.algorithms.encoders import DiagonalTable, Frobenius, RowWeighted, SparseAccess
from qgd_compiler.algorithms.encoding import Encoder
from qgd_compiler.algorithms.history_encoder import HistoryEncoder
from qgd_compiler.bloqs.encoding import EncodingBloq
from qgd_compiler.scalars import Scalar, ceil_log2

N, S, B = sympy.symbols("n s b", integer=True, positive=True)
NUMBERS: tuple[Scalar, Scalar, Scalar] = (6, 3, 4)  # rows, row sparsity, bits of a word

Make = Callable[[Scalar, Scalar, Scalar], Encoder]


def _sparse(n: Scalar, s: Scalar, b: Scalar) -> Encoder:
    return SparseAccess(n, s, 1.0, b, Qrom())


def _diagonal(n: Scalar, b: Scalar) -> Encoder:
    return DiagonalTable(n, 1.5, b, Qroam())


MAKERS: Mapping[str, Make] = {
    "sparse_access": _sparse,
    "frobenius_tree": lambda n, s, b: Frobenius(n, n, 2.5, b, Qroam()),
    "row_weighted": lambda n, s, b: RowWeighted(n, 1.5, 2.0, b, Qroam()),
    "diagonal_table": lambda n, s, b: _diagonal(n, b),
    "kronecker": lambda n, s, b: KroneckerEncoder((_sparse(n, s, b), _diagonal(s, b))),
    "sum": lambda n, s, b: SumEncoder((0.7, -1.3), (_sparse(n, s, b), None), ceil_log2(n)),
    "product": lambda n, s, b: ProductEncoder((_sparse(n, s, b), _diagonal(n, b))),
    "gram": lambda n, s, b: GramEncoder(_sparse(n, s, b)),
    "block_diagonal": lambda n, s, b: BlockDiagonalEncoder((_sparse(n, s, b), _diagonal(n, b))),
    "history": lambda n, s, b: HistoryEncoder(_sparse(n, s, b), 0.1, 2 * s + 1, n),
}


def _example(name: str, make: Make, sizes: tuple[Scalar, Scalar, Scalar]) -> BloqExample:
    return BloqExample(
        func=lambda: EncodingBloq(make(*sizes)),
        name=name,
        bloq_cls=EncodingBloq,
        generalizer=(ignore_split_join, ignore_alloc_free),
    )


NUMERIC: Mapping[str, BloqExample] = {name: _example(name, make, NUMBERS) for name, make in MAKERS.items()}
SYMBOLIC: Mapping[str, BloqExample] = {
    name: _example(f"{name}_symbolic", make, (N, S, B)) for name, make in MAKERS.items()
}
ENCODING_DOC = BloqDocSpec(bloq_cls=EncodingBloq, examples=[*NUMERIC.values(), *SYMBOLIC.values()])
