"""Every encoding on its rungs: gates and qubits as Qualtran counts the decomposed bloq, block and α as simulated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from qgd_compiler.algorithms.access import Access, DirtyQroam, IdealQram, Qroam, Qrom
from qgd_compiler.algorithms.encoding import Encoder
from qgd_compiler.algorithms.history_encoder import HistoryEncoder
from qgd_compiler.algorithms.menu.offer import Prepared, Words
from qgd_compiler.algorithms.menu.offers import offers
from qgd_compiler.costing.fold import fold
from qgd_compiler.costing.prices import price_of
from qgd_compiler.program.ir import Operation
from qgd_compiler.program.primitives import DirtyLookup
from qgd_compiler.scalars import Scalar, ceil_log2
from tests.conformance.rungs import MOST_TOFFOLIS, Case, climb, judge_counts, judge_qubits
from tests.conformance.verdicts import Verdicts
from tests.matrices import COUNTED, SMALL

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


class Borrowing(DirtyQroam):
    """Borrows two columns wherever there are two, though that never pays for tables as small as here."""

    def operation(
        self, shape: tuple[Scalar, ...], bits: Scalar, table: tuple[int, ...] | None, controlled: bool
    ) -> Operation:
        op = super().operation(shape, bits, table, controlled)
        assert isinstance(op, DirtyLookup)
        return replace(op, blocks=tuple(min(2, 1 << ceil_log2(length)) for length in shape))


ACCESSES: tuple[Access, ...] = (Qrom(), Qroam(), IdealQram(100), Borrowing())
VARIANTS = ((False, False), (True, False), (False, True), (True, True))  # controlled, inverse
BITS = (3, 5, 4)


def cases() -> Iterator[Case]:
    """Every offer for every matrix twice, with access, variant and word length taken in turn."""
    number = 0
    for name, matrix in {**SMALL, **COUNTED}.items():
        for offer in offers(matrix, tables=name in SMALL):
            for _ in range(2):
                access = ACCESSES[number % 4]
                controlled, inverse = VARIANTS[number // 4 % 4]
                bits = BITS[number // 2 % 3]
                prepared = offer.prepared(Words(bits=bits), access)
                how = ("controlled " if controlled else "") + ("inverse " if inverse else "")
                said = f"{name}: {how}{offer.name}, {access.name}, {bits} bits"
                yield Case(said, matrix, offer, prepared, controlled, inverse)
                number += 1


CASES = {case.name: case for case in cases()}


def test_at_least_two_hundred_cases_of_every_kind_are_taken_apart() -> None:
    small = [c for c in CASES.values() if fold(c.encoding.routine, price_of).gates.toffoli <= MOST_TOFFOLIS]
    assert len(small) >= 200
    for word in ("controlled", "inverse", *(f", {a.name}," for a in ACCESSES)):
        assert sum(word in name for name in CASES) >= 50, word


@pytest.mark.parametrize("name", CASES)
def test_an_encoding_stands_on_all_rungs(name: str, request: pytest.FixtureRequest) -> None:
    climb(CASES[name], Verdicts(request, name))


@pytest.mark.parametrize(("iterations", "padding"), [(2, 0), (3, 1), (5, 6)])
@pytest.mark.parametrize("controlled", [False, True])
@pytest.mark.parametrize("inverse", [False, True])
def test_the_history_matrix_stands_on_the_rungs_of_counts(
    iterations: int, padding: int, controlled: bool, inverse: bool, request: pytest.FixtureRequest
) -> None:
    matrix = SMALL["dense 3"]
    offer = offers(matrix, tables=True)[0]
    prepared = offer.prepared(Words(bits=4), Qrom())
    encoder: Encoder = HistoryEncoder(prepared.encoder, 0.1, iterations, padding)
    whole = Prepared(encoder, ("history", iterations, padding))
    name = f"history T={iterations} p={padding} {'controlled ' * controlled}{'inverse' * inverse}"
    case = Case(name, matrix, offer, whole, controlled, inverse)
    verdicts = Verdicts(request, name)
    judge_counts(case, verdicts)
    judge_qubits(case, verdicts)
    verdicts.not_applicable("block", "simulated in tests/algorithms/test_encodings.py")
    assert not verdicts.failures
