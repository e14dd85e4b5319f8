"""From a spec to matrices, against the same matrices written in NumPy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from qgd_compiler.analysis.spectrum import Extremes, measure_extremes
from qgd_compiler.errors import InputFileError, QgdError, SpecError, UnsupportedError
from qgd_compiler.frontends.structure_of import HessianOf, VectorOf, hessian_of, shifted, vector_of
from qgd_compiler.kinds import Source
from qgd_compiler.spec.loader import Loaded, loads
from qgd_compiler.structure.identity import Identity

H = np.array([[2.0, -1.0, 0.0], [-1.0, 0.5, 0.25], [0.0, 0.25, 3.0]])


def gradient_of(loaded: Loaded) -> VectorOf:
    """The gradient of a spec that has one."""
    assert loaded.spec.gradient is not None
    return vector_of(loaded, loaded.spec.gradient, "gradient")


def spec(hessian: str, folder: Path, n: int = 3, rest: str = "", dynamics: str = "") -> Loaded:
    """A spec whose Hessian is `hessian` (flow style YAML, on line 5)."""
    text = (
        f"qgd: 1\nname: test\nmodel: {{parameters: {n}}}\n"
        f"dynamics: {{learning_rate: 0.1, iterations: 5{dynamics}}}\nhessian: {hessian}\n"
    )
    text += "" if "gradient:" in rest else "gradient: {norm: 1}\n"
    return loads(text + rest, folder, "test.yaml")


def tree(hessian: str, folder: Path, n: int = 3, **more: Any) -> HessianOf:
    return hessian_of(spec(hessian, folder, n, **more))


def refused(kind: type[QgdError], *words: str, **arguments: Any) -> None:
    with pytest.raises(kind) as caught:
        hessian_of(spec(**arguments))
    (mistake,) = caught.value.mistakes
    for word in words:
        assert word in f"{mistake.what} {mistake.at} {mistake.remedy}", f"{word!r} is not in {mistake}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a Hessian, a rectangular factor and a gradient."""
    sparse.save_npz(tmp_path / "h.npz", sparse.csr_array(H.astype(np.float32)))
    np.savez(tmp_path / "many.npz", j=np.arange(6.0).reshape(2, 3), h=H)
    np.save(tmp_path / "g.npy", np.array([3.0, 0.0, 4.0]))
    return tmp_path


J = np.arange(6.0).reshape(2, 3)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{kind: sparse, file: h.npz}", H),
        ("{kind: dense, file: many.npz, key: h}", H),
        ("{kind: diagonal, values: [1, -2, 0.5]}", np.diag([1, -2, 0.5])),
        (
            "{kind: banded, offsets: [0, 1, -1], values: [2, -1, -1]}",
            2 * np.eye(3) - np.eye(3, k=1) - np.eye(3, k=-1),
        ),
        (
            "{kind: banded, offsets: [0, 1, -1], values: [2, -1, -1], periodic: true}",
            3 * np.eye(3) - np.ones((3, 3)),
        ),
        ("{kind: identity}", np.eye(3)),
        ("{kind: scaled, factor: -0.5, term: {kind: sparse, file: h.npz}}", -0.5 * H),
        ("{kind: sum, terms: [{kind: sparse, file: h.npz}, {kind: identity}]}", H + np.eye(3)),
        ("{kind: gram, factor: {kind: dense, file: many.npz, key: j}}", J.T @ J),
        (
            "{kind: block_diagonal, blocks: [{kind: identity, n: 1}, {kind: diagonal, values: [2, 3]}]}",
            np.diag([1.0, 2.0, 3.0]),
        ),
        ("{kind: kronecker, factors: [{kind: identity, n: 1}, {kind: sparse, file: h.npz}]}", H),
        ("{kind: product, factors: [{kind: sparse, file: h.npz}, {kind: sparse, file: h.npz}]}", H @ H),
    ],
)
def test_every_kind_of_node_becomes_the_matrix_it_says(text: str, expected: np.ndarray, folder: Path) -> None:
    found = tree(text, folder)
    np.testing.assert_allclose(found.bare.matrix(), expected, rtol=1e-15)
    assert found.matrix == found.bare
    assert found.model_error is None


def test_damping_and_weight_decay_are_added_to_the_diagonal(folder: Path) -> None:
    found = tree("{kind: sparse, file: h.npz}", folder, dynamics=", damping: 0.25, weight_decay: 0.5")
    np.testing.assert_allclose(found.matrix.matrix(), H + 0.75 * np.eye(3))
    np.testing.assert_allclose(found.bare.matrix(), H)
    low = found.matrix.facts().lambda_min
    assert low is not None
    assert low.value == pytest.approx(np.linalg.eigvalsh(H)[0] + 0.75)
    assert low.source is Source.EXACT
    assert shifted(Identity(size=3), 0) == Identity(size=3)


def test_declared_bounds_become_facts_with_their_sources(folder: Path) -> None:
    text = (
        "{kind: sparse, row_sparsity: {value: 2, source: paper}, max_entry: 3,"
        " frobenius_norm: {value: 5, source: bound}, lambda_min: -1, lambda_max: 4}"
    )
    facts = tree(text, folder, n=10).bare.facts()
    assert facts.row_sparsity == (2, Source.PAPER)
    assert facts.max_entry == (3, Source.ASSUMED)
    assert facts.frobenius == (5, Source.BOUND)
    assert facts.lambda_min == (-1, Source.ASSUMED)
    assert facts.hermitian
    assert tree(text, folder, n=10).bare.rows == 10


def test_the_spectrum_of_the_spec_sharpens_a_declared_matrix(folder: Path) -> None:
    rest = "spectrum: {lambda_min: {value: -0.1, source: paper}, lambda_max: 2}\n"
    facts = tree("{kind: sparse, row_sparsity: 4, max_entry: 3}", folder, n=10, rest=rest).bare.facts()
    assert facts.lambda_min == (-0.1, Source.PAPER)
    assert facts.lambda_max == (2, Source.ASSUMED)
    assert facts.norm is not None
    assert facts.norm.value == 2
    only = tree("{kind: sparse}", folder, n=10, rest=rest).bare.facts()
    assert only.lambda_max == (2, Source.ASSUMED)


def test_bounds_that_contradict_the_data_are_refused_with_the_line(folder: Path) -> None:
    refused(
        SpecError,
        "max_entry is declared as 2",
        "test.yaml:5 (hessian)",
        hessian="{kind: sparse, file: h.npz, max_entry: 2}",
        folder=folder,
    )
    refused(
        SpecError,
        "lambda_max is declared as 1",
        "test.yaml:7 (spectrum)",
        hessian="{kind: sparse, file: h.npz, max_entry: 3}",
        folder=folder,
        rest="spectrum: {lambda_max: 1}\n",
    )


def test_the_model_error_of_approximations_adds_up_and_keeps_its_source(folder: Path) -> None:
    text = (
        "{kind: sum, spectral_error: 0.5, terms: ["
        "{kind: sparse, file: h.npz, spectral_error: {value: 0.1, source: measured}}, {kind: scaled, factor: -2,"
        " term: {kind: diagonal, values: [1, 1, 1], spectral_error: {value: 0.25, source: bound}}}]}"
    )
    error = tree(text, folder).model_error
    assert error is not None
    assert error.value == pytest.approx(0.5 + 0.1 + 2 * 0.25)
    assert error.source is Source.ASSUMED
    blocks = (
        "{kind: block_diagonal, blocks: [{kind: identity, n: 1, spectral_error: 0.3},"
        " {kind: identity, n: 2, spectral_error: 0.2}]}"
    )
    assert tree(blocks, folder).model_error == (0.3, Source.ASSUMED)
    refused(
        UnsupportedError,
        "spectral_error of the product itself",
        hessian="{kind: kronecker, factors: [{kind: identity, n: 3, spectral_error: 0.1}]}",
        folder=folder,
    )


def test_a_factor_need_not_be_symmetric_unless_it_says_so(folder: Path) -> None:
    gram = tree("{kind: gram, factor: {kind: sparse, n: 7, row_sparsity: 2, max_entry: 3}}", folder, n=3)
    assert (gram.bare.rows, gram.bare.columns) == (3, 3)
    (factor,) = gram.bare.parts
    assert (factor.rows, factor.columns) == (7, 3)
    assert not factor.facts().hermitian
    refused(
        InputFileError,
        "2 x 3",
        "square",
        hessian="{kind: gram, factor: {kind: dense, file: many.npz, key: j, symmetric: true}}",
        folder=folder,
    )


@pytest.mark.parametrize(
    ("kind", "hessian", "words"),
    [
        (
            InputFileError,
            "{kind: sparse, file: gone.npz}",
            ("no such file", "gone.npz", "test.yaml:5 (hessian)"),
        ),
        (
            InputFileError,
            "{kind: sum, terms: [{kind: identity}, {kind: sparse, file: gone.npz}]}",
            ("named in test.yaml:5 (hessian.terms.1)",),
        ),
        (SpecError, "{kind: sparse, file: h.npz, n: 4}", ("n is 4", "h.npz has 3 rows", "test.yaml:5")),
        (SpecError, "{kind: diagonal, values: [1, 2]}", ("2 x 2", "3 parameters", "model.active: 2")),
        (SpecError, "{kind: kronecker, factors: [{kind: identity}]}", ("size", "n: …", "hessian.factors.0")),
        (SpecError, "{kind: sparse, key: x, max_entry: 1}", ("no file", "test.yaml:5 (hessian)")),
        (SpecError, "{kind: sparse}", ("needs declared bounds", "max_entry")),
        (
            SpecError,
            "{kind: sum, terms: [{kind: identity}, {kind: identity, n: 2}]}",
            ("2 x 2", "test.yaml:5 (hessian)"),
        ),
    ],
)
def test_mistakes_name_the_file_and_the_field_of_the_spec(
    kind: type[QgdError], hessian: str, words: tuple[str, ...], folder: Path
) -> None:
    refused(kind, *words, hessian=hessian, folder=folder)


def test_a_density_does_not_pass_for_bounds(folder: Path) -> None:
    curve = '{"eigenvalue": [-1, 0, 4], "density": [0, 2, 1]}'
    (folder / "spectra.json").write_text(curve)
    found = hessian_of(
        spec("{kind: dense, norm: 9}", folder, rest="spectrum: {file: spectra.json}\n")
    ).bare.facts()
    assert found.lambda_min == (-1.0, Source.ESTIMATED)
    assert found.lambda_max == (4.0, Source.ESTIMATED)
    bounds = '{"lambda_min": -2, "lambda_max": 5, "eigenvalue": [-1, 4], "density": [1, 1]}'
    (folder / "spectra.json").write_text(bounds)
    found = hessian_of(
        spec("{kind: dense, norm: 9}", folder, rest="spectrum: {file: spectra.json}\n")
    ).bare.facts()
    assert found.lambda_min == (-2.0, Source.MEASURED)
    listed = hessian_of(
        spec("{kind: dense, norm: 9}", folder, rest="spectrum: {eigenvalues: [3, -0.5, 1]}\n")
    ).bare.facts()
    assert listed.lambda_min is not None and listed.lambda_min.value == -0.5
    assert listed.lambda_max is not None and listed.lambda_max.value == 3


def test_large_data_is_measured_and_small_data_is_left_to_the_structure(tmp_path: Path) -> None:
    calls = []

    def measure(matrix: Any) -> Extremes:
        calls.append(matrix.shape)
        return measure_extremes(matrix)

    for n in (512, 513):
        path = sparse.diags_array([np.full(n, 2.0), -np.ones(n - 1), -np.ones(n - 1)], offsets=[0, 1, -1])
        sparse.save_npz(tmp_path / "path.npz", path.tocsr())
        found = hessian_of(spec("{kind: sparse, file: path.npz}", tmp_path, n), measure)
        low = found.bare.facts().lambda_min
        assert low is not None
        assert low.value == pytest.approx(4 * np.sin(np.pi / (2 * (n + 1))) ** 2, abs=1e-9)
    assert calls == [(513, 513)]
    assert low.source is Source.MEASURED
    assert [path.suffix for path in found.files] == [".npz"]


def test_a_spec_with_bounds_on_bounds_keeps_one_layer_with_the_sharper_values(folder: Path) -> None:
    rest = "spectrum: {lambda_min: -3, lambda_max: 3.5}\n"
    text = "{kind: sparse, file: h.npz, lambda_max: 4, max_entry: 3}"
    bare = tree(text, folder, rest=rest).bare
    (inner,) = bare.parts
    assert type(inner).__name__ == "Sparse"
    assert getattr(bare, "lambda_max") == (3.5, Source.ASSUMED)  # noqa: B009
    assert getattr(bare, "max_entry") == (3, Source.ASSUMED)  # noqa: B009


def test_the_gradient_comes_from_its_file_or_its_bounds(folder: Path) -> None:
    found = gradient_of(spec("{kind: identity}", folder, rest="gradient: {file: g.npy}\n"))
    np.testing.assert_array_equal(found.vector, [3.0, 0.0, 4.0])
    assert found.norm == (5.0, Source.EXACT)
    assert found.nonzeros == (2, Source.EXACT)
    declared = gradient_of(
        spec("{kind: identity}", folder, rest="gradient: {norm: {value: 2, source: paper}, sparsity: 2}\n")
    )
    assert declared.vector is None
    assert (declared.norm, declared.nonzeros) == ((2, Source.PAPER), (2, Source.ASSUMED))
    assert gradient_of(spec("{kind: identity}", folder)).nonzeros == (3, Source.BOUND)


def test_a_gradient_that_does_not_fit_is_refused_with_its_field(folder: Path) -> None:
    with pytest.raises(InputFileError, match=r"named in test.yaml:6 \(gradient\)"):
        gradient_of(spec("{kind: identity}", folder, n=4, rest="gradient: {file: g.npy}\n"))
    with pytest.raises(SpecError, match=r"9 non-zeros(.|\n)*gradient.sparsity"):
        gradient_of(spec("{kind: identity}", folder, rest="gradient: {norm: 1, sparsity: 9}\n"))
