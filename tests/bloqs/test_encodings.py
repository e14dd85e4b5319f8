"""Every encoding as a bloq: what Qualtran counts is what we count, in gates and in qubits."""

from __future__ import annotations

import pytest

pytest.importorskip("qualtran")
pytestmark = pytest.mark.qualtran

from qualtran import Bloq, CtrlSpec  # noqa: E402
from qualtran.resource_counting import QubitCount, get_cost_value  # noqa: E402
from qualtran.resource_counting.generalizers import ignore_alloc_free, ignore_split_join  # noqa: E402
from qualtran.testing import assert_equivalent_bloq_counts, assert_valid_bloq_decomposition  # noqa: E402

from qgd_compiler.bloqs.counts import claimed, kinds, of_leaves  # noqa: E402
from qgd_compiler.bloqs.encoding import EncodingBloq  # noqa: E402
from qgd_compiler.bloqs.examples import NUMERIC  # noqa: E402
from qgd_compiler.bloqs.qubits import cirq_qubits, peak_qubits  # noqa: E402
from qgd_compiler.costing.fold import Cost, fold  # noqa: E402
from qgd_compiler.costing.prices import price_of  # noqa: E402

FORMS = ["plain", "adjoint", "controlled", "controlled adjoint"]


def built(name: str, form: str) -> tuple[Bloq, Cost, int]:
    """The bloq, the fold of the encoder's own program, and the qubits of its registers."""
    bloq = NUMERIC[name].make()
    controlled, adjoint = form.startswith("controlled"), form.endswith("adjoint")
    routine = bloq.encoder.encode(controlled).routine
    if adjoint:
        bloq = bloq.adjoint()
    if controlled:
        bloq = bloq.controlled()
    registers = sum(int(r.size) for r in routine.registers)
    return bloq, fold(routine, price_of, adjoint=adjoint), registers


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", NUMERIC)
def test_call_graph_leaves_and_fold_count_the_same_gates(name: str, form: str) -> None:
    bloq, cost, _ = built(name, form)
    ours, leaves = kinds(cost.gates), of_leaves(bloq)
    assert claimed(bloq) == leaves
    assert (leaves.toffoli, leaves.rotations, leaves.t) == (ours.toffoli, ours.rotations, ours.t)
    assert leaves.measurements == ours.measurements
    assert leaves.clifford <= ours.clifford <= 1.1 * leaves.clifford


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", NUMERIC)
def test_the_fold_needs_the_qubits_of_the_flattened_circuit(name: str, form: str) -> None:
    bloq, cost, registers = built(name, form)
    assert registers + cost.work == peak_qubits(bloq)


@pytest.mark.parametrize("name", ["sparse_access", "frobenius_tree", "history"])
def test_qualtrans_own_count_and_a_cirq_circuit_that_reuses_qubits_need_as_many(name: str) -> None:
    bloq, cost, registers = built(name, "controlled")
    assert cirq_qubits(bloq) == get_cost_value(bloq, QubitCount()) == registers + cost.work


@pytest.mark.parametrize("form", ["adjoint", "controlled"])
@pytest.mark.parametrize("name", NUMERIC)
def test_decompositions_are_valid_and_agree_with_their_call_graphs(name: str, form: str) -> None:
    def check(bloq: Bloq) -> None:
        if bloq in seen:
            return
        seen.add(bloq)
        assert_valid_bloq_decomposition(bloq)
        assert_equivalent_bloq_counts(bloq, [ignore_split_join, ignore_alloc_free])
        for instance in bloq.decompose_bloq().bloq_instances:
            if type(instance.bloq).__name__ in ("ProgramBloq", "PrimitiveBloq"):
                check(instance.bloq)

    seen: set[Bloq] = set()
    check(built(name, form)[0])


@pytest.mark.parametrize("name", NUMERIC)
def test_a_bloq_says_of_itself_what_its_encoding_says(name: str) -> None:
    bloq = NUMERIC[name].make()
    encoding = bloq.encoder.encode(False)
    assert (bloq.alpha, bloq.epsilon) == (encoding.alpha, encoding.epsilon)
    sizes = {r.name: r.bitsize for r in bloq.signature}
    assert sizes.pop("system") == bloq.system_bitsize == encoding.system
    assert sizes.pop("ancilla") == bloq.ancilla_bitsize == encoding.ancilla
    assert sizes.pop("gradient", 0) == bloq.gradient_bitsize == encoding.gradient
    assert not sizes and bloq.resource_bitsize == 0
    assert bloq.signal_state.selection_bitsize == bloq.ancilla_bitsize


def test_equal_encodings_are_equal_bloqs() -> None:
    first, second = NUMERIC["gram"].make(), NUMERIC["gram"].make()
    assert first == second and hash(first) == hash(second)
    assert first != first.adjoint() and first.adjoint().adjoint() == first
    assert first != NUMERIC["product"].make()
    assert first.controlled() == second.controlled()


@pytest.mark.parametrize(("values", "ands", "cliffords"), [((1,), 0, 0), ((0,), 0, 2), ((1, 0, 1), 2, 2)])
def test_more_controls_cost_an_and_each_and_a_zero_two_flips(
    values: tuple[int, ...], ands: int, cliffords: int
) -> None:
    bloq: EncodingBloq = NUMERIC["diagonal_table"].make()
    one, more = of_leaves(bloq.controlled()), of_leaves(bloq.controlled(CtrlSpec(cvs=values)))
    assert more.toffoli - one.toffoli == more.measurements - one.measurements == ands
    assert more.clifford - one.clifford == cliffords
