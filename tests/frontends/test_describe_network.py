"""From weights to a spec: what is read is exact, what is assumed says so and why, and the spec compiles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import qgd_compiler
from qgd_compiler.analysis.spectrum import measure_extremes
from qgd_compiler.api import describe, spec_text
from qgd_compiler.cli.main import main
from qgd_compiler.errors import InputFileError, SpecError, UsageError
from qgd_compiler.frontends.describe import describe as describe_files
from qgd_compiler.frontends.structure_of import hessian_of
from qgd_compiler.kinds import Source
from qgd_compiler.spec.loader import loads, validate
from tests.frontends.test_weights import save_safetensors

STRUCTURES = ["low-rank", "gauss-newton", "block-diagonal", "dense"]


@pytest.fixture
def pruned(project: Path) -> Path:
    return project / "tests" / "data" / "models" / "digits_mlp_torchprune_state_dict.pt"


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """A network of 3 inputs, 4 hidden units and 2 outputs in which nothing is pruned."""
    rng = np.random.default_rng(2)
    shapes: dict[str, tuple[int, ...]] = {
        "a.weight": (4, 3),
        "a.bias": (4,),
        "b.weight": (2, 4),
        "b.bias": (2,),
    }
    return save_safetensors(
        tmp_path, {n: rng.standard_normal(s).astype(np.float32) for n, s in shapes.items()}
    )


def test_the_spec_says_what_was_read_and_what_is_assumed(pruned: Path) -> None:
    spec = describe([pruned])
    assert (spec.model.parameters.value, spec.model.parameters.source) == (2410, Source.EXACT)
    assert spec.model.active is not None
    assert (spec.model.active.value, spec.model.active.source) == (279, Source.EXACT)
    assert "279 by masks" in spec.model.active.ref
    assert spec.model.layers is not None
    assert [(layer.name, layer.shape, layer.kept) for layer in spec.model.layers][:2] == [
        ("layers.0.weight", (32, 64), 89),
        ("layers.0.bias", (32,), 32),
    ]
    assert spec.spectrum is not None
    for assumed in (spec.spectrum.lambda_min, spec.spectrum.lambda_max, spec.hessian.spectral_error):
        assert assumed is not None
        assert assumed.source is Source.ASSUMED
        assert len(assumed.ref) > 20


@pytest.mark.parametrize("structure", STRUCTURES)
def test_the_model_error_of_every_proposed_structure_reaches_the_report(
    pruned: Path, tmp_path: Path, structure: str
) -> None:
    (tmp_path / "s.yaml").write_text(spec_text(describe([pruned], structure=structure), "yaml"))
    analysis = qgd_compiler.analyze(tmp_path / "s.yaml")
    errors = [a for a in analysis.assumptions if a.name.startswith("model error")]
    assert [e.source for e in errors] == ([] if structure == "dense" else [Source.ASSUMED])
    assert all(e.value is not None and e.value > 0 for e in errors)


@pytest.mark.slow
@pytest.mark.parametrize("structure", [*STRUCTURES, "kfac"])
def test_every_proposed_structure_compiles(whole: Path, structure: str) -> None:
    spec = describe([whole], structure=structure)
    steps = spec.dynamics.iterations.model_copy(update={"value": 3})
    short = spec.dynamics.model_copy(update={"iterations": steps})
    report = qgd_compiler.compile(spec.model_copy(update={"dynamics": short}))
    assert report.total.t_count > 0


@pytest.mark.parametrize("structure", [*STRUCTURES, "kfac"])
def test_the_structure_has_a_row_for_each_kept_parameter(whole: Path, structure: str) -> None:
    loaded = loads(spec_text(describe([whole], structure=structure), "yaml"))
    matrix = hessian_of(loaded, measure_extremes).bare
    assert (matrix.rows, matrix.columns) == (26, 26)


def test_kfac_is_a_kronecker_product_of_outputs_and_inputs_with_the_bias(whole: Path) -> None:
    hessian = describe([whole], structure="kfac").hessian.model_dump()
    sides = [[f["n"]["value"] for f in block["factors"]] for block in hessian["blocks"]]
    assert sides == [[4, 4], [2, 5]]


def test_kfac_is_refused_where_single_entries_are_pruned(pruned: Path) -> None:
    with pytest.raises(UsageError, match="no layer has that"):
        describe([pruned], structure="kfac")


@pytest.mark.slow
def test_the_7_million_model_compiles_from_its_list_of_blocks(project: Path, tmp_path: Path) -> None:
    blocks = project / "tests" / "data" / "models" / "resnet-32-4-p90.blocks.yaml"
    assert main(["describe", str(blocks), "-o", str(tmp_path / "s.yaml")]) == 0
    assert "777,101 parameters" in qgd_compiler.compile(tmp_path / "s.yaml").verdict[0]


def test_layers_that_do_not_add_up_are_a_mistake_of_the_spec() -> None:
    base: dict[str, Any] = {
        "qgd": 1,
        "name": "x",
        "dynamics": {"learning_rate": 0.1, "iterations": 3},
        "hessian": {"kind": "dense", "frobenius_norm": 1},
        "gradient": {"norm": 1},
    }
    layers = [{"name": "a", "shape": [2, 3], "kept": 4}]
    validate({**base, "model": {"parameters": 6, "active": 4, "layers": layers}})
    for model in ({"parameters": 7, "active": 4}, {"parameters": 6, "active": 5}, {"parameters": 6}):
        with pytest.raises(SpecError, match="the layers have"):
            validate({**base, "model": {**model, "layers": layers}})


def test_a_gradient_beside_the_weights_is_named_in_the_spec(pruned: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "g.npy", np.ones(279))
    spec = describe([pruned, tmp_path / "g.npy"], base_dir=tmp_path)
    assert spec.gradient is not None
    assert spec.gradient.file == "g.npy"
    with pytest.raises(UsageError, match="one file of weights"):
        describe([pruned, pruned])


def test_a_structure_for_a_hessian_that_is_given_is_refused(estimates: Path) -> None:
    with pytest.raises(UsageError, match="stands as it is"):
        describe([estimates / "data" / "graph_karate.mtx"], structure="dense")


MATRIX = np.array([[2.0, -1.0, 0.0], [-1.0, 2.0, 0.5], [0.0, 0.5, 1.0]])


def test_a_matrix_in_hdf5_is_measured_like_one_in_npz(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "h.h5", "w") as file:
        file["hessian"] = MATRIX
    np.save(tmp_path / "h.npy", MATRIX)
    found = [describe_files([tmp_path / f], measure_extremes, base_dir=tmp_path) for f in ("h.h5", "h.npy")]
    assert found[0].spectrum == found[1].spectrum
    assert found[0].hessian.model_dump()["file"] == "h.h5"
    (tmp_path / "s.yaml").write_text(spec_text(found[0], "yaml"))
    (tmp_path / "npy.yaml").write_text(spec_text(found[1], "yaml"))
    one, other = (qgd_compiler.analyze(tmp_path / name) for name in ("s.yaml", "npy.yaml"))
    assert (one.spectrum, one.hessian) == (other.spectrum, other.hessian)


def test_a_sparse_matrix_in_hdf5_is_read_as_what_it_is(tmp_path: Path) -> None:
    from scipy import sparse

    from qgd_compiler.frontends.matrix_file import read_matrix

    csr = sparse.csr_array(MATRIX)
    with h5py.File(tmp_path / "h.h5", "w") as file:
        group = file.create_group("hessian")
        group["data"], group["indices"], group["indptr"] = csr.data, csr.indices, csr.indptr
        group["shape"] = np.array([3, 3])
    assert read_matrix(tmp_path / "h.h5").matrix.toarray().tolist() == MATRIX.tolist()
    with h5py.File(tmp_path / "h.h5", "a") as file:
        file["hessian/indices"][0] = 7
    with pytest.raises(InputFileError):
        read_matrix(tmp_path / "h.h5")
    with h5py.File(tmp_path / "h.h5", "a") as file:
        del file["hessian/indptr"]
    with pytest.raises(InputFileError, match="lacks 'indptr'"):
        read_matrix(tmp_path / "h.h5")


@pytest.mark.parametrize(
    ("name", "matrix", "words"),
    [
        ("hessian", np.where(MATRIX == 2, np.nan, MATRIX), "is nan"),
        ("hessian", MATRIX[:2], "a Hessian is square"),
        ("hessian", np.triu(MATRIX), "not symmetric"),
        ("hessian", MATRIX + 1j, "complex"),
        ("hessian", np.zeros((3, 3)), "every entry is zero"),
        ("matrix", np.zeros((0, 0)), "empty"),
        ("hessian", np.zeros((3, 3, 3)), "two dimensions"),
        ("hessian", np.array([[b"a", b"b"]]), "must be numbers"),
    ],
)
def test_matrices_in_hdf5_that_are_no_hessian_are_refused(
    tmp_path: Path, name: str, matrix: Any, words: str
) -> None:
    with h5py.File(tmp_path / "h.h5", "w") as file:
        file[name] = matrix
    with pytest.raises(InputFileError, match=words):
        describe_files([tmp_path / "h.h5"], measure_extremes)
