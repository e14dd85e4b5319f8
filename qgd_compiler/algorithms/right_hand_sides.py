r"""Right-hand sides of history systems: what drives the run at each time, or what it starts from.

Linear run from u_0 = 0: Σ_{t=1…T} |t> ⊗ (−η_t g_t); the times uniformly, or by a tree of the norms where they differ,
and g_t by one tree, by a tree per minibatch (its number looked up), or by a tree per step (noise).
Lifted run: Σ_j |j> (r/γ)^j |v>^{⊗j}, at each time 1 … T with r = ‖G_0‖ and v = −g/‖g‖, or at time 0 with r = ‖u_0‖ and
v = u_0/r; the levels by rotations with exact angles, each copy of v by a tree under its level.
Errors add up: one tree after the other, N copies at most.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms import amplitude_tree as trees
from qgd_compiler.algorithms.access import Access, load, unload
from qgd_compiler.algorithms.amplitude_tree import Tables, amplitude_tree
from qgd_compiler.algorithms.carleman.small_state import run_turns, turns
from qgd_compiler.algorithms.history import rows
from qgd_compiler.algorithms.precision import MOST_MEASURED, fewest_bits
from qgd_compiler.algorithms.uniform import uniform_superposition
from qgd_compiler.program.builder import Builder
from qgd_compiler.program.ir import Operation, Routine
from qgd_compiler.program.primitives import GreaterEqualConstant, Increment
from qgd_compiler.scalars import Scalar, ceil_log2

Array = NDArray[np.float64]


@dataclass(eq=False)
class States:
    """One or more real states of `size` amplitudes, known (rows of `data`) or not, to be prepared by trees.

    written   the data are written into the lookups, so that the circuits can be run (else they can only be counted)
    """

    size: int
    count: int = 1
    data: Array | None = None
    written: bool = False
    _errors: dict[tuple[int, int, bytes], float] = field(default_factory=dict)

    def bits_for(self, span: int, places: NDArray[np.int64] | None, epsilon: float) -> tuple[int, float]:
        """Angle bits for an error `epsilon` of each state, and the error: measured where there is data (else a bound).

        span    amplitudes of the register; `places` where the entries stand in it
        """
        start = int(trees.angle_bits_for(span, epsilon))
        if self.data is None or places is None or self.data.size > 2**20:
            bits = fewest_bits(start, 2, epsilon, None)
            return bits, float(trees.error_bound(span, bits))
        norms = np.linalg.norm(self.data, axis=1, keepdims=True)
        spread = np.zeros((len(self.data), span))
        spread[:, places] = self.data / np.where(norms > 0, norms, 1.0)

        def error(bits: int) -> float:
            key = (bits, span, places.tobytes())
            if key not in self._errors:
                found = spread - trees.realised(spread, bits)
                self._errors[key] = float(np.linalg.norm(found[norms[:, 0] > 0], axis=1).max(initial=0.0))
            return self._errors[key]

        bits = fewest_bits(start, 2, epsilon, error)
        if bits > MOST_MEASURED:
            return bits, float(trees.error_bound(span, bits))
        return bits, error(bits)

    def words(self, span: int, places: NDArray[np.int64] | None, bits: int) -> Tables | None:
        """The angle words of the trees over a register of `span` amplitudes; None where they are only counted."""
        if not self.written or self.data is None or places is None:
            return None
        spread = np.zeros((len(self.data), span))
        spread[:, places] = self.data
        return trees.tree_tables(spread, bits)


def driven(
    span: Scalar,
    iterations: Scalar,
    padding: Scalar,
    bits: Scalar,
    access: Access,
    *,
    varying: bool = False,
    batches: Sequence[int] | None = None,
    noisy: bool = False,
    tables: Tables | None = None,
    time_tables: Tables | None = None,
    data_bits: Scalar = None,
    state: Operation | None = None,
) -> Routine:
    """|0> to |b>/‖b‖ of a linear run from u_0 = 0. Registers: `system` (time, then data), `gradient`.

    varying  the norms of η_t g_t differ, so that the times need a tree
    batches  number of the minibatch at each step, if there are several
    noisy    every step has a gradient of its own
    data_bits  qubits of the data, where they are more than ⌈log2 span⌉: a factor may have more rows than columns
    tables, time_tables   words of the trees of the data and of the times, so that the circuit can be run
    state    another preparation of the one vector (registers `system`, `gradient`), in the place of its tree
    """
    k = ceil_log2(rows(iterations, padding))
    n_bits = ceil_log2(span)
    unused = 0 if data_bits is None else data_bits - n_bits
    builder = Builder("right-hand side", "right-hand side")
    system = builder.register("system", k + unused + n_bits)
    gradient = builder.register("gradient", bits)
    time, data = system.part(0, k), system.part(k + unused, n_bits)
    used = ceil_log2(iterations)
    low = time.part(k - used, used)
    if varying and used:
        builder.call(amplitude_tree(iterations, bits, access, tables=time_tables), low, gradient)
    else:
        builder.call(uniform_superposition(iterations), low)
    if noisy:
        builder.call(amplitude_tree(span, bits, access, rows=iterations, tables=tables), low, data, gradient)
    elif batches is not None:
        count = max(batches) + 1
        batch = builder.allocate("minibatch", ceil_log2(count))
        table = tuple(int(b) for b in batches)
        loaded = load(builder, access, [(iterations, low)], batch, table=table)
        builder.call(amplitude_tree(span, bits, access, rows=count, tables=tables), batch, data, gradient)
        unload(builder, loaded)
        builder.release(batch)
    elif state is not None:
        whole = system.part(k, unused + n_bits)
        builder.call(state, whole, gradient.part(0, state.registers[-1].size))
    else:
        builder.call(amplitude_tree(span, bits, access, tables=tables), data, gradient)
    builder.call(Increment(bits=k), time)
    return builder.routine()


def lifted(
    span: int,
    order: int,
    first: int,
    weights: Sequence[float],
    iterations: int,
    padding: int,
    bits: int,
    access: Access,
    *,
    driven_at_every_time: bool,
    tables: Tables | None = None,
) -> Routine:
    """|0> to |b>/‖b‖ of a lifted run. Registers: `system` (time, level, copies), `gradient`.

    weights  amplitudes of the levels that are carried, from the first on (need not be normalised)
    """
    k = int(ceil_log2(rows(iterations, padding)))
    n_bits, level_bits = int(ceil_log2(span)), int(ceil_log2(order + 1 - first))
    builder = Builder("right-hand side", "right-hand side")
    system = builder.register("system", k + level_bits + order * n_bits)
    gradient = builder.register("gradient", bits)
    time, level = system.part(0, k), system.part(k, level_bits)
    if driven_at_every_time:
        used = int(ceil_log2(iterations))
        builder.call(uniform_superposition(iterations), time.part(k - used, used))
        builder.call(Increment(bits=k), time)
    run_turns(builder, turns(level, [w * w for w in weights], []))
    for i in range(order):
        copy = system.part(k + level_bits + i * n_bits, n_bits)
        at_least = i + 1 - first  # the number of the first level that has this copy
        if not any(w for number, w in enumerate(weights) if number >= at_least):
            continue
        if at_least <= 0:
            builder.call(amplitude_tree(span, bits, access, tables=tables), copy, gradient)
            continue
        there = builder.allocate("copy is there", 1)
        compare = GreaterEqualConstant(bits=level_bits, constant=at_least)
        builder.call(compare, level, there)
        builder.call(
            amplitude_tree(span, bits, access, controlled=True, tables=tables), there, copy, gradient
        )
        builder.call(compare, level, there, adjoint=True)
        builder.release(there)
    return builder.routine()


def lifted_changing(
    span: int,
    order: int,
    first: int,
    weights: Array,
    iterations: int,
    padding: int,
    bits: int,
    access: Access,
    *,
    batches: Sequence[int] | None = None,
    noisy: bool = False,
    tables: Tables | None = None,
    time_tables: Tables | None = None,
    level_tables: Tables | None = None,
) -> Routine:
    """|0> to |b>/‖b‖ of a lifted run that is driven differently at each step. Registers as for `lifted`.

    weights  amplitudes of the levels at each step, shape (T, levels); `batches`, `noisy` and tables as for `driven`,
             `level_tables` those of a tree of the levels under the step
    """
    k = int(ceil_log2(rows(iterations, padding)))
    n_bits, level_bits = int(ceil_log2(span)), int(ceil_log2(order + 1 - first))
    builder = Builder("right-hand side", "right-hand side")
    system = builder.register("system", k + level_bits + order * n_bits)
    gradient = builder.register("gradient", bits)
    time, level = system.part(0, k), system.part(k, level_bits)
    used = int(ceil_log2(iterations))
    low = time.part(k - used, used)
    if used:
        builder.call(amplitude_tree(iterations, bits, access, tables=time_tables), low, gradient)
    levels = weights.shape[1]
    spread = bool(np.any(weights[:, 1:])) and levels > 1
    if spread:
        tree = amplitude_tree(levels, bits, access, rows=iterations, tables=level_tables)
        builder.call(tree, low, level, gradient)
    number, loaded, sets = low, None, iterations if noisy else None
    if batches is not None and not noisy:
        sets = max(batches) + 1
        number = builder.allocate("minibatch", ceil_log2(sets))
        loaded = load(builder, access, [(iterations, low)], number, table=tuple(int(b) for b in batches))
    wires = (number,) if sets is not None else ()
    for i in range(order):
        copy = system.part(k + level_bits + i * n_bits, n_bits)
        at_least = i + 1 - first
        if not np.any(weights[:, max(at_least, 0) :]):
            continue
        if at_least <= 0:
            tree = amplitude_tree(span, bits, access, rows=sets, tables=tables)
            builder.call(tree, *wires, copy, gradient)
            continue
        there = builder.allocate("copy is there", 1)
        compare = GreaterEqualConstant(bits=level_bits, constant=at_least)
        builder.call(compare, level, there)
        tree = amplitude_tree(span, bits, access, rows=sets, controlled=True, tables=tables)
        builder.call(tree, there, *wires, copy, gradient)
        builder.call(compare, level, there, adjoint=True)
        builder.release(there)
    if loaded is not None:
        unload(builder, loaded)
        builder.release(number)
    builder.call(Increment(bits=k), time)
    return builder.routine()


def constant_level(order: int, n_bits: int, iterations: int, padding: int) -> Routine:
    """|0>: at time 0 only level 0, whose number is 0, holds the 1. Registers as for `lifted`."""
    k = int(ceil_log2(rows(iterations, padding)))
    builder = Builder("right-hand side", "right-hand side")
    builder.register("system", k + int(ceil_log2(order + 1)) + order * n_bits)
    builder.register("gradient", 0)
    return builder.routine()


def share_of_copies(epsilon: float, order: int, weights: Sequence[float], first: int) -> float:
    """The error that each copy may have: √(Σ_j w_j² j²) of it is the error of the whole (weights normalised)."""
    total = math.fsum(w * w for w in weights)
    spread = math.fsum(w * w * (first + i) ** 2 for i, w in enumerate(weights)) / total
    return epsilon / max(math.sqrt(spread), 1e-300) if spread else epsilon / order
