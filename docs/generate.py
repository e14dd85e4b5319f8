"""A hook of MkDocs: the reference pages, written from the code whenever the documentation is built."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from html import escape
from pathlib import Path
from types import ModuleType
from typing import Any

import latex2mathml.converter
import typer
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

import qgd_compiler
from qgd_compiler import api, errors
from qgd_compiler.cli import main
from qgd_compiler.costing.statement import LABELS, Statement, statement_of
from qgd_compiler.kinds import Source
from qgd_compiler.spec.models import Spec

# The rooms whose functions carry the labels of a cost rule
RULE_ROOMS = ("costing", "physical", "analysis", "algorithms")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    for name, write in PAGES.items():
        files.append(File.generated(config, f"reference/{name}.md", content=write()))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """The list of decisions, under what a decision is."""
    if page.file.src_uri != "decisions/README.md":
        return markdown
    folder = Path(config.docs_dir) / "decisions"
    rows = [
        (f"[{_title(path)}]({path.name})", text(_question(path))) for path in sorted(folder.glob("0*.md"))
    ]
    return markdown + "\n## All of them\n\n" + table(("decision", "question"), rows)


def _title(path: Path) -> str:
    return text(path.read_text(encoding="utf-8").splitlines()[0].lstrip("# "))


def _question(path: Path) -> str:
    found = re.search(r"\*\*Question\.\*\*(.*?)\n\n", path.read_text(encoding="utf-8"), re.DOTALL)
    return " ".join(found.group(1).split()) if found else ""


# --- Markdown ---------------------------------------------------------------------------------------------------

_CODE = re.compile(r"``([^`]+)``|`([^`]+)`")
_ACTIVE = {ord(c): f"&#{ord(c)};" for c in "*_|[]~\\"}


def text(words: str) -> str:
    """Plain words as Markdown that shows them as they are; what stands in backticks is code."""
    done, parts = 0, []
    for code in _CODE.finditer(words):
        parts.append(escape(words[done : code.start()], quote=False).translate(_ACTIVE))
        parts.append(f"<code>{escape(code.group(1) or code.group(2), quote=False).translate(_ACTIVE)}</code>")
        done = code.end()
    parts.append(escape(words[done:], quote=False).translate(_ACTIVE))
    return "".join(parts)


def code(words: str) -> str:
    """Words as code, safe in a table."""
    return f"<code>{escape(words, quote=False).translate(_ACTIVE)}</code>" if words else ""


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown; the cells are Markdown already."""
    lines = ["| " + " | ".join(headings) + " |", "|" + "---|" * len(headings)]
    lines += ["| " + " | ".join(" ".join(cell.split()) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n\n"


def paragraphs(doc: str) -> str:
    """A docstring: indented blocks are shown as they are, all else as words; formulas as MathML."""
    parts = []
    for block in re.split(r"\n\s*\n", doc.strip()):
        if block.strip().startswith("$$"):
            parts.append(formula(block.strip().strip("$")))
        elif block.startswith(("    ", ">>>")) or re.search(r"\n\s{2,}", block) or _PARAMETER.search(block):
            parts.append("```text\n" + inspect.cleandoc(block) + "\n```")
        else:
            parts.append(text(" ".join(block.split())))
    return "\n\n".join(parts) + "\n\n"


_PARAMETER = re.compile(r"^\w+(?:, \w+)*  +\S", re.MULTILINE)


def formula(latex: str) -> str:
    """A formula as MathML, which browsers show without a script."""
    return latex2mathml.converter.convert(" ".join(latex.split()), display="block")


# --- Commands ---------------------------------------------------------------------------------------------------


def commands() -> str:
    """Every verb with its arguments and options."""
    group: Any = typer.main.get_command(main.app)
    page = "# Commands\n\n" + text(group.help) + "\n\n"
    page += (
        "Data goes to stdout, talk to stderr. A terminal gets colours, unless `NO_COLOR` is set or "
        "`TERM` is `dumb`; a pipe gets plain text. [Exit codes](errors.md) say what went wrong.\n\n"
        "## Options before the verb\n\n"
    )
    page += _parameters(group.params)
    for name, command in sorted(group.commands.items()):
        page += f"## qgd {name}\n\n{text(' '.join(command.help.split()))}\n\n"
        arguments = " ".join(p.metavar or p.name.upper() for p in command.params if _is_argument(p))
        page += (
            f"```text\nqgd {name} [OPTIONS] {arguments}".rstrip() + "\n```\n\n" + _parameters(command.params)
        )
    return page


def _is_argument(parameter: Any) -> bool:
    return not parameter.opts[0].startswith("-")


def _parameters(parameters: Sequence[Any]) -> str:
    rows = []
    for p in parameters:
        if getattr(p, "hidden", False):
            continue
        name = p.metavar or p.name if _is_argument(p) else ", ".join([*p.opts, *p.secondary_opts])
        rows.append((code(name), _values(p), _default(p), text(p.help or "")))
    return table(("name", "value", "default", "meaning"), rows) if rows else "No options.\n\n"


def _values(parameter: Any) -> str:
    kind = parameter.type_descriptor.annotation
    many = ", repeatable" if parameter.multiple else ""
    if inspect.isclass(kind) and issubclass(kind, Enum):
        return ", ".join(code(str(member.value)) for member in kind) + many
    if kind is bool:
        return "switch"
    names = {Path: "file", int: "whole number", float: "number", str: "text"}
    return names.get(kind, getattr(kind, "__name__", str(kind))) + many


def _default(parameter: Any) -> str:
    default = parameter.default
    if parameter.required:
        return "required"
    if default is None or default is False or default == [] or not parameter.show_default:
        return ""
    return code(str(default.value if isinstance(default, Enum) else default))


# --- Spec -------------------------------------------------------------------------------------------------------

_UNITS = re.compile(r"\(([^()]*(?:loss|parameter|count|above|at least|below|seconds|per|unit)[^()]*)\)")


def spec() -> str:
    """Every field of a spec, from the JSON Schema that is written from the models."""
    schema = api.SCHEMAS["spec.schema.json"]()
    parts = schema["$defs"]
    page = (
        "# Spec\n\nA spec is YAML or JSON. `qgd init` writes one to start from. Unknown fields are errors; "
        "all mistakes of a file are told at once, with their lines. `schemas/spec.schema.json` is the same as "
        "JSON Schema.\n\n"
        '## Numbers\n\nA number is plain (`0.01`), an expression over `symbols` (`"2*kappa"`), or a mapping '
        '`{value: 0.01, source: measured, ref: "how"}`. A *property* describes the model: written plainly it '
        "counts as "
        "`assumed`, and the report says so. A *setting* is chosen by you: written plainly it is `exact`. "
        "Sources, strongest first: "
        + ", ".join(f"`{source.value}`" for source in Source)
        + ".\n\n## The whole spec\n\n"
    )
    page += text(Spec.__doc__ or "") + "\n\n" + _fields(schema, parts)
    nodes = {
        reference.rsplit("/", 1)[1]: kind
        for kind, reference in schema["properties"]["hessian"]["discriminator"]["mapping"].items()
    }
    page += "## Structure nodes\n\nA Hessian is a tree of these; `kind` names the node.\n\n" + table(
        ("kind", "node", "meaning"),
        (
            (code(kind), f"[{name}](#{name.lower()})", text(parts[name]["description"]))
            for name, kind in nodes.items()
        ),
    )
    for name in sorted(parts):
        section = parts[name]
        full = (
            section
            if "properties" in section
            else next(
                (
                    option
                    for option in section.get("anyOf", ())
                    if "properties" in option and name not in NUMBERS
                ),
                None,
            )
        )
        if full is None:
            continue
        page += f"## {name}\n\n{text(section.get('description', ''))}\n\n" + _fields(full, parts)
    return page


NUMBERS = ("Property", "Setting")


def _fields(section: dict[str, Any], parts: dict[str, Any]) -> str:
    required = section.get("required", [])
    rows = []
    for name, field in section["properties"].items():
        refers = parts.get(field.get("$ref", "").rsplit("/", 1)[-1], {})
        words = field.get("description") or refers.get("description", "")
        unit = _UNITS.search(words)
        default = "required" if name in required else _default_of(field)
        rows.append((code(name), _type(field, parts), unit.group(1) if unit else "", default, text(words)))
    return table(("field", "type", "unit and range", "default", "meaning"), rows)


def _default_of(field: dict[str, Any]) -> str:
    default = field.get("default")
    if default in (None, {}, []):
        return ""
    if isinstance(default, dict) and "$ref" in field:
        return "those of its fields"
    return code(yaml(default))


def yaml(value: Any) -> str:
    """A short value as a user would write it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(map(yaml, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {yaml(v)}" for k, v in value.items() if v is not None) + "}"
    return str(value)


def _type(field: dict[str, Any], parts: dict[str, Any]) -> str:
    if "$ref" in field:
        name = field["$ref"].rsplit("/", 1)[1]
        if name in NUMBERS:
            return f"[{name.lower()}](#numbers)"
        return f"[{name}](#{name.lower()})" if _described(parts[name]) else code(name)
    if "const" in field:
        return code(yaml(field["const"]))
    if "enum" in field:
        return ", ".join(code(yaml(v)) for v in field["enum"])
    for key in ("anyOf", "oneOf"):
        if key in field:
            if "discriminator" in field:
                return "[a structure node](#structure-nodes)"
            kinds = [_type(option, parts) for option in field[key] if option.get("type") != "null"]
            return " or ".join(dict.fromkeys(kinds))
    if "allOf" in field:
        return _type(field["allOf"][0], parts)
    if field.get("type") == "array":
        return "list of " + _type(field["items"], parts) if "items" in field else "list"
    if field.get("type") == "object":
        return "mapping"
    names = {"boolean": "`true`, `false`", "string": "text", "integer": "whole number", "number": "number"}
    return names.get(str(field.get("type")), "")


def _described(part: dict[str, Any]) -> bool:
    return "properties" in part or any("properties" in option for option in part.get("anyOf", ()))


# --- Errors -----------------------------------------------------------------------------------------------------


def exit_codes() -> list[tuple[int, str, str]]:
    """Every exit code with the error behind it and its meaning."""
    classes = [
        found
        for _, found in inspect.getmembers(errors, inspect.isclass)
        if issubclass(found, errors.QgdError) and found is not errors.QgdError
    ]
    rows = [(c.exit_code, c.__name__, (c.__doc__ or "").splitlines()[0]) for c in classes]
    rows += [
        (0, "", "Done."),
        (main.INTERNAL_ERROR, "", "Internal error; `qgd --debug …` shows the traceback."),
        (main.INTERRUPTED, "", "Interrupted."),
        (main.PIPE_CLOSED, "", "Nobody reads the output any more."),
    ]
    return sorted(rows)


def errors_page() -> str:
    """Errors with their exit codes."""
    page = (
        "# Errors and exit codes\n\nAn error says what is wrong, where, and what to try. With `--format json` it "
        "is one JSON object on stderr. From Python every class is one of `qgd_compiler.errors`, a subclass of "
        "`QgdError`.\n\n"
    )
    return page + table(
        ("exit code", "error", "meaning"),
        ((str(number), code(name), text(words)) for number, name, words in exit_codes()),
    )


# --- Rules ------------------------------------------------------------------------------------------------------


def rules() -> Iterator[tuple[ModuleType, list[tuple[str, Callable[..., Any], Statement]]]]:
    """Every function that carries the labels of a cost rule, by module."""
    for room in RULE_ROOMS:
        for module in _modules(f"qgd_compiler.{room}"):
            found = []
            for name, function in inspect.getmembers(module, inspect.isfunction):
                doc = inspect.getdoc(function) or ""
                if function.__module__ == module.__name__ and all(f"{label}:" in doc for label in LABELS):
                    found.append((name, function, statement_of(function)))
            if found:
                yield module, found


def _modules(package: str) -> Iterator[ModuleType]:
    home = importlib.import_module(package)
    yield home
    for info in pkgutil.walk_packages(home.__path__, prefix=f"{package}."):
        yield importlib.import_module(info.name)


def cost_rules() -> str:
    """Rules with formula, units, kind, source and test."""
    page = (
        "# Cost rules\n\nOne function per primitive, the same for integers, symbols and arrays. *Kind* says how "
        "far a formula can be trusted: **exact**, a proven upper **bound**, a **fit** to what was observed, or a "
        "**model**, a convention that the spec names. How to add one: [a first cost "
        "rule](../how-to/first-cost-rule.md). What is built from them: "
        "[encodings](encodings.md) and [solvers](solvers.md).\n\n"
    )
    for module, found in rules():
        path = module.__name__.replace(".", "/") + ".py"
        page += f"## {module.__name__.removeprefix('qgd_compiler.')}\n\n"
        page += text((module.__doc__ or "").split("\n\n")[0].replace("\n", " ")) + f" In {code(path)}.\n\n"
        for name, function, said in found:
            page += f"### {name}\n\n{text(said.summary)}\n\n"
            if said.formula:
                page += formula(said.formula) + "\n\n"
            page += f"```python\n{_line(name, function)}\n```\n\n"
            labels = (
                ("units", said.units),
                ("error", said.error),
                ("kind", said.kind_note),
                ("source", said.source),
                ("checked", said.checked),
            )
            page += table(("label", "says"), ((label, text(words)) for label, words in labels))
    return page


def encodings() -> str:
    """Encodings of entries and compositions, in their own words."""
    page = (
        "# Encodings\n\nA block-encoding of A is a circuit whose corner is A/α, within ε. "
        "`qgd encodings SPEC` prices all that a Hessian has. How to add one: [an "
        "encoding](../how-to/encoding.md).\n\n"
        "## Of entries\n\n"
    )
    for module in _modules("qgd_compiler.algorithms"):
        name = getattr(module, "NAME", None)
        if isinstance(name, str) and "ncoding" in (module.__doc__ or "") and module.__name__.count(".") == 2:
            page += _module_entry(name, module)
    page += "## Compositions\n\nWhat the nodes of a spec's tree do with the encodings of their parts.\n\n"
    for module in _modules("qgd_compiler.algorithms.composites"):
        if any(
            name.endswith("Encoder") and cls.__module__ == module.__name__ for name, cls in _classes(module)
        ):
            page += _module_entry(module.__name__.rsplit(".", 1)[1].replace("_", " "), module)
    page += "## The errors of compositions\n\n"
    rules_of_composition = importlib.import_module("qgd_compiler.algorithms.compose")
    for name, function in inspect.getmembers(rules_of_composition, inspect.isfunction):
        if function.__module__ == rules_of_composition.__name__ and not name.startswith("_"):
            page += f"### {name}\n\n" + paragraphs(inspect.getdoc(function) or "")
    return page


def _classes(module: ModuleType) -> list[tuple[str, Any]]:
    return inspect.getmembers(module, inspect.isclass)


def _module_entry(name: str, module: ModuleType) -> str:
    path = module.__name__.replace(".", "/") + ".py"
    return f"### {name}\n\n{paragraphs(module.__doc__ or '')}In {code(path)}.\n\n"


def solvers() -> str:
    """The menu of solvers at one κ and ε, with kinds and sources."""
    kappa, epsilon, steps = 2548.0, 1e-3, 1000
    report = api.solvers(kappa, epsilon, steps)
    page = (
        f"# Solvers\n\nWhat `qgd solvers --kappa {kappa:g} --epsilon {epsilon:g} --steps {steps}` counts: "
        "κ = α‖L⁻¹‖ is that of the history of a thousand neutral steps. Queries are uses of the encoding or its "
        "inverse "
        "in one run, preparations those of the right-hand side. Which of them a spec may use is `solvers` in "
        "the [spec](spec.md); how to add one: "
        "[a solver](../how-to/solver.md).\n\n"
    )
    for line in report.solvers:
        page += f"## {line.name}\n\n"
        rows = [
            ("queries", f"{line.queries:,}"),
            ("preparations", f"{line.state_preparations:,}"),
            ("success of a run", "depends on the run" if line.success is None else f"{line.success:.4g}"),
            ("kind", line.kind.value),
            ("valid for", text(line.valid_for)),
            ("source", text(line.source)),
            ("note", text(line.note)),
        ]
        page += table(("label", "says"), [row for row in rows if row[1]])
    return page


# --- Python -----------------------------------------------------------------------------------------------------


def python() -> str:
    """What users call, from the docstrings."""
    page = (
        "# Python\n\nThe verbs of the command line are functions of `qgd_compiler`; what they return are frozen "
        "pydantic models whose fields the JSON Schemas in `schemas/` describe. Mistakes are raised as "
        "[errors](errors.md).\n\n## qgd_compiler\n\n"
    )
    documents = []
    for name in qgd_compiler.__all__:
        thing = getattr(qgd_compiler, name)
        if inspect.isfunction(thing):
            page += _function(name, thing)
        elif inspect.isclass(thing):
            documents.append((code(name), text(" ".join((inspect.getdoc(thing) or "").split()))))
    page += "### What they return\n\n" + table(("class", "meaning"), documents)
    page += (
        "## qgd_compiler.frontends.torch\n\nNeeds the extra `torch`: [how to](../how-to/torch-model.md).\n\n"
    )
    live = importlib.import_module("qgd_compiler.frontends.torch")
    page += _function("measure", live.measure)
    return page


def _function(name: str, function: Any) -> str:
    return f"### {name}\n\n```python\n{_signature(name, function)}\n```\n\n" + paragraphs(
        inspect.getdoc(function) or ""
    )


def _line(name: str, function: Any) -> str:
    """The signature in a line, annotations as they are written."""
    return name + str(inspect.signature(function)).replace("'", "")


def _signature(name: str, function: Any) -> str:
    """The signature, one parameter a line."""
    found = inspect.signature(function)
    lines, starred = [], False
    for p in found.parameters.values():
        if p.kind is p.KEYWORD_ONLY and not starred:
            lines.append("    *,")
            starred = True
        default = "" if p.default is p.empty else f" = {_shown(p.default)}"
        lines.append(f"    {p.name}: {p.annotation}{default},")
    result = "" if found.return_annotation is found.empty else f" -> {found.return_annotation}"
    return f"{name}(\n" + "\n".join(lines) + f"\n){result}"


def _shown(default: Any) -> str:
    if isinstance(default, Path):
        return f'Path("{default}")'
    return "..." if callable(default) else repr(default)


PAGES: dict[str, Callable[[], str]] = {
    "cli": commands,
    "spec": spec,
    "errors": errors_page,
    "cost-rules": cost_rules,
    "encodings": encodings,
    "solvers": solvers,
    "python": python,
}
