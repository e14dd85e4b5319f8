r"""The error proxy of a density of eigenvalues: the mean factor by which gradient descent scales a mode.

$$E(t) = \int_{|\lambda|>c} \rho(\lambda)\,|1-\eta\lambda|^t\,d\lambda
         \Big/ \int_{|\lambda|>c} \rho(\lambda)\,d\lambda$$

Source: Liu et al., Nature Communications 15, 434 (2024), eqs. 7 and 8, where c = 0.4; the printed equation
omits η. With a list of learning rates |1−ηλ|^t is Π_{s<t} |1−η_s λ|.

E averages over modes, most of them near zero, so it certifies nothing: E(t) <= 1 is compatible with a mode that
grows 22-fold, and the growth of a run is set by the extreme eigenvalues alone (see `growth`).

The density is taken as it is stored: a curve read off a semi-logarithmic figure is straight in its logarithm between
two points (see `qgd_compiler.spectra`). A trapezoid over the density at the points of such a curve is no
substitute: beside a cut at which the density falls by decades it is 5 % off. Such a curve is summed on an
even mesh of 20,000 points, as published values are: for the published spectrum at step 10, η = 0.01, it gives 0.9787 at
t = 24 and 1.1160 at t = 90 (stated elsewhere: 0.9786 and 1.117); the integral split exactly at the cut
(`mesh=None`) gives 0.9784 and 1.1149. Reading the figure half a line width higher or lower moves the latter by 0.06.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.errors import InfeasibleError
from qgd_compiler.spectra import Atoms, Curve, Density, Quadrature

Array = NDArray[np.float64]

CUT = 0.4  # of the source
MESH = 20_001  # points of the mesh for a curve that is straight in its logarithm
_BLOCK = 2**20  # values held at once
_MOST_STEPS = 10**7
_MOST_VALUES = 5 * 10**9  # modes times steps: some minutes
_ROUNDING = 1e-12  # an E above 1 by less counts as 1
_HALVINGS = 40


@dataclass(frozen=True, eq=False)
class ErrorProxy:
    """E(0) … E(T): what an average mode keeps of its amplitude. An average; it certifies nothing.

    logs           ln E(t), shape (T + 1,); −inf where no mode is left
    cut            c: eigenvalues with |λ| <= c are left out (unit of λ)
    mass_outside   share of the modes that were averaged over
    """

    logs: Array
    cut: float
    mass_outside: float

    @property
    def values(self) -> Array:
        """E(t) for t = 0 … T; `inf` above 1.8e308, where `logs` still has a number."""
        with np.errstate(over="ignore"):
            return np.asarray(np.exp(self.logs))

    @property
    def steps(self) -> NDArray[np.int64]:
        """t = 0 … T."""
        return np.arange(len(self.logs))

    @property
    def minimum_at(self) -> int:
        """The first step at which E is smallest."""
        return int(np.argmin(self.logs))

    @property
    def minimum(self) -> float:
        """The smallest E."""
        return float(self.values[self.minimum_at])

    @property
    def largest_at(self) -> int:
        """The first step at which E is largest."""
        return int(np.argmax(self.logs))

    @property
    def largest(self) -> float:
        """The largest E."""
        return float(self.values[self.largest_at])

    @property
    def last(self) -> float:
        """E(T)."""
        return float(self.values[-1])

    @property
    def last_log(self) -> float:
        """ln E(T)."""
        return float(self.logs[-1])


def error_proxy(
    density: Density,
    learning_rate: float | Sequence[float] | Array,
    iterations: int,
    cut: float = CUT,
    mesh: int | None = MESH,
) -> ErrorProxy:
    """E(t) for every t = 0 … T = `iterations`.

    `learning_rate`: η, or the list η_0 … η_{T−1}. Time: modes times T. Exact for atoms; about 1e-7 relative
    for a histogram or a curve; a curve straight in its logarithm on `mesh` even points, which is off by 1e-3 where the
    density is steep at the cut (None: the integral to 1e-7).
    InfeasibleError if no eigenvalue lies outside the cut, for rates that are not
    finite or of another number, for T above 1e7, and for T times modes above 5e9.
    """
    rates = _rates(learning_rate, iterations)
    if mesh is not None and isinstance(density, Curve) and density.logarithmic:
        nodes, weights = _on_mesh(density, cut, mesh)
    else:
        nodes, weights = density.quadrature(cut, rate=float(rates.sum()), bend=float(rates @ rates))
    mass = float(weights.sum())
    if not mass > 0:
        extent = density.extent
        raise InfeasibleError(
            f"no eigenvalue lies outside the cut |lambda| > {cut:g}: "
            f"they run from {extent.smallest:g} to {extent.largest:g}",
            at="cut",
            remedy="a smaller cut",
        )
    _require_moderate(len(nodes), iterations)
    base = np.log(weights / mass)
    logs = np.concatenate([[0.0], *(_log_sums(base + block) for block in _log_factors(nodes, rates))])
    logs.setflags(write=False)
    return ErrorProxy(logs=logs, cut=float(cut), mass_outside=mass)


def _on_mesh(density: Curve, cut: float, mesh: int) -> Quadrature:
    """Even points over the extent of a curve, those outside the cut with equal widths."""
    points = np.linspace(float(density.points[0]), float(density.points[-1]), mesh)
    weights = np.exp(np.interp(points, density.points, density.values)) * (points[1] - points[0])
    kept = (np.abs(points) > cut) & (weights > 0)
    return Quadrature(points[kept], weights[kept])


def smallest_cut(
    density: Density, learning_rate: float | Sequence[float] | Array, iterations: int
) -> float | None:
    """The smallest c with E(t) <= 1 for all t <= T; None if no cut leaves such modes.

    For atoms exact: one of 0 and their moduli. For a histogram or a curve sought among the moduli of the
    stored points, then by bisection between the last point that fails and the first that holds (a
    shorter stretch of valid cuts between two points that fail is not seen). It certifies nothing, as E does not.
    """
    rates = _rates(learning_rate, iterations)
    rate, bend = float(rates.sum()), float(rates @ rates)
    cuts = density.corners()
    modes = density.quadrature(rate=rate, bend=bend, breaks=np.concatenate([-cuts, cuts]))
    _require_moderate(len(modes.nodes), iterations)
    holds = _holds(modes, cuts, rates)
    if not holds.any():
        return None
    first = int(np.argmax(holds))
    if first == 0 or isinstance(density, Atoms):
        return float(cuts[first])
    low, high = float(cuts[first - 1]), float(cuts[first])
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        modes = density.quadrature(middle, rate=rate, bend=bend)
        if _holds(modes, np.array([middle]), rates)[0]:
            high = middle
        else:
            low = middle
    return high


def _holds(modes: Quadrature, cuts: Array, rates: Array) -> NDArray[np.bool_]:
    """For each cut whether the modes outside it have E(t) <= 1 at every t; False where there are none."""
    order = np.argsort(-np.abs(modes.nodes), kind="stable")
    nodes, base = modes.nodes[order], np.log(modes.weights[order])
    # the number of modes with |λ| > c, for each c; sums over them are running sums from the outside
    outside = np.searchsorted(-np.abs(nodes), -cuts, side="left")
    holds = outside > 0
    last = outside[holds] - 1
    mass = np.logaddexp.accumulate(base)[last]
    fine = np.full(len(last), True)
    for block in _log_factors(nodes, rates):
        with np.errstate(invalid="ignore"):
            sums = np.logaddexp.accumulate(base + block, axis=1)[:, last]
        fine &= np.all(sums <= mass + _ROUNDING, axis=0)
        if not fine.any():
            break
    holds[holds] = fine
    return np.asarray(holds)


def _log_factors(nodes: Array, rates: Array) -> Iterator[Array]:
    """ln Π_{s<t} |1−η_s λ| for t = 1 … T in blocks of rows, one column per node."""
    rows = max(1, _BLOCK // max(len(nodes), 1))
    carried = np.zeros(len(nodes))
    for start in range(0, len(rates), rows):
        distinct, which = np.unique(rates[start : start + rows], return_inverse=True)
        with np.errstate(divide="ignore"):
            x = distinct[:, None] * nodes
            # ln|1 − x|, without losing the digits of a small x
            factors = np.where(x < 0.5, np.log1p(-np.minimum(x, 0.5)), np.log(np.abs(1 - x)))
        block = factors[which]
        block[0] += carried
        np.cumsum(block, axis=0, out=block)
        carried = block[-1].copy()
        yield block


def _log_sums(values: Array) -> Array:
    """ln Σ exp(v) of each row."""
    top = values.max(axis=1)
    shift = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):
        return np.asarray(shift + np.log(np.exp(values - shift[:, None]).sum(axis=1)))


def _rates(learning_rate: float | Sequence[float] | Array, iterations: int) -> Array:
    if iterations < 0:
        raise InfeasibleError(f"the run has {iterations} steps", at="dynamics.iterations")
    if iterations > _MOST_STEPS:
        raise InfeasibleError(
            f"the error proxy of {iterations} steps is too long a list",
            at="dynamics.iterations",
            remedy=f"at most {_MOST_STEPS} steps",
        )
    rates = np.asarray(learning_rate, dtype=float)
    if rates.ndim == 0:
        rates = np.full(iterations, float(rates))
    if rates.shape != (iterations,):
        raise InfeasibleError(
            f"there are {rates.size} learning rates for {iterations} steps", at="dynamics.learning_rate"
        )
    bad = np.flatnonzero(~(np.isfinite(rates) & (rates >= 0)))
    if bad.size:
        raise InfeasibleError(
            f"learning rate {bad[0]} (counted from 0) is {rates[bad[0]]}; it must be a number >= 0",
            at="dynamics.learning_rate",
        )
    return rates


def _require_moderate(modes: int, iterations: int) -> None:
    if modes * iterations > _MOST_VALUES:
        raise InfeasibleError(
            f"the error proxy of {modes} modes over {iterations} steps takes {modes * iterations:.1e} factors",
            at="dynamics.iterations",
            remedy=f"at most {_MOST_VALUES // modes} steps, or fewer points in the density",
        )
