"""What gradient descent costs on a fault-tolerant quantum computer.

>>> import qgd_compiler
>>> report = qgd_compiler.compile("estimates/digits-mlp.yaml")  # doctest: +SKIP
>>> report.total.t_count  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qgd_compiler.version import __version__

if TYPE_CHECKING:
    from qgd_compiler.api import (
        analyze,
        check,
        compile,
        describe,
        diff,
        encodings,
        explain,
        fit,
        formula,
        lock,
        plot,
        query,
        solvers,
        sweep,
    )
    from qgd_compiler.backends.analysis_report import Analysis
    from qgd_compiler.backends.encodings_report import EncodingsReport
    from qgd_compiler.backends.explain_report import Explanation
    from qgd_compiler.backends.report import Report
    from qgd_compiler.backends.solvers_report import SolversReport
    from qgd_compiler.spec.models import Spec
    from qgd_compiler.study.operators import spectrum_of
    from qgd_compiler.sweeps.result import Sweep

__all__ = [
    "Analysis",
    "EncodingsReport",
    "Explanation",
    "Report",
    "SolversReport",
    "Spec",
    "Sweep",
    "__version__",
    "analyze",
    "check",
    "compile",
    "describe",
    "diff",
    "encodings",
    "explain",
    "fit",
    "formula",
    "lock",
    "plot",
    "query",
    "solvers",
    "spectrum_of",
    "sweep",
]

_HOMES = {
    "compile": "api",
    "lock": "api",
    "check": "api",
    "diff": "api",
    "analyze": "api",
    "describe": "api",
    "encodings": "api",
    "explain": "api",
    "formula": "api",
    "solvers": "api",
    "sweep": "api",
    "query": "api",
    "fit": "api",
    "plot": "api",
    "spectrum_of": "study.operators",
    "Report": "backends.report",
    "Analysis": "backends.analysis_report",
    "EncodingsReport": "backends.encodings_report",
    "SolversReport": "backends.solvers_report",
    "Explanation": "backends.explain_report",
    "Spec": "spec.models",
    "Sweep": "sweeps.result",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for, when it is asked for: the command line must start fast."""
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"qgd_compiler.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'qgd_compiler' has no attribute {name!r}")
