"""Classical times and energies against published and measured numbers, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

from qgd_compiler.baselines.asked import machines, operator
from qgd_compiler.baselines.machines import ONE_CORE, ONE_CORE_RANDOM, Roofline, a100, h100
from qgd_compiler.baselines.runs import accelerated, back_propagation, bill, bills, plain, stochastic
from qgd_compiler.baselines.work import Operator, Work, product, step
from qgd_compiler.kinds import Kind
from qgd_compiler.spec.loader import validate
from tests.spec.examples import SMALL, changed


def test_a_large_sparse_product_takes_as_long_and_as_much_energy_as_the_literature_says() -> None:
    # 1e9 entries, float64 with 4-byte indices: 12 GB; H100 at 3.35 TB/s and 700 W: 3.6 ms, 2.5 J
    matrix = Operator(rows=10**5, nonzeros=10**9, value_bytes=8)
    one = bill(plain(matrix, 1), h100("float64"))
    assert one.seconds == pytest.approx(3.6e-3, rel=0.01)
    assert one.joules == pytest.approx(2.5, rel=0.01)
    assert one.bound_by == "memory"
    many = bill(plain(matrix, 10**6), h100("float64"))
    assert (many.seconds, many.joules) == (pytest.approx(3.6e3, rel=0.01), pytest.approx(2.5e6, rel=0.01))
    fast = bill(accelerated(matrix, 3290, Kind.EXACT, "x^T at 1e-3"), h100("float64"))
    assert (fast.seconds, fast.joules) == (pytest.approx(12, rel=0.02), pytest.approx(8.3e3, rel=0.01))


def test_one_core_takes_what_was_measured() -> None:
    # 4 µs + 1.06 ns n + 0.52 ns nnz; n = 1e6, nnz = 1e7: 4e-6 + 1.06e-3 + 5.2e-3
    matrix = Operator(rows=10**6, nonzeros=10**7)
    assert ONE_CORE.seconds(product(matrix)) == pytest.approx(6.264e-3, rel=1e-6)
    assert ONE_CORE_RANDOM.seconds(product(matrix)) == pytest.approx(4e-6 + 1.06e-3 + 80e-3)
    assert bill(plain(matrix, 3), ONE_CORE).joules is None, "nobody measured its power"
    small = Operator(rows=10, nonzeros=30)
    assert ONE_CORE.bound_by(product(small)) == "calls"
    assert ONE_CORE.seconds(step(small).times(100)) == pytest.approx(100 * 4e-6, rel=0.01)


def test_back_propagation_is_bound_by_arithmetic() -> None:
    # 92.1 GFLOP an image, 512 images a step: 47 TFLOP; H100 at 67 TFLOPS: 0.70 s a step
    run = back_propagation(512 * 92.1e9, 103_703_700, 100, 4)
    on_gpu, on_core = bill(run, h100("float32")), bill(run, ONE_CORE)
    assert on_gpu.seconds == pytest.approx(70.4, rel=0.01)
    assert (on_gpu.bound_by, on_core.bound_by) == ("arithmetic", "arithmetic")
    assert on_core.seconds > 100 * on_gpu.seconds


def test_a_step_moves_and_computes_what_a_loop_over_the_entries_does() -> None:
    rng = np.random.default_rng(0)
    dense = (rng.random((7, 7)) < 0.4) * rng.normal(size=(7, 7))
    nonzeros = int(np.count_nonzero(dense))
    flop = moved = 0
    for i in range(7):
        for _ in np.flatnonzero(dense[i]):
            flop, moved = flop + 2, moved + 8 + 4  # multiply, add; value and index
        flop, moved = flop + 3, moved + 5 * 8  # x, y, u, g in, u out; add, multiply, subtract
    work = step(Operator(7, nonzeros, value_bytes=8))
    assert (work.flop, work.bytes) == (flop, moved)
    unindexed = product(Operator(7, 49, value_bytes=4, index_bytes=0))
    assert unindexed.bytes == 49 * 4 + 2 * 7 * 4


def test_a_roofline_takes_the_slower_of_its_two_sides() -> None:
    machine = Roofline("x", bandwidth=10.0, flops=100.0, watts=3.0)
    assert machine.seconds(Work(flop=1000, bytes=50)) == 10
    assert machine.seconds(Work(flop=100, bytes=50)) == 5
    assert machine.bound_by(Work(flop=1000, bytes=50)) == "arithmetic"


def test_the_same_rules_serve_symbols_and_arrays() -> None:
    n = sympy.Symbol("n", positive=True, integer=True)
    formula = plain(Operator(n, 5 * n), 100).work.bytes
    for rows in (10, 10**12):
        assert int(formula.subs(n, rows)) == plain(Operator(rows, 5 * rows), 100).work.bytes
    sizes = np.array([1e3, 1e6, 1e9])
    times = a100("float32").seconds(plain(Operator(sizes, 5 * sizes), 100).work)
    assert times == pytest.approx(
        [a100("float32").seconds(plain(Operator(s, 5 * s), 100).work) for s in sizes]
    )


def test_minibatches_pay_for_their_own_matrix() -> None:
    whole, batch = plain(Operator(50, 1000), 20), stochastic(Operator(50, 100), 20)
    assert batch.work.nonzeros == whole.work.nonzeros // 10


def test_the_fastest_bill_comes_first_and_every_pair_is_there() -> None:
    matrix = Operator(10**4, 10**7)
    found = bills([plain(matrix, 1000), accelerated(matrix, 90, Kind.BOUND, "")], [ONE_CORE, h100("float32")])
    assert len(found) == 4
    assert [b.seconds for b in found] == sorted(b.seconds for b in found)
    assert (found[0].run.name, found[0].machine) == ("accelerated gradient descent", "H100")


def test_a_spec_names_presets_and_machines_of_its_own() -> None:
    default = validate(SMALL).spec.baseline
    assert [m.name for m in machines(default)] == ["one core", "H100"]
    mine = {"name": "mine", "bandwidth": 1e11, "flops": {"value": 2e12, "source": "measured"}}
    spec = validate(changed(SMALL, "baseline", {"machines": ["a100", mine], "precision": "float64"})).spec
    gpu, own = machines(spec.baseline)
    assert (gpu.name, own.name, own.watts) == ("A100", "mine", None)
    assert own.seconds(Work(bytes=10**11)) == 1.0 and own.seconds(Work(flop=2 * 10**12)) == 1.0
    assert own.source == "the spec: assumed, measured"
    matrix = operator(5, 12, spec.baseline)
    assert (matrix.value_bytes, matrix.index_bytes) == (8, 4)
    assert operator(5, 12, default, indexed=False).index_bytes == 0
