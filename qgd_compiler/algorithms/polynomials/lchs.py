r"""Linear combination of Hamiltonian simulations for e^{−tH}, H >= 0: kernel, cut, quadrature, queries.

    e^{−λt} = ∫ g(k) e^{−ikλt} dk,   g(k) = 1/(2π e^{−2^β} e^{(1+ik)^β} (1 − ik)),   0 < β < 1,   for all λt >= 0.

The integral becomes a sum over the nodes k_j = (j + ½)h, |k_j| < K, with weights h g(k_j). Its two errors, where
0 <= λt <= τ:

- Cut. |g| falls in |k|, so the missing nodes are at most ∫_{|k|>K−h/2} |g|; |g(k)| = e^{2^β}/(2π) ·
  e^{−Re(1+ik)^β}/√(1+k²), and beyond any K' the rest is at most e^{2^β}/(πβ)·E_1(cos(βπ/2) K'^β), because cos(β
  arctan k) >= cos(βπ/2).
- Aliasing. By Poisson's summation the infinite sum is Σ_m (−1)^m F(λt + 2πm/h), F(x) = ∫ g e^{−ikx} dk. F(x) = e^{−x}
  for x >= 0, and for x < 0 the contour moves to Im k = y < 1, where g is analytic: |F(x)| <= e^{−y|x|} ∫|g(k + iy)|
  dk.

Nodes at odd multiples of h/2 suit a binary time register: k_j = (h/2) Σ_b ±2^b, so that bit b chooses between
simulating forwards and backwards for time 2^{b−1} h t, and all bits together simulate for time K t.

Kind:    bound.
Source:  An, Childs, Lin, arXiv:2312.03916 (kernel); quadrature and its bounds derived here. One query per degree
         for a forwards/backwards controlled simulation: Berry et al., arXiv:2401.10321; plain control takes two.
Checked: tests/algorithms/polynomials/test_lchs.py, against e^{−λt} on a grid and the integral of |g| in mpmath.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.special import exp1

from qgd_compiler.algorithms.polynomials.simulation import simulation_degree
from qgd_compiler.algorithms.polynomials.symmetric_walk import Array
from qgd_compiler.errors import UnsupportedError
from qgd_compiler.kinds import Kind

SOURCE = (
    "An, Childs, Lin, arXiv:2312.03916; Berry et al., arXiv:2401.10321; cut and quadrature bounded in lchs.py"
)
# where g is moved to for negative arguments: close to the branch point at k = i the integral of |g| grows
_SHIFT = 0.9


@dataclass(frozen=True)
class Lchs:
    """A linear combination of simulations of e^{−tH}.

    beta, cut, step   β, K, h;  bits: of the time register, 2^bits nodes
    one_norm     Σ h|g(k_j)|, what the result is subnormalised by
    error        sup over the spectrum of |e^{−λt} − the combination of simulations as they are made|
    degrees      of the simulation that each bit controls, least significant first
    queries      uses of the block-encoding, forwards/backwards control
    """

    beta: float
    cut: float
    step: float
    bits: int
    one_norm: float
    error: float
    degrees: tuple[int, ...]
    queries: int
    kind: Kind = Kind.BOUND
    source: str = SOURCE

    @property
    def queries_plain_control(self) -> int:
        """With a controlled walk in place of the forwards/backwards one."""
        return 2 * self.queries

    def nodes(self) -> Array:
        """k_j, shape (2^bits,)."""
        count = 2**self.bits
        return np.asarray((np.arange(count) - count / 2 + 0.5) * self.step)

    def weights(self) -> NDArray[np.complex128]:
        """h g(k_j), shape (2^bits,)."""
        return self.step * kernel(self.nodes(), self.beta)


def kernel(k: Array, beta: float) -> NDArray[np.complex128]:
    """g_β(k)."""
    z = 1 + 1j * np.asarray(k)
    return np.asarray(np.exp(2**beta - z**beta) / (2 * np.pi * (1 - 1j * np.asarray(k))))


def kernel_size(k: Array, beta: float) -> Array:
    """|g_β(k)|, without the oscillation."""
    k = np.asarray(k)
    growth = (1 + k * k) ** (beta / 2) * np.cos(beta * np.arctan(k))
    return np.asarray(np.exp(2**beta - growth) / (2 * np.pi * np.sqrt(1 + k * k)))


@lru_cache(maxsize=512)
def kernel_tail(cut: float, beta: float) -> float:
    """∫_{|k|>K} |g| dk: a quadrature up to 8K + 1000 and a closed bound beyond. `cut` 0: the one-norm.

    >>> round(kernel_tail(0.0, 0.75), 3)
    1.407
    """
    far = 8 * cut + 1000
    inner, uncertainty = quad(
        lambda k: float(kernel_size(k, beta)), cut, far, limit=400, epsabs=0, epsrel=1e-9
    )
    rest = math.exp(2**beta) / (math.pi * beta) * float(exp1(math.cos(beta * math.pi / 2) * far**beta))
    return 2 * (inner + uncertainty) + rest


@lru_cache(maxsize=512)
def kernel_cut(epsilon: float, beta: float) -> float:
    """The smallest K with ∫_{|k|>K} |g| <= ε, to six digits, rounded up."""
    low, high = 0.0, 1.0
    while kernel_tail(high, beta) > epsilon:
        low, high = high, 2 * high
    while high - low > 1e-6 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if kernel_tail(middle, beta) > epsilon else (low, middle)
    return high


@lru_cache(maxsize=64)
def shifted_one_norm(beta: float) -> float:
    """∫ |g(k + iy)| dk at y = 0.9, bounded: |F(x)| <= e^{−y|x|} times this for x < 0."""

    def size(k: float) -> float:
        z = 1 - _SHIFT + 1j * k
        return float(abs(np.exp(2**beta - z**beta) / (2 * np.pi * (1 + _SHIFT - 1j * k))))

    far = 1000.0
    inner, uncertainty = quad(size, 0, far, limit=400)
    rest = math.exp(2**beta) / (2 * math.pi * beta) * float(exp1(math.cos(beta * math.pi / 2) * far**beta))
    return 2 * (inner + uncertainty + rest)


def lchs(evolution: float, epsilon: float, *, norm: float | None = None, beta: float = 0.75) -> Lchs:
    """e^{−tH} to `epsilon` in operator norm.

    evolution   t α_H, α_H the subnormalisation of the encoding of H
    norm        t ‖H‖ (None: t α_H), to which the quadrature is made
    """
    if not (0 < beta < 1 and 1e-12 <= epsilon < 1 and evolution > 0):
        raise UnsupportedError(
            f"LCHS needs 0 < β < 1, 1e-12 <= ε < 1 and tα > 0, got {beta}, {epsilon:.3g}, {evolution:.3g}",
            at="LCHS",
            remedy="an error of at least 1e-12",
        )
    reach = evolution if norm is None else norm
    cut_error, alias_error = 0.8 * epsilon, 0.02 * epsilon
    period = _period(reach, alias_error, beta)
    wanted = kernel_cut(cut_error, beta)
    # the nodes reach from −K to K, K = 2^{bits−1} h; a finer step than needed makes their number a power of two
    bits = max(math.ceil(math.log2(2 * (wanted + math.pi / period) * period / (2 * math.pi))), 1)
    step = 2 * (wanted + math.pi / period) / 2**bits
    cut = 2 ** (bits - 1) * step
    one_norm = _sum_of_sizes(step, bits, beta)
    simulation = (epsilon - cut_error - alias_error) / one_norm
    # every bit's error adds up; the shares halve towards the short times, which need few queries anyway
    shares = [simulation * 2.0 ** -(bits - b) for b in range(bits)]
    degrees = tuple(
        simulation_degree(2.0 ** (b - 1) * step * evolution, max(share, 1e-14))
        for b, share in enumerate(shares)
    )
    spent = sum(max(share, 1e-14) for share in shares)
    error = kernel_tail(cut - step / 2, beta) + _aliasing(2 * math.pi / step, reach, beta) + one_norm * spent
    return Lchs(
        beta=beta,
        cut=cut,
        step=step,
        bits=bits,
        one_norm=one_norm,
        error=error,
        degrees=degrees,
        queries=sum(degrees),
    )


def _period(reach: float, error: float, beta: float) -> float:
    """2π/h, large enough that aliasing stays below `error`."""
    period = reach + math.log(2 / error) + 1
    while _aliasing(period, reach, beta) > error:
        period += 1
    return period


def _aliasing(period: float, reach: float, beta: float) -> float:
    """Σ_{m≠0} |F(x + m·period)|, 0 <= x <= reach."""
    forwards = math.exp(-period) / -math.expm1(-period)
    backwards = math.exp(-_SHIFT * (period - reach)) / -math.expm1(-_SHIFT * period)
    return forwards + shifted_one_norm(beta) * backwards


def _sum_of_sizes(step: float, bits: int, beta: float) -> float:
    """Σ h|g(k_j)|: summed up to 2^22 nodes; beyond, ∫|g| plus h·max|g| bounds it (|g| falls on either side of 0)."""
    if bits <= 22:
        half = (np.arange(2 ** (bits - 1)) + 0.5) * step
        return float(2 * step * np.sum(kernel_size(half, beta)))
    return kernel_tail(0.0, beta) + step * float(kernel_size(np.zeros(1), beta)[0])
