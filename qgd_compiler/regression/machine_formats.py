"""Results for machines that show them: JUnit XML, and annotations of GitHub's workflow commands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from qgd_compiler.regression.attribution import leading
from qgd_compiler.regression.compare import relative_change
from qgd_compiler.regression.documents import Result, Results, Status
from qgd_compiler.regression.history import headline, signed_percent

SHOWN = 20


def junit(results: Results) -> str:
    """JUnit XML: one test case for each estimate; moved is a failure, broken and damaged are errors."""
    suite = ElementTree.Element(
        "testsuite",
        name="qgd check",
        tests=str(len(results.estimates)),
        failures=str(results.count(Status.MOVED)),
        errors=str(results.count(Status.BROKEN, Status.DAMAGED)),
    )
    for result in results.estimates:
        folder = Path(result.spec).parent.as_posix()
        case = ElementTree.SubElement(
            suite, "testcase", classname=_printable(folder), name=_printable(result.name)
        )
        if result.status in (Status.MOVED, Status.BROKEN, Status.DAMAGED):
            tag = "failure" if result.status is Status.MOVED else "error"
            found = ElementTree.SubElement(
                case, tag, message=_printable(_summary(result)), type=str(result.status)
            )
            found.text = _printable("\n".join(_details(result)))
    suites = ElementTree.Element("testsuites")
    suites.append(suite)
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=False) + "\n"


def github(results: Results) -> str:
    """Workflow commands that GitHub shows beside the files: `::error file=…::…`.

    Source: docs.github.com, "Workflow commands for GitHub Actions", error message and its escapes.
    """
    return "".join(line + "\n" for result in results.estimates for line in _annotation(result))


def _annotation(result: Result) -> Iterator[str]:
    if result.status in (Status.UNCHANGED, Status.NEW):
        for note in result.notes:
            yield f"::notice file={_property(result.lock)},title={_property(result.name)}::{_message(note)}"
        return
    title = _property(f"{result.name} {result.status}")
    text = _message("\n".join((_summary(result), *_details(result))))
    yield f"::error file={_property(result.spec)},title={title}::{text}"


def _summary(result: Result) -> str:
    if result.trouble:
        return result.trouble[0].what
    old, new = result.t_count
    said = f"T gates {headline(old, new)}"
    if old is not None and new is not None and old != new:
        said += f" ({signed_percent(relative_change(old, new))})"
    shared = result.attribution
    if shared is not None and shared.change:
        said += f", most of it by {leading(shared.by_component)}, {leading(shared.by_parameter)}"
    return said


def _details(result: Result) -> Iterator[str]:
    for t in result.trouble:
        yield t.what
        yield from (f"  at: {t.at}",) if t.at else ()
        yield from (f"  try: {t.remedy}",) if t.remedy else ()
    for m in result.moves[:SHOWN]:
        yield f"{m.path}: {m.before} -> {m.after}"
    if len(result.moves) > SHOWN:
        yield f"and {len(result.moves) - SHOWN} more"
    if result.attribution is not None:
        for x in result.attribution.by_component + result.attribution.by_parameter:
            if x.change:
                yield f"{x.name}: {x.change:+,} T gates"
    yield from result.notes


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")


def _printable(text: str) -> str:
    """Without the control characters that XML 1.0 cannot hold."""
    return "".join(c for c in text if c in "\t\n\r" or c >= " ")
