"""The bucket-brigade memory: what it reads, its gates, and its depth by a schedule of the gates."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

from qgd_compiler.algorithms.access import BucketBrigadeQram
from qgd_compiler.algorithms.encoders import Frobenius, SparseAccess
from qgd_compiler.costing.fold import fold
from qgd_compiler.costing.prices import price_of
from qgd_compiler.costing.rules_memory import bucket_brigade
from qgd_compiler.evaluate import evaluate
from qgd_compiler.program.expand import expand
from qgd_compiler.program.ir import Allocate, Call, Release, Routine
from qgd_compiler.program.primitives import And, BucketBrigade
from qgd_compiler.program.simulate import block
from tests.program.running import on_basis

SHAPES = [(1,), (2,), (3,), (4,), (7,), (8,), (3, 2), (1, 4), (2, 3)]


def toffoli_depth(routine: Routine) -> int:
    """Layers of ANDs when every gate starts as soon as its qubits are free; fresh work qubits are free at once."""
    free_at: dict[tuple[str, int], int] = {}
    depth = 0
    for step in routine.body:
        if isinstance(step, Release):
            for i in range(int(step.size)):
                free_at.pop((step.register, i), None)
        elif isinstance(step, Call):
            qubits = [
                (w.register, int(w.start) + i)
                for wires in step.wires
                for w in wires
                for i in range(int(w.size))
            ]
            start = max((free_at.get(q, 0) for q in qubits), default=0)
            end = start + int(isinstance(step.op, And) and not step.adjoint)
            free_at.update(dict.fromkeys(qubits, end))
            depth = max(depth, end)
        else:
            assert isinstance(step, Allocate)
    return depth


@pytest.mark.parametrize("controlled", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_bucket_brigade_reads_its_table_and_costs_what_its_rule_says(
    shape: tuple[int, ...], controlled: bool
) -> None:
    rng = np.random.default_rng(sum(shape))
    bits, size = 2, int(np.prod(shape))
    table = tuple(int(w) for w in rng.integers(0, 4, size))
    op = BucketBrigade(shape=shape, bits=bits, controlled=controlled, table=table)
    for adjoint in (False, True):
        circuit, price = expand(op, adjoint), price_of(op, adjoint)
        for before, after in on_basis(circuit).items():
            *address, target = before[1:] if controlled else before
            inside = all(a < n for a, n in zip(address, shape, strict=True))
            on = inside and (not controlled or before[0] == 1)
            word = table[int(np.ravel_multi_index(address, shape))] if on else 0
            assert after == {(*before[:-1], target ^ word): pytest.approx(1)}
        found = fold(circuit, price_of)
        assert found.gates.toffoli == price.gates.toffoli
        assert found.gates.measurements == price.gates.measurements
        assert found.gates.clifford == price.gates.clifford
        assert found.work == price.work
        if not adjoint:
            assert toffoli_depth(circuit) == price.gates.toffoli_depth
    unknown = BucketBrigade(shape=shape, bits=bits, controlled=controlled)
    assert fold(expand(unknown), price_of).gates.clifford == price_of(unknown, False).gates.clifford


def test_the_rule_holds_for_symbols() -> None:
    n, b = sympy.symbols("n b", integer=True, positive=True)
    for controlled in (False, True):
        symbolic = bucket_brigade((n, 3), b, controlled)
        for size in (1, 2, 5, 64):
            numeric = bucket_brigade((size, 3), 4, controlled)
            for field in ("toffoli", "clifford", "measurements", "toffoli_depth"):
                found = evaluate(getattr(symbolic.gates, field), {"n": size, "b": 4})
                assert found == getattr(numeric.gates, field)
            assert evaluate(symbolic.work, {"n": size, "b": 4}) == numeric.work


def test_an_encoding_through_a_bucket_brigade_has_the_same_block() -> None:
    matrix = np.array([[0.7, -0.2, 0.0], [-0.2, 0.4, 1.0], [0.0, 1.0, -0.3]])
    for encoder in (
        SparseAccess(3, 3, 1.0, 3, BucketBrigadeQram(), True, matrix),
        Frobenius(3, 3, float(np.linalg.norm(matrix)), 4, BucketBrigadeQram(), matrix),
    ):
        made = encoder.encode(True)
        found = block(made.routine, fixed={"control": 1}, columns=range(3)).matrix[:3, :3]
        assert found * made.alpha == pytest.approx(encoder.realised(), abs=1e-12)
        shallow, deep = fold(made.routine, price_of).gates, made.access
        assert deep == "bucket_brigade"
        assert shallow.toffoli_depth < shallow.toffoli
