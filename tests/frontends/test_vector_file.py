"""Vector files: which member is meant, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from qgd_compiler.errors import InputFileError, QgdError, UnsupportedError
from qgd_compiler.frontends.vector_file import find_gradient, read_vector

GRADIENT = np.array([0.5, 0.0, -2.0])


def refused(path: Path, *words: str, key: str | None = None, size: int | None = None) -> QgdError:
    with pytest.raises(QgdError) as caught:
        read_vector(path, key, size=size)
    (mistake,) = caught.value.mistakes
    assert path.name in mistake.what
    assert mistake.at == str(path)
    for word in words:
        assert word in mistake.what + mistake.remedy, f"{word!r} is not in {mistake}"
    return caught.value


@pytest.mark.parametrize("shape", [(3,), (3, 1), (1, 3)])
def test_rows_and_columns_read_as_the_vector(tmp_path: Path, shape: tuple[int, ...]) -> None:
    np.save(tmp_path / "g.npy", GRADIENT.reshape(shape).astype(np.float32))
    found = read_vector(tmp_path / "g.npy", size=3)
    np.testing.assert_array_equal(found, GRADIENT)
    assert found.dtype == np.float64


def test_the_gradient_is_found_by_name_by_habit_or_by_being_alone(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    np.savez(path, theta=np.ones(3), grad=GRADIENT, active=np.arange(3))
    np.testing.assert_array_equal(read_vector(path), GRADIENT)
    np.testing.assert_array_equal(read_vector(path, "theta"), np.ones(3))
    np.savez(path, g=GRADIENT, active=np.arange(3))
    np.testing.assert_array_equal(read_vector(path), GRADIENT)
    np.savez(path, a=GRADIENT, b=GRADIENT)
    refused(path, "2 vectors", "key:", "a (3,)")
    refused(path, "no member 'c'", "b (3,)", key="c")


def test_the_gradient_beside_a_hessian_is_found(tmp_path: Path, estimates: Path) -> None:
    hessian = estimates / "data" / "mlp64-32-10_tanh_ce_p90_t50.npz"
    assert find_gradient(hessian) == (hessian.with_suffix(".aux.npz"), "grad")
    assert find_gradient(estimates / "data" / "graph_karate.mtx") is None
    np.savez(tmp_path / "h.aux.npz", theta=np.ones(3))
    assert find_gradient(tmp_path / "h.npz") is None


def test_the_gradient_of_the_example_has_the_norm_of_its_metadata(estimates: Path) -> None:
    gradient = read_vector(estimates / "data" / "mlp64-32-10_tanh_ce_p90_t50.aux.npz", "grad", size=279)
    assert np.linalg.norm(gradient) == pytest.approx(0.12442706041114684, rel=1e-6)


def test_vectors_of_another_shape_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "g.npy"
    np.save(path, GRADIENT)
    refused(path, "has 3 entries, but the Hessian has 4 rows", size=4)
    np.save(path, np.ones((2, 2)))
    refused(path, "(2, 2)", "one dimension")
    np.save(path, np.ones(0))
    refused(path, "empty")


def test_values_that_are_no_gradient_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "g.npy"
    for values, word in (
        (np.array([1.0, np.nan, 2.0]), "nan at 1"),
        (np.array([1.0, 2.0, np.inf]), "inf at 2"),
        (np.zeros(3), "zero everywhere"),
        (GRADIENT + 1j, "complex"),
        (np.array(["a", "b"]), "must hold numbers"),
    ):
        np.save(path, values)
        refused(path, word)


def test_a_truncated_vector_a_missing_one_and_another_kind_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "g.npz"
    np.savez_compressed(path, grad=GRADIENT)
    path.write_bytes(path.read_bytes()[:-30])
    assert isinstance(refused(path, "truncated"), InputFileError)
    assert isinstance(refused(tmp_path / "gone.npy", "no such file"), InputFileError)
    (tmp_path / "g.txt").write_text("1 2 3")
    assert isinstance(refused(tmp_path / "g.txt", "'.txt'"), UnsupportedError)
