"""What all tests share: the example files, and Hypothesis with the same examples every time."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("qgd", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("qgd")


@pytest.fixture(scope="session")
def project() -> Path:
    """The root of the project."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def estimates(project: Path) -> Path:
    """The folder of the example specs."""
    return project / "estimates"
