r"""The direct polynomials of symmetric gradient descent: exact errors, smallest degrees, closed bounds, coefficients.

| name | polynomial | block-encoding | Chebyshev weights |
|---|---|---|---|
| power | x^T | M = I − ηH with α = 1 exactly | fair ±1 walk |
| lazy | (1 − c/2 + (c/2) y)^T = (1−ηλ)^T | y = I − 2H/α_J², H = J†J, c = ηα_J² <= 2 | lazy ±1 walk |
| exponential | e^{−β(1−y)} = e^{−ηTλ} at β = cT/2 | the same | Skellam |
| …_mean | average over the times before the last | the same | averages of these |

The averages are the driven part: Σ_{j<T} (1−ηλ)^j = T·mean, and ∫_0^t e^{−λs} ds = t·mean.

`*_tail(…, degree)` is the error of the truncation (kind exact); `*_degree(…, epsilon)` the smallest degree with an
error of at most epsilon (kind exact); `*_degree_bound` a closed form above it (kind bound) that also takes SymPy;
`*_coefficients` the Chebyshev coefficients up to a degree. All of them take NumPy arrays. `log_epsilon` serves errors
below 1e-308, which subnormalised encodings ask for (`truncation.log_epsilon_of_subnormalised`). Float64 tells
neighbouring degrees apart up to T = 1e15; beyond that, an error is raised.

Source of the expansion: Sachdeva, Vishnoi, Found. Trends Theor. Comput. Sci. 9 (2014), section 3; exact tails:
contour.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qgd_compiler.algorithms.polynomials import truncation
from qgd_compiler.algorithms.polynomials.symmetric_walk import Array, LazyWalk, PoissonWalk
from qgd_compiler.algorithms.polynomials.truncation import lazy_walk, log_of, poisson_walk
from qgd_compiler.scalars import Scalar, ceil, is_symbolic, log, maximum, minimum, sqrt


def power_tail(steps: Scalar, degree: Scalar, *, in_log: bool = False) -> Any:
    """sup |x^T − truncation| on [−1, 1] = P(|Y_T| > d), Y_T a sum of T fair ±1. Kind: exact.

    >>> round(power_tail(2, 0), 12)
    0.5
    """
    return lazy_tail(steps, 2.0, degree, in_log=in_log)


def power_degree(steps: Scalar, epsilon: Scalar = None, *, log_epsilon: Scalar = None) -> Any:
    """The smallest degree that truncates x^T to epsilon; it has the parity of T. Kind: exact.

    >>> power_degree(1000, 1e-3)
    104
    """
    return lazy_degree(steps, 2.0, epsilon, log_epsilon=log_epsilon)


def power_degree_bound(steps: Scalar, epsilon: Scalar = None, *, log_epsilon: Scalar = None) -> Scalar:
    """⌈√(2T ln(2/ε))⌉, at most T. Kind: bound (Hoeffding). Source: Sachdeva, Vishnoi (2014), theorem 3.3.

    >>> power_degree_bound(1000, 1e-3)
    124
    """
    depth = _depth(epsilon, log_epsilon)
    return minimum(ceil(sqrt(2 * steps * depth)), steps)


def power_coefficients(steps: int, degree: int) -> Array:
    """Chebyshev coefficients of x^T up to `degree`; those of the other parity are zero. Kind: exact."""
    return lazy_coefficients(steps, 2.0, degree)


def power_mean_tail(steps: Scalar, degree: Scalar, *, in_log: bool = False) -> Any:
    """sup error of the truncation of (1/T) Σ_{j<T} x^j = (1/T) Σ_{j<T} P(|Y_j| > d). Kind: exact."""
    return lazy_mean_tail(steps, 2.0, degree, in_log=in_log)


def power_mean_degree(steps: Scalar, epsilon: Scalar = None, *, log_epsilon: Scalar = None) -> Any:
    """The smallest degree that truncates (1/T) Σ_{j<T} x^j to epsilon. Kind: exact.

    >>> power_mean_degree(1000, 1e-3)
    87
    """
    return lazy_mean_degree(steps, 2.0, epsilon, log_epsilon=log_epsilon)


def power_mean_degree_bound(steps: Scalar, epsilon: Scalar = None, *, log_epsilon: Scalar = None) -> Scalar:
    r"""⌈√(2T x)⌉ with x = L − ln(1 + L − ln(1 + L)), L = max(ln(2/ε), 0). Kind: bound.

    Proof. P(|Y_j| > d) <= 2e^{−d²/2j}, which grows with j, so the mean is at most 2∫_0^1 e^{−q/u} du = 2 E_2(q) <=
    2e^{−q}/(1+q), q = d²/2T (DLMF 8.19.21). q + ln(1+q) >= L is enough; its root q* <= L obeys q* = L − ln(1+q*) >= L
    − ln(1+L), hence q* <= x. Rounding d up only raises q.
    """
    depth = _depth(epsilon, log_epsilon)
    exponent = depth - log(1 + depth - log(1 + depth))
    return minimum(ceil(sqrt(2 * steps * exponent)), steps - 1)


def power_mean_coefficients(steps: int, degree: int) -> Array:
    """Chebyshev coefficients of (1/T) Σ_{j<T} x^j up to `degree`. Kind: exact."""
    return lazy_mean_coefficients(steps, 2.0, degree)


def lazy_tail(steps: Scalar, pace: Scalar, degree: Scalar, *, in_log: bool = False) -> Any:
    """sup |(1 − c/2 + (c/2) y)^T − truncation| on [−1, 1] = P(|Z_T| > d). Kind: exact.

    pace   c = η α_J², 0 < c <= 2 (coefficients stay non-negative up to 2, not only up to 1)
    """
    shape = _shape(steps, pace, degree)
    return truncation.tail(_lazy(steps, pace, shape), degree, shape, mean=False, in_log=in_log)


def lazy_degree(steps: Scalar, pace: Scalar, epsilon: Scalar = None, *, log_epsilon: Scalar = None) -> Any:
    """The smallest degree that truncates (1 − c/2 + (c/2) y)^T to epsilon. Kind: exact.

    >>> lazy_degree(100, 0.01, 1e-6)
    5
    """
    target = log_of(epsilon, log_epsilon)
    shape = _shape(steps, pace, target)
    return truncation.degree(_lazy(steps, pace, shape), target, shape, mean=False)


def lazy_degree_bound(
    steps: Scalar, pace: Scalar, epsilon: Scalar = None, *, log_epsilon: Scalar = None
) -> Scalar:
    """⌈L/3 + √((L/3)² + cTL)⌉, L = ln(2/ε), at most T; 0 < c <= 2. Kind: bound (Bernstein: variance cT/2, steps <=
    1).

    >>> lazy_degree_bound(10**6, 1, 1e-3)
    2760
    """
    return minimum(_bernstein(pace * steps, _depth(epsilon, log_epsilon)), steps)


def lazy_coefficients(steps: int, pace: float, degree: int) -> Array:
    """Chebyshev coefficients in y of (1 − c/2 + (c/2) y)^T up to `degree`. Kind: exact."""
    return truncation.coefficients(lazy_walk(steps, pace), degree, mean=False)


def lazy_mean_tail(steps: Scalar, pace: Scalar, degree: Scalar, *, in_log: bool = False) -> Any:
    """sup error of the truncation of (1/T) Σ_{j<T} (1 − c/2 + (c/2) y)^j = (1/T) Σ_{j<T} P(|Z_j| > d). Kind: exact."""
    shape = _shape(steps, pace, degree)
    return truncation.tail(_lazy(steps, pace, shape), degree, shape, mean=True, in_log=in_log)


def lazy_mean_degree(
    steps: Scalar, pace: Scalar, epsilon: Scalar = None, *, log_epsilon: Scalar = None
) -> Any:
    """The smallest degree that truncates (1/T) Σ_{j<T} (1 − c/2 + (c/2) y)^j to epsilon. Kind: exact."""
    target = log_of(epsilon, log_epsilon)
    shape = _shape(steps, pace, target)
    return truncation.degree(_lazy(steps, pace, shape), target, shape, mean=True)


def lazy_mean_degree_bound(
    steps: Scalar, pace: Scalar, epsilon: Scalar = None, *, log_epsilon: Scalar = None
) -> Scalar:
    """The bound of the last power: Bernstein's bound grows with the number of steps. Kind: bound."""
    return minimum(_bernstein(pace * steps, _depth(epsilon, log_epsilon)), steps - 1)


def lazy_mean_coefficients(steps: int, pace: float, degree: int) -> Array:
    """Chebyshev coefficients in y of (1/T) Σ_{j<T} (1 − c/2 + (c/2) y)^j up to `degree`. Kind: exact."""
    return truncation.coefficients(lazy_walk(steps, pace), degree, mean=True)


def exponential_tail(rate: Scalar, degree: Scalar, *, in_log: bool = False) -> Any:
    """sup |e^{−β(1−y)} − truncation| on [−1, 1] = P(|Skellam(β/2, β/2)| > d), β = `rate`. Kind: exact."""
    shape = _shape(rate, degree)
    return truncation.tail(_poisson(rate, shape), degree, shape, mean=False, in_log=in_log)


def exponential_degree(rate: Scalar, epsilon: Scalar = None, *, log_epsilon: Scalar = None) -> Any:
    """The smallest degree that truncates e^{−β(1−y)} to epsilon. Kind: exact.

    >>> exponential_degree(500, 1e-3)
    74
    """
    target = log_of(epsilon, log_epsilon)
    shape = _shape(rate, target)
    return truncation.degree(_poisson(rate, shape), target, shape, mean=False)


def exponential_degree_bound(rate: Scalar, epsilon: Scalar = None, *, log_epsilon: Scalar = None) -> Scalar:
    """⌈L/3 + √((L/3)² + 2βL)⌉, L = ln(2/ε). Kind: bound (Bernstein, as the limit of lazy walks with cT = 2β).

    >>> exponential_degree_bound(500, 1e-3)
    90
    """
    return _bernstein(2 * rate, _depth(epsilon, log_epsilon))


def exponential_coefficients(rate: float, degree: int) -> Array:
    """Chebyshev coefficients in y of e^{−β(1−y)} up to `degree`: 2e^{−β}I_k(β). Kind: exact."""
    return truncation.coefficients(poisson_walk(rate), degree, mean=False)


def exponential_mean_tail(rate: Scalar, degree: Scalar, *, in_log: bool = False) -> Any:
    """sup error of the truncation of (1 − e^{−β(1−y)})/(β(1−y)) = (1/β)∫_0^β e^{−b(1−y)} db. Kind: exact."""
    shape = _shape(rate, degree)
    return truncation.tail(_poisson(rate, shape), degree, shape, mean=True, in_log=in_log)


def exponential_mean_degree(rate: Scalar, epsilon: Scalar = None, *, log_epsilon: Scalar = None) -> Any:
    """The smallest degree that truncates (1 − e^{−β(1−y)})/(β(1−y)) to epsilon. Kind: exact."""
    target = log_of(epsilon, log_epsilon)
    shape = _shape(rate, target)
    return truncation.degree(_poisson(rate, shape), target, shape, mean=True)


def exponential_mean_degree_bound(
    rate: Scalar, epsilon: Scalar = None, *, log_epsilon: Scalar = None
) -> Scalar:
    """The bound of the last exponential. Kind: bound."""
    return _bernstein(2 * rate, _depth(epsilon, log_epsilon))


def exponential_mean_coefficients(rate: float, degree: int) -> Array:
    """Chebyshev coefficients in y of (1 − e^{−β(1−y)})/(β(1−y)) up to `degree`. Kind: exact."""
    return truncation.coefficients(poisson_walk(rate), degree, mean=True)


def _depth(epsilon: Scalar, log_epsilon: Scalar) -> Scalar:
    """L = ln(2/ε), 0 where ε >= 2 (every truncation is that good)."""
    depth = log(2) - log_of(epsilon, log_epsilon) if epsilon is None else log(2 / epsilon)
    return depth if is_symbolic(depth) else maximum(depth, 0)


def _bernstein(twice_variance: Scalar, depth: Scalar) -> Scalar:
    third = depth / 3
    return ceil(third + sqrt(third * third + twice_variance * depth))


def _shape(*values: Scalar) -> tuple[int, ...]:
    return np.broadcast_shapes(*(np.shape(v) for v in values))


def _lazy(steps: Scalar, pace: Scalar, shape: tuple[int, ...]) -> LazyWalk:
    return lazy_walk(np.broadcast_to(steps, shape), np.broadcast_to(pace, shape))


def _poisson(rate: Scalar, shape: tuple[int, ...]) -> PoissonWalk:
    return poisson_walk(np.broadcast_to(rate, shape))
