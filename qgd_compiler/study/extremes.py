"""The ends of the spectrum of a Hessian, as they are measured or declared."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from qgd_compiler.analysis.spectrum import Extremes, measure_extremes
from qgd_compiler.errors import SpecError
from qgd_compiler.frontends.spectrum_file import read_spectrum
from qgd_compiler.kinds import weakest_source
from qgd_compiler.spec.loader import Loaded
from qgd_compiler.structure.matrix import Matrix
from qgd_compiler.study.hessian import entries_of

ROUNDING = 1e-12  # relative, by which two bounds on one number may be out of order


def extremes_of(loaded: Loaded, matrix: Matrix, entries: Any) -> Extremes:
    """Eigenvalue bounds of the Hessian without its shift: measured where there is data, else as declared."""
    if entries is not None:
        return measure_extremes(entries)
    facts = matrix.facts()
    lowest, highest = facts.lambda_min, facts.lambda_max
    if lowest is None or highest is None:
        raise SpecError(
            "nothing bounds the eigenvalues of the Hessian",
            at=loaded.where("hessian"),
            remedy="spectrum: {lambda_min: …, lambda_max: …}, or a norm of the Hessian",
        )
    low, high = float(lowest.value), float(highest.value)
    if low > high + ROUNDING * max(abs(low), abs(high)):
        raise SpecError(
            f"bounds of the Hessian contradict each other: all eigenvalues are at least {low:g} and at most {high:g}",
            at=loaded.where("hessian"),
            remedy="lambda_min and lambda_max that row_sparsity times max_entry and the norms allow",
        )
    return Extremes(
        lambda_min=min(low, high),
        lambda_max=high,
        lambda_min_error=0.0,
        lambda_max_error=0.0,
        source=weakest_source((lowest.source, highest.source)),
        method="extent of a density, which certifies nothing" if _from_density(loaded) else "declared bounds",
    )


def _from_density(loaded: Loaded) -> bool:
    """Whether the ends of the spectrum are only those of a density."""
    given = loaded.spec.spectrum
    if given is None or given.file is None:
        return False
    entry = read_spectrum(loaded.base_dir / given.file).entry(given.step)
    return entry.lambda_min is None or entry.lambda_max is None


def over_all(loaded: Loaded, bare: Extremes, batches: tuple[Matrix, ...] | None) -> Extremes:
    """The worst over all minibatches."""
    if batches is None:
        return bare
    found = [extremes_of(loaded, b, entries_of(b)) for b in batches]
    return replace(
        bare,
        lambda_min=min(e.lambda_min for e in found),
        lambda_max=max(e.lambda_max for e in found),
        source=weakest_source(e.source for e in found),
        method=f"{found[0].method}; the worst of {len(found)} minibatches",
    )
