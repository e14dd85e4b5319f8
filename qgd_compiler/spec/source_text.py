"""From YAML 1.2 or JSON to plain data, with the line of every field and all mistakes of form."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from qgd_compiler.errors import Mistake, SpecError

MOST_NODES = 100_000  # values after aliases are followed: a few lines of aliases can mean billions
MOST_DEPTH = 100
Keys = tuple[str | int, ...]

_NAMED: dict[str, bool | None] = {
    "": None,
    "~": None,
    **{
        cased: value
        for word, value in (("null", None), ("true", True), ("false", False))
        for cased in (word, word.capitalize(), word.upper())
    },
}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_OTHER_BASE = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"([-+]?)\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


@dataclass
class Parsed:
    """What a text says: plain data, the line (from 1) of each path, and mistakes by line."""

    source: str
    data: Any = None
    lines: dict[Keys, int] = field(default_factory=dict)
    mistakes: list[tuple[int, Mistake]] = field(default_factory=list)

    def line(self, path: Keys) -> int:
        """The line of a path, or of the nearest part of it that stands in the text; 0 without a text."""
        return next((self.lines[path[:n]] for n in range(len(path), -1, -1) if path[:n] in self.lines), 0)

    def place(self, path: Keys) -> str:
        """Where a path stands, as in "file.yaml:14 (dynamics.learning_rate)"."""
        line, dotted = self.line(path), ".".join(map(str, path))
        return self.source + (f":{line}" if line else "") + (f" ({dotted})" if dotted else "")

    def mistake(self, path: Keys, what: str, remedy: str = "") -> None:
        """Note a mistake at a path."""
        self.mistakes.append((self.line(path), Mistake(what, self.place(path), remedy)))


def parse(text: str, source: str) -> Parsed:
    """The data of a text; SpecError if it is not YAML at all, or means too many values."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        root = YAML(typ="rt", pure=True).compose(_without_tabs_in_json(text))
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SpecError(
            f"not valid YAML: {error.problem or error}", at=f"{source}:{line}", remedy=_remedy(text, line)
        ) from None
    except RecursionError:
        raise SpecError("not valid YAML: nested too deeply", at=source) from None
    except (YAMLError, ValueError) as error:
        raise SpecError(f"not valid YAML: {' '.join(str(error).split())}", at=source) from None
    parsed = Parsed(source)
    if root is not None:
        parsed.data = _Reader(parsed).plain(root, ())
    return parsed


def _without_tabs_in_json(text: str) -> str:
    """JSON may be indented with tabs, which YAML refuses; in valid JSON no tab means anything."""
    if "\t" in text and text.lstrip().startswith("{"):
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            return text
        return text.replace("\t", " ")
    return text


def _remedy(text: str, line: int) -> str:
    rows = text.splitlines()
    if 0 < line <= len(rows) and rows[line - 1].lstrip(" ").startswith("\t"):
        return "indent with spaces: YAML does not allow tabs"
    return "check indentation, colons and quotes near that line"


class _Reader:
    """Turns composed nodes into plain data; nothing is constructed, whatever the tags say."""

    def __init__(self, parsed: Parsed) -> None:
        self._parsed = parsed
        self._budget = MOST_NODES

    def plain(self, node: Any, path: Keys) -> Any:
        from ruamel.yaml.nodes import MappingNode, SequenceNode

        self._budget -= 1
        if self._budget < 0 or len(path) > MOST_DEPTH:
            raise SpecError(
                f"the spec has more than {MOST_NODES} values or {MOST_DEPTH} levels, aliases followed",
                at=self._parsed.source,
                remedy="put data into files, and do not repeat anchors",
            )
        self._parsed.lines.setdefault(path, node.start_mark.line + 1)
        if not str(node.tag).startswith("tag:yaml.org,2002:") or "python/" in str(node.tag):
            self._parsed.mistake(path, f"the tag {node.tag} has no meaning here", "leave the tag out")
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self.plain(value, (*path, i)) for i, value in enumerate(node.value)]
        return self._scalar(node, path)

    def _mapping(self, node: Any, path: Keys) -> dict[str, Any]:
        from ruamel.yaml.nodes import ScalarNode

        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                self._parsed.mistake(path, "a key is a list or a mapping", "a plain name as the key")
                continue
            key = self._text(key_node, path)
            here = (*path, key)
            first = self._parsed.lines.get(here)
            self._parsed.lines[here] = key_node.start_mark.line + 1
            if key in result:
                self._parsed.mistake(here, f"the key {key!r} stands twice, first in line {first}", "keep one")
            result[key] = self.plain(value_node, here)
        return result

    def _scalar(self, node: Any, path: Keys) -> Any:
        text = self._text(node, path)
        return text if node.style in ('"', "'", "|", ">") else scalar(text)

    def _text(self, node: Any, path: Keys) -> str:
        text = str(node.value)
        if any("\ud800" <= c <= "\udfff" for c in text):  # JSON writes some characters as two halves
            try:
                text = text.encode("utf-16", "surrogatepass").decode("utf-16")
            except UnicodeDecodeError:
                self._parsed.mistake(
                    path, "half of a surrogate pair is not a character", "write the character"
                )
                return ""
        return text


def scalar(text: str) -> Any:
    """An unquoted scalar by the core schema of YAML 1.2, in which 1e-3 is a number and yes is text."""
    if text in _NAMED:
        return _NAMED[text]
    if len(text) <= 4000 and _INTEGER.fullmatch(text):
        return int(text)
    if _OTHER_BASE.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        return float(text)
    if match := _INFINITE.fullmatch(text):
        return float("nan") if match[3] else float(match[1] + "inf")
    return text
