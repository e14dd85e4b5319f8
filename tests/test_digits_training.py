"""The example along the training of a network: one command, and files that the command line reads again."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qgd_compiler

pytestmark = [pytest.mark.torch, pytest.mark.slow]


def example(project: Path) -> Any:
    path = project / "examples" / "digits_training.py"
    spec = importlib.util.spec_from_file_location("digits_training", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["digits_training"] = module
    spec.loader.exec_module(module)
    return module


def test_two_steps_of_the_training_are_measured_judged_priced_and_drawn(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert example(project).main(["--folder", str(tmp_path), "--steps", "0", "200"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["step", "0", "200"]
    assert (tmp_path / "training.svg").read_text().startswith("<?xml")

    first, last = (np.load(tmp_path / f"step{n}.npz") for n in (0, 200))
    assert len(first["grad"]) == 279  # 237 weights and 42 biases, as of every such network
    assert np.array_equal(first["active"], last["active"])
    # training makes the loss, the gradient and the negative curvature smaller
    assert first["loss"] > last["loss"] > 0
    assert np.linalg.norm(first["grad"]) > np.linalg.norm(last["grad"])
    assert first["lambda_min"] < last["lambda_min"] < 0

    analysis = qgd_compiler.analyze(tmp_path / "training.yaml", training=True)
    assert analysis.training is not None
    growths = [p.growth_over_run for p in analysis.training.points]
    ends = [float(np.load(tmp_path / f"step{n}.npz")["lambda_min"]) for n in (0, 200)]
    assert growths == pytest.approx([(1 - 0.1 * end) ** 100 for end in ends], rel=1e-6)
    assert [p.allowed for p in analysis.training.points] == [g < np.e for g in growths]
