"""One description of a polynomial for the planner and the circuits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from qgd_compiler.algorithms.polynomials.symmetric_walk import Array
from qgd_compiler.kinds import Kind

Parity = Literal["even", "odd", "none"]


@dataclass(frozen=True)
class Polynomial:
    """A polynomial p with |p| <= 1 on [−1, 1], applied to a Hermitian block-encoding; p ≈ amplitude · f.

    name        what f is, in words
    degree      uses of the encoded matrix
    amplitude   c: the state comes out multiplied by it, and success is paid for with 1/c²
    error       sup |p/c − f| on the spectrum, at most
    kind        how sure `degree` and `error` are: exact for truncations, bound for computed and certified polynomials
    source      where the polynomial is from
    parity      of p; circuits for definite parity are cheaper
    one_norm    Σ |coefficients|, the subnormalisation of a sum of Chebyshev polynomials (None: not known)
    series      makes the Chebyshev coefficients, shape (degree+1,) (None: only the degree is proven)
    """

    name: str
    degree: int
    amplitude: float
    error: float
    kind: Kind
    source: str
    parity: Parity = "none"
    one_norm: float | None = None
    series: Callable[[], Array] | None = field(default=None, compare=False, repr=False)

    @property
    def has_coefficients(self) -> bool:
        """Whether the coefficients can be written down."""
        return self.series is not None

    def coefficients(self) -> Array:
        """The Chebyshev coefficients a_0 … a_degree."""
        if self.series is None:
            raise ValueError(f"{self.name}: only the degree of this polynomial is known")
        return self.series()

    def __call__(self, x: Array | float) -> Array:
        """p(x)."""
        return np.asarray(np.polynomial.chebyshev.chebval(x, self.coefficients()), dtype=float)
