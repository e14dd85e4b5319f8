r"""The encoder of a lifted step from the encoders of g, H, F_2, …: α is the norm of the level couplings.

Registers of `system`: the number of the level, counted from the first that is carried, then N copies of the data
register; a level j fills the first j copies, and the others are 0. Choose the new level from the old one, turn the
copies (`slots.py` or `window.py`), guess the old level from the new one backwards.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.linalg import block_diag

from qgd_compiler.algorithms.carleman.couplings import COASTING, NOTHING_LEFT, Couplings, distortion
from qgd_compiler.algorithms.carleman.registers import Marks
from qgd_compiler.algorithms.carleman.slots import Slots
from qgd_compiler.algorithms.carleman.small_state import Turn, run_turns, turns, value_marks
from qgd_compiler.algorithms.carleman.timing import Timing
from qgd_compiler.algorithms.carleman.window import Window
from qgd_compiler.algorithms.compose import product_epsilon
from qgd_compiler.algorithms.composites.frame import Frame
from qgd_compiler.algorithms.encoding import Encoder, Encoding
from qgd_compiler.errors import UnsupportedError
from qgd_compiler.program.builder import NOTHING, Handle
from qgd_compiler.program.primitives import ControlledSwap, Gate
from qgd_compiler.scalars import Scalar, ceil_log2, is_symbolic, maximum
from qgd_compiler.structure.carleman_step import CarlemanStep, lifted_matrix


@dataclass(frozen=True, eq=False)
class CarlemanEncoder:
    """C of a `CarlemanStep`. `parts[l]` encodes F_l of the gradient, None where it is absent; H is `parts[1]`.

    copy_bits  qubits of the data register; a part of l inputs works on l of them, and on the number of its data set
    timing     C_t at |t> of a time register before the level (`CarlemanSteps`, of which `step` is the largest step)
    coasting   encodes what no rate scales
    """

    step: CarlemanStep
    parts: tuple[Encoder | None, ...]
    copy_bits: Scalar
    timing: Timing | None = None
    coasting: Encoder | None = None

    def encode(self, controlled: bool) -> Encoding:
        """One query: at most N uses of each part (exact lift), or one (first-order lift)."""
        parts = {i: p.encode(True) for i, p in enumerate(self.parts) if p is not None}
        timing, eta = self.timing, self.step.learning_rate
        rates = None if timing is None or timing.rates is None else timing.rates.encode(True)
        if is_symbolic(eta, *(p.alpha for p in parts.values())):
            raise UnsupportedError(
                "the levels of a lift are coupled by numbers: it has no form in symbols of η or α",
                remedy="numbers for the learning rate, sparsities and entries; sizes may be symbols",
            )
        weights, errors = self._weights(parts, rates)
        coasting = None if self.coasting is None else self.coasting.encode(True)
        apart = (0.0, 0.0) if coasting is None else (float(coasting.alpha), float(coasting.epsilon))
        couplings = Couplings(self.step, weights, apart[0])
        if coasting is not None:
            parts[COASTING] = coasting
        turner = (Slots if self.step.lift == "exact" else Window)(couplings, self.copy_bits)
        order, level_bits = self.step.order, int(ceil_log2(len(self.step.levels)))
        time_bits = 0 if timing is None else timing.bits
        rejects = 2 if _leaves_something(couplings) else 0
        shared = maximum(0, *(p.ancilla for p in parts.values()))
        scaling = 0 if rates is None else rates.ancilla
        number_bits = 0 if timing is None else max(int(ceil_log2(k)) for k in timing.sets)
        frame = Frame(
            f"{self.step.lift} Carleman lift of order {order}",
            [*parts.values(), *([] if rates is None else [rates])],
            controlled,
            system=time_bits + level_bits + order * self.copy_bits,
            ancilla=rejects + level_bits + turner.ancilla + turner.calls * (shared + scaling) + number_bits,
        )
        builder = frame.builder
        time = frame.system.part(0, time_bits)
        old = frame.system.part(time_bits, level_bits)
        before = time_bits + level_bits
        copies = [frame.system.part(before + i * self.copy_bits, self.copy_bits) for i in range(order)]
        rejected = [frame.ancilla.part(i, 1) for i in range(rejects)]
        new = frame.ancilla.part(rejects, level_bits)
        working = frame.ancilla.part(rejects + level_bits, turner.ancilla)
        at = rejects + level_bits + turner.ancilla
        inner = [frame.ancilla.part(at + i * shared, shared) for i in range(turner.calls)]
        at += turner.calls * shared
        scalers = [frame.ancilla.part(at + i * scaling, scaling) for i in range(turner.calls)]
        own_number = frame.ancilla.part(at + turner.calls * scaling, number_bits)
        negative = float(eta) > 0
        numbers: dict[int, Handle] = {1: NOTHING}

        def run(index: int, on: Handle, inputs: Handle, slot: int) -> None:
            if negative or index == COASTING:
                builder.call(Gate(kind="Z"), on)
            number = NOTHING if timing is None or index == COASTING else numbers[timing.sets[index]]
            # a copy: where an encoding fails it may leave another number behind, and the time must not change
            copied = own_number.part(0, number.size)
            copy = Gate(kind="CNOT", bits=number.size)
            builder.call(copy, number, copied, times=min(number.size, 1))
            frame.run(parts[index], on, inputs + copied, inner[slot])
            builder.call(copy, number, copied, times=min(number.size, 1))
            if rates is not None and index != COASTING:
                frame.run(rates, on, time, scalers[slot])

        on: Marks = [(frame.control, 1)] if controlled else []
        forward = _choices(couplings.up, old, new, rejected[:1], on)
        backward = _choices(couplings.down, new, old, rejected[1:], on)
        run_turns(builder, forward)
        if timing is None:
            turner.write(builder, on, (old, new), copies, working, run)
        else:
            with timing.numbers(builder, time, frame.control if controlled else None) as numbers:
                turner.write(builder, on, (old, new), copies, working, run)
        run_turns(builder, backward, adjoint=True)
        if controlled:
            builder.call(ControlledSwap(bits=level_bits), frame.control, old, new, times=min(level_bits, 1))
        else:
            builder.call(Gate(kind="SWAP", bits=level_bits), old, new, times=min(level_bits, 1))
        return frame.encoding(couplings.alpha, distortion(self.step, weights, errors, apart))

    def _weights(
        self, parts: Mapping[int, Encoding], rates: Encoding | None
    ) -> tuple[tuple[float | None, ...], list[float]]:
        """Subnormalisations of −ηF_l and their errors, by the inputs l, each times the table of the rates."""
        eta = abs(float(self.step.learning_rate))
        beside = [] if rates is None else [rates]
        weights: list[float | None] = [None] * len(self.parts)
        errors = [0.0] * len(self.parts)
        for i, part in parts.items():
            factors = [part, *beside]
            alphas = [float(f.alpha) for f in factors]
            weights[i] = eta * math.prod(alphas)
            errors[i] = eta * float(product_epsilon(alphas, [float(f.epsilon) for f in factors]))
        return tuple(weights), errors

    def realised(self) -> np.ndarray | None:
        """The lift of what the parts realise."""
        encoders = [*self.parts, self.coasting, None if self.timing is None else self.timing.rates]
        known = [None if p is None else p.realised() for p in encoders]
        if any(p is not None and b is None for p, b in zip(encoders, known, strict=True)):
            return None
        *blocks, coasting, shares = known
        n, timing = int(self.step.hessian.rows), self.timing
        eta, gamma = float(self.step.learning_rate), float(self.step.gamma)
        steps = 1 if timing is None else timing.iterations
        found = []
        for t in range(steps):
            rate = eta if shares is None else eta * float(shares[t, t])
            moves = []
            for inputs, part in enumerate(blocks):
                sets = 1 if timing is None else timing.sets[inputs]
                own = (
                    np.zeros((n, n**inputs))
                    if part is None
                    else _without_gaps(_own(part, t, sets), n, inputs)
                )
                moves.append(-rate * own * gamma ** (inputs - 1))
            if coasting is not None:
                moves[1] = moves[1] - _without_gaps(coasting, n, 1)
            found.append(lifted_matrix(moves, self.step.lift, self.step.first, self.step.order))
        return np.asarray(block_diag(*found))


def _own(block: np.ndarray, t: int, sets: int) -> np.ndarray:
    """What the data set of step t realises, out of interleaved ones."""
    every = 2 ** int(ceil_log2(sets))
    return block[t % sets :: every, t % sets :: every]


def _without_gaps(block: np.ndarray, size: int, inputs: int) -> np.ndarray:
    """The flat matrix of a tensor without the gaps of its registers, the first copy the least significant.

    F_l is symmetric in its inputs, but its rounded words need not be.
    """
    if inputs < 2:
        return np.asarray(block[:size, : size**inputs])
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
