"""Crossovers against a walk over every value, and verdicts against the comparison worked out again."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qgd_compiler.baselines.crossover import crossover
from qgd_compiler.baselines.verdict import Factor, usual_factors, verdict

Seconds = Callable[[float], float]


def walked(quantum: Seconds, classical: Seconds, low: int, high: int) -> int | None:
    return next((x for x in range(low, high + 1) if quantum(x) <= classical(x)), None)


@given(st.floats(1, 1e4), st.floats(0.01, 10), st.integers(1, 60), st.integers(60, 3000))
@settings(max_examples=150, deadline=None)
def test_the_first_size_at_which_the_quantum_side_wins_is_found(
    start: float, slope: float, low: int, high: int
) -> None:
    def quantum(n: float) -> float:
        return start * math.log2(n + 1) ** 2

    def classical(n: float) -> float:
        return slope * n**1.5

    found = crossover("n", quantum, classical, low, high)
    first = walked(quantum, classical, low, high)
    # quantum/classical falls for all n here, so there is one crossing
    if first is None:
        assert found.bracket is None and "none up to n" in found.words()
    elif first == low:
        assert found.everywhere and found.bracket == (low, low)
    else:
        assert found.bracket == (first - 1, first)


def test_a_crossing_of_real_values_is_closed_in() -> None:
    found = crossover("s", lambda s: 100.0, lambda s: s * s, 0.5, 1e6, whole=False)
    assert found.bracket is not None
    low, high = found.bracket
    assert low < 10 <= high and high / low < 1 + 1e-8


def test_none_up_to_a_limit_says_by_how_much() -> None:
    found = crossover("T", lambda t: 7.0 * t, lambda t: 2.0 * t, 1, 10**18)
    assert found.bracket is None
    assert found.ratios == (3.5, 3.5)
    assert found.words() == "none up to T = 1e+18, where it is 3.5 times slower"


def test_a_quantum_side_without_a_plan_or_with_huge_counts_never_wins() -> None:
    assert crossover("T", lambda t: math.inf, lambda t: t, 1, 1000).bracket is None
    assert crossover("T", lambda t: 10 ** (400), lambda t: t, 1, 1000).bracket is None
    assert crossover("T", lambda t: 1.0, lambda t: 0.0, 1, 1000).ratios == (math.inf, math.inf)
    with pytest.raises(ValueError, match="nothing to look through"):
        crossover("T", lambda t: t, lambda t: t, 5, 3)


def test_jumps_are_bracketed_at_the_first_crossing() -> None:
    """The quantum cost doubles with every further qubit of the data register."""

    def quantum(n: float) -> float:
        return 1000.0 * 2 ** math.ceil(math.log2(n)) ** 0.5

    found = crossover("n", quantum, lambda n: n, 2, 10**7)
    assert found.bracket is not None
    low, high = found.bracket
    assert high == low + 1
    assert quantum(low) > low and quantum(high) <= high


def test_the_clock_that_breaks_even_does() -> None:
    found = verdict(10**12, 1e5, 30.0, "H100", ())
    assert found.quantum_seconds == 1e7
    assert verdict(10**12, found.break_even_rate, 30.0, "H100", ()).ratio == pytest.approx(1)
    assert verdict(10**12, found.break_even_rate, 30.0, "H100", ()).words()[0].count("faster") == 1
    assert "break even at 3.33e+10 T gates per second" in found.words()[1]
    assert found.enough is None and "still be slower" in found.words()[-1]


def test_the_factor_that_costs_most_comes_first_and_no_more_are_named_than_needed() -> None:
    factors = usual_factors(data_loading=0.9, kappa=50.0, read_out_runs=3e6, success=0.25)
    found = verdict(10**15, 1e5, 1e4, "one core", factors)  # a million times slower
    assert [f.name for f in found.factors] == [
        "read-out",
        "condition number",
        "data loading",
        "success probability",
    ]
    assert found.enough == ("read-out",)
    words = " ".join(found.words())
    assert "What holds it back most: read-out, 3e+06 results" in words
    assert "would win if these were ideal together: read-out" in words
    worse = verdict(10**17, 1e5, 1e4, "one core", factors)  # a hundred million
    assert worse.enough == ("read-out", "condition number")
    assert verdict(10**21, 1e5, 1e4, "one core", factors).enough is None


def test_a_component_that_is_ideal_already_is_not_blamed() -> None:
    factors = usual_factors(data_loading=0.0, kappa=1.0, read_out_runs=1, success=1.0)
    assert verdict(100, 1.0, 1.0, "x", factors).factors == ()
    assert verdict(100, 1.0, 1.0, "x", [Factor("y", "2", "1", 2.0)]).factors[0].name == "y"


def test_counts_beyond_floating_point_are_compared() -> None:
    found = verdict(10**400, 1e5, 1.0, "x", ())
    assert found.quantum_seconds == math.inf and found.words()
