"""What each encoding says of its subnormalisation: the first sentence of the module that makes it, and its source."""

from __future__ import annotations

import re
from types import ModuleType

from qgd_compiler.algorithms import (
    banded,
    diagonal,
    diagonal_ramp,
    frobenius,
    low_rank,
    row_weighted,
    sparse_access,
    sparse_rectangular,
    sparse_row_weighted,
)
from qgd_compiler.algorithms.carleman import encoder as carleman
from qgd_compiler.algorithms.composites import (
    adjoint,
    block_diagonal,
    complex_sum,
    gram,
    identity,
    kronecker,
    linear_combination,
    product,
    scaled,
)

LEAVES = (
    sparse_rectangular,
    sparse_row_weighted,
    sparse_access,
    row_weighted,
    frobenius,
    diagonal,
    banded,
    low_rank,
    diagonal_ramp,
)
MAKERS: dict[str, ModuleType] = {
    **{module.NAME: module for module in LEAVES},
    "Carleman lift": carleman,
    "Kronecker product": kronecker,
    "block diagonal": block_diagonal,
    "complex sum": complex_sum,
    "multiple": scaled,
    "adjoint": adjoint,
    "product": product,
    "Gram": gram,
    "sum": linear_combination,
    "identity": identity,
}


def alpha_statements(name: str) -> tuple[tuple[str, str, str], ...]:
    """Name, statement and source of every encoding that the name of one is made of."""
    found = []
    left = name
    for part, module in MAKERS.items():
        if part in left:
            left = left.replace(part, "")  # the longer of two names stands first
            text = module.__doc__ or ""
            found.append((part, _first_sentence(text), _source(text)))
    return tuple(sorted(found, key=lambda made: name.index(made[0])))


def _first_sentence(text: str) -> str:
    """Up to the first full stop; the dots of numbers and names do not end it."""
    head = " ".join(text.split("\n\n", 1)[0].split())
    return re.split(r"\.(?:\s|$)", head, maxsplit=1)[0]


def _source(text: str) -> str:
    found = re.search(r"Source:\s*(.+?)(?:\n\s*\n|\Z)", text, re.DOTALL)
    return "" if found is None else " ".join(found.group(1).split()).rstrip(".")
