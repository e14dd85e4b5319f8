"""Files that PyTorch itself writes are read as PyTorch reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.utils import prune

from qgd_compiler.errors import InputFileError
from qgd_compiler.frontends.describe_network import read_network
from qgd_compiler.frontends.weights.torch_file import read_torch

pytestmark = pytest.mark.torch

TYPES = [
    torch.float64,
    torch.float32,
    torch.float16,
    torch.bfloat16,
    torch.int64,
    torch.uint8,
    torch.bool,
    torch.int16,
]


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
def test_every_tensor_of_a_saved_dictionary_is_read_as_it_is(tmp_path: Path, zipped: bool) -> None:
    torch.manual_seed(1)
    base = torch.randn(6, 5)
    saved: dict[str, Any] = {str(t).split(".")[1]: (base * 10).to(t) for t in TYPES}
    saved |= {
        "turned": base.T,
        "part": base[1:4, ::2],
        "row": base[3],
        "number": base.sum(),
        "empty": base[:0],
        "parameter": torch.nn.Parameter(base + 1),
    }
    torch.save(saved, tmp_path / "a.pt", _use_new_zipfile_serialization=zipped)
    file = read_torch(tmp_path / "a.pt")
    found = {t.name: file.entries(t) for t in file.tensors}
    assert list(found) == list(saved)
    for name, tensor in saved.items():
        expected = (
            tensor.detach().float().numpy() if tensor.dtype == torch.bfloat16 else tensor.detach().numpy()
        )
        assert found[name].shape == expected.shape
        assert np.array_equal(found[name], expected), name


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
def test_a_checkpoint_with_an_optimiser_gives_the_model(tmp_path: Path, zipped: bool) -> None:
    model = torch.nn.Sequential(torch.nn.Linear(6, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 2))
    optimiser = torch.optim.Adam(model.parameters())
    model(torch.randn(5, 6)).sum().backward()
    optimiser.step()
    prune.l1_unstructured(model[0], "weight", amount=9)
    checkpoint = {
        "epoch": 3,
        "model": model.state_dict(),
        "optimizer": optimiser.state_dict(),
        "device": torch.device("cpu"),
    }
    torch.save(checkpoint, tmp_path / "a.ckpt", _use_new_zipfile_serialization=zipped)
    network = read_network(tmp_path / "a.ckpt")
    assert {layer.name: layer.kept for layer in network.layers} == {
        "0.weight": 15, "0.bias": 4, "1.weight": 4, "1.bias": 4, "2.weight": 8, "2.bias": 2,
    }  # fmt: skip
    assert len(network.left_out) == 3


def test_a_whole_model_a_program_and_a_truncated_legacy_file_are_refused(tmp_path: Path) -> None:
    model = torch.nn.Linear(3, 2)
    torch.save(model, tmp_path / "model.pt")
    with pytest.raises(InputFileError, match="could run code"):
        read_torch(tmp_path / "model.pt")
    torch.save(model.state_dict(), tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    content = (tmp_path / "old.pt").read_bytes()
    for share in (0.2, 0.6, 0.97):
        (tmp_path / "cut.pt").write_bytes(content[: int(share * len(content))])
        with pytest.raises(InputFileError):
            read_torch(tmp_path / "cut.pt")
