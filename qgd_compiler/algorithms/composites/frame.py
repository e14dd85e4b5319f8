"""What all composed encodings share: the registers around their parts, and what the whole takes over from them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.kinds import Kind, weakest_kind
from qgd_compiler.program.builder import NOTHING, Builder, Handle
from qgd_compiler.scalars import Scalar, maximum


class Frame:
    """Registers `control` (if controlled), `system`, `ancilla`, `gradient` of a composition of `parts`."""

    def __init__(
        self, name: str, parts: Sequence[Encoding], controlled: bool, system: Scalar, ancilla: Scalar
    ) -> None:
        self._parts = parts
        self._name = composed_name(name, [p.name for p in parts])
        self._controlled = controlled
        self.builder = Builder(self._name, "hessian")
        self.control = self.builder.register("control", 1) if controlled else NOTHING
        self.system = self.builder.register("system", system)
        self.ancilla = self.builder.register("ancilla", ancilla)
        self._gradient = self.builder.register("gradient", maximum(0, *(p.gradient for p in parts)))

    def run(
        self, part: Encoding, on: Handle, system: Handle, ancilla: Handle, *, adjoint: bool = False
    ) -> None:
        """Call a part, under `on` if it is controlled, on the low qubits of `system` and the first of `ancilla`."""
        wires = (on,) if part.controlled else ()
        low = system.part(system.size - part.system, part.system)
        gradient = self._gradient.part(0, part.gradient)
        self.builder.call(part.routine, *wires, low, ancilla.part(0, part.ancilla), gradient, adjoint=adjoint)

    def encoding(self, alpha: Scalar, epsilon: Scalar) -> Encoding:
        """The finished encoding; its ε is at best a bound."""
        return Encoding(
            name=self._name,
            access="+".join(sorted({p.access for p in self._parts})) or "none",
            routine=self.builder.routine(),
            alpha=alpha,
            epsilon=epsilon,
            kind=weakest_kind((Kind.BOUND, *(p.kind for p in self._parts))),
            system=self.system.size,
            ancilla=self.ancilla.size,
            gradient=self._gradient.size,
            controlled=self._controlled,
            word_bits=maximum(0, *(p.word_bits for p in self._parts)),
        )


def composed_name(what: str, parts: Sequence[str]) -> str:
    """What a composition is called: its kind and its parts, equal neighbours told once."""
    groups = [(name, len(list(same))) for name, same in groupby(parts)]
    told = ", ".join(name if count == 1 else f"{count} x {name}" for name, count in groups)
    if not told:
        return what
    return f"{what} of {told}" if len(groups) == 1 and " of " not in told else f"{what} of ({told})"
