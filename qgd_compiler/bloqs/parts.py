"""Bloqs taken apart, down to their leaves."""

from __future__ import annotations

from typing import Any

from qualtran import Bloq, CompositeBloq, DecomposeNotImplementedError, DecomposeTypeError


def decomposed(bloq: Bloq) -> Any:
    """One level of decomposition (a composite bloq is its own); None for a leaf."""
    if isinstance(bloq, CompositeBloq):
        return bloq
    try:
        return bloq.decompose_bloq()
    except (DecomposeTypeError, DecomposeNotImplementedError):
        return None
