r"""How many rows of padding a search tries for a history of T steps, of one run or of many.

Let Σ be the squared norm of the rows 0 … T and w that of the last one, which each row of padding repeats. The padding
is found with probability (p+1) w/(Σ + p w) times what the last row holds of the answer: at its *reach* p = Σ/w that is
more than half of the most that any padding gives, while ‖L⁻¹‖ grows on, with p or with √p. Up to 2T a few shares of T
are tried, and behind them rows that fill the time register, which are a factor of two apart.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SHARES = (2.0**-4, 2.0**-2, 2.0**-1, 1.0, 2.0)  # of T
OF_LIFTS = (2.0**-1, 1.0)
MOST_ROWS = 2.0**44  # of a history that is padded beyond 2T: its time register has no more qubits


def filling(steps: Array, bits: Array) -> Array:
    """Rows of padding that make 2^bits rows, at least 0; `steps` T."""
    return np.asarray(np.maximum(2.0**bits - steps - 1, 0))


def bits_of(rows: Array) -> Array:
    """Qubits that number so many rows."""
    half, bits = np.frexp(rows)  # without the rounding of a logarithm
    return np.asarray(bits - (half == 0.5), dtype=float)


def tried(steps: Array, reach: Array, most_rows: float = MOST_ROWS) -> Array:
    """None, `SHARES` of T, and what fills the time register up to the reach; at least two of the last.

    Shape: that of the two flat arrays, and an axis of tries behind it, sorted; the largest as often as it takes.
    """
    bits = bits_of(steps + 1)
    scaled = [np.maximum(1, np.round(steps * share)) for share in SHARES]
    table = np.stack([np.zeros_like(steps), *scaled, *_fillings(steps, bits, reach, most_rows)], axis=1)
    return _sorted(table)


def tried_of_lifts(steps: int, reach: float) -> list[int]:
    """T/2, T and one that fills the time register, and up to the reach every second that does: plans take long."""
    run = np.array([float(steps)])
    bits = bits_of(run + 1)
    first = bits + (filling(run, bits) < steps // 4)
    shares = [np.maximum(1, np.floor(run * share)) for share in OF_LIFTS]
    least, _, *behind = _fillings(run, first, np.array([reach]), MOST_ROWS)
    return sorted({int(p[0]) for p in (*shares, least, *behind[::2], *behind[-1:])})


def fillings_near(padding: Array, steps: Array) -> Array:
    """The two that make whole registers next to a padding, on an axis behind."""
    bits = np.maximum(np.frexp(padding + steps + 1)[1] - 1, bits_of(steps + 1))
    return np.stack([filling(steps, bits), filling(steps, bits + 1)], axis=-1)


def _fillings(steps: Array, bits: Array, reach: Array, most_rows: float) -> list[Array]:
    """Those of `bits`, of one more, and on while the one before lies below the reach; then the last one again."""
    found = [filling(steps, bits), filling(steps, bits + 1)]
    more = np.minimum(reach, most_rows - steps - 1)
    while (found[-1] < more).any():
        on = found[-1] < more
        found.append(np.where(on, 2 * found[-1] + steps + 1, found[-1]))
    return found


def _sorted(table: Array) -> Array:
    """The different values of each row in order."""
    table.sort(axis=1)
    again = np.concatenate([np.zeros((len(table), 1), dtype=bool), table[:, 1:] == table[:, :-1]], axis=1)
    largest = table[:, -1:].copy()
    table[again] = np.inf
    table.sort(axis=1)
    return np.asarray(np.minimum(table, largest))
