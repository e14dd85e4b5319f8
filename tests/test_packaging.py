"""What is shipped: versions agree, what is named exists, and every dependency is pinned."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from qgd_compiler.version import __version__


@pytest.fixture(scope="module")
def settings(project: Path) -> dict[str, Any]:
    return tomllib.loads((project / "pyproject.toml").read_text())


def test_the_citation_is_of_this_version_and_names_the_paper(project: Path) -> None:
    citation = YAML(typ="safe").load(project / "CITATION.cff")
    assert citation["cff-version"] == "1.2.0"
    assert citation["version"] == __version__
    assert citation["authors"] == [{"name": "The qgd_compiler developers"}]
    assert [paper["doi"] for paper in citation["references"]] == ["10.1038/s41467-023-43957-x"]


def test_what_the_source_distribution_names_exists(project: Path, settings: dict[str, Any]) -> None:
    for name in settings["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]:
        assert name.startswith("/"), f"{name} would be looked for in every folder"
        assert (project / name[1:]).exists(), name


def test_types_are_shipped(project: Path, settings: dict[str, Any]) -> None:
    assert (project / "qgd_compiler" / "py.typed").exists()
    assert "Typing :: Typed" in settings["project"]["classifiers"]


def test_every_dependency_is_pinned_in_alphabetical_order(project: Path, settings: dict[str, Any]) -> None:
    lines = (project / "requirements" / "dev.lock").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    names = [re.split(r"==", pin)[0] for pin in pins]
    assert all(re.fullmatch(r"[a-z0-9.-]+==[^ ]+( ; .+)?", pin) for pin in pins)
    assert names == sorted(names)
    wanted = [*settings["project"]["dependencies"]]
    for extra in settings["project"]["optional-dependencies"].values():
        wanted += extra
    for line in wanted:
        name = re.match(r"[A-Za-z0-9._-]+", line)
        assert name is not None
        assert re.sub(r"[._]", "-", name.group().lower()) in names, line
