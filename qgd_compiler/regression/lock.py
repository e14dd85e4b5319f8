"""A lock: the numbers of an estimate as they were accepted, sealed so that an edit by hand is found."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, FiniteFloat, ValidationError

from qgd_compiler.backends.document import Document, schema_of
from qgd_compiler.errors import LockError
from qgd_compiler.regression.figures import Figures

FORMAT = 1
SUFFIX = ".lock.json"
MOST_BYTES = 2**22
Tolerance = Annotated[FiniteFloat, Field(ge=0)]


class Lock(Document):
    """What an estimate said when it was accepted."""

    qgd_lock: Literal[1] = Field(default=1, description="Version of this format.")
    name: str = Field(description="Name of the spec.")
    spec: str = Field(description="The spec, relative to this file.")
    compiler: str = Field(description="Version of the compiler.")
    spec_digest: str = Field(description="SHA-256 of the resolved spec and the data files that it names.")
    rules: dict[str, str] = Field(description="SHA-256 of the sources of each room that makes numbers.")
    versions: dict[str, str] = Field(description="Python and the libraries that numbers pass through.")
    tolerances: dict[str, Tolerance] = Field(
        default_factory=dict,
        description="Relative change let pass, by pattern of a path; the last that fits counts.",
    )
    numbers: dict[str, int | FiniteFloat | None] = Field(
        description="The numbers of the report by path; null: unknown."
    )
    choices: dict[str, bool | str] = Field(description="Which solver, encoding, class … by path.")
    digest: str = Field(default="", description="SHA-256 of all of the above.")

    @property
    def figures(self) -> Figures:
        """Numbers and choices."""
        return Figures(self.numbers, self.choices)

    def sealed(self) -> Lock:
        """The same with its digest."""
        return self.model_copy(update={"digest": self.seal()})

    def seal(self) -> str:
        """The digest that belongs to the content."""
        return _seal(self.model_dump(mode="json", exclude={"digest"}))


def read_lock(path: Path) -> Lock:
    """The lock in a file; LockError if it is missing, damaged, edited by hand or of another format."""
    content = _content(path)
    version = content.get("qgd_lock")
    if version != FORMAT or isinstance(version, bool):
        raise LockError(
            f"{path} is no lock of format {FORMAT}"
            if version is None
            else f"{path} is a lock of format {version!r}; this compiler reads format {FORMAT}",
            at=str(path),
            remedy="lock the spec again with this compiler: qgd lock SPEC --reason …",
        )
    written = content.pop("digest", None)
    if written != _seal(content):
        raise LockError(
            f"{path} was changed after it was written: its digest does not fit its content",
            at=str(path),
            remedy="restore it, or lock the spec again: qgd lock SPEC --reason …",
        )
    try:
        return Lock.model_validate({**content, "digest": written})
    except ValidationError as error:
        first = error.errors()[0]
        raise LockError(
            f"{path} lacks what a lock has: {'.'.join(map(str, first['loc']))}: {first['msg']}",
            at=str(path),
            remedy="lock the spec again: qgd lock SPEC --reason …",
        ) from None


def _content(path: Path) -> dict[str, Any]:
    try:
        raw = path.read_bytes()
        if len(raw) > MOST_BYTES:
            raise ValueError(f"more than {MOST_BYTES} bytes")
        content = json.loads(raw)
        if not isinstance(content, dict):
            raise ValueError("no JSON object")
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or error
        raise LockError(
            f"cannot read the lock {path}: {reason}",
            at=str(path),
            remedy="restore it, or lock the spec again: qgd lock SPEC --reason …",
        ) from None
    return content


def _seal(content: dict[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def lock_schema() -> dict[str, Any]:
    """The JSON Schema of a lock."""
    return schema_of(Lock, "lock.schema")
