"""T factories: units by the binomial distribution in fractions, and the catalogue by writing small ones out."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgd_compiler.physical.distillation import catalogue, factory_of, units_needed
from qgd_compiler.physical.machines import AZURE_NAMES, Machine, machine, preset
from qgd_compiler.physical.shelf import at, choices, good_factories, shelf


def too_few_seldom(units: int, states: int, rejected: float, failure: float) -> bool:
    """Whether fewer than `states` of the units succeed with probability below `failure`; in exact integers."""
    fails, whole = Fraction(rejected).as_integer_ratio()
    works = whole - fails
    cases = sum(comb(units, k) * works**k * fails ** (units - k) for k in range(states))
    limit, over = Fraction(failure).as_integer_ratio()
    return cases * over < limit * whole**units


@given(st.integers(1, 40), st.floats(1e-6, 0.9), st.sampled_from([0.01, 0.005, 0.01 / 3]))
def test_the_units_are_the_fewest_that_hand_on_enough_states(
    states: int, rejected: float, failure: float
) -> None:
    (units,) = units_needed(np.array([states]), np.array([rejected]), failure).tolist()
    assert units >= states
    assert too_few_seldom(units, states, rejected, failure)
    assert units == states or not too_few_seldom(units - 1, states, rejected, failure)


def test_the_exact_number_of_units_is_kept_where_theirs_is_approximate() -> None:
    # three rounds on Majorana qubits: 15 states for each of 21 units, from units that reject 15 p_T + 356 p
    rejected = 15 * 0.05 + 356 * 1e-4
    (units,) = units_needed(np.array([315]), np.array([rejected]), 0.01 / 3).tolist()
    assert units == 1677  # 1672 in the grid
    assert too_few_seldom(1677, 315, rejected, 0.01 / 3)
    assert not too_few_seldom(1676, 315, rejected, 0.01 / 3)


def by_hand(target: Machine, rounds: int, largest: int) -> Iterator[tuple[float, int, int, int]]:
    """Error, qubits, time and last distance of every factory, one by one."""
    p, t = target.qubit.clifford_error, target.qubit.t_error
    for distances in product(range(1, largest + 1, 2), repeat=rounds):
        if list(distances) != sorted(distances):
            continue
        for layouts in product((0, 1), repeat=rounds):
            error, rejections, sizes, times, good = t, [], [], [], True
            for i, (d, layout) in enumerate(zip(distances, layouts, strict=True)):
                bare = i == 0 and d == 1
                clifford = (
                    p
                    if bare
                    else target.code.prefactor
                    * (max(p, target.qubit.readout_error) / target.code.threshold) ** ((d + 1) // 2)
                )
                good &= clifford <= 0.1 * t
                rejections.append(15 * error + 356 * clifford)
                after = 35 * error**3 + 7.1 * clifford
                good &= after <= error and rejections[-1] < 1
                error = after
                square, linear, constant = target.code.patch
                patch = 1 if bare else square * d * d + linear * d + constant
                sizes.append(patch * ((31, 12) if bare else (31, 20))[layout])
                cycle = target.qubit.t_ns if bare else target.round_ns * d
                times.append(cycle * ((24, 45) if bare else (11, 13))[layout])
            if not good:
                continue
            needed, most = 1, 0
            for q, size in zip(reversed(rejections), reversed(sizes), strict=True):
                units = needed
                while not too_few_seldom(units, needed, q, 0.01 / rounds):
                    units += 1
                most, needed = max(most, units * size), 15 * units
            yield error, most, sum(times), distances[-1]


@pytest.mark.parametrize("name", ["superconducting_1e-3", "ions_1e-4", "majorana_1e-6"])
@pytest.mark.parametrize("rounds", [1, 2])
def test_the_catalogue_is_every_factory_that_works(name: str, rounds: int) -> None:
    target = machine(preset(name))
    table = catalogue(target, rounds, 11)
    ours = sorted(zip(table.qubits, table.duration, table.distance, table.error, strict=True))
    theirs = sorted((q, t, d, e) for e, q, t, d in by_hand(target, rounds, 11))
    assert [tuple(map(int, row[:3])) for row in ours] == [row[:3] for row in theirs]
    assert np.allclose([row[3] for row in ours], [row[3] for row in theirs], rtol=1e-9)


@pytest.mark.parametrize("name", sorted(AZURE_NAMES))
def test_a_factory_adds_up(name: str) -> None:
    target = machine(preset(name))
    table = catalogue(target, 3, 49)
    for row in range(0, len(table.error), 997):
        factory = factory_of(target, table, row)
        assert factory.qubits == max(r.qubits for r in factory.rounds)
        assert factory.duration_ns == sum(r.duration_ns for r in factory.rounds)
        assert factory.rounds[-1].distance == table.distance[row]


@pytest.mark.parametrize("name", sorted(AZURE_NAMES))
@pytest.mark.parametrize("distance", [7, 13, 31])
@pytest.mark.parametrize("digits", [-6, -8.3, -11.9, -15])
def test_the_shelf_has_the_factory_of_least_volume(name: str, distance: int, digits: float) -> None:
    target, error = machine(preset(name)), 10**digits
    best = [
        float(v)
        for rounds in (1, 2, 3)
        for table in [catalogue(target, rounds, 49)]
        for v in table.volume[(table.error <= error) & (table.distance <= distance)]
    ]
    place = int(shelf(target, distance).find(np.array([error]))[0])
    if not best:
        assert place == -1
        return
    found = at(target, distance, place, more_rounds=False)
    assert found.error <= error and found.rounds[-1].distance <= distance
    assert float(found.qubits * found.duration_ns) == min(best)
    known = shelf(target, distance)
    assert known.find(known.error).tolist() == list(range(len(known.error)))  # an error that is just reached
    # none that is good enough is smaller and quicker than one that is offered
    offered = good_factories(target, distance, error)
    assert len(offered) == len(choices(target, distance, error)) > 0
    for rounds in (1, 2, 3):
        table = catalogue(target, rounds, 49)
        good = (table.error <= error) & (table.distance <= distance)
        for qubits, duration in zip(table.qubits[good], table.duration[good], strict=True):
            assert any(f.qubits <= qubits and f.duration_ns <= duration for f in offered)


def test_a_fourth_round_is_tried_only_where_three_do_not_suffice() -> None:
    target = machine(preset("majorana_1e-4"))
    usual, more = good_factories(target, 15, 1e-13), good_factories(target, 17, 1e-16)
    assert max(len(f.rounds) for f in usual) <= 3
    assert {len(f.rounds) for f in more} == {4}
    assert good_factories(target, 7, 1e-30) == []


def test_a_physical_t_gate_that_is_good_enough_is_not_distilled() -> None:
    target = machine(preset("ions_1e-4"))
    (factory,) = good_factories(target, 9, 2e-6)
    assert (factory.qubits, factory.duration_ns, factory.error) == (162, 9 * 600_000, 1e-6)
    assert good_factories(target, 9, 1e-6)[0].kind.startswith("1 x 15-to-1")
