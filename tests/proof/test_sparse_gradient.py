"""Gradients with zeros, whose preparation goes over a shorter index register."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from qgd_compiler import api
from qgd_compiler.algorithms.kernel_reflection import NORM_KNOWN
from qgd_compiler.proof.families import BANDS, HISTORY
from qgd_compiler.proof.instance import Pin
from qgd_compiler.proof.making import instance
from qgd_compiler.proof.prove import PASS, prove


@pytest.mark.parametrize("push", [(0.0, 0.3, 0.0, 0.0), (0.0, 0.3, 0.0, -0.2)])
def test_a_history_with_a_sparse_gradient_is_run(push: tuple[float, ...]) -> None:
    pin = Pin(HISTORY, NORM_KNOWN, "Frobenius norm tree")
    one = instance("x", pin, [BANDS], [np.array(push)], rate=0.5, steps=2, epsilon=0.5)
    proof = prove(one)
    assert proof.verdict == PASS, proof.reason


def test_a_polynomial_of_a_sparse_gradient_needs_it_forwards_alone() -> None:
    pin = Pin("about the start", "power polynomial, generalised", "Frobenius norm tree")
    for push in ((0.0, 0.3, 0.0, 0.0), (0.0, 0.3, 0.0, -0.2)):
        one = instance("x", pin, [BANDS], [np.array(push)], rate=0.5, steps=3, epsilon=0.3)
        proof = prove(one)
        assert proof.verdict == PASS, proof.reason


def test_a_gradient_of_one_entry_is_priced(tmp_path: Path) -> None:
    np.save(tmp_path / "g.npy", np.array([0.0, 0.3, 0.0, 0.0]))
    (tmp_path / "s.yaml").write_text(
        "qgd: 1\nname: one\nmodel: {parameters: 4}\ndynamics: {learning_rate: 0.5, iterations: 2}\n"
        "hessian: {kind: banded, n: 4, offsets: [-1, 0, 1], values: [0.2, 0.6, 0.2]}\n"
        "gradient: {file: g.npy}\ntarget: {epsilon: 0.3}\nsolvers: [power]\naccess: qrom\n"
    )
    assert api.compile(tmp_path / "s.yaml").total.t_count > 0
