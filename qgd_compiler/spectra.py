"""How the eigenvalues of a symmetric matrix are distributed: atoms, a histogram, or a curve as it was drawn.

A density counts modes, it does not bound them: a single eigenvalue among millions is invisible in it, and
that one eigenvalue decides whether gradient descent diverges. So a density never certifies λ_min or λ_max;
its `source` cannot be `exact` or `bound`, and `extent` is where it was drawn, not where the spectrum ends.

Integrals over a histogram or a curve are split at the cut, at every stored point, and towards the ends of
each interval, with 8 Gauss–Legendre nodes in every panel: the interval that straddles the cut counts with
exactly the part of it that lies outside, and exponentials with any rate are integrated to about 1e-8.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, NamedTuple, Self, final

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.errors import SpecError
from qgd_compiler.kinds import Source

Array = NDArray[np.float64]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(8)
_STEEP = 3.0  # e-foldings that one panel may hold
_MOST_PANELS = 4096  # equal panels per interval at most


class Extent(NamedTuple):
    """Smallest and largest point with any mass. Not bounds on the spectrum."""

    smallest: float
    largest: float


class Quadrature(NamedTuple):
    """∫ f ρ = Σ weights · f(nodes); the weights add to the mass of the region, at most 1."""

    nodes: Array
    weights: Array


class Density(ABC):
    """A distribution of eigenvalues of total mass 1.

    source   measured (all eigenvalues, or sampled from the matrix), paper, estimated, assumed
    """

    certifies_extremes: ClassVar[Literal[False]] = False
    source: Source

    @property
    @abstractmethod
    def extent(self) -> Extent:
        """Smallest and largest point with any mass."""

    @abstractmethod
    def quadrature(
        self,
        cut: float | None = None,
        *,
        rate: float = 0.0,
        bend: float = 0.0,
        breaks: Sequence[float] | Array = (),
    ) -> Quadrature:
        """Nodes and weights for ∫_{|λ|>c} f(λ) ρ(λ) dλ, c = `cut` >= 0; None takes everything.

        For an f that is not a low polynomial: `rate` is the largest |d ln f/dλ| and `bend` the square of the
        inverse width of its narrowest peak, max|d² ln f/dλ²|; panels end at all `breaks`. Nodes without
        weight are left out. SpecError for a cut that is negative or not finite.
        """

    @abstractmethod
    def corners(self) -> Array:
        """0 and every |λ| at which a stored point lies, sorted: between two, mass(cut) is smooth or constant."""

    @abstractmethod
    def shifted(self, damping: float) -> Self:
        """The density of H + μI: every eigenvalue moved by μ = `damping`."""

    def integrate(self, f: Callable[[Array], Any], cut: float | None = None) -> float:
        """∫_{|λ|>c} f(λ) ρ(λ) dλ for an f that takes an array and is smooth between the stored points.

        Without a cut, over everything.
        """
        nodes, weights = self.quadrature(cut)
        return float(weights @ np.asarray(f(nodes), dtype=float))

    def moment(self, order: int) -> float:
        """∫ λ^k ρ dλ = tr(H^k)/n."""
        return self.integrate(lambda value: value**order)

    def mass_outside(self, cut: float) -> float:
        """∫_{|λ|>c} ρ dλ, the share of the modes outside the cut."""
        return float(self.quadrature(cut).weights.sum())


@final
@dataclass(frozen=True, eq=False, kw_only=True)
class Atoms(Density):
    """Eigenvalues with weights: a list (equal weights), or the nodes of a quadrature.

    points    eigenvalues, any order, repeated or not; kept sorted; those of weight 0 are dropped
    weights   >= 0; divided by their sum
    Raises SpecError for lengths that differ, nothing at all, and numbers that are not finite.
    """

    points: Array
    weights: Array
    source: Source = Source.MEASURED

    def __post_init__(self) -> None:
        points, weights = _numbers("points", self.points), _numbers("weights", self.weights)
        _same_length(points, weights)
        weights = _masses(weights, "weights")
        order = np.argsort(points, kind="stable")
        order = order[weights[order] > 0]
        _keep(self, points=points[order], weights=weights[order])
        _require_source(self.source)

    @classmethod
    def equal(cls, points: Sequence[float] | Array, source: Source = Source.MEASURED) -> Atoms:
        """A list of eigenvalues, each with the same weight."""
        array = _numbers("points", points)
        return cls(points=array, weights=np.ones(len(array)), source=source)

    @property
    def extent(self) -> Extent:
        """The smallest and the largest atom."""
        return Extent(float(self.points[0]), float(self.points[-1]))

    def quadrature(
        self,
        cut: float | None = None,
        *,
        rate: float = 0.0,
        bend: float = 0.0,
        breaks: Sequence[float] | Array = (),
    ) -> Quadrature:
        """The atoms themselves; one at exactly |λ| = c lies inside the cut."""
        if cut is None:
            return Quadrature(self.points, self.weights)
        _require_cut(cut)
        outside = np.abs(self.points) > cut
        return Quadrature(self.points[outside], self.weights[outside])

    def corners(self) -> Array:
        """0 and the moduli of the atoms: mass(cut) changes at these only."""
        return np.union1d([0.0], np.abs(self.points))

    def shifted(self, damping: float) -> Self:
        """Every atom moved by μ."""
        return replace(self, points=self.points + damping)


@final
@dataclass(frozen=True, eq=False, kw_only=True)
class Histogram(Density):
    """Counts between edges; within a bin the eigenvalues are taken as spread evenly.

    edges    n + 1, strictly increasing
    counts   n, >= 0; divided by their sum (counts, not heights: bins of unequal width need no care)
    The extent runs over the bins with any count. Raises SpecError as `Atoms` does.
    """

    edges: Array
    counts: Array
    source: Source = Source.ESTIMATED

    def __post_init__(self) -> None:
        edges, counts = _numbers("edges", self.edges), _numbers("counts", self.counts)
        _same_length(edges, counts, 1)
        _require_increasing(edges, "edges")
        _keep(self, edges=edges, counts=_masses(counts, "counts"))
        _require_source(self.source)

    @property
    def extent(self) -> Extent:
        """From the first to the last bin with any count."""
        held = np.flatnonzero(self.counts)
        return Extent(float(self.edges[held[0]]), float(self.edges[held[-1] + 1]))

    def quadrature(
        self,
        cut: float | None = None,
        *,
        rate: float = 0.0,
        bend: float = 0.0,
        breaks: Sequence[float] | Array = (),
    ) -> Quadrature:
        """Gauss–Legendre on the parts of the bins outside the cut."""
        edges = _refined(self.edges, cut, breaks)
        bins = np.searchsorted(self.edges, (edges[:-1] + edges[1:]) / 2) - 1
        heights = (self.counts / np.diff(self.edges))[bins]
        return _panels(edges, heights, heights, cut, rate, bend, logarithmic=False)

    def corners(self) -> Array:
        """0 and the moduli of the edges."""
        return np.union1d([0.0], np.abs(self.edges))

    def shifted(self, damping: float) -> Self:
        """Every edge moved by μ."""
        return replace(self, edges=self.edges + damping)


@final
@dataclass(frozen=True, eq=False, kw_only=True)
class Curve(Density):
    """A density as it was drawn: straight lines between points, on a linear or a logarithmic axis.

    points        eigenvalues, at least two, strictly increasing
    values        the density there, >= 0; with `logarithmic` its natural logarithm
    logarithmic   what is straight between two points: the density, or its logarithm. A curve read off a
                  semi-logarithmic figure needs it: a chord of the density itself would put far too much mass
                  into every interval in which the density falls by decades
    Stored with total mass 1, whatever the scale of the drawing.
    Raises SpecError as `Atoms` does.
    """

    points: Array
    values: Array
    logarithmic: bool = False
    source: Source = Source.ESTIMATED

    def __post_init__(self) -> None:
        points, values = _numbers("points", self.points), _numbers("values", self.values)
        _same_length(points, values)
        if len(points) < 2:
            raise SpecError("a curve of one point has no area", remedy="give at least two points, or atoms")
        _require_increasing(points, "points")
        _require_source(self.source)
        if self.logarithmic:
            top = float(values.max())
            area = _area(points, values - top, logarithmic=True)
            _keep(self, points=points, values=values - top - np.log(area))
        else:
            _masses(values, "values")
            scale = float(values.max())
            area = _area(points, values / scale, logarithmic=False)
            _keep(self, points=points, values=values / scale / area)

    @property
    def extent(self) -> Extent:
        """From the first to the last interval with any mass."""
        if self.logarithmic:
            return Extent(float(self.points[0]), float(self.points[-1]))
        held = np.flatnonzero(self.values[:-1] + self.values[1:])
        return Extent(float(self.points[held[0]]), float(self.points[held[-1] + 1]))

    def quadrature(
        self,
        cut: float | None = None,
        *,
        rate: float = 0.0,
        bend: float = 0.0,
        breaks: Sequence[float] | Array = (),
    ) -> Quadrature:
        """Gauss–Legendre on the parts of the intervals outside the cut."""
        points = _refined(self.points, cut, breaks)
        values = np.interp(points, self.points, self.values)
        return _panels(points, values[:-1], values[1:], cut, rate, bend, logarithmic=self.logarithmic)

    def corners(self) -> Array:
        """0 and the moduli of the points."""
        return np.union1d([0.0], np.abs(self.points))

    def shifted(self, damping: float) -> Self:
        """Every point moved by μ."""
        return replace(self, points=self.points + damping)


def _area(points: Array, values: Array, *, logarithmic: bool) -> float:
    weights = _panels(points, values[:-1], values[1:], None, 0.0, 0.0, logarithmic=logarithmic).weights
    return float(weights.sum())


def _refined(edges: Array, cut: float | None, breaks: Sequence[float] | Array) -> Array:
    """The edges, with the ends of the cut and the breaks that fall between them."""
    more = np.asarray(breaks, dtype=float)
    if cut is not None:
        _require_cut(cut)
        more = np.concatenate([[-cut, cut], more])
    return np.union1d(edges, more[(more > edges[0]) & (more < edges[-1])])


def _panels(
    edges: Array, first: Array, last: Array, cut: float | None, rate: float, bend: float, *, logarithmic: bool
) -> Quadrature:
    """Gauss–Legendre nodes on intervals with values `first` … `last`, the intervals inside the cut left out.

    The integrand is an exponential of a smooth function on each interval: it peaks at one of its ends, with a
    rate of at most `rate` plus that of the density, for which the panels shrink threefold towards both ends;
    or inside, with a width of at least 1/√bend, for which the interval is first cut into equal panels.
    """
    left, right = edges[:-1], edges[1:]
    if cut is not None:
        kept = (right <= -cut) | (left >= cut)
        left, right, first, last = left[kept], right[kept], first[kept], last[kept]
    width = right - left
    steepness = rate * width + (np.abs(last - first) if logarithmic else 0.0)
    equal = np.clip(np.ceil(width * bend**0.5 / 2), 1, _MOST_PANELS).astype(int)
    equal = np.where(steepness > _STEEP * equal, np.maximum(equal, 2), equal)
    with np.errstate(divide="ignore"):
        levels = np.ceil(np.log(steepness / equal / _STEEP) / np.log(3.0))
    levels = np.clip(levels, 0, 64).astype(int)
    nodes, weights = [], []
    for count, depth in np.unique(np.column_stack([equal, levels]), axis=0):
        chosen = (equal == count) & (levels == depth)
        places, shares = _rule(int(count), int(depth))
        a, w = left[chosen, None], width[chosen, None]
        value = first[chosen, None] + (last - first)[chosen, None] * places
        nodes.append((a + w * places).ravel())
        weights.append((w * shares * (np.exp(value) if logarithmic else value)).ravel())
    if not nodes:
        return Quadrature(np.empty(0), np.empty(0))
    node, weight = np.concatenate(nodes), np.concatenate(weights)
    order = np.argsort(node, kind="stable")
    order = order[weight[order] > 0]
    return Quadrature(node[order], weight[order])


def _rule(count: int, depth: int) -> tuple[Array, Array]:
    """Nodes and weights on [0, 1]: `count` equal panels, the outer two divided `depth` times by three."""
    ends = np.arange(count + 1) / count
    inner = 3.0 ** -np.arange(depth, 0, -1) / count
    ends = np.concatenate([ends[:1], inner, ends[1:-1], 1 - inner[::-1], ends[-1:]])
    half = np.diff(ends)[:, None] / 2
    return (ends[:-1, None] + half * (1 + _NODES)).ravel(), (half * _WEIGHTS).ravel()


def _numbers(name: str, given: Any) -> Array:
    array = np.array(given, dtype=float)
    if array.ndim != 1 or array.size == 0:
        raise SpecError(f"{name} of a density have shape {array.shape}; they must be a list of numbers")
    bad = np.flatnonzero(~np.isfinite(array))
    if bad.size:
        raise SpecError(f"{name}[{bad[0]}] of a density is {array[bad[0]]}; it must be finite")
    return array


def _masses(values: Array, name: str) -> Array:
    """The values divided by their sum."""
    bad = np.flatnonzero(values < 0)
    if bad.size:
        raise SpecError(f"{name}[{bad[0]}] of a density is {values[bad[0]]}; it must not be negative")
    largest = float(values.max())
    if largest == 0:
        raise SpecError(f"all {name} of a density are 0: it has no mass")
    scaled = values / largest  # a sum of values near 1e308 would overflow
    return np.asarray(scaled / scaled.sum())


def _same_length(points: Array, values: Array, more: int = 0) -> None:
    if len(points) != len(values) + more:
        raise SpecError(f"a density has {len(points)} points, but {len(values)} values")


def _require_increasing(points: Array, name: str) -> None:
    bad = np.flatnonzero(np.diff(points) <= 0)
    if bad.size:
        raise SpecError(
            f"{name} of a density do not increase: {points[bad[0]]} is followed by {points[bad[0] + 1]}"
        )


def _require_source(source: Source) -> None:
    if source in (Source.EXACT, Source.BOUND):
        raise SpecError(
            f"a density cannot have the source {source.value}: it counts modes and bounds none",
            remedy="measured, paper, estimated or assumed",
        )


def _require_cut(cut: float) -> None:
    if not (0 <= cut < np.inf):
        raise SpecError(f"the cut is {cut}; it must be a number >= 0", at="cut")


def _keep(density: Density, **arrays: Array) -> None:
    """Store what was checked, read-only."""
    for name, array in arrays.items():
        array.setflags(write=False)
        object.__setattr__(density, name, array)
