"""Our block-encodings as Qualtran's."""

from __future__ import annotations

from collections.abc import Hashable
from functools import cached_property, lru_cache
from typing import Any, cast

import numpy as np
from attrs import evolve, frozen
from qualtran import BloqBuilder, CtrlSpec, QAny, QBit, Signature
from qualtran.bloqs.block_encoding import BlockEncoding
from qualtran.bloqs.reflections.prepare_identity import PrepareIdentity
from qualtran.bloqs.state_preparation.black_box_prepare import BlackBoxPrepare

from qgd_compiler.algorithms.composites.marks import where_all
from qgd_compiler.algorithms.encoding import Encoder, Encoding
from qgd_compiler.bloqs.atoms import Callees
from qgd_compiler.bloqs.program import ProgramBloq, bloq_of
from qgd_compiler.bloqs.wiring import callees, signature_of, wired
from qgd_compiler.errors import UnsupportedError
from qgd_compiler.program import ir
from qgd_compiler.program.builder import Builder
from qgd_compiler.scalars import Scalar


@frozen(eq=False)
class EncodingBloq(BlockEncoding):  # type: ignore[misc]
    r"""The block-encoding that an encoder writes, or that of $A^\dagger$.

    $\|A - \alpha\,(\langle 0|\otimes I)\,U\,(|0\rangle\otimes I)\| \le \epsilon$ with the ancilla in |0>.

    Registers (in and out; those without qubits are left out)
        system, ancilla
        gradient  the phase gradient $2^{-b/2}\sum_k e^{-2\pi i k/2^b}|k\rangle$, which is kept: a catalyst and
                  not Qualtran's `resource`, which is |0>. Encodings with value words (sparse access, diagonal)
                  have none and fit into Qualtran's own `Product`, `LinearCombination`, …
    Work qubits are allocated inside. Two bloqs are equal where programs, α and ε are.
    """

    encoder: Encoder
    is_adjoint: bool = False

    @property
    def encoding(self) -> Encoding:
        """What the encoder writes without a control."""
        return _encoding(self.encoder, False)

    @property
    def alpha(self) -> Scalar:
        """The subnormalisation, in units of the entries of A."""
        return self.encoding.alpha

    @property
    def epsilon(self) -> Scalar:
        """The spectral-norm error of the block, in the same units."""
        return self.encoding.epsilon

    @property
    def system_bitsize(self) -> Scalar:
        """Qubits of A."""
        return self.encoding.system

    @property
    def ancilla_bitsize(self) -> Scalar:
        """Qubits that are |0> on both sides of the block."""
        return self.encoding.ancilla

    @property
    def resource_bitsize(self) -> Scalar:
        """None: what else is needed is allocated inside, or is the gradient."""
        return 0

    @property
    def gradient_bitsize(self) -> Scalar:
        """Qubits of the phase gradient."""
        return self.encoding.gradient

    @property
    def signal_state(self) -> BlackBoxPrepare:
        """|0…0> on the ancilla."""
        return BlackBoxPrepare(PrepareIdentity.from_bitsizes([self.ancilla_bitsize]))

    @cached_property
    def signature(self) -> Signature:
        """`system`, `ancilla`, `gradient`."""
        return signature_of(self.encoding.routine.registers)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Any) -> dict[str, Any]:
        """The steps of the program. Raises DecomposeTypeError for symbolic sizes."""
        return wired(bb, self.encoding.routine, self.is_adjoint, soqs, bloq_of)

    def build_call_graph(self, ssa: Any) -> Callees:
        """What the program calls; sizes may be symbols."""
        return callees(self.encoding.routine.steps(self.is_adjoint), bloq_of)

    def adjoint(self) -> EncodingBloq:
        """The program backwards: an encoding of A†."""
        return evolve(self, is_adjoint=not self.is_adjoint)

    def get_ctrl_system(self, ctrl_spec: CtrlSpec) -> Any:
        """The encoder's own controlled program, exactly the identity on |0> ancillas where the control is off.

        Controls are qubits of either sign; several are joined by temporary ANDs into one register `ctrl`.
        Raises UnsupportedError for other kinds of control.
        """
        if ctrl_spec.is_symbolic() or any(dtype != QBit() for dtype in ctrl_spec.qdtypes):
            raise UnsupportedError(f"a control of the kind {ctrl_spec}", remedy="controls that are qubits")
        values = tuple(int(v) for cvs in ctrl_spec.cvs for v in np.ravel(cvs))
        shapes = ctrl_spec.concrete_shapes
        bloq = ProgramBloq(_under(_encoding(self.encoder, True), values), self.is_adjoint)

        def add(bb: BloqBuilder, ctrl_soqs: Any, in_soqs: dict[str, Any]) -> tuple[list[Any], list[Any]]:
            qubits = [q for soq in ctrl_soqs for q in np.ravel(np.asarray(soq, dtype=object))]
            joined = qubits[0] if len(qubits) == 1 else bb.join(np.array(qubits), dtype=QAny(len(qubits)))
            out = bb.add_d(bloq, ctrl=joined, **in_soqs)
            ctrl = out.pop("ctrl")
            row = np.array([ctrl] if len(qubits) == 1 else bb.split(ctrl), dtype=object)
            back, start = [], 0
            for shape in shapes:
                size = int(np.prod(shape))
                part = row[start : start + size].reshape(shape)
                back.append(part if shape else part.item())
                start += size
            return back, list(out.values())

        return bloq, add

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EncodingBloq) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    @cached_property
    def _key(self) -> tuple[ir.Routine, str, str, bool]:
        made = self.encoding
        return made.routine, str(made.alpha), str(made.epsilon), self.is_adjoint

    def __str__(self) -> str:
        return f"B[{self.encoding.name}]" + ("†" if self.is_adjoint else "")


def _encoding(encoder: Encoder, controlled: bool) -> Encoding:
    """Written once per encoder, which is known by its identity."""
    return _written(cast(Hashable, encoder), controlled)


@lru_cache(maxsize=256)
def _written(encoder: Any, controlled: bool) -> Encoding:
    made: Encoding = encoder.encode(controlled)
    return made


def _under(encoding: Encoding, values: tuple[int, ...]) -> ir.Routine:
    """The controlled program under qubits that must have the given values (register `ctrl`)."""
    builder = Builder(f"C[{encoding.name}]")
    ctrl = builder.register("ctrl", len(values))
    rest = [builder.register(r.name, r.size) for r in encoding.routine.registers if r.name != "control"]
    with where_all(builder, [(ctrl.part(i, 1), v) for i, v in enumerate(values)]) as on:
        builder.call(encoding.routine, on, *rest)
    return builder.routine()
