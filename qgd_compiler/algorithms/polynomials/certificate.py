r"""What a polynomial is between the points where it was computed: two rigorous bounds from values on a grid.

With x = cos θ a polynomial of degree d is a trigonometric polynomial of degree d in θ.

- max |p| <= max over the N+1 points θ_j = πj/N, divided by cos(πd/2N) (Ehlich, Zeller, Math. Z. 86, 41 (1964)).
- At an inner maximum of |p − cf| the derivative vanishes, so that the largest value is at most the largest on the grid
  plus (h²/8)·max|(p − cf)''|, h = π/N; and |p''| <= d² max|p| (Bernstein).

Rounding of the values (about 1e-14) is outside these statements.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.fft import dct

from qgd_compiler.algorithms.polynomials.symmetric_walk import Array

_MOST_POINTS = 2**22


def values_on_grid(coefficients: Array, points: int) -> Array:
    """p(cos(πj/points)) for j = 0 … points; points >= degree."""
    padded = np.zeros(points + 1)
    padded[: len(coefficients)] = coefficients
    # scipy's DCT-I counts the inner coefficients twice
    padded[1:-1] /= 2
    return np.asarray(dct(padded, type=1))


def coefficients_from_grid(values: Array) -> Array:
    """The Chebyshev coefficients of the polynomial of degree N with p(cos(πj/N)) = values[j]."""
    n = len(values) - 1
    found = dct(values, type=1) / n
    found[[0, -1]] /= 2
    return np.asarray(found)


def largest_value(coefficients: Array) -> float:
    """A bound on max |p| over [−1, 1], at most 0.1 % above it."""
    degree = max(len(coefficients) - 1, 1)
    points = 36 * degree
    on_grid = np.max(np.abs(values_on_grid(coefficients, points)))
    return float(on_grid / np.cos(np.pi * degree / (2 * points)))


def largest_difference(
    coefficients: Array,
    target: Callable[[Array], Array],
    curvature: float,
    interval: tuple[float, float],
    wanted: float,
) -> float:
    """A bound on |p(x) − target(x)| over the interval, with a remainder of about wanted/500.

    target      as a function of u = asin x
    curvature   at least the second derivative of target in u
    """
    degree = len(coefficients) - 1
    bend = degree**2 * largest_value(coefficients) + curvature
    points = np.pi * np.sqrt(bend * 500 / (8 * wanted))
    count = int(min(2 ** np.ceil(np.log2(max(points, 16 * degree + 64))), _MOST_POINTS))
    theta = np.pi * np.arange(count + 1) / count
    low, high = np.arccos(interval[1]), np.arccos(interval[0])
    inside = (theta >= low) & (theta <= high)
    difference = np.abs(values_on_grid(coefficients, count)[inside] - target(np.pi / 2 - theta[inside]))
    ends = np.array([low, high])
    at_ends = np.cos(np.outer(ends, np.arange(degree + 1))) @ coefficients - target(np.pi / 2 - ends)
    largest = max(float(np.max(difference, initial=0.0)), float(np.max(np.abs(at_ends))))
    return largest + float((np.pi / count) ** 2 / 8 * bend)
