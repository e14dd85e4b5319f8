"""The identity of the rules: a digest of the sources of every room that makes numbers."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path

# They show numbers and make none. What is not listed here counts, so that a new file cannot be forgotten.
SHOWING_ROOMS = frozenset({"cli", "bloqs", "regression", "sweeps"})
SHOWING_FILES = frozenset({"markdown.py", "table.py", "figures.py", "plots.py", "page.py", "plain_math.py"})
LIBRARIES = ("numpy", "scipy", "sympy", "pydantic")


@cache
def rules_digests() -> Mapping[str, str]:
    """SHA-256 of the sources of each room; a room is a folder, or `(package)` for what stands beside them.

    A changed comment changes it: equal digests prove equal rules, and different ones say where to look.
    """
    root = Path(__file__).parents[1]
    found: dict[str, list[str]] = {}
    for path in _sources(root):
        inside = path.relative_to(root)
        room = inside.parts[0] if len(inside.parts) > 1 else "(package)"
        content = hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()
        found.setdefault(room, []).append(f"{inside.as_posix()} {content}")
    return {
        room: hashlib.sha256("\n".join(lines).encode()).hexdigest() for room, lines in sorted(found.items())
    }


def _sources(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*.py")):
        inside = path.relative_to(root)
        room = inside.parts[0]
        shows = room == "backends" and (path.name in SHOWING_FILES or path.name.endswith("_page.py"))
        if room not in SHOWING_ROOMS and not shows and inside.name != "version.py":
            yield path


def versions() -> dict[str, str]:
    """Python and the libraries that numbers pass through."""
    return {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}
