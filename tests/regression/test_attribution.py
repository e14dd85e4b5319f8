"""The change of a T count shared out: it adds up, and each part is what it would be alone."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qgd_compiler.regression.attribution import attribution_of, whole_parts
from qgd_compiler.regression.documents import Attribution
from qgd_compiler.regression.figures import Figures

FACTORS = {
    "alpha": "linear_system.alpha",
    "norm of the inverse": "linear_system.inverse_norm",
}


def figures(
    *,
    circuits: float = 2,
    rounds: int = 1,
    alpha: float = 3.0,
    inverse: float = 50.0,
    queries: int = 600,
    lookups: int = 9_000,
    lookup_t: int = 700_000,
    components: dict[str, int] | None = None,
) -> Figures:
    """The figures of a run that solves a history system."""
    parts = {"hessian": 800_000, "solver": 100_000} if components is None else components
    circuit = sum(parts.values())
    numbers: dict[str, Any] = {
        "total.t_count": math.ceil(circuits * circuit),
        "logical.t_count": circuit,
        "logical.lookups": lookups,
        "logical.lookup_t": lookup_t,
        "success.rounds": rounds,
        "solver.queries": queries,
        "linear_system.alpha": alpha,
        "linear_system.inverse_norm": inverse,
        **{f"logical.by_component[{name}].t_count": t for name, t in parts.items()},
    }
    return Figures(numbers, {"linear_system.chosen": True})


def parts_of(found: Attribution | None) -> dict[str, int]:
    assert found is not None
    return {line.name: line.change for line in found.by_parameter}


def adds_up(found: Attribution | None) -> bool:
    assert found is not None
    return all(
        sum(line.change for line in lines) == found.change
        for lines in (found.by_component, found.by_parameter)
    )


whole = st.integers(1, 10**40)
some = st.floats(0.01, 1e9)
runs = st.builds(
    lambda c, r, a, i, q, n, t, h, s: figures(
        circuits=c, rounds=r, alpha=a, inverse=i, queries=q, lookups=n, lookup_t=min(t, h),
        components={"hessian": h, "solver": s},
    ),
    st.integers(1, 50), st.integers(0, 9), some, some, whole, whole, whole, whole, whole,
)  # fmt: skip


@given(runs, runs)
@settings(max_examples=300, deadline=None)
def test_the_parts_add_up_to_the_change_to_the_last_gate(before: Figures, after: Figures) -> None:
    found = attribution_of(before, after)
    assert adds_up(found)
    back = attribution_of(after, before)
    assert back is not None and found is not None and back.change == -found.change


def test_one_factor_alone_is_the_whole_change() -> None:
    base = figures()
    only_circuits = parts_of(attribution_of(base, figures(circuits=3)))
    assert only_circuits.pop("circuits until the answer is there") == 900_000
    assert set(only_circuits.values()) == {0}

    # three runs in a circuit in place of one, each as before
    longer = figures(
        rounds=4, lookups=27_000, lookup_t=2_100_000, components={"hessian": 2_400_000, "solver": 300_000}
    )
    parts = parts_of(attribution_of(base, longer))
    assert parts.pop("solver runs per circuit") == 3_600_000
    assert set(parts.values()) == {0}

    # twice the α, twice the queries, all gates of a query as before
    doubled = figures(
        alpha=6.0,
        queries=1200,
        lookups=18_000,
        lookup_t=1_400_000,
        components={"hessian": 1_600_000, "solver": 200_000},
    )
    parts = parts_of(attribution_of(base, doubled))
    assert parts.pop("alpha") == 1_800_000
    assert set(parts.values()) == {0}

    dearer = figures(lookup_t=1_400_000, components={"hessian": 1_500_000, "solver": 100_000})
    parts = parts_of(attribution_of(base, dearer))
    assert parts.pop("price per lookup") == 1_400_000
    assert set(parts.values()) == {0}

    fewer = figures(lookups=4_500, lookup_t=350_000, components={"hessian": 450_000, "solver": 100_000})
    parts = parts_of(attribution_of(base, fewer))
    assert parts.pop("lookups per query") == -700_000
    assert set(parts.values()) == {0}


def test_two_factors_share_as_a_path_through_both_shares_at_every_point() -> None:
    """The index is the integral of T d ln x along the straight line in logarithms: 10⁵ small steps give the same."""
    before = figures(components={"hessian": 900_000}, lookup_t=0, lookups=0)
    after = figures(
        circuits=5, alpha=4.5, queries=900, lookup_t=0, lookups=0, components={"hessian": 1_350_000}
    )
    steps = 100_000
    by_hand = {"circuits until the answer is there": 0.0, "alpha": 0.0}
    total, growth = (
        1_800_000.0,
        {"circuits until the answer is there": 2.5 ** (1 / steps), "alpha": 1.5 ** (1 / steps)},
    )
    for _ in range(steps):
        middle = total * math.prod(g**0.5 for g in growth.values())
        for name, g in growth.items():
            by_hand[name] += middle * math.log(g)
        total *= math.prod(growth.values())
    parts = parts_of(attribution_of(before, after))
    for name, share in by_hand.items():
        assert parts[name] == pytest.approx(share, rel=1e-6)


def test_components_are_counted_over_all_circuits_and_one_that_appears_is_all_change() -> None:
    found = attribution_of(
        figures(circuits=2), figures(circuits=3, components={"hessian": 800_000, "read-out": 50_000})
    )
    assert found is not None and adds_up(found)
    assert {line.name: (line.before, line.after, line.change) for line in found.by_component} == {
        "hessian": (1_600_000, 2_400_000, 800_000),
        "solver": (200_000, 0, -200_000),
        "read-out": (0, 150_000, 150_000),
    }


def test_gates_that_no_component_claims_have_a_line_of_their_own() -> None:
    before, after = figures(), figures()
    numbers = {**after.numbers, "logical.t_count": 900_007, "total.t_count": 1_800_014}
    found = attribution_of(before, Figures(numbers, after.choices))
    assert found is not None and adds_up(found)
    assert {line.name: line.change for line in found.by_component}["outside the components"] == 14


def test_another_kind_of_solver_is_compared_by_its_queries_alone() -> None:
    numbers = {
        **figures(queries=30).numbers, "polynomial.degree": 30, "linear_system.alpha": 9.0
    }  # fmt: skip
    found = attribution_of(figures(), Figures(numbers, {"linear_system.chosen": False}))
    names = parts_of(found)
    assert adds_up(found) and "queries" in names and not names.keys() & {"alpha", "degree of the polynomial"}


def test_memory_that_was_not_there_before_takes_its_whole_cost() -> None:
    found = attribution_of(figures(lookups=0, lookup_t=0), figures())
    assert adds_up(found)
    parts = parts_of(found)
    assert parts["lookups per query"] == 1_400_000 and parts["other T gates per query"] == -1_400_000


def test_nothing_from_nothing_is_nothing_and_a_report_without_a_total_has_no_attribution() -> None:
    empty = figures(components={"hessian": 0}, lookups=0, lookup_t=0)
    assert adds_up(attribution_of(empty, empty))
    assert adds_up(attribution_of(empty, figures()))
    assert attribution_of(Figures({}, {}), figures()) is None


@pytest.mark.parametrize("size", [1, 2, 5])
def test_rounded_parts_add_up_and_none_is_off_by_more_than_the_rounding(size: int) -> None:
    for thirds in itertools.product((-5, 1, 2, 7), repeat=size):
        exact = {str(i): Fraction(n, 3) for i, n in enumerate(thirds)}
        whole = round(sum(exact.values()))
        rounded = whole_parts(exact, whole)
        assert sum(rounded.values()) == whole
        assert all(abs(rounded[k] - exact[k]) <= size / 2 + 0.5 for k in exact)
