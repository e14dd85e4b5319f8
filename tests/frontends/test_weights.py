"""Files of weights: what is counted, what is left out, how kept entries lie, and what a damaged file is answered."""

from __future__ import annotations

import json
import struct
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qgd_compiler.cli.main import main
from qgd_compiler.errors import InputFileError, UnsupportedError, UsageError
from qgd_compiler.frontends.describe_network import read_network
from qgd_compiler.frontends.weights.layers import Network
from qgd_compiler.frontends.weights.pattern import pattern_of
from qgd_compiler.kinds import Source
from tests.frontends.archives import floats, tensor, write

Save = Callable[[Path, dict[str, np.ndarray[Any, Any]]], Path]


def save_safetensors(folder: Path, arrays: dict[str, np.ndarray[Any, Any]]) -> Path:
    from safetensors.numpy import save_file

    save_file({name: np.ascontiguousarray(a) for name, a in arrays.items()}, folder / "w.safetensors")
    return folder / "w.safetensors"


def save_hdf5(folder: Path, arrays: dict[str, np.ndarray[Any, Any]]) -> Path:
    import h5py

    with h5py.File(folder / "w.h5", "w") as file:
        for name, array in arrays.items():
            file[name.replace(".", "/")] = array
    return folder / "w.h5"


def save_onnx(
    folder: Path, arrays: dict[str, np.ndarray[Any, Any]], sparse: Any = (), nodes: Any = ()
) -> Path:
    import onnx

    tensors = [onnx.numpy_helper.from_array(array, name) for name, array in arrays.items()]
    graph = onnx.helper.make_graph(
        list(nodes), "g", [], [], initializer=tensors, sparse_initializer=list(sparse)
    )
    (folder / "w.onnx").write_bytes(onnx.helper.make_model(graph).SerializeToString())
    return folder / "w.onnx"


def save_torch(folder: Path, arrays: dict[str, np.ndarray[Any, Any]]) -> Path:
    kinds = {
        "f4": "FloatStorage",
        "f8": "DoubleStorage",
        "b1": "BoolStorage",
        "i8": "LongStorage",
        "c8": "ComplexFloatStorage",
    }
    value, storages = {}, {}
    for number, (name, array) in enumerate(arrays.items()):
        key = str(number)
        value[name] = tensor(key, array.size, array.shape, kind=kinds[array.dtype.str[1:]])
        storages[key] = array.tobytes()
    return write(folder / "w.pt", value, storages)


SAVERS: list[Save] = [save_safetensors, save_hdf5, save_onnx, save_torch]
W = np.array([[1, 0, 0, 2], [0, 0, 3, 0], [0, 0, 0, 0]], dtype=np.float32)
every_format = pytest.mark.parametrize("save", SAVERS)


def kept(network: Network) -> dict[str, tuple[int, str, str]]:
    return {layer.name: (layer.kept, layer.pattern, layer.basis) for layer in network.layers}


@pytest.mark.parametrize("ending", ["pruned.safetensors", "pruned.onnx", "torchprune_state_dict.pt"])
def test_the_pruned_network_on_the_digits_keeps_279_of_2410(project: Path, ending: str) -> None:
    network = read_network(project / "tests" / "data" / "models" / f"digits_mlp_{ending}")
    assert (network.parameters, network.kept) == (2410, 279)
    assert sorted((layer.shape, layer.kept) for layer in network.layers) == [
        ((10,), 10),
        ((10, 32), 148),
        ((32,), 32),
        ((32, 64), 89),
    ]


@every_format
def test_without_masks_weights_that_are_zero_are_pruned_and_zero_biases_are_not(
    tmp_path: Path, save: Save
) -> None:
    network = read_network(save(tmp_path, {"a.weight": W, "a.bias": np.zeros(3, dtype=np.float32)}))
    assert kept(network) == {"a.weight": (3, "unstructured", "weights"), "a.bias": (3, "dense", "weights")}
    assert (network.parameters, network.kept, network.source) == (15, 6, Source.MEASURED)


@every_format
def test_with_masks_the_mask_counts_and_not_the_weights(tmp_path: Path, save: Save) -> None:
    mask = np.array([[1, 1, 1, 1], [1, 0, 0, 0], [0, 0, 0, 0]], dtype=bool)
    arrays = {
        "module._orig_mod.a.weight_orig": W,
        "module._orig_mod.a.weight_mask": mask,
        "module._orig_mod.b.weight": W,
        "module._orig_mod.b.running_mean": np.ones(3, dtype=np.float32),
        "module._orig_mod.b.num_batches_tracked": np.array([7], dtype=np.int64),
    }
    network = read_network(save(tmp_path, arrays))
    assert kept(network) == {"a.weight": (5, "unstructured", "mask"), "b.weight": (12, "dense", "mask")}
    assert (network.source, set(network.left_out)) == (
        Source.EXACT,
        {"b.running_mean", "b.num_batches_tracked"},
    )


def test_wrappers_are_taken_off_wherever_training_tools_put_them(tmp_path: Path) -> None:
    names = ["module.a.weight", "_orig_mod.module.b.weight", "c._orig_mod.weight", "d.module.weight"]
    network = read_network(save_safetensors(tmp_path, dict.fromkeys(names, W)))
    assert sorted(kept(network)) == ["a.weight", "b.weight", "c.weight", "d.module.weight"]


@every_format
def test_a_layer_may_be_empty_but_not_all_of_them(tmp_path: Path, save: Save) -> None:
    none = np.zeros((3, 4), dtype=np.float32)
    network = read_network(
        save(tmp_path, {"a.weight": W, "b.weight": none, "c.weight": np.zeros((0, 4), np.float32)})
    )
    assert kept(network)["b.weight"] == (0, "empty", "weights")
    assert kept(network)["c.weight"] == (0, "empty", "weights")
    with pytest.raises(InputFileError, match="no entry is kept"):
        read_network(save(tmp_path, {"b.weight": none}))


def masked(**changes: Any) -> dict[str, np.ndarray[Any, Any]]:
    return {"a.weight_orig": W, "a.weight_mask": np.ones((3, 4), dtype=np.float32), **changes}


@every_format
@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"a.weight": np.where(W == 3, np.nan, W)}, r"has nan at \(1, 2\)"),
        ({"a.weight": np.where(W == 2, np.inf, W)}, r"has inf at \(0, 3\)"),
        ({"a.bias": np.array([0, np.nan], dtype=np.float32)}, "has nan at"),
        (masked(**{"a.weight_mask": np.ones((4, 3), dtype=np.float32)}), r"shape \(4, 3\), its weights"),
        (masked(**{"a.weight_mask": np.full((3, 4), 0.5, dtype=np.float32)}), "has the entry 0.5"),
        (masked(**{"a.weight_mask": np.full((3, 4), np.nan, dtype=np.float32)}), "has the entry nan"),
        ({"b.weight_mask": np.ones((3, 4), dtype=np.float32), "a.weight": W}, "has no weights"),
        (masked(**{"a.weight": W}), "holds both"),
        ({"a.weight": W, "module.a.weight": W}, "two tensors are called 'a.weight'"),
        ({"a.weight": np.ones((2, 2), dtype=np.int64)}, "holds no parameters"),
        ({"a.weight": np.zeros((0, 2), dtype=np.float32)}, "holds no parameters"),
    ],
    ids=[
        "nan", "inf", "nan bias", "mask shape", "mask half", "mask nan", "mask alone", "both", "twice", "integers",
        "nothing",
    ],
)  # fmt: skip
def test_weights_and_masks_that_cannot_be_right_are_refused_by_name_and_with_exit_code_4(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], save: Save, arrays: dict[str, Any], words: str
) -> None:
    path = save(
        tmp_path,
        {
            name: array.astype(np.float32) if array.dtype == np.float64 else array
            for name, array in arrays.items()
        },
    )
    with pytest.raises(InputFileError, match=words):
        read_network(path)
    assert main(["describe", str(path)]) == 4
    assert path.name in capsys.readouterr().err


@pytest.mark.parametrize("save", [save_hdf5, save_torch])
def test_complex_weights_are_refused(tmp_path: Path, save: Save) -> None:
    with pytest.raises(InputFileError, match="is complex"):
        read_network(save(tmp_path, {"a.weight": np.ones((2, 2), dtype=np.complex64)}))


@every_format
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9])
def test_truncated_files_are_refused_with_exit_code_4(tmp_path: Path, save: Save, share: float) -> None:
    path = save(tmp_path, {"a.weight": np.ones((40, 40), dtype=np.float32)})
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    assert main(["describe", str(path)]) == 4


@pytest.mark.parametrize("ending", ["safetensors", "h5", "onnx", "pt"])
@pytest.mark.parametrize("content", [b"hello, this is text\n" * 20, b"\x00" * 300, bytes(range(256)) * 8])
def test_files_of_another_kind_are_refused_with_exit_code_4(
    tmp_path: Path, ending: str, content: bytes
) -> None:
    path = tmp_path / f"w.{ending}"
    path.write_bytes(content)
    assert main(["describe", str(path)]) == 4
    path.unlink()
    assert main(["describe", str(path)]) == 4


def safetensors_file(path: Path, header: dict[str, Any], size: int) -> Path:
    """A file with a hole where the data should be: it takes no room."""
    text = json.dumps(header).encode()
    with path.open("wb") as stream:
        stream.write(struct.pack("<Q", len(text)) + text)
        stream.truncate(8 + len(text) + size)
    return path


def test_the_header_of_400_megabytes_is_read_in_no_time_and_no_memory(tmp_path: Path) -> None:
    size = 400 * 2**20
    header = {"w": {"dtype": "F32", "shape": [size // 4096, 1024], "data_offsets": [0, size]}}
    path = safetensors_file(tmp_path / "w.safetensors", header, size)
    tracemalloc.start()
    start = time.process_time()
    network = read_network(path)
    took = time.process_time() - start
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert took < 0.5
    assert peak < 2**20
    assert (network.kept, network.source) == (size // 4, Source.ASSUMED)


def test_masks_are_enough_where_the_weights_are_large(tmp_path: Path) -> None:
    mask = (np.arange(1200).reshape(30, 40) % 3 == 0).astype(np.float32)
    size = 400 * 2**20
    header = {
        "a.weight_mask": {"dtype": "F32", "shape": [30, 40], "data_offsets": [0, 4800]},
        "a.weight_orig": {"dtype": "F32", "shape": [30, 40], "data_offsets": [4800, 9600]},
        "b.weight": {"dtype": "F32", "shape": [size // 4], "data_offsets": [9600, 9600 + size]},
    }
    path = safetensors_file(tmp_path / "w.safetensors", header, 9600 + size)
    with path.open("r+b") as stream:
        stream.seek(path.stat().st_size - 9600 - size)
        stream.write(mask.tobytes())
    network = read_network(path)
    assert (network.kept, network.source) == (400 + size // 4, Source.EXACT)


def test_weights_are_read_or_left_alone_as_asked(tmp_path: Path) -> None:
    path = save_safetensors(tmp_path, {"a.weight": W})
    assert kept(read_network(path, "skip")) == {"a.weight": (12, "dense", "shape")}
    assert read_network(path, "skip").source is Source.ASSUMED
    assert kept(read_network(path, "read"))["a.weight"] == (3, "unstructured", "weights")


@pytest.mark.parametrize(
    "header",
    [
        {"w": {"dtype": "F32", "shape": [2**40, 2**20], "data_offsets": [0, 16]}},
        {"w": {"dtype": "F32", "shape": [4], "data_offsets": [0, 2**50]}},
        {"w": {"dtype": "F32", "shape": [-4], "data_offsets": [0, 16]}},
        {"w": {"dtype": "F99", "shape": [4], "data_offsets": [0, 16]}},
        {"w": {"dtype": "F32", "shape": [3], "data_offsets": [0, 16]}},
        {},
    ],
)
def test_forged_headers_are_refused(tmp_path: Path, header: dict[str, Any]) -> None:
    with pytest.raises(InputFileError):
        read_network(safetensors_file(tmp_path / "w.safetensors", header, 16))


def test_bfloat16_is_counted_and_eight_bit_floats_are_by_the_header_alone(tmp_path: Path) -> None:
    header = {"w": {"dtype": "BF16", "shape": [2, 2], "data_offsets": [0, 8]}}
    path = safetensors_file(tmp_path / "w.safetensors", header, 8)
    with path.open("r+b") as stream:
        stream.seek(path.stat().st_size - 8)
        stream.write(bytes.fromhex("803f0000000000c0"))
    assert kept(read_network(path))["w"] == (2, "unstructured", "weights")
    path = safetensors_file(
        tmp_path / "v.safetensors", {"w": {"dtype": "F8_E4M3", "shape": [2, 2], "data_offsets": [0, 4]}}, 4
    )
    with pytest.raises(InputFileError, match="--weights skip"):
        read_network(path)
    assert read_network(path, "skip").kept == 4


def test_keras_names_lose_their_numbers_and_its_optimiser_is_left_out(tmp_path: Path) -> None:
    arrays = {
        "model_weights.dense.dense.kernel:0": W,
        "model_weights.norm.norm.moving_mean:0": np.ones(4, dtype=np.float32),
        "optimizer_weights.momentum:0": W,
    }
    network = read_network(save_hdf5(tmp_path, arrays))
    assert list(kept(network)) == ["dense.dense.kernel"]
    assert network.left_out == ("norm.norm.moving_mean",)


def test_datasets_that_claim_more_than_is_there_or_lie_elsewhere_are_refused(tmp_path: Path) -> None:
    import h5py

    path = tmp_path / "w.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("w", shape=(2**17, 2**17), dtype="f4", chunks=(1024, 1024), compression="gzip")
    with pytest.raises(InputFileError, match="takes 68719476736 bytes"):
        read_network(path, "read")
    with h5py.File(path, "w") as file:
        file.create_dataset("w", shape=(2**14, 2**15), dtype="f4", chunks=(1024, 1024), compression="gzip")
    with pytest.raises(InputFileError, match="claims 2147483648 bytes from 0"):
        read_network(path, "read")
    secret = tmp_path / "secret"
    secret.write_bytes(floats(1, 2, 3, 4))
    with h5py.File(path, "w") as file:
        file.create_dataset("w", shape=(2, 2), dtype="f4", external=[(str(secret), 0, 16)])
    with pytest.raises(InputFileError, match="another file"):
        read_network(path)
    with h5py.File(path, "w") as file:
        file["link"] = h5py.ExternalLink("other.h5", "/w")
        file["loop"] = h5py.SoftLink("/")
    with pytest.raises(InputFileError, match="no tensors"):
        read_network(path)


def sparse_onnx(places: Any, values: Any, shape: tuple[int, ...]) -> Any:
    import onnx

    return onnx.helper.make_sparse_tensor(
        onnx.numpy_helper.from_array(np.array(values, dtype=np.float32), "s"),
        onnx.numpy_helper.from_array(np.array(places, dtype=np.int64), "i"),
        list(shape),
    )


def test_sparse_initialisers_are_counted_and_never_written_out(tmp_path: Path) -> None:
    far = 2**25
    path = save_onnx(tmp_path, {"w": W}, [sparse_onnx([0, far * far - 1], [1, 2], (far, far))])
    assert kept(read_network(path)) == {
        "w": (3, "unstructured", "weights"),
        "s": (2, "unstructured", "weights"),
    }


@pytest.mark.parametrize(
    ("places", "values", "words"),
    [
        ([[0, 0], [2, 0]], [1, 2], "index outside its shape"),
        ([[0, 0], [-1, 0]], [1, 2], "index outside its shape"),
        ([[0, 1], [0, 1]], [1, 2], "two values at one place"),
        ([0, 6], [1, 2], "index outside its shape"),
        ([[0], [1]], [1, 2], "indices"),
        ([0, 1], [1, float("nan")], "not finite"),
    ],
)
def test_inconsistent_sparse_initialisers_are_refused(
    tmp_path: Path, places: Any, values: Any, words: str
) -> None:
    with pytest.raises(InputFileError, match=words):
        read_network(save_onnx(tmp_path, {}, [sparse_onnx(places, values, (2, 3))]))


def test_onnx_statistics_are_no_parameters_and_other_files_are_not_read(tmp_path: Path) -> None:
    import onnx

    node = onnx.helper.make_node("BatchNormalization", ["x", "scale", "b", "mean", "var"], ["y"])
    arrays = {name: np.ones(3, dtype=np.float32) for name in ("scale", "b", "mean", "var")}
    network = read_network(save_onnx(tmp_path, arrays, nodes=[node]))
    assert (list(kept(network)), set(network.left_out)) == (["scale", "b"], {"mean", "var"})

    model = onnx.load(save_onnx(tmp_path, {"w": W}))
    held = model.graph.initializer[0]
    held.ClearField("raw_data")
    held.data_location = onnx.TensorProto.EXTERNAL
    held.external_data.add(key="location", value="../../etc/passwd")
    (tmp_path / "w.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(InputFileError, match="another file, which is not read"):
        read_network(tmp_path / "w.onnx")
    assert read_network(tmp_path / "w.onnx", "skip").kept == 12


@pytest.mark.parametrize("dims", [[2**40, 2**10], [3, 5], [-3, -4]])
def test_an_initialiser_with_other_dimensions_than_data_is_refused(tmp_path: Path, dims: list[int]) -> None:
    import onnx

    model = onnx.load(save_onnx(tmp_path, {"w": W}))
    del model.graph.initializer[0].dims[:]
    model.graph.initializer[0].dims.extend(dims)
    (tmp_path / "w.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(InputFileError):
        read_network(tmp_path / "w.onnx")


@pytest.mark.parametrize(
    ("module", "ending", "extra"),
    [("safetensors", "safetensors", "safetensors"), ("onnx", "onnx", "onnx"), ("h5py", "h5", "h5py")],
)
def test_a_missing_library_is_an_error_with_the_command_that_installs_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    module: str,
    ending: str,
    extra: str,
) -> None:
    (tmp_path / f"w.{ending}").write_bytes(b"anything")
    monkeypatch.setitem(sys.modules, module, None)
    assert main(["describe", str(tmp_path / f"w.{ending}")]) == UsageError.exit_code
    assert f'pip install "qgd-compiler[{extra}]"' in capsys.readouterr().err


def test_a_list_of_blocks_is_read_and_must_add_up(project: Path, tmp_path: Path) -> None:
    whole = project / "tests" / "data" / "models" / "resnet-32-4-p90.blocks.yaml"
    network = read_network(whole)
    assert (network.parameters, network.kept) == (7451044, 777101)
    assert network.layers[0].shape == (64, 3, 3, 3)
    bad = tmp_path / "a.blocks.yaml"
    for text, words in [
        (
            "dimension: {n: 5}\nblocks: [{id: a, shape: [2, 2]}]",
            "dimension.n is 5, but the blocks add up to 4",
        ),
        ("blocks: [{id: a, shape: [2, 2], active: 5}]", "keeps 5"),
        ("blocks: [{id: a, shape: [-2, 2]}]", "has the shape"),
        ("blocks: [{shape: [2]}]", "no id and shape"),
        ("blocks: 7", "no list of blocks"),
        ("[", "cannot be read"),
        ("blocks: [{id: a, shape: [2], active: 0}]", "no parameter is kept"),
    ]:
        bad.write_text(text)
        with pytest.raises(InputFileError, match=words):
            read_network(bad)


def test_other_endings_are_not_read(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match=r"'.gguf' are not read"):
        read_network(tmp_path / "a.gguf")


def grid(shape: tuple[int, ...], rule: Callable[..., Any]) -> np.ndarray[Any, Any]:
    return np.asarray(np.fromfunction(rule, shape, dtype=int), dtype=bool)


@pytest.mark.parametrize(
    ("kept_entries", "name"),
    [
        (np.ones((3, 5), dtype=bool), "dense"),
        (np.zeros((3, 5), dtype=bool), "empty"),
        (grid((8, 12), lambda i, j: (i % 3 == 0) & (j >= 0)), "rows"),
        (grid((8, 12), lambda i, j: (j % 3 == 0) & (i >= 0)), "columns"),
        (grid((8, 12), lambda i, j: (i % 3 == 0) & (j % 5 == 1)), "rows and columns"),
        (grid((8, 6, 3, 3), lambda o, c, h, w: (o % 2 == 0) & (c + h + w >= 0)), "rows"),
        (grid((8, 6, 3, 3), lambda o, c, h, w: (c % 2 == 0) & (o + h + w >= 0)), "columns"),
        (grid((8, 6, 3, 3), lambda o, c, h, w: ((o + c) % 3 == 0) & (h + w >= 0)), "kernels"),
        (grid((16, 16), lambda i, j: (i // 4 + j // 4) % 3 == 0), "block 4x4"),
        (grid((16, 24), lambda i, j: (i // 2 + j // 8) % 3 == 0), "block 2x8"),
        (grid((8, 64), lambda i, j: (j + i) % 4 < 2), "2:4"),
        (grid((8, 64), lambda i, j: (j * 3 + i * i) % 4 == 0), "1:4"),
        (grid((8, 128), lambda i, j: (j * 5 + i) % 8 < 3), "3:8"),
        (grid((7, 9), lambda i, j: (i * j + j) % 3 == 0), "unstructured"),
        (grid((9,), lambda i: i % 2 == 0), "unstructured"),
    ],
)
def test_each_pattern_is_recognised(kept_entries: np.ndarray[Any, Any], name: str) -> None:
    assert pattern_of(kept_entries) == name


@pytest.mark.parametrize("share", [0.5, 0.1, 0.02])
def test_no_pattern_is_seen_in_a_random_mask(share: float) -> None:
    rng = np.random.default_rng(5)
    for shape in ((64, 64), (32, 128), (16, 16, 3, 3)):
        assert pattern_of(rng.random(shape) < share) == "unstructured"
