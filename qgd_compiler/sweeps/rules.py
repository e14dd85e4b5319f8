"""The identity of the rules behind a sweep: those of the compiler, and of what turns a plan into a row."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from qgd_compiler.regression.rules import rules_digests

# They move, keep and show rows and make none. What is not listed here counts, so that a new file cannot be forgotten.
KEEPING_FILES = frozenset(
    {
        "cluster.py",
        "fit.py",
        "html.py",
        "local.py",
        "manifest.py",
        "plots.py",
        "query.py",
        "result.py",
        "run.py",
        "series.py",
        "store.py",
        "views.py",
    }
)


@cache
def rules_digest() -> str:
    """SHA-256 over the sources of all that makes numbers; a changed comment changes it."""
    lines = [f"{room} {digest}" for room, digest in sorted(rules_digests().items())]
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.name not in KEEPING_FILES:
            content = path.read_bytes().replace(b"\r\n", b"\n")
            lines.append(f"sweeps/{path.name} {hashlib.sha256(content).hexdigest()}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
