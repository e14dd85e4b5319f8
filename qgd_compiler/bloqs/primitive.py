"""A primitive of ours as a bloq: its circuit of library gates."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import Any

from attrs import evolve, frozen
from qualtran import Bloq, BloqBuilder, DecomposeTypeError, Signature

from qgd_compiler.bloqs.atoms import Callees, by_price
from qgd_compiler.bloqs.wiring import callees, signature_of, wired
from qgd_compiler.costing.prices import price_of
from qgd_compiler.errors import UnsupportedError
from qgd_compiler.program import ir
from qgd_compiler.program.expand import expand, is_atom
from qgd_compiler.scalars import is_integer

MOST_GATES = 50_000  # beyond which the circuit is not written out just to be counted


@frozen
class PrimitiveBloq(Bloq):  # type: ignore[misc]
    """A primitive that is not an atom, or its inverse.

    It decomposes into the circuit of `program/expand.py`, and that is what its call graph counts. The call graph
    is the price of the cost rule instead where there is no circuit: with symbolic sizes, for an ideal memory
    (a leaf of the T gates that it is stated to cost), and for circuits of more than `MOST_GATES` gates.
    The inverse of a lookup measures; its circuit is that of the worst outcome, to be counted and not run.
    """

    primitive: ir.Primitive
    is_adjoint: bool = False

    def __attrs_post_init__(self) -> None:
        if is_atom(self.primitive):
            raise ValueError(f"{self.primitive.name} is a gate of the library")

    @cached_property
    def signature(self) -> Signature:
        """The registers of the primitive."""
        return signature_of(self.primitive.registers)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Any) -> dict[str, Any]:
        """The circuit. Raises DecomposeTypeError where there is none."""
        try:
            circuit = _circuit(self.primitive, self.is_adjoint)
        except UnsupportedError as error:
            raise DecomposeTypeError(f"{self} is atomic: {error.what}") from error
        return wired(bb, circuit, False, soqs, _no_bloq)

    def build_call_graph(self, ssa: Any) -> Callees:
        """The gates of the circuit, or of the price."""
        gates = price_of(self.primitive, self.is_adjoint).gates
        size = gates.toffoli + gates.clifford + gates.measurements
        if is_integer(size) and size <= MOST_GATES:
            try:
                return callees(_circuit(self.primitive, self.is_adjoint).steps(), _no_bloq)
            except UnsupportedError:
                pass
        return by_price(gates)

    def adjoint(self) -> PrimitiveBloq:
        """The inverse."""
        return evolve(self, is_adjoint=not self.is_adjoint)

    def get_ctrl_system(self, ctrl_spec: Any) -> Any:
        """UnsupportedError: primitives that can be controlled say so in a field of their own."""
        raise UnsupportedError(f"{self} has no controlled version of its own")

    def __str__(self) -> str:
        return self.primitive.name + ("†" if self.is_adjoint else "")


@lru_cache(maxsize=512)
def _circuit(primitive: ir.Primitive, adjoint: bool) -> ir.Routine:
    return expand(primitive, adjoint)


def _no_bloq(operation: ir.Operation, adjoint: bool) -> Bloq:
    raise UnsupportedError(f"{operation.name} stands in the circuit of a primitive, and is no atom")
