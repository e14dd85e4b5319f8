"""Every encoding on its rungs: gates and qubits as Qualtran counts the decomposed bloq, block and α as simulated."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest

from qgd_compiler.algorithms.access import Access, DirtyQroam, IdealQram, Qroam, Qrom
from qgd_compiler.algorithms.encoding import Encoder, Encoding
from qgd_compiler.algorithms.history_encoder import HistoryEncoder
from qgd_compiler.algorithms.menu.offer import Offer, Prepared, Words
from qgd_compiler.algorithms.menu.offers import offers
from qgd_compiler.bloqs import EncodingBloq, claimed, of_leaves, peak_qubits
from qgd_compiler.bloqs.counts import kinds
from qgd_compiler.bloqs.qubits import cirq_qubits
from qgd_compiler.costing.fold import fold
from qgd_compiler.costing.prices import price_of
from qgd_compiler.errors import UnsupportedError
from qgd_compiler.program.ir import Operation
from qgd_compiler.program.primitives import DirtyLookup
from qgd_compiler.program.simulate import block
from qgd_compiler.scalars import Scalar, ceil_log2
from qgd_compiler.structure import Matrix
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
MOST_TOFFOLIS = 1000  # of a program that is decomposed gate by gate


@dataclass(frozen=True)
class Case:
    """One encoding of one matrix, forwards or backwards, with or without a control."""

    name: str
    matrix: Matrix
    offer: Offer
    prepared: Prepared
    controlled: bool
    inverse: bool

    @property
    def encoding(self) -> Encoding:
        """What the compiler says."""
        return self.prepared.encoding(self.controlled)


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
    case = CASES[name]
    verdicts = Verdicts(request, name)
    toffoli = int(fold(case.encoding.routine, price_of, adjoint=case.inverse).gates.toffoli)
    if toffoli > MOST_TOFFOLIS:
        verdicts.not_applicable("counts and qubits", f"{toffoli} Toffolis are too many to take apart")
    else:
        _counts(case, verdicts)
        _qubits(case, verdicts)
    _block(case, verdicts)
    assert not verdicts.failures


def _bloq(case: Case) -> EncodingBloq:
    bloq = EncodingBloq(case.prepared.encoder, case.inverse)
    return bloq.controlled() if case.controlled else bloq


def _counts(case: Case, verdicts: Verdicts) -> None:
    ours = kinds(fold(case.encoding.routine, price_of, adjoint=case.inverse).gates)
    theirs, said = of_leaves(_bloq(case)), claimed(_bloq(case))
    for kind in ("toffoli", "t", "rotations", "measurements"):
        a, b = getattr(ours, kind), getattr(theirs, kind)
        verdicts.say(kind, a == b, f"ours {a}, decomposed {b}")
    close = math.isclose(ours.clifford, theirs.clifford, rel_tol=0.1, abs_tol=10)
    verdicts.say("Cliffords", close, f"ours {ours.clifford}, decomposed {theirs.clifford}")
    verdicts.say("call graph", said == theirs, f"claimed {said}, decomposed {theirs}")


def _qubits(case: Case, verdicts: Verdicts) -> None:
    made = case.encoding
    cost = fold(made.routine, price_of, adjoint=case.inverse)
    ours = int(sum(r.size for r in made.routine.registers) + cost.work)
    walked = peak_qubits(_bloq(case))
    if "parallel" in case.name:
        verdicts.say("qubits", walked <= ours, f"ours {ours}, walked {walked}")
        verdicts.not_applicable(
            "Cirq's greedy qubits", "parts beside each other; a circuit is one after the other"
        )
        return
    verdicts.say("qubits", walked <= ours <= 1.05 * walked, f"ours {ours}, walked {walked}")
    if int(cost.gates.clifford) > 1500 or "qram" in case.name:
        why = "an ideal memory is no circuit" if "qram" in case.name else "more than 1500 Cliffords"
        verdicts.not_applicable("Cirq's greedy qubits", why)
        return
    greedy = cirq_qubits(_bloq(case))
    verdicts.say("Cirq's greedy qubits", greedy <= ours <= 1.05 * greedy, f"ours {ours}, greedy {greedy}")


def _block(case: Case, verdicts: Verdicts) -> None:
    if not case.matrix.is_explicit or case.matrix.rows > 64:
        for rung in ("block", "alpha"):
            verdicts.not_applicable(
                rung, "bounds without data" if not case.matrix.is_explicit else "too large"
            )
        return
    made, meant = case.encoding, case.matrix.matrix()
    rows, columns = case.offer.rows.places(), case.offer.columns.places()
    if case.inverse:
        meant, rows, columns = meant.conj().T, columns, rows
    on = {"control": 1} if case.controlled else {}
    try:
        found = block(made.routine, fixed=on, columns=columns.tolist(), adjoint=case.inverse).matrix
    except UnsupportedError as error:
        for rung in ("block", "alpha"):
            verdicts.not_applicable(rung, error.what)
        return
    inside = found[np.ix_(rows, columns)]
    observed = float(np.linalg.norm(inside * float(made.alpha) - meant, 2))
    claim, size = float(made.epsilon), float(np.linalg.norm(meant, 2))
    verdicts.say("block", observed <= claim + 1e-12 * size, f"observed {observed:.3g}, claimed {claim:.3g}")
    if observed > 1e-9:
        verdicts.say("claim not vacuous", claim <= 10 * observed, f"{claim:.3g} against {observed:.3g}")
    realised = case.prepared.encoder.realised()
    if realised is None:
        verdicts.not_applicable("alpha", "no data in the encoder")
        return
    realised = realised.conj().T if case.inverse else realised
    simulated = float((np.vdot(realised, realised) / np.vdot(realised, inside)).real)
    same = math.isclose(simulated, float(made.alpha), rel_tol=1e-9)
    verdicts.say(
        "alpha",
        same and made.alpha >= (size - claim) * (1 - 1e-12),
        f"{made.alpha} against {simulated}, norm {size}",
    )


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
    _counts(case, verdicts)
    _qubits(case, verdicts)
    verdicts.not_applicable("block", "simulated in tests/algorithms/test_encodings.py")
    assert not verdicts.failures
