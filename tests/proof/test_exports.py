"""Circuits written for other programs: read there again, run there, and counted there."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qgd_compiler.backends.dot import dot
from qgd_compiler.backends.openqasm import openqasm
from qgd_compiler.backends.qref import KINDS, qref
from qgd_compiler.costing.fold import Folder
from qgd_compiler.costing.prices import price_of
from qgd_compiler.program.builder import Builder
from qgd_compiler.program.flatten import Flattened
from qgd_compiler.program.graph import call_graph
from qgd_compiler.program.primitives import And, Gate, Rotation
from qgd_compiler.proof.build import Built, build
from qgd_compiler.proof.executed import Execution, execute
from qgd_compiler.proof.families import families

RUN_ELSEWHERE = (
    "direct polynomial, generalised QSP",
    "one-sided polynomial of a driven run",
    "Gram geometric sum, generalised QSP",
    "stationary, kernel reflection",
    "stationary, discrete adiabatic",
)


def built(name: str) -> Built:
    """The circuit of one family."""
    one = next(f for f in families() if f.name == name)
    with tempfile.TemporaryDirectory() as folder:
        return build(one, Path(folder))


def dense(execution: Execution, flat: Flattened) -> np.ndarray:
    """The final state over the qubits of the flattened circuit, q[0] least significant; work qubits are 0."""
    found = np.zeros(1 << flat.qubits, dtype=complex)
    index = np.zeros(len(execution.state.keys), dtype=np.int64)
    for name, spots in execution.places.items():
        for place, qubit in zip(spots, flat.registers[name], strict=True):
            index |= execution.state.values([place]).astype(np.int64) << qubit
    found[index] = execution.state.amplitudes
    return found


def run_in_qiskit(text: str, seed: int) -> tuple[np.ndarray, int]:
    """The state after Qiskit has read and run it, ANDs erased with random outcomes, and how many gave 1."""
    pytest.importorskip("qiskit_qasm3_import")
    from qiskit import qasm3
    from qiskit.quantum_info import Statevector

    circuit = qasm3.loads(text)
    state = Statevector.from_int(0, 2**circuit.num_qubits)
    state.seed(seed)
    bits: dict[Any, int] = {}
    ones = drawn = 0
    for instruction in circuit.data:
        operation = instruction.operation
        at = [circuit.find_bit(q).index for q in instruction.qubits]
        if operation.name == "measure":
            (bit,) = instruction.clbits
            if circuit.clbits.index(bit) == 1:  # `kept`: what is not 0 is given up
                projected = state.data.reshape([2] * circuit.num_qubits)
                keep = np.take(projected, 0, axis=circuit.num_qubits - 1 - at[0])
                whole = np.zeros_like(projected)
                np.moveaxis(whole, circuit.num_qubits - 1 - at[0], 0)[0] = keep
                state = Statevector(whole.ravel())
                continue
            size = np.linalg.norm(state.data)  # less than 1 behind a measurement that was kept
            unit = Statevector(state.data / size)
            drawn += 1
            unit.seed(1000 * seed + drawn)
            outcome, after = unit.measure(at)
            state = Statevector(after.data * size)
            bits[bit], ones = int(outcome), ones + int(outcome)
        elif operation.name == "if_else":
            bit, value = operation.condition
            if bits[bit] == value:
                (body,) = (b for b in operation.blocks if b is not None)
                for inner in body.data:
                    places = [at[body.find_bit(q).index] for q in inner.qubits]
                    state = state.evolve(inner.operation, places)
        elif operation.name == "reset":
            # the qubit is in |0> or |1>, and nothing else: flip it back
            axis = circuit.num_qubits - 1 - at[0]
            grid = state.data.reshape([2] * circuit.num_qubits)
            low, high = np.take(grid, 0, axis=axis), np.take(grid, 1, axis=axis)
            assert min(np.linalg.norm(low), np.linalg.norm(high)) < 1e-10
            whole = np.zeros_like(grid)
            np.moveaxis(whole, axis, 0)[0] = low + high
            state = Statevector(whole.ravel())
        else:
            state = state.evolve(operation, at)
    return np.asarray(state.data), ones


@pytest.mark.parametrize("name", RUN_ELSEWHERE)
def test_qiskit_reads_the_circuit_again_and_ends_in_our_state(name: str) -> None:
    this = built(name)
    flat = Flattened(this.program)
    found, ones = run_in_qiskit(openqasm(this.program, name), seed=7)
    ours = dense(execute(this.program), flat)
    assert ones > 0 or "stationary" not in name, "some outcomes were 1, so the feed-forward was run"
    assert np.abs(found - ours).max() < 1e-9


@pytest.mark.parametrize("name", RUN_ELSEWHERE[:1])
def test_cirq_runs_the_circuit_to_our_state(name: str) -> None:
    cirq = pytest.importorskip("cirq")
    from qgd_compiler.bloqs.flat_cirq import circuit_json

    this = built(name)
    flat = Flattened(this.program)
    circuit = cirq.read_json(json_text=circuit_json(this.program))
    order = cirq.LineQubit.range(flat.qubits)[::-1]
    found = cirq.Simulator(dtype=np.complex128, seed=3).simulate(circuit, qubit_order=order)
    assert np.abs(found.final_state_vector - dense(execute(this.program), flat)).max() < 1e-6


@pytest.mark.parametrize("depth", [1, 3, 20])
@pytest.mark.parametrize("name", ["direct polynomial, generalised QSP", "momentum"])
def test_bartiq_evaluates_the_qref_to_our_counts(name: str, depth: int) -> None:
    schema = pytest.importorskip("qref")
    bartiq = pytest.importorskip("bartiq")
    this = built(name)
    document = qref(this.counted, Folder(price_of), depth=depth)
    validated = schema.SchemaV1.model_validate(json.loads(json.dumps(document)))
    evaluated = bartiq.evaluate(bartiq.compile_routine(validated).routine, {}).routine
    cost = Folder(price_of).cost(this.counted)
    for kind in KINDS:
        assert evaluated.resources[kind].value == getattr(cost.gates, kind)
    qubits = sum(int(r.size) for r in this.counted.registers) + int(cost.work)
    assert evaluated.resources["logical_qubits"].value == qubits


def test_the_graph_has_a_node_for_each_routine_and_an_edge_for_each_call() -> None:
    program = built("direct polynomial, generalised QSP").program
    graph, text = call_graph(program), dot(program)
    assert text.count("[label=") == len(graph.nodes) + len(graph.edges)
    assert text.startswith("digraph") and text.endswith("}\n")


def test_a_rotation_without_an_angle_is_not_written_down() -> None:
    from qgd_compiler.errors import UnsupportedError

    builder = Builder("open")
    q = builder.register("system", 1)
    builder.call(Rotation(axis="Y"), q)
    with pytest.raises(UnsupportedError, match="without an angle"):
        openqasm(builder.routine())


def test_an_and_of_zeros_and_a_fan_are_written_gate_by_gate() -> None:
    builder = Builder("few")
    a, b = builder.register("a", 2), builder.register("b", 2)
    flag = builder.allocate("flag", 1)
    builder.call(And(values=(0, 1)), a.part(0, 1), a.part(1, 1), flag)
    builder.call(Gate(kind="CNOT", bits=2, fan=True), flag, b)
    builder.call(And(values=(0, 1)), a.part(0, 1), a.part(1, 1), flag, adjoint=True)
    builder.release(flag)
    text = openqasm(builder.routine())
    body = [line for line in text.splitlines() if line.startswith(("x", "c", "h", "if", "reset", "erased"))]
    assert body == [
        "x q[0];",
        "ccx q[0], q[1], q[4];",
        "x q[0];",
        "cx q[4], q[2];",
        "cx q[4], q[3];",
        "x q[0];",
        "h q[4];",
        "erased = measure q[4];",
        "if (erased) { cz q[0], q[1]; }",
        "reset q[4];",
        "x q[0];",
    ]
