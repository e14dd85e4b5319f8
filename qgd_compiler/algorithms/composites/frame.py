"""What all composed encodings share: the registers around their parts, and what the whole takes over from them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.kinds import Kind, weakest_kind
from qgd_compiler.program.builder import NOTHING, Builder, Handle
from qgd_compiler.scalars import Scalar, maximum


class Frame:
    """Registers `control` (if controlled), `system`, `ancilla`, `gradient` of a composition of `parts`.

    `gradient`: its size, where the parts do not share one as long as the longest needs.
    """

    def __init__(
        self,
        name: str,
        parts: Sequence[Encoding],
        controlled: bool,
        system: Scalar,
        ancilla: Scalar,
        gradient: Scalar | None = None,
    ) -> None:
        self._parts = parts
        self._name = composed_name(name, [p.name for p in parts])
        self._controlled = controlled
        self.builder = Builder(self._name, "hessian")
        self.control = self.builder.register("control", 1) if controlled else NOTHING
        self.system = self.builder.register("system", system)
        self.ancilla = self.builder.register("ancilla", ancilla)
        shared = maximum(0, *(p.gradient for p in parts)) if gradient is None else gradient
        self._gradient = self.builder.register("gradient", shared)

    def run(
        self,
        part: Encoding,
        on: Handle,
        system: Handle,
        ancilla: Handle,
        *,
        adjoint: bool = False,
        gradient: Scalar = 0,
        beside: bool = False,
    ) -> None:
        """Call a part, under `on` if it is controlled, on the low qubits of `system` and the first of `ancilla`.

        `gradient`: where its phase gradient starts; `beside`: at the same time as the call before.
        """
        wires = (on,) if part.controlled else ()
        low = system.part(system.size - part.system, part.system)
        turned = self._gradient.part(gradient, part.gradient)
        inner = ancilla.part(0, part.ancilla)
        self.builder.call(part.routine, *wires, low, inner, turned, adjoint=adjoint, beside=beside)

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
