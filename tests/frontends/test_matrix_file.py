"""Matrix files: what is read is what was written, and everything else is refused with its name and place."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse
from scipy.io import mmwrite

from qgd_compiler.errors import InputFileError, QgdError, UnsupportedError
from qgd_compiler.frontends.matrix_file import SYMMETRY_TOLERANCE, read_matrix

SYMMETRIC = np.array([[2.0, -1.0, 0.0], [-1.0, 0.0, 0.25], [0.0, 0.25, 3.0]])


def refused(path: Path, *words: str, key: str | None = None, symmetric: bool = True) -> QgdError:
    """The error of reading `path`; it must name the file, hold all `words` and say where."""
    with pytest.raises(QgdError) as caught:
        read_matrix(path, key, symmetric=symmetric)
    (mistake,) = caught.value.mistakes
    assert path.name in mistake.what
    assert mistake.at == str(path)
    for word in words:
        assert word in mistake.what + mistake.remedy, f"{word!r} is not in {mistake}"
    return caught.value


@pytest.mark.parametrize("layout", ["csr", "csc", "coo", "bsr", "dia"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_every_sparse_layout_reads_as_the_matrix_that_was_saved(
    tmp_path: Path, layout: str, dtype: type
) -> None:
    path = tmp_path / "h.npz"
    matrix = np.array([[4, -1, 0, 0], [-1, 0, 2, 0], [0, 2, 5, 0], [0, 0, 0, 7]], dtype=dtype)
    sparse.save_npz(path, sparse.coo_array(matrix).asformat(layout))
    found = read_matrix(path)
    np.testing.assert_array_equal(found.matrix.toarray(), matrix)
    assert found.matrix.dtype == np.float64
    assert found.matrix.nnz == 7  # the stored zero of other layouts is gone
    assert found.stored == np.dtype(dtype).name
    assert (found.rows, found.asymmetry, found.dense) == (4, 0.0, False)


def test_stored_zeros_and_duplicates_do_not_count_as_entries(tmp_path: Path) -> None:
    rows, columns, values = [0, 0, 0, 1, 1, 1], [0, 1, 0, 0, 1, 1], [1.0, 0.0, 2.0, 0.0, 4.0, -4.0]
    sparse.save_npz(tmp_path / "h.npz", sparse.coo_array((values, (rows, columns)), shape=(2, 2)))
    found = read_matrix(tmp_path / "h.npz").matrix
    assert found.nnz == 1
    np.testing.assert_array_equal(found.toarray(), [[3.0, 0.0], [0.0, 0.0]])


def test_dense_members_are_found_by_name_or_by_being_the_only_matrix(tmp_path: Path) -> None:
    path = tmp_path / "h.npz"
    np.savez_compressed(path, hessian=SYMMETRIC, other=np.ones(3))
    np.testing.assert_array_equal(read_matrix(path).matrix.toarray(), SYMMETRIC)
    np.savez(path, hessian=SYMMETRIC, twice=2 * SYMMETRIC)
    np.testing.assert_array_equal(read_matrix(path, "twice").matrix.toarray(), 2 * SYMMETRIC)
    refused(path, "2 matrices", "key:", "hessian (3, 3)")
    refused(path, "no member 'missing'", "twice (3, 3)", key="missing")
    np.save(tmp_path / "h.npy", np.asfortranarray(SYMMETRIC))
    assert read_matrix(tmp_path / "h.npy").dense


@pytest.mark.parametrize("symmetry", ["general", "symmetric"])
def test_matrix_market_files_read_as_written(tmp_path: Path, symmetry: str) -> None:
    for name, matrix in (("dense", SYMMETRIC), ("sparse", sparse.coo_array(SYMMETRIC))):
        path = tmp_path / f"{name}.mtx"
        mmwrite(path, matrix, symmetry=symmetry)
        np.testing.assert_array_equal(read_matrix(path).matrix.toarray(), SYMMETRIC)


def test_the_example_files_have_the_sizes_of_their_metadata(estimates: Path) -> None:
    karate = read_matrix(estimates / "data" / "graph_karate.mtx")
    assert (karate.rows, karate.matrix.nnz) == (34, 190)
    np.testing.assert_allclose(karate.matrix.sum(axis=1), 0.01, atol=1e-9)  # Laplacian + 0.01 I
    network = read_matrix(estimates / "data" / "mlp64-32-10_tanh_ce_p90_t50.npz")
    assert (network.rows, network.matrix.nnz, network.stored) == (279, 77841, "float32")


def test_rounding_asymmetry_is_averaged_and_recorded(tmp_path: Path) -> None:
    path = tmp_path / "h.npy"
    matrix = SYMMETRIC.copy()
    matrix[0, 1] += 3e-7
    np.save(path, matrix)
    found = read_matrix(path)
    assert found.asymmetry == pytest.approx(3e-7)
    dense = found.matrix.toarray()
    np.testing.assert_array_equal(dense, dense.T)
    assert dense[0, 1] == pytest.approx(-1 + 1.5e-7, abs=1e-15)


def test_asymmetry_beyond_rounding_is_refused_with_the_worst_pair(tmp_path: Path) -> None:
    path = tmp_path / "h.npy"
    matrix = SYMMETRIC.copy()
    matrix[2, 1] = 0.3
    matrix[0, 1] += 0.001
    np.save(path, matrix)
    refused(path, "entry (1, 2) is 0.25, entry (2, 1) is 0.3", "worst pair", "save (H + H.T)/2")
    assert read_matrix(path, symmetric=False).matrix[2, 1] == 0.3
    matrix = SYMMETRIC.copy()
    matrix[0, 1] += 1.1 * SYMMETRY_TOLERANCE * 3.0
    np.save(path, matrix)
    refused(path, "not symmetric")


def test_shapes_that_are_no_hessian_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "h.npy"
    np.save(path, np.ones((2, 3)))
    refused(path, "2 x 3", "square")
    assert read_matrix(path, symmetric=False).matrix.shape == (2, 3)
    np.save(path, np.ones(3))
    refused(path, "no matrix")
    np.save(path, np.empty((0, 0)))
    refused(path, "empty", "0 x 0")
    np.save(path, np.zeros((2, 2)))
    refused(path, "every entry is zero")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_entries_that_are_not_finite_are_refused_with_their_place(tmp_path: Path, bad: float) -> None:
    matrix = SYMMETRIC.copy()
    matrix[2, 1] = bad
    for path, write in (
        (tmp_path / "h.npy", lambda p: np.save(p, matrix)),
        (tmp_path / "h.npz", lambda p: sparse.save_npz(p, sparse.csr_array(matrix))),
        (tmp_path / "h.mtx", lambda p: mmwrite(p, sparse.coo_array(matrix), symmetry="general")),
    ):
        write(path)
        refused(path, "entry (2, 1)", f"is {bad}", "1 such entries")


def test_complex_entries_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "h.npy", SYMMETRIC + 0j)
    refused(tmp_path / "h.npy", "complex", "real part")
    sparse.save_npz(tmp_path / "h.npz", sparse.csr_array(SYMMETRIC + 0j))
    refused(tmp_path / "h.npz", "complex")
    mmwrite(tmp_path / "h.mtx", sparse.coo_array(SYMMETRIC + 1j))
    refused(tmp_path / "h.mtx", "complex")


def test_entries_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "h.npy", np.array([["a", "b"], ["b", "a"]]))
    refused(tmp_path / "h.npy", "must be numbers")


def test_a_missing_file_is_refused_and_a_near_name_suggested(tmp_path: Path) -> None:
    np.save(tmp_path / "hessian.npy", SYMMETRIC)
    refused(tmp_path / "hesian.npy", "no such file", "did you mean hessian.npy")
    refused(tmp_path / "folder" / "h.npy", "no such file", "check the folder")
    refused(tmp_path, "not a file")
    (tmp_path / "empty.npz").touch()
    refused(tmp_path / "empty.npz", "empty")


def test_other_kinds_of_file_are_unsupported_and_not_guessed(tmp_path: Path) -> None:
    path = tmp_path / "h.csv"
    path.write_text("1,2\n2,1\n")
    error = refused(path, "'.csv'", ".npz, .npy, .mtx")
    assert isinstance(error, UnsupportedError)


def test_a_truncated_archive_is_refused_wherever_it_is_cut(tmp_path: Path) -> None:
    whole = tmp_path / "whole.npz"
    sparse.save_npz(whole, sparse.csr_array(SYMMETRIC))
    content = whole.read_bytes()
    for cut in range(0, len(content), 13):
        path = tmp_path / "cut.npz"
        path.write_bytes(content[:cut])
        refused(path, "empty" if cut == 0 else "")


def test_a_flipped_byte_in_an_archive_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "h.npz"
    np.savez(path, hessian=SYMMETRIC)
    content = bytearray(path.read_bytes())
    content[content.index(np.float64(0.25).tobytes()) + 3] ^= 0x40
    path.write_bytes(bytes(content))
    refused(path, "CRC")


def test_a_truncated_array_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "h.npy"
    np.save(path, SYMMETRIC)
    content = path.read_bytes()
    for cut in (3, 9, 40, len(content) - 1):
        path.write_bytes(content[:cut])
        refused(path)
    path.write_bytes(content + b"x")
    refused(path, "truncated or forged")


def test_a_truncated_matrix_market_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "h.mtx"
    rng = np.random.default_rng(0)
    mmwrite(path, sparse.coo_array(rng.normal(size=(6, 6))), symmetry="general")
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-3]))
    refused(path)
    path.write_text("".join(lines[:2]))
    refused(path)
    path.write_text("not a matrix\n1 2 3\n")
    refused(path, "not a Matrix Market file")


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.marker,)


def test_pickles_are_refused_unopened_wherever_they_hide(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    hidden = np.empty((2, 2), dtype=object)
    hidden[0, 0] = Bomb(marker)
    np.savez(tmp_path / "member.npz", hessian=hidden)
    np.save(tmp_path / "array.npy", hidden, allow_pickle=True)
    (tmp_path / "bare.npz").write_bytes(pickle.dumps(Bomb(marker)))
    with zipfile.ZipFile(tmp_path / "renamed.npz", "w") as archive:
        archive.writestr("data.npy", pickle.dumps(Bomb(marker)))
    for name in ("member.npz", "array.npy", "bare.npz", "renamed.npz"):
        refused(tmp_path / name, "pickle", "refused")
    sparse.save_npz(tmp_path / "h.npz", sparse.csr_array(SYMMETRIC))
    with zipfile.ZipFile(tmp_path / "h.npz", "a") as archive:
        buffer = io.BytesIO()
        np.save(buffer, hidden, allow_pickle=True)
        archive.writestr("extra.npy", buffer.getvalue())
    refused(tmp_path / "h.npz", "'extra'", "pickle")
    assert not marker.exists()


def npy(shape: str, body: bytes, dtype: str = "<f8") -> bytes:
    """An .npy file whose header says what it likes."""
    header = f"{{'descr': {dtype!r}, 'fortran_order': False, 'shape': {shape}}}".encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + body


@pytest.mark.parametrize(
    ("shape", "word"),
    [
        ("(1000000, 1000000)", "at most"),
        ("(2000, 2000)", "truncated or forged"),
        ("(2, 1)", "truncated or forged"),
        ("(-2, -4)", "malformed"),
        ("(2.0, 4)", "malformed"),
        ("[2, 4]", "malformed"),
        ("2 ** 9 ** 9", "malformed"),
    ],
)
def test_a_header_that_lies_about_its_size_is_refused_before_anything_is_allocated(
    tmp_path: Path, shape: str, word: str
) -> None:
    (tmp_path / "h.npy").write_bytes(npy(shape, bytes(64)))
    refused(tmp_path / "h.npy", word)


def test_a_header_of_megabytes_or_of_an_unknown_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "h.npy"
    path.write_bytes(b"\x93NUMPY\x02\x00" + (10**8).to_bytes(4, "little") + b"{" * 1000)
    refused(path, "header claims 100000000 bytes")
    path.write_bytes(b"\x93NUMPY\x09\x00" + bytes(100))
    refused(path, "version (9, 0)")


def test_an_archive_that_claims_more_than_it_can_hold_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "h.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("h.npy", npy("(8, 8)", bytes(512)))
    content = bytearray(path.read_bytes())
    entry = content.rindex(b"PK\x01\x02")
    content[entry + 24 : entry + 28] = (2**31).to_bytes(4, "little")  # uncompressed size in the directory
    path.write_bytes(bytes(content))
    refused(path, "claims 2147483648 bytes")


def test_a_huge_declared_shape_with_few_entries_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "h.npz"
    np.savez(
        path,
        format=b"coo",
        shape=np.array([10**12, 10**12]),
        data=np.ones(1),
        row=np.zeros(1, int),
        col=np.zeros(1, int),
    )
    refused(path, "declares 1000000000000 x 1000000000000", "only 1 entries")
    path = tmp_path / "h.mtx"
    path.write_text("%%MatrixMarket matrix coordinate real general\n1000000000000 1000000000000 1\n1 1 1.0\n")
    refused(path, "only 1 entries")
    path.write_text("%%MatrixMarket matrix coordinate real general\n3 3 100000000\n1 1 1.0\n")
    refused(path, "too many for its")
    path.write_text("%%MatrixMarket matrix array real general\n100000 100000\n1.0\n")
    refused(path, "too many for its")


def test_inconsistent_sparse_arrays_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "h.npz"
    sound = sparse.csr_array(SYMMETRIC)
    parts = {
        "format": b"csr",
        "shape": (3, 3),
        "data": sound.data,
        "indices": sound.indices,
        "indptr": sound.indptr,
    }
    for change, word in (
        ({"indices": sound.indices + 2}, "inconsistent"),
        ({"indptr": sound.indptr[:-1]}, "inconsistent"),
        ({"indptr": sound.indptr[::-1].copy()}, "inconsistent"),
        ({"indices": sound.indices.astype(float)}, "not integers"),
        ({"format": b"xyz"}, "'xyz'"),
        ({"shape": (3,)}, "not those of a SciPy sparse matrix"),
    ):
        np.savez(path, **(parts | change))  # type: ignore[arg-type]
        refused(path, word)
    del parts["indptr"]
    np.savez(path, **parts)  # type: ignore[arg-type]
    refused(path, "'indptr'", "missing")


def test_an_error_of_a_file_has_the_exit_code_of_files(tmp_path: Path) -> None:
    error = refused(tmp_path / "no.npz")
    assert isinstance(error, InputFileError)
    assert error.exit_code == 4
    assert json.dumps(error.to_json())
