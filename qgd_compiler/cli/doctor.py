"""`qgd doctor`: what is installed, what is missing, and the command that installs it."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Annotated

import typer

from qgd_compiler.cli.output import FormatOption, OutputOption, emit_document, format_for
from qgd_compiler.errors import UsageError
from qgd_compiler.version import __version__

if TYPE_CHECKING:
    from qgd_compiler.backends.page import Page

PACKAGE = "qgd-compiler"

# what each extra is for; a test compares the names with pyproject.toml
EXTRAS = {
    "qualtran": "Qualtran bloqs, and circuits for Cirq",
    "qiskit": "OpenQASM 3 read again, by the tests",
    "plot": "figures",
    "safetensors": ".safetensors files",
    "onnx": ".onnx files",
    "h5py": ".h5 files",
    "torch": "live PyTorch models",
    "digits": "the example of the digits: examples/digits_training.py",
    "sweep": "sweeps over any field of a spec: stored, queried, plotted",
    "dask": "sweeps on a Dask cluster",
    "azure": "a second opinion on physical estimates",
    "docs": "building the documentation",
    "dev": "the tests and linters",
}

_REQUIREMENT = re.compile(r"^\s*([A-Za-z0-9._-]+)(?:\[[^]]*\])?\s*\(?([^;)]*)\)?\s*(?:;(.*))?$")
_EXTRA = re.compile(r"""extra\s*==\s*['"]([^'"]+)['"]""")


@dataclass(frozen=True)
class Library:
    """A library that is asked for.

    wanted   the versions that serve; "" for any
    found    the version that is installed; None where there is none
    serves   whether it is installed in such a version
    """

    name: str
    wanted: str
    found: str | None
    serves: bool


@dataclass(frozen=True)
class Extra:
    """An extra of the package: what it is for, its libraries, and the command that installs it."""

    name: str
    purpose: str
    installed: bool
    install: str
    libraries: tuple[Library, ...]


@dataclass(frozen=True)
class Findings:
    """All that was found."""

    version: str
    python: str
    platform: str
    libraries: tuple[Library, ...]
    extras: tuple[Extra, ...]
    hints: tuple[str, ...]

    def to_json(self) -> str:
        """As JSON text."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"


def examine(
    require: Annotated[
        list[str] | None,
        typer.Option(
            "--require",
            metavar="EXTRA",
            help="Fail with exit code 2 if this extra is not installed. Repeatable.",
            show_default=False,
        ),
    ] = None,
    format: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Say which versions are installed, which extras are missing, and how to install them."""
    format_for(format, output)  # a wrong ending is said before the work
    found = findings()
    named = {extra.name: extra for extra in found.extras}
    for name in require or ():
        if name not in named:
            raise UsageError(f"there is no extra {name!r}", remedy="one of " + ", ".join(named))
    emit_document(found, _page(found), format, output)
    bad = [library for library in found.libraries if not library.serves]
    if bad:
        raise UsageError(
            "the installation is broken: " + ", ".join(_state(library) for library in bad),
            remedy=f"pip install --upgrade {PACKAGE}",
        )
    missing = [named[name] for name in require or () if not named[name].installed]
    if missing:
        raise UsageError(
            "not installed: " + ", ".join(extra.name for extra in missing),
            remedy=_install(extra.name for extra in missing),
        )


def findings(
    requirements: Sequence[str] | None = None, version_of: Callable[[str], str | None] | None = None
) -> Findings:
    """What is installed here; the two arguments stand for other installations, in tests."""
    asked = _requirements() if requirements is None else requirements
    version_of = version_of or _version_of
    base: list[Library] = []
    extras: dict[str, list[Library]] = {name: [] for name in EXTRAS}
    for line in asked:
        parts = _REQUIREMENT.match(line)
        if parts is None:
            continue
        name, wanted, marker = parts.group(1), parts.group(2).strip(), parts.group(3) or ""
        have = version_of(name)
        library = Library(name, wanted, have, have is not None and _within(have, wanted))
        extra = _EXTRA.search(marker)
        if extra is None:
            base.append(library)
        else:
            extras.setdefault(extra.group(1), []).append(library)
    return Findings(
        version=__version__,
        python=platform.python_version(),
        platform=platform.platform(terse=True),
        libraries=tuple(base),
        extras=tuple(
            Extra(
                name,
                EXTRAS.get(name, ""),
                bool(libraries) and all(library.serves for library in libraries),
                _install([name]),
                tuple(libraries),
            )
            for name, libraries in extras.items()
        ),
        hints=tuple(_hints(bool(asked), all(extras.values()))),
    )


def _requirements() -> Sequence[str]:
    try:
        return metadata.requires(PACKAGE) or ()
    except metadata.PackageNotFoundError:
        return ()


def _version_of(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _within(version: str, wanted: str) -> bool:
    """Whether a version is within bounds such as ">=1.4,<1.7"; of other operators nothing is claimed."""
    have = _numbers(version)
    for bound in filter(None, (part.strip() for part in wanted.split(","))):
        found = re.match(r"(>=|<=|==|<|>)\s*([0-9][^\s]*)$", bound)
        if found is None:
            continue
        limit = _numbers(found.group(2))
        size = max(len(have), len(limit))
        a, b = have + (0,) * (size - len(have)), limit + (0,) * (size - len(limit))
        if not {">=": a >= b, "<=": a <= b, "==": a == b, "<": a < b, ">": a > b}[found.group(1)]:
            return False
    return True


def _numbers(version: str) -> tuple[int, ...]:
    """The numbers of a release: (2, 13, 0) for 2.13.0+cpu."""
    found = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(map(int, found.group().split("."))) if found else ()


def _install(extras: Iterable[str]) -> str:
    return f'pip install "{PACKAGE}[{",".join(extras)}]"'


def _hints(installed: bool, current: bool) -> Iterable[str]:
    if not installed:
        yield f"{PACKAGE} is not installed here, so that its libraries are not known: pip install ."
    elif not current:
        yield f"{PACKAGE} was installed before it had all of these extras: install it again"
    cores = os.cpu_count() or 1
    if cores > 1 and "OPENBLAS_NUM_THREADS" not in os.environ:
        yield (
            f"linear algebra may take all {cores} cores: where several runs share them, "
            "set OPENBLAS_NUM_THREADS=1"
        )
    if not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))):
        yield "no Chromium: nothing but the tests of the report page in a browser needs it"


def _state(library: Library) -> str:
    if library.found is None:
        return f"{library.name} missing"
    return library.name + " " + library.found + ("" if library.serves else f" (needs {library.wanted})")


def _page(found: Findings) -> Page:
    """The findings laid out."""
    from qgd_compiler.backends.page import Grid, Page, Pairs, Section, columns

    libraries = Section(
        "Libraries", Pairs(tuple((lib.name, lib.found or "missing", _needs(lib)) for lib in found.libraries))
    )
    extras = Section(
        "Extras",
        Grid(
            columns("extra", "state", "for", "install"),
            tuple(
                (e.name, _extra_state(e), e.purpose, "" if e.installed else e.install) for e in found.extras
            ),
        ),
    )
    there = sum(extra.installed for extra in found.extras)
    verdict = (
        f"qgd {found.version}, Python {found.python}, {found.platform}.",
        f"{there} of {len(found.extras)} extras are installed.",
        *(hint[0].upper() + hint[1:] + "." for hint in found.hints),
    )
    return Page("Doctor", verdict, (libraries, extras), f"qgd {found.version}")


def _needs(library: Library) -> str:
    return "" if library.serves else f"needs {library.wanted or 'any version'}"


def _extra_state(extra: Extra) -> str:
    """Installed, missing, or what of it is missing."""
    if extra.installed:
        return "installed"
    if not extra.libraries:
        return "not known"
    lacking = [library for library in extra.libraries if not library.serves]
    if len(lacking) == len(extra.libraries) and all(library.found is None for library in lacking):
        return "missing"
    return "lacks " + ", ".join(_state(library).removesuffix(" missing") for library in lacking)
