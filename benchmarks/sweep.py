"""Points per second of CPU time: our sweeps, and other libraries asked once per point.

    OPENBLAS_NUM_THREADS=1 python benchmarks/sweep.py

Ours price a declared run of gradient descent: solver, encoding, split of the error and classical runs. The others
count one loop of d = T uses of a sparse block-encoding with n rows, 8 entries in each, and words of 10 bits: less is
asked of them. All solvers that serve are chosen among: polynomials too where no eigenvalue is negative, and the
stationary point where all are positive; else some are negative. Our grids read a Hessian once for each n, and
the points of the others have an n each. Our rows "every n its own" have the same kind of points; on a grid, others that
count a query once for each n and multiply by d gain too.

    Qualtran    SparseMatrix built and counted. Tables: places and values looked up, by shape. Bands: as in
                encodings.py, all entries equal
    bartiq      a routine in QREF, compiled once, evaluated per point: our closed form of a query with its functions
                handed over, and a short form without a search for the best columns
    PennyLane   QSVT over tables, `pennylane.estimator`
    Microsoft   physical estimate of given logical counts; nothing is built

A library that is missing has a row without numbers. Time is `time.process_time`, after a warm-up, in one process.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from qgd_compiler import api
from qgd_compiler.physical.budget import even_split
from qgd_compiler.physical.logical_counts import LogicalCounts
from qgd_compiler.physical.machines import machine, preset
from qgd_compiler.physical.second_opinion import ask_in_process, is_installed
from qgd_compiler.spec.dump import to_plain
from qgd_compiler.spec.loader import validate
from qgd_compiler.sweeps.pointwise import Pointwise
from qgd_compiler.sweeps.quick import Quick

PER_ROW = 8
BITS = 10
SPEC: dict[str, Any] = {
    "qgd": 1,
    "name": "declared",
    "model": {"parameters": 2**30},
    "hessian": {
        "kind": "sparse",
        "n": 2**30,
        "row_sparsity": PER_ROW,
        "max_entry": 0.5,
        "lambda_min": -0.001,
        "lambda_max": 4.0,
    },
    "gradient": {"norm": 1.0},
    "solution": {"final_over_max": 0.9},
    "dynamics": {"learning_rate": 0.1, "iterations": 10**6},
    "target": {"epsilon": 0.01},
}


def with_lowest(value: float) -> dict[str, Any]:
    """The spec with another smallest eigenvalue: where none is negative, polynomials may serve too."""
    return {**SPEC, "hessian": {**SPEC["hessian"], "lambda_min": value}}


CONVEX, CONTRACTING = with_lowest(0.0), with_lowest(0.02)

Array = np.ndarray[Any, Any]
# n, bits of a word and uses of the encoding in, the counts of the library out
Count = Callable[[int, int, int], object]


@dataclass(frozen=True)
class Line:
    """A row of the table; `speed` in points per second of CPU time, None where the library is missing."""

    what: str
    points: int
    speed: float | None


def values(low: float, high: float, count: int) -> Array:
    """Whole numbers at equal steps of their logarithm."""
    return np.round(np.geomspace(low, high, count)).astype(np.int64)


def grid(n: Array, iterations: Array) -> dict[str, Array]:
    """All pairs."""
    pairs = np.meshgrid(n, iterations, indexing="ij")
    return {"n": pairs[0].ravel(), "T": pairs[1].ravel()}


def own(count: int) -> dict[str, Array]:
    """Points of which each has an n and a T of its own."""
    rng = np.random.default_rng(5)
    return {"n": rng.permutation(values(1e4, 1e9, count)), "T": values(100, 3e4, count)}


def chooser(spec: dict[str, Any], columns: dict[str, Array]) -> Any:
    """What chooses plans in a sweep over these points, of which it has seen some first as every sweep has."""
    loaded = validate(spec)
    seen = np.sort(np.random.default_rng(3).choice(len(columns["n"]), 256))
    sample = {name: column[seen] for name, column in columns.items()}
    return api.EVALUATORS["choice"](loaded, to_plain(loaded.spec), sample)


def line(what: str, evaluator: Any, columns: dict[str, Array], spec: dict[str, Any] = SPEC) -> Line:
    """Evaluate all points in the chunks of a sweep."""
    document = to_plain(validate(spec).spec)
    rows = len(columns["n"])

    def run(start: int, stop: int) -> None:
        chunk = {name: column[start:stop] for name, column in columns.items()}
        found = evaluator.evaluate(document, str(Path.cwd()), list(columns), chunk)
        assert set(found["status"]) == {"ok"}

    run(0, min(8, rows))
    gc.collect()  # what other rows left behind is none of this one
    before = time.process_time()
    for start in range(0, rows, evaluator.chunk):
        run(start, min(start + evaluator.chunk, rows))
    return Line(what, rows, rows / (time.process_time() - before))


def ours() -> Iterator[Line]:
    """Arrays first: those of the choice and of the fixed plan are what the others are divided by."""
    loaded = validate(SPEC)
    document = to_plain(loaded.spec)
    choice = api.EVALUATORS["choice"](loaded, document)
    fixed = api.EVALUATORS["fixed"](loaded, document)
    assert isinstance(choice, Quick)
    n, iterations = (1e4, 1e9), (100, 3e4)
    yield line("choice, 64 n x 64 T", choice, grid(values(*n, 64), values(*iterations, 64)))
    yield line("fixed plan, 256 n x 256 T", fixed, grid(values(*n, 256), values(*iterations, 256)))
    yield line("choice, 100 n x 1,000 T", choice, grid(values(*n, 100), values(*iterations, 1000)))
    yield line("choice, 100 n x 10,000 T", choice, grid(values(*n, 100), values(*iterations, 10_000)))
    yield line("fixed plan, 2 n x 100,000 T", fixed, grid(values(*n, 2), np.arange(100, 100_100)))
    yield line("fixed plan, 2 n x 1,000,000 T", fixed, grid(values(*n, 2), np.arange(100, 1_000_100)))
    yield line("choice, every n its own", choice, own(1000))
    yield line("fixed plan, every n its own", fixed, own(1000))
    for name, spec in (("none negative", CONVEX), ("all positive", CONTRACTING)):
        for columns, size in (
            (grid(values(*n, 26), values(10, 1e6, 26)), "26 n x 26 T"),
            (grid(values(*n, 100), values(*iterations, 10_000)), "100 n x 10,000 T"),
        ):
            yield line(f"choice, {name}, {size}", chooser(spec, columns), columns, spec)
    slow = choice.slow
    assert isinstance(slow, Pointwise)
    yield line("point by point, every n its own", slow, own(6))
    yield single("api.price, n = 2^30, T = 10^6", api.price, [SPEC] * 50)
    yield single("api.price, another T each time", api.price, [lasting(10**6 + i) for i in range(1, 51)])
    yield single("api.price, none negative", api.price, [CONVEX] * 50)
    yield single("api.price, all positive", api.price, [CONTRACTING] * 50)
    yield single("api.compile, n = 2^30, T = 10^6", api.compile, [SPEC] * 10)


def single(what: str, verb: Callable[[Any], Any], specs: Sequence[dict[str, Any]]) -> Line:
    """One spec after the other, where the first has been asked for before."""
    verb(specs[0])
    gc.collect()
    before = time.process_time()
    for spec in specs:
        verb(spec)
    return Line(what, len(specs), len(specs) / (time.process_time() - before))


def lasting(steps: int) -> dict[str, Any]:
    """The spec with another number of steps."""
    return {**SPEC, "dynamics": {**SPEC["dynamics"], "iterations": steps}}


def qualtran_tables() -> Count:
    """Places and values of the entries are looked up, by the shapes of the tables."""
    import attrs
    from qualtran.bloqs.basic_gates import Ry
    from qualtran.bloqs.block_encoding.sparse_matrix import EntryOracle, RowColumnOracle, SparseMatrix
    from qualtran.bloqs.data_loading.qrom import QROM
    from qualtran.resource_counting import QECGatesCost, get_cost_value

    @attrs.frozen
    class Places(RowColumnOracle):  # type: ignore[misc]
        system_bitsize: int
        rows: int
        num_nonzero: int

        def build_call_graph(self, ssa: Any) -> dict[Any, int]:
            return {QROM.build_from_bitsize(self.rows * self.num_nonzero, (self.system_bitsize,)): 1}

    @attrs.frozen
    class Values(EntryOracle):  # type: ignore[misc]
        system_bitsize: int
        entries: int
        bits: int

        def build_call_graph(self, ssa: Any) -> dict[Any, int]:
            table = QROM.build_from_bitsize(self.entries, (self.bits,))
            turns = {Ry(2 * np.pi * 2 ** -(k + 1)).controlled(): 1 for k in range(self.bits)}
            return {table: 1, table.adjoint(): 1, **turns}

    def count(n: int, bits: int, uses: int) -> object:
        width = (n - 1).bit_length()
        places = Places(width, n, PER_ROW)
        matrix = SparseMatrix(places, places, Values(width, n * PER_ROW, bits), eps=0)
        return get_cost_value(matrix, QECGatesCost()) * uses

    return count


def qualtran_bands() -> Count:
    """Nine bands of one value."""
    from qualtran.bloqs.block_encoding.sparse_matrix import (
        SparseMatrix,
        SymmetricBandedRowColumnOracle,
        UniformEntryOracle,
    )
    from qualtran.resource_counting import QECGatesCost, get_cost_value

    def count(n: int, bits: int, uses: int) -> object:
        width = (n - 1).bit_length()
        places = SymmetricBandedRowColumnOracle(width, bandsize=PER_ROW // 2)
        matrix = SparseMatrix(places, places, UniformEntryOracle(width, 0.3), eps=0)
        return get_cost_value(matrix, QECGatesCost()) * uses

    return count


def _bartiq(per_query: str, functions: dict[str, Any]) -> Count:
    """A loop of `d` queries, each of `per_query` T gates."""
    import bartiq
    from qref import SchemaV1

    query = {
        "name": "query",
        "type": "encoding",
        "input_params": ["n", "b"],
        "resources": [{"name": "t", "type": "additive", "value": per_query}],
    }
    loop = {
        "name": "loop",
        "type": "loop",
        "input_params": ["n", "b", "d"],
        "children": [query],
        "linked_params": [{"source": name, "targets": [f"query.{name}"]} for name in ("n", "b")],
        "resources": [{"name": "t", "type": "additive", "value": "d*query.t"}],
    }
    document = SchemaV1.model_validate({"version": "v1", "program": loop})
    compiled = bartiq.compile_routine(document).routine

    def count(n: int, bits: int, uses: int) -> object:
        at = {"n": n, "b": bits, "d": uses}
        found = bartiq.evaluate(compiled, at, functions_map=functions).routine.resources["t"].value
        assert isinstance(found, int)
        return found

    return count


def bartiq_closed_form() -> Count:
    """The T gates of one of our queries, as `qgd formula` writes them."""
    from qgd_compiler.costing.best_columns import BestColumns
    from qgd_compiler.symbols import CeilLog2

    per_query = str(api.formula(SPEC, "t_per_query", ["n", "b"]))
    return _bartiq(per_query, {"CeilLog2": CeilLog2, "BestColumns": BestColumns})


def bartiq_short_form() -> Count:
    """Two tables looked up by unary iteration and erased with a square root, and an addition."""
    return _bartiq(f"8*({PER_ROW}*n-2) + 16*ceiling(sqrt({PER_ROW}*n)) + 4*(b-1)", {})


def pennylane_qsvt() -> Count:
    """QSVT of degree d over tables."""
    import pennylane.estimator as qre

    def count(n: int, bits: int, uses: int) -> object:
        entries = n * PER_ROW
        places, words = qre.QROM(entries, (n - 1).bit_length()), qre.QROM(entries, bits)
        spread = qre.UniformStatePrep(PER_ROW)
        turn = qre.Controlled(qre.RY(precision=1e-10), num_ctrl_wires=1, num_zero_ctrl=0)
        erased = [qre.Adjoint(part) for part in (words, places, spread)]
        encoding = qre.Prod([spread, places, words, (turn, bits), *erased])
        return qre.estimate(qre.QSVT(encoding, (n, n), uses))

    return count


def microsoft() -> Count:
    """Logical counts of a loop over bands, into qubits and seconds of superconducting hardware."""
    if not is_installed():
        raise ImportError("qdk")
    target = machine(preset("superconducting_1e-3"))

    def count(n: int, bits: int, uses: int) -> object:
        width = (n - 1).bit_length()
        ands, turns = 5 * width * uses, (bits + 1) * uses
        counts = LogicalCounts(
            qubits=4 * width + bits, rotations=turns, rotation_depth=turns, ccz=ands, measurements=ands
        )
        return ask_in_process(counts, target, even_split(0.01, counts))

    return count


OTHERS: tuple[tuple[str, str, Callable[[], Count], int], ...] = (
    ("Qualtran {}, tables", "qualtran", qualtran_tables, 200),
    ("Qualtran {}, bands", "qualtran", qualtran_bands, 100),
    ("bartiq {}, our closed form", "bartiq", bartiq_closed_form, 100),
    ("bartiq {}, short form", "bartiq", bartiq_short_form, 300),
    ("PennyLane {}, QSVT over tables", "pennylane", pennylane_qsvt, 200),
    ("Microsoft qdk {}, given counts", "qdk", microsoft, 300),
)


def others() -> Iterator[Line]:
    """Each library on points of which every one has its own n."""
    for what, package, make, points in OTHERS:
        try:
            count = make()
        except ImportError:
            yield Line(what.format("").replace(" ,", ","), 0, None)
            continue
        asked = [(int(n), BITS, int(d)) for n, d in zip(*own(points).values(), strict=True)]
        count(*asked[0])
        before = time.process_time()
        for point in asked[1:]:
            count(*point)
        speed = (points - 1) / (time.process_time() - before)
        yield Line(what.format(version(package)), points - 1, speed)


def main() -> None:
    """Print the table."""
    lines = [*ours(), *others()]
    choice, fixed = lines[0].speed, lines[1].speed
    assert choice is not None and fixed is not None
    print("| what | points | points per CPU second | fixed plan over this | choice over this |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for one in lines:
        if one.speed is None:
            print(f"| {one.what} | not installed | | | |")
            continue
        numbers = (one.speed, fixed / one.speed, choice / one.speed)
        print(f"| {one.what} | {one.points:,} | {' | '.join(map(three_digits, numbers))} |")
    print()
    for one in lines:
        if one.what.startswith("api.") and one.speed is not None:
            print(f"{one.what}: {1000 / one.speed:.1f} ms of CPU time each")


def three_digits(number: float) -> str:
    """As 70,100, or 0.426."""
    return f"{float(f'{number:.3g}'):,g}"


if __name__ == "__main__":
    main()
