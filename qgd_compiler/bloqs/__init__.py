"""Our programs as Qualtran bloqs; the only room that imports Qualtran (install the extra `qualtran`).

>>> from qgd_compiler.bloqs import EncodingBloq  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qgd_compiler.bloqs.counts import Kinds, claimed, of_leaves
    from qgd_compiler.bloqs.encoding import EncodingBloq
    from qgd_compiler.bloqs.measure import MeasureAndReset
    from qgd_compiler.bloqs.primitive import PrimitiveBloq
    from qgd_compiler.bloqs.program import ProgramBloq
    from qgd_compiler.bloqs.qubits import cirq_circuit, peak_qubits
    from qgd_compiler.bloqs.surface_code import QualtranPlan, through_qualtran

_HOMES = {
    "EncodingBloq": "encoding",
    "Kinds": "counts",
    "MeasureAndReset": "measure",
    "PrimitiveBloq": "primitive",
    "ProgramBloq": "program",
    "QualtranPlan": "surface_code",
    "cirq_circuit": "qubits",
    "claimed": "counts",
    "of_leaves": "counts",
    "peak_qubits": "qubits",
    "through_qualtran": "surface_code",
}
__all__ = [
    "EncodingBloq",
    "Kinds",
    "MeasureAndReset",
    "PrimitiveBloq",
    "ProgramBloq",
    "QualtranPlan",
    "cirq_circuit",
    "claimed",
    "of_leaves",
    "peak_qubits",
    "through_qualtran",
]


def __getattr__(name: str) -> Any:
    """Import what is asked for, when it is asked for: Qualtran takes seconds."""
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"qgd_compiler.bloqs.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'qgd_compiler.bloqs' has no attribute {name!r}")
