"""A ⊗ B ⊗ …: the parts side by side, α the product. Source: by definition; ε as for a product."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import numpy as np

from qgd_compiler.algorithms.compose import product_epsilon
from qgd_compiler.algorithms.composites.frame import Frame
from qgd_compiler.algorithms.encoding import Encoder, Encoding, all_realised
from qgd_compiler.program.builder import NOTHING, Handle
from qgd_compiler.program.ir import Wire
from qgd_compiler.program.primitives import Gate
from qgd_compiler.scalars import Scalar


@dataclass(frozen=True, eq=False)
class KroneckerEncoder:
    """A ⊗ B ⊗ …

    `parallel`: all parts at the same time, the depth that of the deepest; each then has its own work qubits, its
    own phase gradient and, under a control, its own copy of the control.
    """

    parts: tuple[Encoder, ...]
    parallel: bool = False

    def encode(self, controlled: bool) -> Encoding:
        """System: the registers of the parts in order; a part keeps the padding of its own register."""
        parts = [p.encode(controlled) for p in self.parts]
        frame = Frame(
            "Kronecker product",
            parts,
            controlled,
            system=sum(p.system for p in parts),
            ancilla=sum(p.ancilla for p in parts),
            gradient=sum(p.gradient for p in parts) if self.parallel else None,
        )
        controls = self._controls(frame) if controlled else [NOTHING] * len(parts)
        at: Scalar = 0
        free: Scalar = 0
        turned: Scalar = 0
        alpha: Scalar = 1
        for i, (p, control) in enumerate(zip(parts, controls, strict=True)):
            frame.run(
                p,
                control,
                frame.system.part(at, p.system),
                frame.ancilla.part(free, p.ancilla),
                gradient=turned if self.parallel else 0,
                beside=self.parallel and i > 0,
            )
            at, free, alpha, turned = at + p.system, free + p.ancilla, alpha * p.alpha, turned + p.gradient
        self._release(frame, controls)
        return frame.encoding(alpha, product_epsilon([p.alpha for p in parts], [p.epsilon for p in parts]))

    def _controls(self, frame: Frame) -> list[Handle]:
        """The control for each part: in parallel a copy by a CNOT for all but the first."""
        copies = len(self.parts) - 1
        if not self.parallel or not copies:
            return [frame.control] * len(self.parts)
        copied = frame.builder.allocate("copies of the control", copies)
        frame.builder.call(Gate(kind="CNOT", bits=copies, fan=True), frame.control, copied)
        return [frame.control, *(copied.part(i, 1) for i in range(copies))]

    def _release(self, frame: Frame, controls: list[Handle]) -> None:
        copies = controls[1:]
        if not self.parallel or not copies or copies[0] == NOTHING:
            return
        whole = Handle((Wire(register=copies[0].wires[0].register, start=0, size=len(copies)),))
        frame.builder.call(Gate(kind="CNOT", bits=len(copies), fan=True), frame.control, whole)
        frame.builder.release(whole)

    def realised(self) -> np.ndarray | None:
        """The Kronecker product of what the parts realise."""
        blocks = all_realised(self.parts)
        return None if blocks is None else reduce(np.kron, blocks)
