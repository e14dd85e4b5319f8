"""What is assumed of a Hessian where only the weights are known: each number with its reason.

A file of weights says nothing of the loss, so nothing of the curvature. The numbers below are those of small pruned
networks on the digits set, whose Hessians stand in estimates/data; a report lists each of them as assumed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qgd_compiler.kinds import Source

MEASURE = "measure your own: qgd_compiler.frontends.torch.measure"
RATE = 0.01
RATE_REF = "fine-tuning rate of the authors' public code, Liu et al., Nature Communications 15, 434 (2024)"


@dataclass(frozen=True)
class Assumed:
    """A number that is not known, and why this one."""

    value: float
    ref: str

    def times(self, factor: float) -> Assumed:
        """In other units."""
        return Assumed(self.value * factor, self.ref)

    def field(self) -> dict[str, Any]:
        """As a field of a spec."""
        return {"value": float(f"{self.value:.6g}"), "source": Source.ASSUMED.value, "ref": self.ref}


LAMBDA_MAX = Assumed(
    1.5,
    "median of 60 checkpoints of pruned networks on the digits, 0.50 to 4.8; ResNets of Liu et al.: 16 to 54; "
    + MEASURE,
)
# over λ_max
LAMBDA_MIN = Assumed(
    -0.062,
    "-lambda_min/lambda_max: median of 60 checkpoints of pruned networks on the digits, 0.0009 to 0.31",
)
FROBENIUS = Assumed(
    3.0,
    "Frobenius norm over 2-norm: 1.5 to 2.8 for four Hessians of pruned networks on the digits; grows with size",
)
TRACE = Assumed(
    15.0, "sum of all |eigenvalues| over 2-norm: 5 to 15 for four Hessians of pruned networks on the digits"
)
RANK = 20
# spectral errors over the 2-norm: what an approximation leaves out
LOW_RANK_ERROR = Assumed(
    0.11,
    f"rank {RANK} leaves out 0.03 to 0.11 of the 2-norm for four Hessians of pruned networks on the digits; "
    "up to 0.21 before training",
)
GAUSS_NEWTON_ERROR = Assumed(
    0.51,
    "0.08 to 0.51 of the 2-norm, measured along the training of networks on the digits; largest in the first steps",
)
BLOCK_ERROR = Assumed(
    0.66,
    "blocks by layer leave out 0.11 to 0.66 of the 2-norm, measured along the training of networks on the digits",
)
KFAC_ERROR = Assumed(
    0.62,
    "0.28 to 0.62 of the 2-norm, measured along the training of two dense networks on the digits (64-8-10, 64-16-10)",
)
