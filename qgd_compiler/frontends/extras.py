"""Libraries that only some files need: imported when they are, with the command that installs what is missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from qgd_compiler.errors import UsageError


def need(module: str, extra: str, for_what: str) -> Any:
    """The module; UsageError with the install command where it is not there.

    extra      the extra of this package that brings it
    for_what   what needs it, as the subject of a sentence
    """
    try:
        return import_module(module)
    except ImportError as error:
        if (error.name or "").split(".")[0] != module.split(".")[0]:
            raise  # it is there, and broken: its own words say more
        raise UsageError(
            f"{for_what} need {module.split('.')[0]}, which is not installed",
            remedy=f'pip install "qgd-compiler[{extra}]"',
        ) from None
