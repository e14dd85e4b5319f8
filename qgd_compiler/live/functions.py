"""Numbers of a plan that no closed form gives, as functions of symbols; `assets/runtime.js` has them in JavaScript."""

from __future__ import annotations

from typing import Any

import sympy


class InverseNorm(sympy.Function):  # type: ignore[misc]
    """`analysis.inverse_norm.history_inverse_norm` of growth, steps and padding."""

    nargs = 3
    is_positive = True


class FinalOverTotal(sympy.Function):  # type: ignore[misc]
    """`analysis.run_bounds.final_over_total_bound` of the largest eigenvalue, learning rate and steps."""

    nargs = 3
    is_nonnegative = True


class BestDistance(sympy.Function):  # type: ignore[misc]
    """Δ of `algorithms.adiabatic.queries.best_split` of ε; the constant c is that of the table in the script."""

    nargs = 1
    is_positive = True


class RoundEven(sympy.Function):  # type: ignore[misc]
    """The nearest whole number, of two the even one, as NumPy rounds."""

    nargs = 1
    is_integer = True
    is_nonnegative = True

    @classmethod
    def eval(cls, x: Any) -> Any:
        """Zero for zero."""
        return sympy.Integer(0) if x == 0 else None


class ExpectedCount(sympy.Function):  # type: ignore[misc]
    """`scalars.expected_count` of a count and its repetitions."""

    nargs = 2
    is_integer = True
    is_nonnegative = True


# the names in the script; the last three are functions of `qgd_compiler.symbols` and `costing.best_columns`
SCRIPT_NAMES = {
    "InverseNorm": "inverseNorm",
    "FinalOverTotal": "finalOverTotal",
    "BestDistance": "bestDistance",
    "RoundEven": "roundEven",
    "ExpectedCount": "expectedCount",
    "CeilLog2": "ceilLog2",
    "TrailingZeros": "trailingZeros",
    "BestColumns": "bestColumns",
}
