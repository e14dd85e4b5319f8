"""Read a spec from YAML or JSON; every mistake of a file is reported at once, with its line and a remedy."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from qgd_compiler.errors import InputFileError, Mistake, SpecError
from qgd_compiler.spec.models import SUPPORTED, Spec

MOST_BYTES = 16 * 2**20
MOST_NODES = 1_000_000  # values after aliases are followed: a few lines of aliases can mean billions

Path_ = tuple[str | int, ...]


@dataclass(frozen=True)
class Loaded:
    """A spec, the folder that its files are relative to, and where each field stands."""

    spec: Spec
    base_dir: Path
    source_name: str
    lines: Mapping[Path_, int] = field(default_factory=dict)

    def where(self, path: str) -> str:
        """ "file.yaml:14 (dynamics.learning_rate)" for a dotted path; the nearest parent's line if it has none."""
        parts: Path_ = tuple(int(p) if p.isdigit() else p for p in path.split("."))
        return _place(self.source_name, self.lines, parts)


def load(path: str | Path) -> Loaded:
    """The spec in a file; raises InputFileError if it cannot be read and SpecError with all its mistakes."""
    path = Path(path)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputFileError(
                f"{path} has more than {MOST_BYTES} bytes", remedy="put data into files of their own"
            )
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputFileError(
            f"{path} is not UTF-8 text ({error.reason})", remedy="save it as UTF-8"
        ) from None
    except OSError as error:
        raise InputFileError(
            f"cannot read {path}: {error.strerror or error}", remedy="the path of a spec in YAML or JSON"
        ) from None
    return loads(text, path.parent, str(path))


def loads(text: str, base_dir: str | Path = ".", source_name: str = "<spec>") -> Loaded:
    """The spec in a text of YAML or JSON."""
    data, lines = _parse(text, source_name)
    return validate(data, base_dir, source_name, lines)


def validate(
    data: Any,
    base_dir: str | Path = ".",
    source_name: str = "<spec>",
    lines: Mapping[Path_, int] | None = None,
) -> Loaded:
    """The spec in plain dicts and lists."""
    lines = lines or {}
    if not isinstance(data, dict):
        what = "empty" if data is None else f"a {type(data).__name__}, not a mapping"
        raise SpecError(f"the spec is {what}", at=source_name, remedy="start with `qgd: 1` and `name: …`")
    version = data.get("qgd")
    if isinstance(version, int) and not isinstance(version, bool) and version != SUPPORTED:
        raise SpecError(
            f"the spec has format {version}; this compiler reads format {SUPPORTED}",
            at=_place(source_name, lines, ("qgd",)),
            remedy=f"qgd: {SUPPORTED}, after comparing the fields with schemas/spec.schema.json",
        )
    symbols = data.get("symbols") or {}
    known = {
        k: v
        for k, v in (symbols.items() if isinstance(symbols, dict) else ())
        if isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v)
    }
    try:
        spec = Spec.model_validate(data, context={"symbols": known})
    except ValidationError as error:
        mistakes = [_mistake(e, data, source_name, lines) for e in error.errors()]
        raise SpecError("the spec has mistakes", mistakes=list(dict.fromkeys(mistakes))) from None
    return Loaded(spec, Path(base_dir), source_name, lines)


def _parse(text: str, source_name: str) -> tuple[Any, dict[Path_, int]]:
    from ruamel.yaml import YAML
    from ruamel.yaml.composer import ComposerError
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    reader = YAML(typ="rt", pure=True)
    try:
        root = reader.compose(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SpecError(
            f"not valid YAML: {error.problem or error}",
            at=f"{source_name}:{line}",
            remedy=_yaml_remedy(text, line),
        ) from None
    except (YAMLError, ComposerError, RecursionError, ValueError) as error:
        raise SpecError(f"not valid YAML: {error}", at=source_name) from None
    lines: dict[Path_, int] = {}
    mistakes: list[Mistake] = []
    budget = [MOST_NODES]
    data = _plain(root, (), lines, mistakes, source_name, budget) if root is not None else None
    if mistakes:
        raise SpecError("the spec has mistakes", mistakes=mistakes)
    return data, lines


def _yaml_remedy(text: str, line: int) -> str:
    rows = text.splitlines()
    if 0 < line <= len(rows) and rows[line - 1].lstrip(" ").startswith("\t"):
        return "indent with spaces: YAML does not allow tabs"
    return "check indentation, colons and quotes near that line"


def _plain(
    node: Any, path: Path_, lines: dict[Path_, int], mistakes: list[Mistake], source: str, budget: list[int]
) -> Any:
    """A composed YAML node as plain data, with the line of every path."""
    from ruamel.yaml.nodes import MappingNode, SequenceNode

    budget[0] -= 1
    if budget[0] < 0 or len(path) > 200:
        raise SpecError(
            f"the spec is nested too deeply or has more than {MOST_NODES} values",
            at=source,
            remedy="put data into files, and do not repeat anchors",
        )
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, MappingNode):
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            lines[(*path, key)] = key_node.start_mark.line + 1
            if key in result:
                at = _place(source, lines, (*path, key))
                mistakes.append(Mistake(f"the key {key!r} stands twice", at, "keep one of the two"))
            result[key] = _plain(value_node, (*path, key), lines, mistakes, source, budget)
        return result
    if isinstance(node, SequenceNode):
        return [_plain(v, (*path, i), lines, mistakes, source, budget) for i, v in enumerate(node.value)]
    return _scalar(node)


def _scalar(node: Any) -> Any:
    """A YAML 1.2 scalar; a quoted one stays text, and 1e-3 without a point is a number as in JSON."""
    text = node.value
    if node.style in ('"', "'", "|", ">"):
        return text
    named = {"null": None, "~": None, "": None, "true": True, "false": False}
    if text.lower() in named:
        return named[text.lower()]
    for convert in (_integer, float):
        try:
            return convert(text)
        except ValueError:
            continue
    return text


def _integer(text: str) -> int:
    if len(text) > 4000:
        raise ValueError("too long")
    return int(text)


def _place(source: str, lines: Mapping[Path_, int], path: Path_) -> str:
    dotted = ".".join(str(p) for p in path)
    for end in range(len(path), -1, -1):
        if path[:end] in lines:
            return f"{source}:{lines[path[:end]]}" + (f" ({dotted})" if dotted else "")
    return source + (f" ({dotted})" if dotted else "")


def _mistake(error: Any, data: Any, source: str, lines: Mapping[Path_, int]) -> Mistake:
    """One of pydantic's errors in our words, at the field as the user wrote it."""
    path = _path_in(data, error["loc"])
    at = _place(source, lines, path)
    kind, name = error["type"], str(error["loc"][-1])
    value = error.get("input")
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(name, _siblings(path), n=3)
        remedy = f"did you mean {' or '.join(near)}?" if near else f"one of {', '.join(_siblings(path))}"
        return Mistake(f"unknown field {name!r}", at, remedy)
    if kind == "missing":
        return Mistake(f"{name!r} is missing", at, f"add {name}: …")
    if kind in ("literal_error", "union_tag_invalid", "enum"):
        expected = error.get("ctx", {}).get("expected") or error.get("ctx", {}).get("expected_tags")
        if kind == "union_tag_invalid":
            value = error["ctx"]["tag"]
        return Mistake(f"{value!r} is not a choice", at, f"one of {expected}")
    if kind == "union_tag_not_found":
        return Mistake("a structure needs its 'kind'", at, "kind: sparse, dense, banded, …")
    if kind == "value_error":
        return Mistake(str(error["ctx"]["error"]), at)
    shown = json.dumps(value, default=str)[:80]
    return Mistake(f"{error['msg']} (got {shown})", at)


def _path_in(data: Any, location: tuple[str | int, ...]) -> Path_:
    """Pydantic's location without the tags of unions, which the user did not write."""
    path: list[str | int] = []
    here = data
    for i, part in enumerate(location):
        last = i == len(location) - 1
        inside = (isinstance(here, dict) and part in here) or (
            isinstance(here, list) and isinstance(part, int) and part < len(here)
        )
        if inside:
            path.append(part)
            here = here[part]
        elif last and not (isinstance(here, dict) and here.get("kind") == part):
            path.append(part)
    return tuple(path)


def _siblings(path: Path_) -> list[str]:
    """The fields that are allowed where `path` stands, as far as the models say."""
    names: set[str] = set()

    def collect(model: type[BaseModel], depth: int) -> None:
        if depth == len(path) - 1:
            names.update(model.model_fields)
            return
        part = path[depth]
        annotation = model.model_fields[part].annotation if part in model.model_fields else None
        for inner in _models_in(annotation):
            collect(inner, depth + 1 + (isinstance(path[depth + 1], int) if depth + 2 < len(path) else 0))

    collect(Spec, 0)
    return sorted(names)


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    found: list[type[BaseModel]] = []
    for inner in getattr(annotation, "__args__", ()):
        found += _models_in(inner)
    return found
