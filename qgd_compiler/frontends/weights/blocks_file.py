"""Reading a list of blocks: the shape and the kept entries of each tensor of a model, in YAML or JSON."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from qgd_compiler.errors import QgdError
from qgd_compiler.frontends.npz import require_file
from qgd_compiler.frontends.weights.layers import Layer, Network
from qgd_compiler.frontends.weights.stored import MOST_TENSORS, check_shape, refused, shown
from qgd_compiler.spec.source_text import parse

ENDINGS = (".blocks.yaml", ".blocks.yml", ".blocks.json")
MOST_BYTES = 16 * 2**20


def read_blocks(path: Path) -> Network:
    """The layers in a file with `blocks: [{id: …, shape: […], active: …}, …]`.

    `dimension: {n: …, active: …}`, where it is given, must be their sum. How the kept entries lie is not in the file.
    Error: InputFileError for other content, more kept entries than there are, and sums that differ.
    """
    require_file(path)
    if path.stat().st_size > MOST_BYTES:
        raise refused(path, f"it has {path.stat().st_size} bytes; at most {MOST_BYTES} are read")
    try:
        parsed = parse(path.read_text(encoding="utf-8"), path.name)
    except (QgdError, UnicodeDecodeError) as error:
        raise refused(path, f"it cannot be read: {str(error)[:200]}") from error
    if parsed.mistakes:
        line, mistake = parsed.mistakes[0]
        raise refused(path, f"line {line}: {mistake.what}", mistake.remedy)
    tree = parsed.data
    blocks = tree.get("blocks") if isinstance(tree, dict) else None
    if not isinstance(blocks, list) or not 0 < len(blocks) <= MOST_TENSORS:
        raise refused(path, "it has no list of blocks", "blocks: [{id: …, shape: […], active: …}]")
    network = Network(tuple(_layer(path, number, block) for number, block in enumerate(blocks)), ())
    said = tree.get("dimension")
    for name, has in (("n", network.parameters), ("active", network.kept)):
        if isinstance(said, dict) and said.get(name) not in (None, has):
            raise refused(path, f"dimension.{name} is {said[name]}, but the blocks add up to {has}")
    if network.kept == 0:
        raise refused(path, "no parameter is kept")
    return network


def _layer(path: Path, number: int, block: Any) -> Layer:
    if not isinstance(block, dict) or not {"id", "shape"} <= set(block):
        raise refused(path, f"block {number} (counted from 0) has no id and shape")
    name, shape = block["id"], block["shape"]
    if not isinstance(name, str) or not isinstance(shape, list):
        raise refused(path, f"block {number} (counted from 0) has no name, or no list as its shape")
    check_shape(path, name, tuple(shape))
    size = math.prod(shape)
    kept = block.get("active", size)
    if type(kept) is not int or not 0 <= kept <= size:
        raise refused(path, f"the block {shown(name)} of {size} entries keeps {kept}")
    pattern = "dense" if kept == size else "empty" if kept == 0 else "unknown"
    return Layer(name, tuple(shape), kept, pattern, "list")
