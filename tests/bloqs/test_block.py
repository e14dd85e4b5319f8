"""The block of an encoding, contracted by Qualtran gate by gate, is the matrix within ε.

Lookups are erased with a given measurement outcome; its signs are mended up to one sign of the whole state.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

pytest.importorskip("qualtran")
pytestmark = pytest.mark.qualtran

from qgd_compiler.algorithms.access import Qroam, Qrom  # noqa: E402
from qgd_compiler.algorithms.composites.block_diagonal import BlockDiagonalEncoder  # noqa: E402
from qgd_compiler.algorithms.composites.gram import GramEncoder  # noqa: E402
from qgd_compiler.algorithms.composites.linear_combination import SumEncoder  # noqa: E402
from qgd_compiler.algorithms.composites.product import ProductEncoder  # noqa: E402
from qgd_compiler.algorithms.encoders import DiagonalTable, Frobenius, SparseAccess  # noqa: E402
from qgd_compiler.algorithms.encoding import Encoder  # noqa: E402
from qgd_compiler.algorithms.history_encoder import HistoryEncoder  # noqa: E402
from qgd_compiler.bloqs.program import ProgramBloq  # noqa: E402
from qgd_compiler.errors import UnsupportedError  # noqa: E402
from tests.bloqs.contraction import contracted, with_outcome  # noqa: E402

A = np.array([[1.3, -0.7], [-0.7, 2.0]])
N = np.array([[1.3, -0.7], [0.2, 2.0]])
D = np.array([1.3, -0.7])


def sparse(bits: int = 4) -> Encoder:
    return SparseAccess(2, 2, 2.0, bits, Qrom(), True, A)


def diagonal(values: np.ndarray = D, bits: int = 4) -> Encoder:
    return DiagonalTable(len(values), 2.0, bits, Qroam(), values)


RUN = np.eye(6) - np.kron(np.eye(3, k=-1), np.eye(2) - 0.2 * np.diag(D))
CASES: dict[str, tuple[Callable[[], Encoder], np.ndarray]] = {
    "sparse access": (sparse, A),
    "Frobenius tree": (lambda: Frobenius(2, 2, float(np.linalg.norm(N)), 4, Qrom(), N), N),
    "diagonal of three": (lambda: diagonal(np.array([1.3, -0.7, 2.0])), np.diag([1.3, -0.7, 2.0])),
    "Gram": (lambda: GramEncoder(diagonal()), np.diag(D**2)),
    "sum": (lambda: SumEncoder((0.7, -1.3), (diagonal(), None), 1), 0.7 * np.diag(D) - 1.3 * np.eye(2)),
    "product": (lambda: ProductEncoder((diagonal(), sparse())), np.diag(D) @ A),
    "block diagonal": (
        lambda: BlockDiagonalEncoder((diagonal(), DiagonalTable(2, 1.0, 4, Qrom(), D / 1.3))),
        np.diag([*D, *(D / 1.3)]),
    ),
    "history": (lambda: HistoryEncoder(diagonal(), 0.2, 2), RUN),
}


@pytest.mark.parametrize("outcome", [0, 0b1011_0110_1101])
@pytest.mark.parametrize("case", CASES)
def test_the_contracted_block_is_the_matrix_within_epsilon(case: str, outcome: int) -> None:
    make, matrix = CASES[case]
    encoding = make().encode(False)
    found = contracted(ProgramBloq(with_outcome(encoding.routine, outcome))) * encoding.alpha
    n = len(matrix)
    errors = [float(np.linalg.norm(sign * found[:n, :n] - matrix, 2)) for sign in (1, -1)]
    assert min(errors) <= encoding.epsilon
    assert encoding.epsilon < np.linalg.norm(matrix, 2)


@pytest.mark.parametrize("case", [c for c in CASES if c not in ("product", "Gram")])
def test_the_control_of_a_contracted_bloq_decides_between_the_block_and_nothing(case: str) -> None:
    make, matrix = CASES[case]
    encoding = make().encode(True)
    bloq = ProgramBloq(with_outcome(encoding.routine, 0b0110_1011))
    n = len(matrix)
    idle = contracted(bloq, 0)[:n, :n]
    sign = idle[0, 0]
    assert np.allclose(idle, sign * np.eye(n), atol=1e-9) and np.isclose(abs(sign), 1)
    active = contracted(bloq, 1)[:n, :n] * encoding.alpha * np.conj(sign)
    assert np.linalg.norm(active - matrix, 2) <= encoding.epsilon


def test_the_adjoint_is_the_conjugate_transpose() -> None:
    routine = CASES["Frobenius tree"][0]().encode(False).routine
    there = contracted(ProgramBloq(with_outcome(routine, 0)))
    back = contracted(ProgramBloq(with_outcome(routine, 0, adjoint=True)))
    assert np.allclose(np.abs(there), np.abs(back.conj().T), atol=1e-9)
    assert not np.allclose(np.abs(there), np.abs(there.T), atol=1e-2)


def test_an_erased_lookup_without_an_outcome_cannot_be_contracted() -> None:
    with pytest.raises(UnsupportedError, match="outcome"):
        contracted(ProgramBloq(diagonal().encode(False).routine))
