"""Single primitives and gates as bloqs, and how they behave among Qualtran's own."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("qualtran")
pytestmark = pytest.mark.qualtran

from qualtran import BloqBuilder, CtrlSpec, DecomposeTypeError, QBit, QUInt, Register  # noqa: E402
from qualtran.bloqs.basic_gates import MeasureX as LibraryMeasureX  # noqa: E402
from qualtran.bloqs.basic_gates import MeasureZ as LibraryMeasureZ  # noqa: E402
from qualtran.bloqs.block_encoding import LinearCombination, Product, TensorProduct  # noqa: E402
from qualtran.resource_counting import QECGatesCost, get_cost_value  # noqa: E402
from qualtran.testing import assert_valid_bloq_decomposition, assert_valid_cbloq  # noqa: E402

from qgd_compiler.algorithms.access import IdealQram, Qroam  # noqa: E402
from qgd_compiler.algorithms.encoders import DiagonalTable, SparseAccess  # noqa: E402
from qgd_compiler.bloqs.counts import Kinds, claimed, kinds, of_leaves  # noqa: E402
from qgd_compiler.bloqs.encoding import EncodingBloq  # noqa: E402
from qgd_compiler.bloqs.examples import NUMERIC  # noqa: E402
from qgd_compiler.bloqs.measure import MeasureAndReset, MeasureZero  # noqa: E402
from qgd_compiler.bloqs.primitive import PrimitiveBloq  # noqa: E402
from qgd_compiler.bloqs.program import ProgramBloq  # noqa: E402
from qgd_compiler.bloqs.qubits import cirq_circuit, peak_qubits  # noqa: E402
from qgd_compiler.costing.prices import price_of  # noqa: E402
from qgd_compiler.errors import UnsupportedError  # noqa: E402
from qgd_compiler.program.builder import Builder  # noqa: E402
from qgd_compiler.program.ir import Primitive, Routine  # noqa: E402
from qgd_compiler.program.primitives import (  # noqa: E402
    And,
    Conjunction,
    ControlledSwap,
    Gate,
    GreaterEqual,
    GreaterEqualConstant,
    Increment,
    Lookup,
    Postselect,
    PricedLookup,
    RotateByRegister,
    Rotation,
)

PRIMITIVES: list[Primitive] = [
    Conjunction(bits=4, value=0),
    ControlledSwap(bits=3),
    GreaterEqual(bits=3, controlled=True),
    GreaterEqualConstant(bits=4, constant=5),
    Increment(bits=4),
    RotateByRegister(bits=4),
    Rotation(axis="Y", angle=0.3, controlled=True),
    Lookup(shape=(5, 3), bits=2, blocks=(2, 1), erase_blocks=(2, 2), controlled=True, table=None),
    PricedLookup(shape=(5,), bits=2, price_t=37),
]


def alone(*calls: tuple[Gate | Rotation | And, bool]) -> ProgramBloq:
    """A program that runs atoms on one register, qubit after qubit."""
    builder = Builder("gates")
    x = builder.register("x", 3)
    for op, adjoint in calls:
        start, wires = 0, []
        for r in op.registers:
            wires.append(x.part(start, int(r.size)))
            start += int(r.size)
        builder.call(op, *wires, adjoint=adjoint)
    return ProgramBloq(builder.routine())


@pytest.mark.parametrize("adjoint", [False, True])
@pytest.mark.parametrize("primitive", PRIMITIVES, ids=lambda p: p.name)
def test_a_primitive_counts_its_price_and_needs_its_qubits(primitive: Primitive, adjoint: bool) -> None:
    bloq, price = PrimitiveBloq(primitive, adjoint), price_of(primitive, adjoint)
    ours, leaves = kinds(price.gates), of_leaves(bloq)
    assert claimed(bloq) == leaves
    assert (leaves.toffoli, leaves.t, leaves.rotations) == (ours.toffoli, ours.t, ours.rotations)
    assert leaves.measurements == ours.measurements
    assert leaves.clifford <= ours.clifford
    assert bloq.adjoint().adjoint() == bloq != bloq.adjoint()
    if isinstance(primitive, PricedLookup):
        with pytest.raises(DecomposeTypeError):
            bloq.decompose_bloq()
        return
    assert_valid_bloq_decomposition(bloq)
    assert peak_qubits(bloq) == sum(int(r.size) for r in primitive.registers) + price.work


def test_gates_act_on_the_qubits_they_are_given_most_significant_first() -> None:
    y = np.array([[np.cos(0.35), -np.sin(0.35)], [np.sin(0.35), np.cos(0.35)]])
    z = np.diag([np.exp(-0.35j), np.exp(0.35j)])
    h, s, one = np.array([[1, 1], [1, -1]]) / np.sqrt(2), np.diag([1, 1j]), np.eye(2)
    cnot = np.eye(4)[[0, 1, 3, 2]]
    cz, swap = np.diag([1, 1, 1, -1]), np.eye(4)[[0, 2, 1, 3]]
    meant = [
        ((Gate(kind="H"), False), np.kron(h, np.eye(4))),
        ((Gate(kind="X", bits=2), False), np.kron(np.eye(4)[::-1], one)),
        ((Gate(kind="S"), True), np.kron(s.conj(), np.eye(4))),
        ((Gate(kind="S"), False), np.kron(s, np.eye(4))),
        ((Gate(kind="Z", bits=3), False), np.diag([(-1) ** bin(k).count("1") for k in range(8)])),
        ((Gate(kind="CNOT"), False), np.kron(cnot, one)),
        ((Gate(kind="CZ"), True), np.kron(cz, one)),
        ((Gate(kind="SWAP"), False), np.kron(swap, one)),
        ((Gate(kind="CNOT", bits=2, fan=True), False), np.eye(8)[[0, 1, 2, 3, 7, 6, 5, 4]]),
        ((Rotation(axis="Y", angle=0.7), False), np.kron(y, np.eye(4))),
        ((Rotation(axis="Y", angle=0.7), True), np.kron(y.T, np.eye(4))),
        ((Rotation(axis="Z", angle=0.7), False), np.kron(z, np.eye(4))),
        ((Rotation(axis="Z", angle=0.7), True), np.kron(z.conj(), np.eye(4))),
    ]
    whole = np.eye(8)
    for call, matrix in meant:
        assert np.allclose(alone(call).tensor_contract(), matrix, atol=1e-12), call
        whole = matrix @ whole
    program = alone(*(call for call, _ in meant))
    assert np.allclose(program.tensor_contract(), whole, atol=1e-12)
    assert np.allclose(program.adjoint().tensor_contract(), whole.conj().T, atol=1e-12)


@pytest.mark.parametrize("values", [(1, 1), (0, 1), (1, 0), (0, 0)])
def test_an_and_writes_into_a_qubit_that_is_zero_and_its_inverse_leaves_it_so(
    values: tuple[int, int],
) -> None:
    meant = np.zeros((8, 8))
    for a in (0, 1):
        for b in (0, 1):
            meant[4 * a + 2 * b + int((a, b) == values), 4 * a + 2 * b] = 1
    there, back = alone((And(values=values), False)), alone((And(values=values), True))
    assert np.allclose(there.tensor_contract(), meant)
    assert np.allclose(back.tensor_contract(), meant.T)
    assert peak_qubits(there) == peak_qubits(back) == 3


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ((Gate(kind="SWAP"), False), Kinds(clifford=1)),
        ((Gate(kind="S"), True), Kinds(clifford=1)),
        ((Gate(kind="CNOT", bits=2, fan=True), False), Kinds(clifford=2)),
        ((And(), False), Kinds(toffoli=1)),
        ((And(values=(0, 0)), True), Kinds(clifford=1, measurements=1)),
        ((Rotation(axis="Z"), False), Kinds(rotations=1)),
        ((Rotation(axis="Y", angle=np.pi / 2), False), Kinds(rotations=1)),
    ],
)
def test_qualtran_counts_an_atom_as_we_do(call: tuple[Gate, bool], expected: Kinds) -> None:
    assert claimed(alone(call)) == of_leaves(alone(call)) == expected


def test_qualtran_left_to_itself_knows_special_angles() -> None:
    half, eighth = (alone((Rotation(axis="Y", angle=np.pi / k), False)) for k in (2, 4))
    assert claimed(half, any_angle=False) == Kinds(clifford=1)
    assert claimed(eighth, any_angle=False) == of_leaves(eighth, any_angle=False) == Kinds(t=1)


def test_a_measurement_is_one_measurement_and_gives_its_qubit_back() -> None:
    assert get_cost_value(MeasureAndReset(), QECGatesCost()) == get_cost_value(
        LibraryMeasureX(), QECGatesCost()
    )
    for outcome, row in ((0, [1, 1]), (1, [1, -1])):
        assert np.allclose(MeasureAndReset(outcome).tensor_contract(), [row, [0, 0]])


def test_a_measurement_that_must_give_zero_is_a_projection_that_counts_as_one_measurement() -> None:
    assert get_cost_value(MeasureZero(), QECGatesCost()) == get_cost_value(LibraryMeasureZ(), QECGatesCost())
    assert np.allclose(MeasureZero().tensor_contract(), [[1, 0], [0, 0]])
    call = Builder("checked")
    call.call(Gate(kind="H"), call.register("x", 1))
    call.call(Postselect(bits=1), call.register("y", 1))
    bloq = ProgramBloq(call.routine())
    assert claimed(bloq) == of_leaves(bloq) == Kinds(clifford=1, measurements=1)
    with pytest.raises(UnsupportedError, match="inverse"):
        claimed(ProgramBloq(call.routine()).adjoint())


def test_repeated_calls_are_repeated_bloqs() -> None:
    builder = Builder("many")
    builder.call(Increment(bits=3), builder.register("x", 3), times=5)
    bloq = ProgramBloq(builder.routine())
    assert bloq.bloq_counts() == {PrimitiveBloq(Increment(bits=3)): 5}
    assert of_leaves(bloq) == of_leaves(PrimitiveBloq(Increment(bits=3))).times(5)


def test_a_program_without_qubits_of_its_own_is_not_lost() -> None:
    inner = Builder("inside")
    work = inner.allocate("work", 1)
    inner.call(Gate(kind="X"), work)
    inner.call(Gate(kind="X"), work)
    inner.release(work)
    outer = Builder("outside")
    outer.call(Gate(kind="H"), outer.register("x", 1))
    outer.call(inner.routine())
    bloq = ProgramBloq(outer.routine())
    assert claimed(bloq) == of_leaves(bloq) == Kinds(clifford=3)


def test_a_large_lookup_is_counted_without_writing_it_out() -> None:
    encoder = SparseAccess(2**20, 2**6, 1.0, 20, Qroam())
    cost = price_of(Lookup(shape=(2**26,), bits=20, blocks=(2**11,), erase_blocks=(2**13,)), False)
    found = claimed(EncodingBloq(encoder))
    assert found.toffoli > cost.gates.toffoli
    assert claimed(EncodingBloq(DiagonalTable(2**20, 1.0, 8, IdealQram(123)))).t == 2 * 123


def test_our_encodings_stand_in_qualtrans_products_and_sums() -> None:
    diagonal, sparse = NUMERIC["diagonal_table"].make(), NUMERIC["sparse_access"].make()
    both = of_leaves(diagonal).toffoli + of_leaves(sparse).toffoli
    assert claimed(TensorProduct((diagonal, sparse))).toffoli == both
    product = Product((diagonal, sparse))
    assert product.alpha == diagonal.alpha * sparse.alpha
    assert claimed(product).toffoli == of_leaves(product).toffoli > both
    assert claimed(product.controlled()).toffoli == of_leaves(product.controlled()).toffoli
    combined = LinearCombination((diagonal, diagonal.adjoint()), (0.5, -0.25), lambd_bits=2)
    assert of_leaves(combined).toffoli > 2 * of_leaves(diagonal).toffoli


@pytest.mark.parametrize(
    ("spec", "shapes"),
    [
        (CtrlSpec(), [()]),
        (CtrlSpec(cvs=0), [()]),
        (CtrlSpec(cvs=(1, 0, 1)), [(3,)]),
        (CtrlSpec(qdtypes=(QBit(), QBit()), cvs=(np.array(1), np.array([0, 1]))), [(), (2,)]),
    ],
)
def test_a_controlled_encoding_is_wired_by_qualtran(spec: CtrlSpec, shapes: list[tuple[int, ...]]) -> None:
    bloq = NUMERIC["diagonal_table"].make()
    bb = BloqBuilder()
    controls = [bb.add_register(Register(f"c{i}", QBit(), shape=s)) for i, s in enumerate(shapes)]
    registers = {r.name: bb.add_register(r) for r in bloq.signature}
    controlled, add = bloq.get_ctrl_system(spec)
    controls, (system, ancilla) = add(bb, controls, registers)
    named = {f"c{i}": soquet for i, soquet in enumerate(controls)}
    composite = bb.finalize(**named, system=system, ancilla=ancilla)
    assert_valid_cbloq(composite)
    assert of_leaves(composite) == of_leaves(controlled)
    with pytest.raises(UnsupportedError, match="no controlled version"):
        controlled.controlled()


def test_only_qubits_can_control_an_encoding() -> None:
    with pytest.raises(UnsupportedError, match="control"):
        NUMERIC["gram"].make().controlled(CtrlSpec(qdtypes=QUInt(4), cvs=5))


def test_a_flag_of_the_signature_can_be_exported_to_cirq() -> None:
    circuit = cirq_circuit(PrimitiveBloq(Conjunction(bits=4, value=1)))
    assert len(circuit.all_qubits()) == 7
    assert len(list(circuit.all_operations())) == 3


def test_the_compiler_does_not_import_qualtran_by_itself() -> None:
    code = (
        "import sys, qgd_compiler, qgd_compiler.api, qgd_compiler.bloqs;"
        "assert not {'qualtran', 'cirq'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_gate_is_no_primitive_bloq() -> None:
    with pytest.raises(ValueError, match="library"):
        PrimitiveBloq(And())
    assert isinstance(alone().routine, Routine)
