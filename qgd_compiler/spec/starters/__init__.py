"""Starter specs, one file per kind: each compiles as it is, and its comments say what to put in its place."""

from __future__ import annotations

from importlib.resources import files

KINDS = (
    "declared",
    "sparse",
    "dense",
    "gram",
    "low-rank",
    "banded",
    "weights",
    "nonlinear",
    "minibatches",
    "readout",
)


def starter(kind: str) -> str:
    """The text of a starter spec, YAML with comments; `kind` is one of `KINDS`."""
    if kind not in KINDS:
        raise ValueError(f"no starter of kind {kind!r}; there are {', '.join(KINDS)}")
    return (files(__package__) / f"{kind}.yaml").read_text(encoding="utf-8")
