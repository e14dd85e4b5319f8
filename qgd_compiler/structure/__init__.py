"""The algebra of matrices: immutable expressions that know their shape, bounds and small dense matrix."""

from qgd_compiler.structure.banded import Banded
from qgd_compiler.structure.block_diagonal import BlockDiagonal
from qgd_compiler.structure.bounded import Bounded
from qgd_compiler.structure.carleman_step import CarlemanStep
from qgd_compiler.structure.carleman_steps import CarlemanSteps
from qgd_compiler.structure.declared import Declared
from qgd_compiler.structure.dense import Dense
from qgd_compiler.structure.diagonal import Diagonal
from qgd_compiler.structure.facts import Fact, Facts, best_norm
from qgd_compiler.structure.gram import Gram
from qgd_compiler.structure.hermitian import require_hermitian
from qgd_compiler.structure.history_matrix import HistoryMatrix
from qgd_compiler.structure.identity import Identity
from qgd_compiler.structure.kronecker import Kronecker
from qgd_compiler.structure.low_rank import LowRank
from qgd_compiler.structure.matrix import Matrix
from qgd_compiler.structure.product import Adjoint, Product
from qgd_compiler.structure.scaled import Scaled
from qgd_compiler.structure.simplify import simplify
from qgd_compiler.structure.sparse import Sparse
from qgd_compiler.structure.step import Step
from qgd_compiler.structure.sum import Sum
from qgd_compiler.structure.tensor import Tensor

__all__ = [
    "Adjoint",
    "Banded",
    "BlockDiagonal",
    "Bounded",
    "CarlemanStep",
    "CarlemanSteps",
    "Declared",
    "Dense",
    "Diagonal",
    "Fact",
    "Facts",
    "Gram",
    "HistoryMatrix",
    "Identity",
    "Kronecker",
    "LowRank",
    "Matrix",
    "Product",
    "Scaled",
    "Sparse",
    "Step",
    "Sum",
    "Tensor",
    "best_norm",
    "require_hermitian",
    "simplify",
]
