"""A headless Chromium for tests: skipped where there is none, a failure where QGD_BROWSER=required."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


def missing() -> str:
    """Why no browser can be driven; empty where one can."""
    absent = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    try:
        import selenium  # noqa: F401
    except ImportError:
        absent.append("selenium")
    if not absent:
        return ""
    return f"{', '.join(absent)} not found: apt-get install chromium chromium-driver, pip install selenium"


def require_or_skip() -> None:
    """Skip, or fail where the environment says that a browser must be there."""
    why = missing()
    if why and os.environ.get("QGD_BROWSER") == "required":
        pytest.fail(f"QGD_BROWSER=required, but {why}")
    if why:
        pytest.skip(why)


@contextmanager
def chromium(folder: Path) -> Iterator[Any]:
    """A driver with a profile of its own in `folder`, that logs what pages say to their console."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for word in (
        "--headless=new",
        "--no-sandbox",  # as root, in a container
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--disable-background-networking",
        f"--user-data-dir={folder}",
    ):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(str(shutil.which("chromedriver"))))
    try:
        yield driver
    finally:
        driver.quit()
