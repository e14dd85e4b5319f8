"""Read a spec from YAML or JSON; every mistake of a file is reported at once, with its line and a remedy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from qgd_compiler.errors import InputFileError, SpecError
from qgd_compiler.spec.mistakes import explain
from qgd_compiler.spec.models import SUPPORTED, Spec, usable_symbols
from qgd_compiler.spec.source_text import Keys, Parsed, parse

MOST_BYTES = 2**20


@dataclass(frozen=True)
class Loaded:
    """A spec, the folder that its files are relative to, and where each field stands."""

    spec: Spec
    base_dir: Path
    source_name: str
    lines: Mapping[Keys, int] = field(default_factory=dict)

    def where(self, path: str) -> str:
        """Where a dotted path stands, as in "file.yaml:14 (dynamics.learning_rate)".

        The line is that of the nearest part of the path that the file has.
        """
        return self._place(self.source_name, path)

    def cite(self, path: str) -> str:
        """As `where`, without the folder of the file: what a report may say and still be the same everywhere."""
        return self._place(Path(self.source_name).name, path)

    def _place(self, source_name: str, path: str) -> str:
        keys: Keys = tuple(int(part) if part.isdigit() else part for part in path.split("."))
        return Parsed(source_name, lines=dict(self.lines)).place(keys)


def load(path: str | Path) -> Loaded:
    """The spec in a file; InputFileError if it cannot be read, SpecError with all its mistakes if it is wrong."""
    path = Path(path)
    try:
        with path.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise InputFileError(
                f"{path} has more than {MOST_BYTES} bytes",
                at=str(path),
                remedy="put data into files of their own",
            )
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputFileError(
            f"{path} is not UTF-8 text (byte {error.start}: {error.reason})",
            at=str(path),
            remedy="save it as UTF-8",
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputFileError(
            f"cannot read {path}: {reason}", at=str(path), remedy="the path of a spec in YAML or JSON"
        ) from None
    return loads(text, path.parent, str(path))


def loads(text: str, base_dir: str | Path = ".", source_name: str = "<spec>") -> Loaded:
    """The spec in a text of YAML or JSON."""
    return _validated(parse(text, source_name), Path(base_dir))


def validate(data: Any, base_dir: str | Path = ".", source_name: str = "<spec>") -> Loaded:
    """The spec in plain dicts and lists."""
    return _validated(Parsed(source_name, data), Path(base_dir))


def _validated(parsed: Parsed, base_dir: Path) -> Loaded:
    data, source = parsed.data, parsed.source
    if not isinstance(data, dict):
        what = (
            "empty"
            if data is None
            else f"a {'list' if isinstance(data, list) else 'single value'}, not a mapping"
        )
        raise SpecError(
            f"the spec is {what}", at=parsed.place(()), remedy="start with `qgd: 1` and `name: …`"
        )
    version = data.get("qgd")
    if isinstance(version, int) and not isinstance(version, bool) and version != SUPPORTED:
        raise SpecError(
            f"the spec has format {version}; this compiler reads format {SUPPORTED}",
            at=parsed.place(("qgd",)),
            remedy=f"qgd: {SUPPORTED}, after comparing the fields with schemas/spec.schema.json",
        )
    spec = None
    try:
        spec = Spec.model_validate(data, context={"symbols": usable_symbols(data.get("symbols"))})
    except ValidationError as error:
        for found in error.errors():
            explained = explain(found)
            if explained is not None:
                parsed.mistake(*explained)
    if parsed.mistakes or spec is None:
        in_order = sorted(parsed.mistakes, key=lambda found: found[0])
        mistakes = list(dict.fromkeys(mistake for _, mistake in in_order))
        count = "a mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        raise SpecError(f"the spec has {count}", mistakes=mistakes)
    return Loaded(spec, base_dir, source, parsed.lines)
