"""PyTorch's files read without PyTorch: windows into storages, checkpoints, and pickles that want to do more."""

from __future__ import annotations

import subprocess
import sys
import time
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qgd_compiler.errors import InputFileError
from qgd_compiler.frontends.describe_network import read_network
from qgd_compiler.frontends.weights.torch_file import read_torch
from tests.frontends.archives import Called, Global, Persistent, floats, pickled, tensor, write

W = tensor("0", 6, (2, 3))
STORAGE = {"0": floats(1, 2, 3, 4, 5, 6)}


def entries(path: Path) -> dict[str, Any]:
    file = read_torch(path)
    return {t.name: file.entries(t) for t in file.tensors}


def test_offsets_and_strides_are_those_of_the_window(tmp_path: Path) -> None:
    value = {
        "whole": W,
        "turned": tensor("0", 6, (3, 2), strides=(1, 3)),
        "part": tensor("0", 6, (2,), offset=1, strides=(3,)),
        "number": tensor("0", 6, (), offset=4),
        "empty": tensor("0", 6, (0, 4)),
    }
    found = entries(write(tmp_path / "a.pt", value, STORAGE))
    assert found["whole"].tolist() == [[1, 2, 3], [4, 5, 6]]
    assert found["turned"].tolist() == [[1, 4], [2, 5], [3, 6]]
    assert found["part"].tolist() == [2, 5]
    assert found["number"] == 5
    assert found["empty"].shape == (0, 4)


def test_masks_that_share_one_storage_are_told_apart(tmp_path: Path) -> None:
    bits = np.array([1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 1], dtype=bool)
    value = {
        "a.weight_orig": W,
        "a.weight_mask": tensor("1", 12, (2, 3), kind="BoolStorage"),
        "b.weight_orig": W,
        "b.weight_mask": tensor("1", 12, (2, 3), kind="BoolStorage", offset=6),
    }
    network = read_network(write(tmp_path / "a.pt", value, {**STORAGE, "1": bits.tobytes()}))
    assert [(layer.name, layer.kept) for layer in network.layers] == [("a.weight", 1), ("b.weight", 4)]


@pytest.mark.parametrize(
    ("kind", "stored", "expected"),
    [
        ("HalfStorage", np.array([1.5, -2], "<f2").tobytes(), [1.5, -2]),
        ("DoubleStorage", np.array([0.1, -2], "<f8").tobytes(), [0.1, -2]),
        ("BFloat16Storage", bytes.fromhex("c03f 00c0"), [1.5, -2.0]),  # 0x3fc0 and 0xc000
    ],
)
def test_each_floating_type_is_read(tmp_path: Path, kind: str, stored: bytes, expected: list[float]) -> None:
    path = write(tmp_path / "a.pt", {"w": tensor("0", 2, (2,), kind=kind)}, {"0": stored})
    assert entries(path)["w"].tolist() == expected


def test_a_file_of_another_byte_order_is_turned(tmp_path: Path) -> None:
    big = np.arange(6, dtype=">f4").tobytes()
    path = write(tmp_path / "a.pt", {"w": W}, {"0": big}, extra={"archive/byteorder": b"big"})
    assert entries(path)["w"].ravel().tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("name", ["state_dict", "model_state_dict", "model"])
def test_the_state_dict_of_a_checkpoint_is_found_beside_its_optimiser(tmp_path: Path, name: str) -> None:
    value = {
        "epoch": 3,
        "best": 0.5,
        "optimizer": {"state": {0: {"exp_avg": tensor("0", 6, (6,))}}, "param_groups": [{"lr": 0.1}]},
        name: {"module.w": W, "module.b": tensor("0", 6, (3,))},
    }
    network = read_network(write(tmp_path / "a.ckpt", value, STORAGE))
    assert [layer.name for layer in network.layers] == ["w", "b"]


def test_tensors_under_another_name_are_found_and_those_of_the_optimiser_left_out(tmp_path: Path) -> None:
    value = {"optimizer_state": {"m": tensor("0", 6, (6,))}, "encoder": {"w": W}, "decoder": {"w": W}}
    network = read_network(write(tmp_path / "a.pth", value, STORAGE))
    assert [layer.name for layer in network.layers] == ["encoder.w", "decoder.w"]


@pytest.mark.parametrize(
    "call",
    [
        Called(Global("os", "system"), ("touch CANARY",)),
        Called(Global("builtins", "eval"), ("open('CANARY', 'w')",)),
        Called(Global("torch.nn.modules.linear", "Linear"), (2, 3)),
        Called(
            Global("torch._tensor", "_rebuild_from_type_v2"),
            (Global("os", "system"), None, ("touch CANARY",), None),
        ),
    ],
    ids=["system", "eval", "module", "wrapped"],
)
def test_a_pickle_with_code_is_refused_and_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Called
) -> None:
    monkeypatch.chdir(tmp_path)
    path = write(tmp_path / "a.pt", {"w": W, "x": call}, STORAGE)
    with pytest.raises(InputFileError, match="could run code") as caught:
        read_torch(path)
    assert "state_dict" in caught.value.mistakes[0].remedy
    assert not (tmp_path / "CANARY").exists()


def test_a_name_alone_is_read_and_never_imported(tmp_path: Path) -> None:
    read_torch(write(tmp_path / "a.pt", {"w": W, "x": Global("antigravity", "geohash")}, STORAGE))
    assert "antigravity" not in sys.modules


LAUGHS = (
    b"\x80\x02}q\x00" + b"".join(b"}(" + b"".join(b"K%ch%c" % (k, level) for k in range(30)) + b"uq%c" % (level + 1)
    for level in range(11)) + b"."
)  # fmt: skip
TUPLE_KEY = (
    b"\x80\x02)q\x00" + b"".join(b"h%ch%c\x86q%c" % (i, i, i + 1) for i in range(60)) + b"0}h\x3cK\x01s."
)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (LAUGHS, "over 250000 places"),
        (TUPLE_KEY, "a tuple as a key"),
        (
            b"\x80\x02}r\xff\xff\xff\x7f.",
            "no tensors",
        ),  # a memo index of 2^31: 32 GB in Python's own Unpickler
        (b"\x80\x02}q\x00K\x01h\x00s.", "12 deep"),  # a dictionary in itself
        (b"\x80\x04\x8d\xff\xff\xff\xff\xff\x00\x00\x00.", "expected 1099511627775 bytes"),
        (b"\x80\x02\x82\x01.", "opcode EXT1"),
        (b"\x80\x02(K\x01K\x02", "exhausted|ends before"),
        (b"\x80\x020.", "inconsistent"),
        (b"\x80\x02h\x07.", "inconsistent"),
        (b"\x80\x02K\x01K\x02R.", "a tuple is expected"),
        (b"\x80\x02K\x01K\x02b.", "sets the state"),
        (b"", "ends before|exhausted"),
        (b"\xff\xfe", "opcode"),
    ],
)
def test_hostile_pickles_are_refused_at_once_and_in_little_memory(
    tmp_path: Path, raw: bytes, words: str
) -> None:
    path = write(tmp_path / "a.pt", None, STORAGE, raw=raw)
    tracemalloc.start()
    start = time.process_time()
    with pytest.raises(InputFileError, match=words):
        read_torch(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert time.process_time() - start < 20
    assert peak < 300 * 2**20


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"w": tensor("0", 6, (2, 4))}, "does not lie in its storage of 6 entries"),
        ({"w": tensor("0", 6, (2, 3), offset=1)}, "does not lie in its storage"),
        ({"w": tensor("0", 6, (2, 3), strides=(4, 1))}, "does not lie in its storage"),
        ({"w": tensor("0", 6, (2**20, 2**20), strides=(0, 0))}, "does not lie in its storage"),
        ({"w": tensor("0", 2**40, (2**40,))}, "claims 1099511627776 entries, but has 24 bytes"),
        ({"w": tensor("9", 6, (2, 3))}, "storage '9' of 'w' is missing"),
        ({"w": tensor("0", 6, (-2, 3))}, "negative or fractional"),
        ({"w": tensor("0", 6, (2, 3), strides=(1,))}, "other strides than dimensions"),
        ({"w": tensor("0", 6, (2, 3), kind="QInt8Storage")}, "storage of type"),
        ({"w": Called(Global("torch._utils", "_rebuild_tensor_v2"), (1, 0, (1,), (1,)))}, "has no storage"),
        ({"w": Persistent("x")}, "persistent object that is no storage"),
        ({"w": 1}, "no tensors"),
        ([W], "no dictionary of tensors"),
    ],
)
def test_tensors_that_do_not_fit_their_storage_are_refused(tmp_path: Path, value: Any, words: str) -> None:
    with pytest.raises(InputFileError, match=words):
        read_torch(write(tmp_path / "a.pt", value, STORAGE))


def test_a_bomb_in_a_compressed_archive_is_refused_unopened(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.pt",
        {"w": tensor("0", 2**24, (2**24,))},
        {"0": bytes(2**26)},
        compression=zipfile.ZIP_DEFLATED,
    )
    assert path.stat().st_size < 2**20
    with pytest.raises(InputFileError, match=r"compressed to \d+|is compressed"):
        read_torch(path)


def test_an_archive_that_is_compressed_at_all_is_not_one_of_torch_save(tmp_path: Path) -> None:
    path = write(tmp_path / "a.pt", {"w": W}, STORAGE, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(InputFileError, match="does not compress"):
        read_torch(path)


@pytest.mark.parametrize(
    ("extra", "words"),
    [({"archive/constants.pkl": b"x"}, "TorchScript"), ({"b/data.pkl": b"x"}, r"without PyTorch's data.pkl")],
)
def test_other_archives_are_refused(tmp_path: Path, extra: dict[str, bytes], words: str) -> None:
    with pytest.raises(InputFileError, match=words):
        read_torch(write(tmp_path / "a.pt", {"w": W}, STORAGE, extra=extra))


def test_truncated_files_and_files_of_another_kind_are_refused(tmp_path: Path) -> None:
    whole = write(tmp_path / "whole.pt", {"w": W}, STORAGE).read_bytes()
    for content in (whole[: len(whole) // 2], b"", b"hello", pickled({"a": 1}), b"\x80"):
        (tmp_path / "a.pt").write_bytes(content)
        with pytest.raises(InputFileError):
            read_torch(tmp_path / "a.pt")


def test_the_file_of_a_pruned_network_is_read_where_pytorch_is_not_installed(project: Path) -> None:
    path = project / "tests" / "data" / "models" / "digits_mlp_torchprune_state_dict.pt"
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from pathlib import Path\n"
        "from qgd_compiler.frontends.describe_network import read_network\n"
        f"n = read_network(Path({str(path)!r})); print(n.parameters, n.kept, n.source.value)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=project
    )
    assert done.stdout.split() == ["2410", "279", "exact"]
