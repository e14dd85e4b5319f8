"""Overlaps and norms by sampling, drawn with NumPy; by amplitude estimation, through the amplitude they estimate."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qgd_compiler.algorithms.readout.norm import counted, entry_error, norm
from qgd_compiler.algorithms.readout.overlap import overlap, sampled
from qgd_compiler.algorithms.readout.ways import Circuit, interfered_success, switch_angle
from qgd_compiler.kinds import Kind


@pytest.mark.parametrize("s", [-1.0, -0.4, 0.0, 0.7])
def test_the_sampled_overlap_is_within_epsilon(s: float) -> None:
    epsilon, failure = 0.1, 0.05
    (phase,) = sampled(epsilon, failure).phases
    rng = np.random.default_rng(1)
    zeros = rng.binomial(phase.kept, (1 + s) / 2, size=5000)
    assert np.mean(np.abs(2 * zeros / phase.kept - 1 - s) > epsilon) <= failure


def test_a_coarse_overlap_is_sampled_and_a_fine_one_estimated() -> None:
    assert "sampled" in overlap(0.5, 0.05, 0.9)[0].name
    assert "phase estimation" in overlap(1e-3, 0.05, 0.9)[0].name
    for way in overlap(0.01, 0.05, 0.5):
        assert way.kind is (Kind.FIT if "observed" in way.name else Kind.BOUND)


def test_a_fine_overlap_takes_runs_in_inverse_proportion_to_epsilon_and_to_the_amplitude() -> None:
    def runs(epsilon: float, success: float) -> float:
        ways = [w for w in overlap(epsilon, 0.05, success) if "phase estimation" in w.name]
        return float(ways[0].expected_runs(success))

    assert runs(1e-4, 0.5) / runs(1e-3, 0.5) == pytest.approx(10, rel=0.7)
    assert runs(2**-10, 2**-6) == runs(2**-13, 1.0), "ε√P is what counts"


def test_counting_successes_gives_the_norm_within_its_error() -> None:
    rho, failure, success = 0.05, 0.05, 0.05
    (phase,) = counted(rho, failure, success).phases
    assert phase.expected_runs(success) == phase.circuits, "failures count as well"
    rng = np.random.default_rng(9)
    found = np.sqrt(rng.binomial(phase.circuits, success, size=20_000) / phase.circuits)
    assert np.mean(np.abs(found / math.sqrt(success) - 1) > rho) <= failure
    half = np.sqrt(rng.binomial(phase.circuits // 8, success, size=20_000) / (phase.circuits // 8))
    assert np.mean(np.abs(half / math.sqrt(success) - 1) > rho) > failure


def test_runs_that_are_made_anyway_are_not_paid_twice() -> None:
    (phase,) = counted(0.05, 0.05, 0.3).phases
    assert counted(0.05, 0.05, 0.3, paid=phase.circuits).expected_runs(0.3) == 0
    assert counted(0.05, 0.05, 0.3, paid=10).expected_runs(0.3) == phase.circuits - 10


def test_a_norm_that_shows_weakly_in_the_success_takes_more_runs() -> None:
    plain, weak = norm(0.05, 0.05, 0.3)[0], norm(0.05, 0.05, 0.3, sensitivity=2.0)[0]
    assert 1.5 < weak.expected_runs(0.3) / plain.expected_runs(0.3) < 4.5
    circuits = {way.phases[0].circuit for way in norm(0.05, 0.05, 0.3)}
    assert circuits == {Circuit.SUCCESS, Circuit.COUNTED}, "neither keeps results only"


def test_errors_of_entry_and_norm_add_up() -> None:
    worst = max(
        abs(scale * (x + d) - x) for scale in (0.98, 1.02) for x in (-1.0, 0.0, 0.3, 1.0) for d in (-0.1, 0.1)
    )
    assert worst == pytest.approx(entry_error(0.1, 0.02))


@pytest.mark.parametrize("success", [0.01, 0.4, 1.0])
def test_the_switch_gives_run_and_reference_equal_weight_after_success(success: float) -> None:
    angle = switch_angle(success)
    reference, run = math.cos(angle / 2) ** 2, math.sin(angle / 2) ** 2 * success
    assert reference == pytest.approx(run)
    assert reference + run == pytest.approx(interfered_success(success))
