"""Immutable expression nodes whose identity is a content digest made once.

A plain frozen dataclass compares and hashes a shared graph in time exponential in its depth; here every
node hashes its fields once, a child counting as its digest, so that depth 200 costs microseconds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from enum import Enum
from functools import lru_cache
from typing import Any, TypeVar, dataclass_transform

import numpy as np

C = TypeVar("C")


class Node:
    """Base of all nodes: equality, hash and a short name by content digest."""

    __slots__ = ("_digest",)
    _digest: bytes

    @property
    def digest(self) -> bytes:
        """SHA-256 of the class name and all fields (16 bytes)."""
        try:
            return self._digest
        except AttributeError:
            cls = type(self)
            parts = [cls.__qualname__.encode()]
            for name in compared(cls):
                parts += (name.encode(), _token(getattr(self, name)))
            found = hashlib.sha256(b"".join(parts)).digest()[:16]
            object.__setattr__(self, "_digest", found)
            return found

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return type(self) is type(other) and self.digest == other.digest

    def __hash__(self) -> int:
        return int.from_bytes(self.digest[:8], "little")

    def __repr__(self) -> str:
        """One line: children by class and short digest, so that a shared graph prints at once."""
        parts = []
        for f in fields(self):  # type: ignore[arg-type]
            value = getattr(self, f.name)
            if isinstance(value, Node):
                text = value.label
            elif isinstance(value, np.ndarray):
                text = f"array{value.shape}"
            elif isinstance(value, tuple) and any(isinstance(v, Node) for v in value):
                text = f"({len(value)} items)"
            else:
                text = repr(value)
            parts.append(f"{f.name}={text}")
        return f"{type(self).__name__}({', '.join(parts)})"

    @property
    def label(self) -> str:
        """Class name and the first six hex digits of the digest."""
        return f"{type(self).__name__}#{self.digest.hex()[:6]}"

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), {f.name: getattr(self, f.name) for f in fields(self)}))  # type: ignore[arg-type]


_COMPARED: dict[type, tuple[str, ...]] = {}


def compared(cls: type) -> tuple[str, ...]:
    """The names of the fields that make the identity."""
    found = _COMPARED.get(cls)
    if found is None:
        found = _COMPARED[cls] = tuple(f.name for f in fields(cls) if f.compare)
    return found


def _rebuild(cls: type[Node], values: dict[str, Any]) -> Node:
    return cls(**values)


def _token(value: Any) -> bytes:
    """A byte string that differs when `value` differs."""
    if isinstance(value, Node):
        return b"N" + value.digest
    if value is None or isinstance(value, bool | int | str | bytes):
        return _plain(value) if isinstance(value, str | bytes) and len(value) > SHORT else _kept_plain(value)
    if isinstance(value, float):
        return b"F" + value.hex().encode()
    if isinstance(value, complex):
        return b"C" + value.real.hex().encode() + b"," + value.imag.hex().encode()
    if isinstance(value, Enum):
        return b"E" + _token(value.value)
    if isinstance(value, tuple | list):
        return b"T" + len(value).to_bytes(8, "little") + b"".join([_token(v) for v in value])
    if isinstance(value, dict):
        return b"D" + _token(tuple(sorted((k, v) for k, v in value.items())))
    if isinstance(value, np.ndarray):
        if value.dtype.hasobject:
            raise TypeError("an array of Python objects has no stable digest")
        data = np.ascontiguousarray(value)
        head = f"{data.dtype.str}{data.shape}".encode()
        return b"A" + head + hashlib.sha256(data.tobytes()).digest()
    if isinstance(value, np.generic):
        return b"G" + value.dtype.str.encode() + value.tobytes()
    if hasattr(value, "free_symbols"):  # a SymPy expression, without importing SymPy
        return b"S" + _token(str(value))
    raise TypeError(f"a node field of type {type(value).__name__} has no stable digest")


def _plain(value: bool | int | str | bytes | None) -> bytes:
    text = repr(value).encode()
    return b"P" + len(text).to_bytes(8, "little") + text


SHORT = 100  # characters that are worth keeping
_kept_plain = lru_cache(maxsize=4096, typed=True)(_plain)  # 1 and True are different


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
def node(cls: type[C]) -> type[C]:
    """Make `cls` (a subclass of Node) a frozen, slotted, keyword-only dataclass compared by digest."""
    return dataclass(frozen=True, kw_only=True, eq=False, repr=False, slots=True)(cls)


def walk(root: Node) -> Iterator[Node]:
    """Every distinct node below `root`, children before parents, each once (iterative: any depth)."""
    seen: set[bytes] = set()
    stack: list[tuple[Node, bool]] = [(root, False)]
    while stack:
        current, ready = stack.pop()
        if ready:
            yield current
            continue
        if current.digest in seen:
            continue
        seen.add(current.digest)
        stack.append((current, True))
        stack.extend((child, False) for child in reversed(list(children(current))))


def children(parent: Node) -> Iterator[Node]:
    """The nodes that are fields of `parent`, or stand in a tuple that is one."""
    for f in fields(parent):  # type: ignore[arg-type]
        value = getattr(parent, f.name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            yield from (v for v in value if isinstance(v, Node))
