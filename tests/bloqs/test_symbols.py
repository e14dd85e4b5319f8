"""Bloqs with symbolic sizes: counted at a size, they are the bloqs built at that size."""

from __future__ import annotations

from dataclasses import astuple

import pytest

pytest.importorskip("qualtran")
pytestmark = pytest.mark.qualtran

from qualtran import Bloq, DecomposeTypeError  # noqa: E402

from qgd_compiler.bloqs.counts import claimed, of_leaves  # noqa: E402
from qgd_compiler.bloqs.encoding import EncodingBloq  # noqa: E402
from qgd_compiler.bloqs.examples import MAKERS, SYMBOLIC  # noqa: E402
from qgd_compiler.evaluate import evaluate  # noqa: E402

SIZES = [(5, 3, 4), (8, 4, 3)]


def forms(bloq: EncodingBloq) -> list[Bloq]:
    return [bloq, bloq.adjoint().controlled()]


@pytest.mark.parametrize("name", MAKERS)
def test_symbolic_call_graphs_evaluate_to_the_leaves_of_a_built_bloq(name: str) -> None:
    symbolic = [claimed(b) for b in forms(SYMBOLIC[name].make())]
    for n, s, b in SIZES:
        values = {"n": n, "s": s, "b": b}
        for counts, bloq in zip(symbolic, forms(EncodingBloq(MAKERS[name](n, s, b))), strict=True):
            toffoli, t, rotations, clifford, measurements = (evaluate(v, values) for v in astuple(counts))
            leaves = of_leaves(bloq)
            assert (toffoli, t, rotations) == (leaves.toffoli, leaves.t, leaves.rotations)
            assert measurements == leaves.measurements
            assert leaves.clifford <= clifford <= 1.1 * leaves.clifford


@pytest.mark.parametrize("name", MAKERS)
def test_symbolic_signatures_evaluate_to_those_of_a_built_bloq(name: str) -> None:
    n, s, b = SIZES[0]
    built = {r.name: r.bitsize for r in EncodingBloq(MAKERS[name](n, s, b)).signature}
    symbolic = SYMBOLIC[name].make().signature
    assert {r.name: evaluate(r.bitsize, {"n": n, "s": s, "b": b}) for r in symbolic} == built


def test_symbolic_sizes_have_no_decomposition() -> None:
    for name in ("sparse_access", "frobenius_tree"):
        with pytest.raises(DecomposeTypeError):
            SYMBOLIC[name].make().decompose_bloq()
