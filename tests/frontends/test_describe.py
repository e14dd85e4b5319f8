"""From data files to a spec: the facts of the files, honest sources, and a spec that loads again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from qgd_compiler.analysis.spectrum import measure_extremes
from qgd_compiler.errors import InputFileError, UsageError
from qgd_compiler.frontends.describe import describe
from qgd_compiler.frontends.structure_of import hessian_of, vector_of
from qgd_compiler.kinds import Source
from qgd_compiler.spec.dump import to_yaml
from qgd_compiler.spec.loader import loads
from qgd_compiler.spec.structures import DenseNode, SparseNode


def test_the_digits_network_is_described_by_what_its_metadata_say(estimates: Path) -> None:
    path = estimates / "data" / "mlp64-32-10_tanh_ce_p90_t50.npz"
    spec = describe([path], measure_extremes, base_dir=estimates)
    assert spec.model.parameters.value == 279
    assert isinstance(spec.hessian, DenseNode)
    assert spec.hessian.file == "data/mlp64-32-10_tanh_ce_p90_t50.npz"
    assert spec.hessian.row_sparsity is not None
    assert (spec.hessian.row_sparsity.value, spec.hessian.row_sparsity.source) == (279, Source.EXACT)
    assert spec.hessian.max_entry is not None
    assert spec.hessian.max_entry.value == pytest.approx(0.22676926871272087, rel=1e-8)
    assert spec.spectrum is not None
    assert spec.spectrum.lambda_min is not None
    assert spec.spectrum.lambda_max is not None
    assert spec.spectrum.lambda_min.value == pytest.approx(-0.014479351509647633, rel=1e-6)
    assert spec.spectrum.lambda_max.source is Source.MEASURED
    assert (spec.gradient.file, spec.gradient.key) == ("data/mlp64-32-10_tanh_ce_p90_t50.aux.npz", "grad")
    assert spec.dynamics.learning_rate.value == 0.7  # 1/1.3318 = 0.7508, rounded down to one digit
    assert (spec.dynamics.iterations.value, spec.target.epsilon.value) == (100, 0.01)


@pytest.mark.parametrize("name", ["mlp64-32-10_tanh_ce_p90_t50.npz", "graph_karate.mtx"])
def test_the_text_of_a_described_spec_loads_as_the_same_spec_and_finds_its_files(
    estimates: Path, name: str
) -> None:
    spec = describe([estimates / "data" / name], measure_extremes, base_dir=estimates)
    again = loads(to_yaml(spec), estimates)
    assert again.spec == spec
    assert hessian_of(again).bare.rows == spec.model.parameters.value
    assert vector_of(again, again.spec.gradient, "gradient").norm.value > 0


def test_facts_are_those_of_the_dense_matrix(tmp_path: Path) -> None:
    matrix = np.diag([4.0, 3.0, -7.0, 1.0, 0.5])
    matrix[0, 1] = matrix[1, 0] = -2.0
    sparse.save_npz(tmp_path / "h.npz", sparse.csr_array(matrix))
    hessian = describe([tmp_path / "h.npz"], measure_extremes, base_dir=tmp_path).hessian
    assert isinstance(hessian, SparseNode)
    facts = (hessian.row_sparsity, hessian.max_entry, hessian.row_one_norm, hessian.frobenius_norm)
    assert [f.value for f in facts if f is not None] == pytest.approx([2, 7.0, 7.0, np.linalg.norm(matrix)])
    assert {f.source for f in facts if f is not None} == {Source.EXACT}


def test_without_a_gradient_its_norm_is_assumed_and_said_to_be(estimates: Path) -> None:
    spec = describe([estimates / "data" / "graph_karate.mtx"], measure_extremes, base_dir=estimates)
    assert spec.gradient.file is None
    assert spec.gradient.norm is not None
    assert (spec.gradient.norm.value, spec.gradient.norm.source) == (1, Source.ASSUMED)


@pytest.mark.parametrize(
    ("eigenvalues", "rate"),
    [([1.0, 0.2], 1.0), ([3.0, -1.0], 0.3), ([40.0, 1.0], 0.02), ([1e-7, 1e-8], 1e7), ([-2.0, -0.1], 0.5)],
)
def test_the_proposed_learning_rate_is_one_digit_below_the_inverse_of_the_largest_eigenvalue(
    tmp_path: Path, eigenvalues: list[float], rate: float
) -> None:
    sparse.save_npz(tmp_path / "h.npz", sparse.diags_array(eigenvalues).tocsr())
    spec = describe([tmp_path / "h.npz"], measure_extremes, base_dir=tmp_path)
    assert spec.dynamics.learning_rate.value == rate


def test_hessian_and_gradient_are_told_apart_in_any_order(tmp_path: Path) -> None:
    np.save(tmp_path / "h.npy", np.diag([2.0, 1.0]))
    np.save(tmp_path / "g.npy", np.array([1.0, 2.0]))
    for files in (["h.npy", "g.npy"], ["g.npy", "h.npy"]):
        spec = describe([tmp_path / f for f in files], measure_extremes, base_dir=tmp_path)
        assert (spec.hessian.model_dump()["file"], spec.gradient.file) == ("h.npy", "g.npy")
    spec = describe(
        [tmp_path / "h.npy"], measure_extremes, gradient=tmp_path / "g.npy", base_dir=tmp_path / "specs"
    )
    assert spec.gradient.file == "../g.npy"


def test_no_hessian_two_hessians_or_two_gradients_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "h.npy", np.diag([2.0, 1.0]))
    np.save(tmp_path / "k.npy", np.diag([2.0, 1.0]))
    np.save(tmp_path / "g.npy", np.array([1.0, 2.0]))
    with pytest.raises(UsageError, match="there are 0"):
        describe([], measure_extremes)
    with pytest.raises(UsageError, match=r"there are 2: h.npy, k.npy"):
        describe([tmp_path / "h.npy", tmp_path / "k.npy"], measure_extremes)
    with pytest.raises(UsageError, match=r"there are 2: g.npy, g.npy"):
        describe([tmp_path / "h.npy", tmp_path / "g.npy"], measure_extremes, gradient=tmp_path / "g.npy")


def test_a_gradient_of_another_size_is_refused_at_once(tmp_path: Path) -> None:
    np.save(tmp_path / "h.npy", np.diag([2.0, 1.0]))
    np.save(tmp_path / "g.npy", np.array([1.0, 2.0, 3.0]))
    with pytest.raises(InputFileError, match="has 3 entries, but the Hessian has 2 rows"):
        describe([tmp_path / "h.npy"], measure_extremes, gradient=tmp_path / "g.npy")
