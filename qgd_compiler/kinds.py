"""The two honesty labels: how sure a formula is (`Kind`) and where an input comes from (`Source`)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Kind(StrEnum):
    """How far a formula can be trusted; members are listed from strongest to weakest."""

    EXACT = "exact"
    BOUND = "bound"  # a proven upper bound
    FIT = "fit"  # observed, not proven
    MODEL = "model"  # a convention that the spec names


class Source(StrEnum):
    """Where an input comes from; members are listed from strongest to weakest."""

    EXACT = "exact"
    BOUND = "bound"
    MEASURED = "measured"
    PAPER = "paper"
    ESTIMATED = "estimated"
    ASSUMED = "assumed"


def weakest_kind(kinds: Iterable[Kind]) -> Kind:
    """The weakest of `kinds`: a total is as good as its weakest part (exact when there is none)."""
    order = list(Kind)
    return max(kinds, key=order.index, default=Kind.EXACT)


def weakest_source(sources: Iterable[Source]) -> Source:
    """The weakest of `sources` (exact when there is none)."""
    order = list(Source)
    return max(sources, key=order.index, default=Source.EXACT)
