r"""Coherent alias sampling: Σ_i √p_i |i>|junk_i> from a uniform superposition, one lookup and one comparison.

State i keeps its place with probability keep_i/2^μ and goes to alt_i otherwise: u uniform over 2^μ, exchange i and
alt_i where u >= keep_i. The probabilities are multiples of 1/(L·2^μ), |p̃_i − p_i| < 1/(L·2^μ). What was looked up
stays in the ancilla as junk, so this prepares states for a linear combination (PREP†…PREP), not for upload; a
control belongs on what is selected.

Source: Babbush et al., arXiv:1805.03662, section III.D; Vose's tables.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qgd_compiler.algorithms.access import Access, load_clean
from qgd_compiler.algorithms.uniform import uniform_superposition
from qgd_compiler.program.builder import Builder
from qgd_compiler.program.ir import Routine
from qgd_compiler.program.primitives import ControlledSwap, Gate, GreaterEqual
from qgd_compiler.scalars import Scalar, ceil_log2, maximum


@dataclass(frozen=True)
class AliasTables:
    """The words (alternate, its sign, own sign, keep) and the probabilities that they realise."""

    words: tuple[int, ...]
    probabilities: np.ndarray


def alias_sampling(
    entries: Scalar,
    keep_bits: Scalar,
    access: Access,
    *,
    signs: bool = False,
    tables: AliasTables | None = None,
    component: str = "",
) -> Routine:
    """|0> to Σ_i s_i √p_i |i>|junk_i> for `entries` amplitudes with `keep_bits` μ; signs s_i if `signs`.

    Registers: `state`, `ancilla` (the junk). Toffolis: the lookup of L words, μ for the comparison, ⌈log2 L⌉ (one
    more with signs) for the exchange, and the uniform superposition.
    """
    builder = Builder(f"alias sampling of {entries} amplitudes ({access.name})", component)
    bits, sign = ceil_log2(entries), int(signs)
    state = builder.register("state", bits)
    ancilla = builder.register("ancilla", bits + 2 * sign + 2 * keep_bits + 1)
    word = ancilla.part(0, bits + 2 * sign + keep_bits)
    alternate, own_sign = word.part(0, bits + sign), word.part(bits + sign, sign)
    keep = word.part(bits + 2 * sign, keep_bits)
    uniform = ancilla.part(bits + 2 * sign + keep_bits, keep_bits)
    flag = ancilla.part(bits + 2 * sign + 2 * keep_bits, 1)
    builder.call(uniform_superposition(entries), state)
    builder.call(Gate(kind="H", bits=keep_bits), uniform)
    load_clean(builder, access, [(entries, state)], word, table=tables.words if tables else None)
    builder.call(GreaterEqual(bits=keep_bits), uniform, keep, flag)
    builder.call(ControlledSwap(bits=bits + sign), flag, state + own_sign, alternate)
    if signs:
        builder.call(Gate(kind="Z"), own_sign)
    return builder.routine()


def alias_tables(amplitudes: np.ndarray, keep_bits: int, *, signs: bool = False) -> AliasTables:
    """The tables for probabilities |a_i|²/Σ|a|²; signs of negative amplitudes if `signs`.

    Integers throughout: weights w_i with Σ w_i = L·2^μ by largest remainders, so |w_i − p_i L 2^μ| < 1.
    """
    values = np.asarray(amplitudes, dtype=float)
    size, full = len(values), 1 << keep_bits
    exact = values**2 / float((values**2).sum()) * size * full
    weights = np.floor(exact).astype(np.int64)
    missing = size * full - int(weights.sum())
    weights[np.argsort(weights - exact, kind="stable")[:missing]] += 1
    keep, alternate = _vose(weights, full)
    bits = int(ceil_log2(size))
    words = []
    for i in range(size):
        word = alternate[i]
        if signs:
            word = (word << 2) | (int(values[alternate[i]] < 0) << 1) | int(values[i] < 0)
        words.append((word << keep_bits) | keep[i])
    assert max(words).bit_length() <= bits + 2 * int(signs) + keep_bits
    return AliasTables(tuple(words), weights / (size * full))


def keep_bits_for(entries: Scalar, epsilon: Scalar) -> Scalar:
    """The smallest μ (at least 1) with Σ_i |p̃_i − p_i| <= 2^−μ at most `epsilon` (bound)."""
    return maximum(ceil_log2(maximum(1 / epsilon, 1)), 1)


def _vose(weights: np.ndarray, full: int) -> tuple[list[int], list[int]]:
    """keep_i < full and alt_i, so that bin i gives keep_i to i and the rest to alt_i."""
    left = [int(w) for w in weights]
    keep, alternate = [0] * len(left), list(range(len(left)))
    small = [i for i, w in enumerate(left) if w < full]
    large = [i for i, w in enumerate(left) if w >= full]
    while small and large:
        i, j = small.pop(), large[-1]
        keep[i], alternate[i] = left[i], j
        left[j] -= full - left[i]
        if left[j] < full:
            small.append(large.pop())
    return keep, alternate  # what is left over is full, and its own alternate
