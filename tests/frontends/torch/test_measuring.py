"""`measure`: the files it writes, the spec that names them, and what that spec compiles to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import qgd_compiler
from qgd_compiler.errors import InputFileError, UsageError
from qgd_compiler.frontends.spectrum_file import read_spectrum
from qgd_compiler.frontends.torch import Measured, measure
from qgd_compiler.frontends.torch.surface import Surface
from qgd_compiler.frontends.weights.proposals import Structure
from qgd_compiler.kinds import Source
from tests.frontends.torch.test_surface import ce, network, samples

pytestmark = pytest.mark.torch


@pytest.fixture
def data() -> tuple[Any, Any]:
    return samples(40, 6, 3)


@pytest.fixture
def found(tmp_path: Path, data: tuple[Any, Any]) -> Measured:
    return measure(network(6, 4, 3), ce, data, path=tmp_path / "m.npz")


def test_the_extremes_are_those_of_the_hessian_and_lie_outside_it(found: Measured) -> None:
    assert found.hessian is not None
    values = np.linalg.eigvalsh(found.hessian)
    assert found.extremes.lambda_min <= values[0]
    assert found.extremes.lambda_max >= values[-1]
    assert found.extremes.lambda_min == pytest.approx(values[0], abs=1e-12)
    assert found.density.points == pytest.approx(values, abs=1e-12)
    assert values[0] < 0  # a network that is not trained is not convex


def test_the_written_spec_compiles_and_analyses_with_its_files(found: Measured, tmp_path: Path) -> None:
    path = found.save_spec(tmp_path / "m.yaml")
    report = qgd_compiler.compile(path)
    assert report.total.t_count > 0
    assert not [a for a in report.assumptions if "model error" in a.name]
    assert found.gradient == pytest.approx(np.load(tmp_path / "m.npz")["grad"])
    analysis = qgd_compiler.analyze(path, proxy=True)
    assert analysis.spectrum.lambda_max.value == pytest.approx(found.extremes.lambda_max, rel=1e-9)
    entry = read_spectrum(tmp_path / "m.spectrum.json").entry(None)
    assert found.third is not None
    assert entry.f2_norm == pytest.approx(found.third.norm / 2)
    assert entry.lambda_min == found.extremes.lambda_min


def test_an_expansion_of_order_two_takes_the_measured_third_derivative(
    found: Measured, tmp_path: Path
) -> None:
    path = found.save_spec(tmp_path / "m.yaml")
    text = path.read_text().replace("iterations: 100", "iterations: 3\n  expansion: {order: 2}")
    path.write_text(text)
    analysis = qgd_compiler.analyze(path)
    norms = [a for a in analysis.assumptions if a.name == "norm of F_2"]
    assert found.third is not None
    assert [a.value for a in norms] == [pytest.approx(found.third.norm / 2)]
    assert norms[0].source is Source.ESTIMATED


@pytest.mark.slow
@pytest.mark.parametrize("structure", ["low-rank", "gauss-newton", "block-diagonal"])
def test_a_measured_structure_compiles_with_its_data(
    tmp_path: Path, data: tuple[Any, Any], structure: str
) -> None:
    found = measure(
        network(6, 2, 3),
        ce,
        data,
        path=tmp_path / "m.npz",
        structure=structure,
        third=False,
        iterations=3,
        learning_rate=0.1,
    )
    assert qgd_compiler.compile(found.save_spec(tmp_path / "m.yaml")).total.t_count > 0


@pytest.mark.parametrize("structure", ["low-rank", "gauss-newton", "block-diagonal"])
def test_a_declared_structure_leaves_out_what_its_error_says(
    tmp_path: Path, data: tuple[Any, Any], structure: str
) -> None:
    from qgd_compiler.frontends.structure_of import hessian_of
    from qgd_compiler.spec.loader import load

    found = measure(network(6, 4, 3), ce, data, path=tmp_path / "m.npz", structure=structure, third=False)
    read = hessian_of(load(found.save_spec(tmp_path / "m.yaml")))
    assert found.hessian is not None
    assert read.model_error is not None
    assert read.model_error.source is Source.MEASURED
    apart = np.linalg.norm(np.real(read.bare.matrix()) - found.hessian, 2)
    assert apart == pytest.approx(float(read.model_error.value), rel=1e-6)
    assert found.errors[Structure(structure)] == read.model_error.value
    report = qgd_compiler.analyze(tmp_path / "m.yaml")
    assert [a.value for a in report.assumptions if "model error" in a.name] == [read.model_error.value]


def test_kfac_is_no_closer_than_the_whole_and_measured_for_dense_layers(
    found: Measured, data: tuple[Any, Any], tmp_path: Path
) -> None:
    assert found.hessian is not None
    norm = np.linalg.norm(found.hessian, 2)
    assert set(found.errors) == set(Structure) - {Structure.DENSE}
    assert all(0 < error < 2 * norm for error in found.errors.values())
    with pytest.raises(UsageError, match="no data of a kfac Hessian"):
        measure(network(6, 4, 3), ce, data, path=tmp_path / "k.npz", structure="kfac", third=False)


def test_a_model_too_large_to_write_out_is_measured_by_products_alone(
    tmp_path: Path, data: tuple[Any, Any]
) -> None:
    steps: list[tuple[str, int, int]] = []
    small = measure(network(6, 12, 3), ce, data, path=tmp_path / "a.npz", third=False)
    large = measure(
        network(6, 12, 3),
        ce,
        data,
        path=tmp_path / "b.npz",
        third=False,
        written_out=10,
        learning_rate=0.05,
        steps=60,
        progress=lambda *step: steps.append(step),
    )
    assert (large.hessian, large.row_sparsity) == (None, None)
    assert large.extremes.lambda_min == pytest.approx(small.extremes.lambda_min, rel=1e-6)
    assert large.extremes.lambda_max == pytest.approx(small.extremes.lambda_max, rel=1e-6)
    assert large.density.moment(2) == pytest.approx(small.density.moment(2), rel=0.2)
    low_rank = Structure.LOW_RANK
    assert large.errors[low_rank] == pytest.approx(small.errors[low_rank], rel=1e-3)
    assert {what for what, _, _ in steps} >= {"density", "structures"}
    assert large.spec.hessian.model_dump()["kind"] == "sum"
    assert qgd_compiler.analyze(large.save_spec(tmp_path / "b.yaml")).hessian.parameters == 123
    declared = measure(
        network(6, 12, 3), ce, data, path=tmp_path / "c.npz", third=False, written_out=10, structure="dense"
    )
    assert qgd_compiler.analyze(declared.save_spec(tmp_path / "c.yaml")).hessian.parameters == 123


def test_a_linear_model_with_separate_outputs_has_a_sparse_hessian(tmp_path: Path) -> None:
    x, _ = samples(30, 4, 2)
    model = torch.nn.Linear(4, 3, bias=False).double()
    found = measure(
        model,
        torch.nn.functional.mse_loss,
        (x, torch.zeros(30, 3, dtype=torch.float64)),
        path=tmp_path / "m.npz",
    )
    assert found.row_sparsity == 4
    assert found.errors[Structure.GAUSS_NEWTON] == pytest.approx(0, abs=1e-12)
    assert found.extremes.lambda_min > 0


def test_names_that_cannot_be_written_are_refused_before_the_work(
    tmp_path: Path, data: tuple[Any, Any]
) -> None:
    with pytest.raises(UsageError, match=r"ends in .npz"):
        measure(network(6, 4, 3), ce, data, path=tmp_path / "m.pt")
    with pytest.raises(UsageError, match="cannot write"):
        measure(network(6, 4, 3), ce, data, path=tmp_path / "no" / "m.npz", third=False)
    found = measure(network(6, 4, 3), ce, data, path=tmp_path / "m.npz", third=False)
    with pytest.raises(UsageError, match="does not stand beside"):
        found.save_spec(tmp_path.parent / "m.yaml")


def test_a_loss_without_curvature_is_refused(tmp_path: Path) -> None:
    x, _ = samples(5, 3, 2)
    with pytest.raises(InputFileError, match="every second derivative"):
        measure(torch.nn.Linear(3, 1).double(), lambda out, _: out.mean(), (x, x), path=tmp_path / "m.npz")


def test_single_precision_is_taken_as_it_is_where_asked(data: tuple[Any, Any]) -> None:
    model = network(6, 4, 3).float()
    single = Surface(model, ce, (data[0].float(), data[1]), dtype=None)
    double = Surface(model, ce, data, dtype="float64")
    vector = np.linspace(-1, 1, double.size)
    assert single.hessian_product(vector) == pytest.approx(double.hessian_product(vector), abs=1e-5)
    assert np.any(single.hessian_product(vector) != double.hessian_product(vector))


def test_without_pytorch_the_error_has_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(UsageError, match=r"need torch.*") as caught:
        measure(None, ce, [])
    assert caught.value.mistakes[0].remedy == 'pip install "qgd-compiler[torch]"'
