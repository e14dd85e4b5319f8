"""The spectrum of a Hessian that exists only as a product with vectors, in the form that `spectrum.file` reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qgd_compiler.analysis.lanczos_quadrature import PROBES, STEPS, lanczos_density
from qgd_compiler.analysis.spectrum import measure_extremes

Progress = Callable[[int, int], None]


def spectrum_of(
    operator: Any, *, probes: int = PROBES, steps: int = STEPS, progress: Progress | None = None
) -> dict[str, Any]:
    """Both ends by Lanczos, moved outwards by their residuals, and the density by stochastic Lanczos quadrature.

    operator  anything with `shape` and `@` on vectors: a SciPy LinearOperator of Hessian-vector products, say
    probes, steps   of the density; it takes their product of products, the ends some 40 to 1,200 more
    progress  called with (done, all) of the density

    Written with `json.dump`, the result is a file for `spectrum.file`.
    InfeasibleError for what is not square, real and finite, or does not converge.
    """
    ends = measure_extremes(operator)
    found = lanczos_density(operator, probes=probes, steps=steps, progress=progress)
    return {
        "source": str(ends.source.value),
        "lambda_min": min(ends.lambda_min, found.lambda_min),
        "lambda_max": max(ends.lambda_max, found.lambda_max),
        "eigenvalues": [float(x) for x in found.density.points],
        "weights": [float(w) for w in found.density.weights],
        "note": f"{ends.method}; density by {probes} probes of {steps} Lanczos steps",
    }
