"""A routine of ours as a bloq."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from attrs import evolve, frozen
from qualtran import Bloq, BloqBuilder, Signature

from qgd_compiler.bloqs.atoms import Callees
from qgd_compiler.bloqs.primitive import PrimitiveBloq
from qgd_compiler.bloqs.wiring import callees, signature_of, wired
from qgd_compiler.errors import UnsupportedError
from qgd_compiler.program import ir


@frozen
class ProgramBloq(Bloq):  # type: ignore[misc]
    """A routine, or its inverse: one bloq per call, library bloqs for gates.

    Registers are those of the routine, in and out, bit 0 the most significant; registers without qubits are left
    out. Equal routines are equal bloqs. With symbolic sizes there is a call graph and no decomposition; the
    `QubitCount` of Qualtran is then a lower bound (the fold of `costing/fold.py` is exact).
    """

    routine: ir.Routine
    is_adjoint: bool = False

    @cached_property
    def signature(self) -> Signature:
        """The registers of the routine."""
        return signature_of(self.routine.registers)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Any) -> dict[str, Any]:
        """The steps in order. Raises DecomposeTypeError for symbolic sizes."""
        return wired(bb, self.routine, self.is_adjoint, soqs, bloq_of)

    def build_call_graph(self, ssa: Any) -> Callees:
        """What the steps call, equal calls together; sizes may be symbols."""
        return callees(self.routine.steps(self.is_adjoint), bloq_of)

    def adjoint(self) -> ProgramBloq:
        """The steps backwards, each inverted."""
        return evolve(self, is_adjoint=not self.is_adjoint)

    def get_ctrl_system(self, ctrl_spec: Any) -> Any:
        """UnsupportedError: a control on every gate is not what a controlled program costs."""
        raise UnsupportedError(
            f"{self} has no controlled version of its own",
            remedy="EncodingBloq.controlled(), or a routine that is written with a control",
        )

    def __str__(self) -> str:
        return self.routine.name + ("†" if self.is_adjoint else "")


def bloq_of(operation: ir.Operation, adjoint: bool) -> Bloq:
    """The bloq of a routine, or of a primitive that is not an atom."""
    if isinstance(operation, ir.Primitive):
        return PrimitiveBloq(operation, adjoint)
    assert isinstance(operation, ir.Routine)
    return ProgramBloq(operation, adjoint)
