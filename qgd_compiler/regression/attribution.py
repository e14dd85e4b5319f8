r"""What moved the T count: the change shared out over components, and over the factors that it is a product of.

Over components: what one component costs over all circuits, after less before. Exact.

Over factors: T = Σ_s Π_f x_{sf}, two sectors s (table lookups, all else), and the logarithmic mean Divisia index
gives each factor

$$\Delta_f = \sum_s L(T_s', T_s) \ln(x_{sf}'/x_{sf}), \qquad L(a, b) = (a-b)/\ln(a/b), \quad L(a, a) = a$$

The factors: circuits until the answer is there, solver runs per circuit, what the queries of a run are a product of (α,
the norm of the inverse and queries per κ; or degree and queries per degree), then lookups per query and the price of a
lookup, or the other gates per query. No part depends on the order of the factors, and no rest is left.

Kind:    exact (an identity; which share belongs to a factor where several move is a convention).
Source:  B. W. Ang, Energy Policy 32, 1131 (2004), eqs. 9 and 10.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

from qgd_compiler.regression.documents import Attribution, Line
from qgd_compiler.regression.figures import Figures

TOTAL, CIRCUIT = "total.t_count", "logical.t_count"
COMPONENT = "logical.by_component["
T_COUNT = "].t_count"

Sector = tuple[Fraction, dict[str, Fraction]]  # T gates, and the factors that they are the product of


def attribution_of(before: Figures, after: Figures) -> Attribution | None:
    """Both ways of sharing out the change of the T count; None where one of the two has no T count."""
    pair = (before, after)
    totals = [_whole(f, TOTAL) for f in pair]
    if None in totals or None in [_whole(f, CIRCUIT) for f in pair]:
        return None
    first, last = (t or 0 for t in totals)
    return Attribution(
        change=last - first,
        by_component=_by_component(before, after, last - first),
        by_parameter=_by_factor(before, after, last - first),
    )


def _by_component(before: Figures, after: Figures, change: int) -> tuple[Line, ...]:
    costs = [_component_costs(f) for f in (before, after)]
    names = sorted({name for cost in costs for name in cost})
    pairs = {name: (costs[0].get(name, Fraction(0)), costs[1].get(name, Fraction(0))) for name in names}
    parts = whole_parts({name: b - a for name, (a, b) in pairs.items()}, change)
    lines = [
        Line(name=name, before=round(a), after=round(b), change=parts[name]) for name, (a, b) in pairs.items()
    ]
    return tuple(sorted(lines, key=lambda line: (-abs(line.change), line.name)))


def _component_costs(figures: Figures) -> dict[str, Fraction]:
    """T gates of each component over all circuits; what no component claims has a name of its own."""
    circuits = _circuits(figures)
    found = {
        path[len(COMPONENT) : -len(T_COUNT)]: Fraction(int(value or 0)) * circuits
        for path, value in figures.numbers.items()
        if path.startswith(COMPONENT) and path.endswith(T_COUNT)
    }
    rest = Fraction(_whole(figures, TOTAL) or 0) - sum(found.values(), Fraction(0))
    return {**found, "outside the components": rest} if rest else found


def _by_factor(before: Figures, after: Figures, change: int) -> tuple[Line, ...]:
    old_chain, new_chain = _query_factors(before), _query_factors(after)
    if old_chain.keys() != new_chain.keys():  # another kind of solver: only the number of queries compares
        old_chain, new_chain = ({"queries": _product(c)} for c in (old_chain, new_chain))
    old, new = _sectors(before, old_chain), _sectors(after, new_chain)
    parts: dict[str, Fraction] = {}
    for name in old:
        for factor, part in _shared(old[name], new[name]).items():
            parts[factor] = parts.get(factor, Fraction(0)) + part
    values = [{k: x for _, factors in s.values() for k, x in factors.items()} for s in (old, new)]
    whole = whole_parts(parts, change)
    return tuple(
        Line(name=k, before=float(values[0][k]), after=float(values[1][k]), change=whole[k]) for k in parts
    )


def _shared(old: Sector, new: Sector) -> dict[str, Fraction]:
    """The change of one sector over its factors, by the logarithmic mean."""
    (a, x), (b, y) = old, new
    parts = {factor: Fraction(0) for factor in x}
    if a > 0 and b > 0:
        growth = _log_ratio(b, a)
        mean = (b - a) / Fraction(growth) if growth else a
        for factor in x:
            parts[factor] = mean * Fraction(_log_ratio(y[factor], x[factor]))
    elif a != b:  # in the limit the factor that vanishes takes all
        vanishing = next((f for f in x if (x[f] == 0) != (y[f] == 0)), next(reversed(parts)))
        parts[vanishing] = b - a
    return parts


def _log_ratio(new: Fraction, old: Fraction) -> float:
    """ln(new/old) of positive numbers of any size, precise where they are close."""
    off = (new - old) / old
    if 2 * abs(off) < 1:
        return math.log1p(float(off))
    return _log(new) - _log(old)


def _log(x: Fraction) -> float:
    return math.log(x.numerator) - math.log(x.denominator)


def _sectors(figures: Figures, queries: Mapping[str, Fraction]) -> dict[str, Sector]:
    """Lookups and all else, each with its factors; their T gates add up to the total."""
    circuits = _circuits(figures)
    runs = Fraction(2 * (_whole(figures, "success.rounds") or 0) + 1)
    whole = Fraction(_whole(figures, CIRCUIT) or 0)
    lookup_t = Fraction(_whole(figures, "logical.lookup_t") or 0)
    number = Fraction(_whole(figures, "logical.lookups") or 0)
    asked = runs * _product(queries)
    shared = {"circuits until the answer is there": circuits, "solver runs per circuit": runs, **queries}
    price = lookup_t / number if number else Fraction(0)
    return {
        "lookups": (
            circuits * lookup_t,
            {**shared, "lookups per query": number / asked, "price per lookup": price},
        ),
        "else": (
            circuits * (whole - lookup_t),
            {**shared, "other T gates per query": (whole - lookup_t) / asked},
        ),
    }


def _product(factors: Mapping[str, Fraction]) -> Fraction:
    return math.prod(factors.values(), start=Fraction(1))


def _circuits(figures: Figures) -> Fraction:
    """Circuits until one succeeds, as the total counts them."""
    each = _whole(figures, CIRCUIT)
    return Fraction(_whole(figures, TOTAL) or 0, each) if each else Fraction(1)


def _query_factors(figures: Figures) -> dict[str, Fraction]:
    """What the queries of one solver run are a product of."""
    queries = figures.numbers.get("solver.queries")
    if not queries:
        return {"queries": Fraction(1)}
    asked = Fraction(queries)
    chains = [("polynomial", {"degree of the polynomial": "degree"}, "queries per degree")]
    system = {"alpha": "alpha", "norm of the inverse": "inverse_norm"}
    chains.append(("stationary", system, "queries per kappa"))
    if figures.choices.get("linear_system.chosen") is True:
        chains.append(("linear_system", system, "queries per kappa"))
    for section, names, rest in chains:
        found = {words: figures.numbers.get(f"{section}.{field}") for words, field in names.items()}
        if all(found.values()):
            factors = {words: Fraction(value or 1) for words, value in found.items()}
            return {**factors, rest: asked / _product(factors)}
    return {"queries": asked}


def whole_parts(parts: Mapping[str, Fraction], whole: int) -> dict[str, int]:
    """The parts as integers that add up to `whole`; what rounding leaves goes to the largest of them."""
    rounded = {name: round(part) for name, part in parts.items()}
    left = whole - sum(rounded.values())
    if left and rounded:
        largest = max(parts, key=lambda name: abs(parts[name]))
        rounded[largest] += left
    return rounded


def _whole(figures: Figures, path: str) -> int | None:
    value = figures.numbers.get(path)
    return None if value is None else int(value)


def leading(lines: Sequence[Line]) -> str:
    """The line that moved most, in words; empty where none did."""
    line = max(lines, key=lambda found: abs(found.change), default=None)
    return "" if line is None or line.change == 0 else line.name
