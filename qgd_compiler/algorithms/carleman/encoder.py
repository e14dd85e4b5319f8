r"""The encoder of a lifted step from the encoders of g, H, F_2, …: α is the norm of the level couplings.

Registers of `system`: the number of the level, counted from the first that is carried, then N copies of the data
register; a level j fills the first j copies, and the others are 0. Choose the new level from the old one, turn the
copies (`slots.py` or `window.py`), guess the old level from the new one backwards.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from qgd_compiler.algorithms.carleman.couplings import NOTHING_LEFT, Couplings, distortion
from qgd_compiler.algorithms.carleman.registers import Marks
from qgd_compiler.algorithms.carleman.slots import Slots
from qgd_compiler.algorithms.carleman.small_state import Turn, run_turns, turns, value_marks
from qgd_compiler.algorithms.carleman.window import Window
from qgd_compiler.algorithms.composites.frame import Frame
from qgd_compiler.algorithms.encoding import Encoder, Encoding
from qgd_compiler.errors import UnsupportedError
from qgd_compiler.program.builder import Handle
from qgd_compiler.program.primitives import ControlledSwap, Gate
from qgd_compiler.scalars import Scalar, ceil_log2, is_symbolic, maximum
from qgd_compiler.structure.carleman_step import CarlemanStep
from qgd_compiler.structure.dense import Dense


@dataclass(frozen=True, eq=False)
class CarlemanEncoder:
    """C of a `CarlemanStep`. `parts[l]` encodes F_l of the gradient, None where it is absent; H is `parts[1]`.

    copy_bits  qubits of the data register; a part of l inputs works on l of them
    """

    step: CarlemanStep
    parts: tuple[Encoder | None, ...]
    copy_bits: Scalar

    def encode(self, controlled: bool) -> Encoding:
        """One query: at most N uses of each part (exact lift), or one (first-order lift)."""
        parts = [None if p is None else p.encode(True) for p in self.parts]
        real = [p for p in parts if p is not None]
        if is_symbolic(self.step.learning_rate, *(p.alpha for p in real)):
            raise UnsupportedError(
                "the levels of a lift are coupled by numbers: it has no form in symbols of η or α",
                remedy="numbers for the learning rate, sparsities and entries; sizes may be symbols",
            )
        eta = abs(float(self.step.learning_rate))
        weights = tuple(None if p is None else eta * float(p.alpha) for p in parts)
        couplings = Couplings(self.step, weights)
        turner = (Slots if self.step.lift == "exact" else Window)(couplings, self.copy_bits)
        order, level_bits = self.step.order, int(ceil_log2(len(self.step.levels)))
        rejects = 2 if _leaves_something(couplings) else 0
        shared = maximum(0, *(p.ancilla for p in real))
        frame = Frame(
            f"{self.step.lift} Carleman lift of order {order}",
            real,
            controlled,
            system=level_bits + order * self.copy_bits,
            ancilla=rejects + level_bits + turner.ancilla + turner.calls * shared,
        )
        builder = frame.builder
        old = frame.system.part(0, level_bits)
        copies = [frame.system.part(level_bits + i * self.copy_bits, self.copy_bits) for i in range(order)]
        rejected = [frame.ancilla.part(i, 1) for i in range(rejects)]
        new = frame.ancilla.part(rejects, level_bits)
        working = frame.ancilla.part(rejects + level_bits, turner.ancilla)
        at = rejects + level_bits + turner.ancilla
        inner = [frame.ancilla.part(at + i * shared, shared) for i in range(turner.calls)]
        negative = float(self.step.learning_rate) > 0

        def run(index: int, on: Handle, inputs: Handle, slot: int) -> None:
            part = parts[index]
            assert part is not None
            if negative:
                builder.call(Gate(kind="Z"), on)
            frame.run(part, on, inputs, inner[slot])

        on: Marks = [(frame.control, 1)] if controlled else []
        forward = _choices(couplings.up, old, new, rejected[:1], on)
        backward = _choices(couplings.down, new, old, rejected[1:], on)
        run_turns(builder, forward)
        turner.write(builder, on, (old, new), copies, working, run)
        run_turns(builder, backward, adjoint=True)
        if controlled:
            builder.call(ControlledSwap(bits=level_bits), frame.control, old, new, times=min(level_bits, 1))
        else:
            builder.call(Gate(kind="SWAP", bits=level_bits), old, new, times=min(level_bits, 1))
        errors = [0.0 if p is None else eta * float(p.epsilon) for p in parts]
        return frame.encoding(couplings.alpha, distortion(self.step, weights, errors))

    def realised(self) -> np.ndarray | None:
        """The lift of what the parts realise."""
        blocks = [None if p is None else p.realised() for p in self.parts]
        if any(p is not None and b is None for p, b in zip(self.parts, blocks, strict=True)):
            return None
        n = int(self.step.hessian.rows)
        found = [None if b is None else Dense(entries=_without_gaps(b, n, k)) for k, b in enumerate(blocks)]
        gradient, hessian, *higher = found
        assert hessian is not None
        flat = tuple(Dense(entries=np.zeros((n, n**k))) if h is None else h for k, h in enumerate(higher, 2))
        return replace(self.step, hessian=hessian, gradient=gradient, higher=flat).matrix()


def _without_gaps(block: np.ndarray, size: int, inputs: int) -> np.ndarray:
    """The flat matrix of a tensor without the gaps of its registers, the first copy the least significant.

    F_l is symmetric in its inputs, but its rounded words need not be.
    """
    if inputs < 2:
        return block
    side = round(block.shape[1] ** (1 / inputs))
    cube = block.reshape(block.shape[0], *(side,) * inputs).transpose(0, *range(inputs, 0, -1))
    return np.asarray(cube[(slice(0, size),) * (inputs + 1)].reshape(size, size**inputs))


def _leaves_something(couplings: Couplings) -> bool:
    """Whether some amplitude is left over: sets of levels that do not feed each other have smaller norms."""
    return bool(
        np.any(couplings.up.sum(axis=1) < 1 - NOTHING_LEFT)
        or np.any(couplings.down.sum(axis=1) < 1 - NOTHING_LEFT)
    )


def _choices(
    squares: np.ndarray, given: Handle, target: Handle, rejected: list[Handle], on: Marks
) -> list[Turn]:
    """For each value of `given`, the state of `target` with these squared amplitudes; the rest is rejected."""
    found: list[Turn] = []
    for value, row in enumerate(squares):
        marks = [*value_marks(given, value), *on]
        rest = 1 - float(row.sum())
        if rejected:
            found += turns(rejected[0], (1 - rest, max(rest, 0.0) if rest > NOTHING_LEFT else 0.0), marks)
            marks.append((rejected[0], 0))
        found += turns(target, row, marks)
    return found
