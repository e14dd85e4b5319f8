"""The polynomials of a quadratic run: evaluated on the spectrum and on [−1, 1] they keep what they claim.

The polynomials are written out here from their own definition where they have one: powers and sums of powers, by loops.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.polynomial.chebyshev import chebval

from qgd_compiler.algorithms.access import Qroam, Qrom
from qgd_compiler.algorithms.amplification import amplifications
from qgd_compiler.algorithms.choice import choose
from qgd_compiler.algorithms.plan import Shares
from qgd_compiler.algorithms.planner import planned
from qgd_compiler.algorithms.polynomials import walks
from qgd_compiler.algorithms.polynomials.fewest import RUNS, degree_per_amplitude, eigenvalues_between
from qgd_compiler.algorithms.polynomials.lchs import lchs
from qgd_compiler.algorithms.qsp.series import Parity
from qgd_compiler.algorithms.quadratic import Quadratic
from qgd_compiler.algorithms.routes.bounded import Direct, OneSided
from qgd_compiler.algorithms.routes.families import Gram, Power
from qgd_compiler.algorithms.routes.hamiltonian import Hamiltonian
from qgd_compiler.spec.loader import validate
from qgd_compiler.study import study
from tests.algorithms.small_problems import GRADIENT, HESSIAN, planner, problem

INDEFINITE = HESSIAN - 0.65 * np.eye(3)


def quadratic_of(tmp_path: Path, matrix: np.ndarray = HESSIAN, **changes: object) -> Quadratic:
    return problem(tmp_path, matrix, **changes).quadratics[0]


def plain(values: np.ndarray, rates: np.ndarray, momentum: float = 0.0) -> np.ndarray:
    """u_T of each mode driven by −1, by the plainest loop."""
    u, v = np.zeros_like(values), np.zeros_like(values)
    for rate in rates:
        v = momentum * v - rate * (values * u - 1)
        u = u + v
    return u


@pytest.mark.parametrize(("schedule", "momentum"), [(None, 0.0), ({"kind": "cosine"}, 0.0), (None, 0.7)])
def test_the_response_is_the_run_of_each_mode(tmp_path: Path, schedule: object, momentum: float) -> None:
    quadratic = quadratic_of(
        tmp_path,
        dynamics__iterations=17,
        dynamics__schedule=schedule,
        dynamics__momentum=momentum,
        dynamics__learning_rate=0.2,
    )
    values = np.linspace(-0.3, 1.3, 41)
    expected = plain(values, quadratic.response.rates, momentum)
    assert quadratic.response.values(values) == pytest.approx(expected, rel=1e-11)
    assert quadratic.response.largest(-0.3, 1.3) >= np.abs(expected).max() * (1 - 1e-12)
    assert quadratic.response.largest(-0.3, 1.3) <= 1.05 * np.abs(expected).max()
    least = np.abs(plain(values[values > 0.1], quadratic.response.rates)).min()
    assert quadratic.response.smallest(0.1, 1.3) <= least * (1 + 1e-12)


def test_what_is_kept_of_the_input_is_measured(tmp_path: Path) -> None:
    quadratic = quadratic_of(tmp_path, dynamics__iterations=9)
    step = np.eye(3) - 0.3 * HESSIAN
    u = np.zeros(3)
    for _ in range(9):
        u = step @ u - 0.3 * GRADIENT
    ratio = np.linalg.norm(u) / np.linalg.norm(GRADIENT)
    assert quadratic.kept[0] <= ratio <= (quadratic.kept[1] or 0)
    assert quadratic.kept[0] == pytest.approx(ratio, rel=1e-8)


@pytest.mark.parametrize("alpha", [0.9, 0.97, 1.0, 1.02, 1.4])
@pytest.mark.parametrize("steps", [2, 5, 40])
@pytest.mark.parametrize("relative", [0.1, 1e-3, 1e-7])
def test_a_power_polynomial_is_the_weighted_sum_of_powers_within_its_error(
    tmp_path: Path, alpha: float, steps: int, relative: float
) -> None:
    quadratic = quadratic_of(tmp_path, dynamics__iterations=steps)
    family = Power(quadratic)
    made = family.truncated(alpha, relative)
    # Σ_j α^j x^j in the Chebyshev basis, cut at the degree: the error is largest at x = 1
    weights = alpha ** np.arange(steps)
    series = np.zeros(steps)
    for j in range(steps):
        series[: j + 1] += weights[j] * walks.power_coefficients(j, j) if j else np.array([weights[0]])
    series /= weights.sum()
    cut = np.abs(series[made.degree + 1 :]).sum()
    assert cut <= made.error * (1 + 1e-9) + 1e-15
    assert made.error <= relative * made.scale * (1 + 1e-9)
    assert np.abs(series) @ np.arange(steps) ** 2.0 <= made.moment * (1 + 1e-9)
    assert np.abs(series).sum() <= made.weight * (1 + 1e-12)
    spectrum = np.linspace(quadratic.low, quadratic.high, 50)
    wanted = plain(spectrum, quadratic.response.rates)
    largest = quadratic.response.largest(quadratic.low, quadratic.high)
    found = chebval((1 - 0.3 * spectrum) / alpha, series)
    assert found == pytest.approx(made.scale * wanted / largest, abs=1e-12)


@pytest.mark.parametrize("relative", [0.1, 1e-3, 1e-6])
@pytest.mark.parametrize(
    ("damping", "rate", "kind"), [(0.0, 0.2, "exact"), (0.1, 0.2, "bound"), (0.1, 1.1, "bound")]
)
def test_a_gram_polynomial_is_the_run_within_its_error(
    tmp_path: Path, relative: float, damping: float, rate: float, kind: str
) -> None:
    factor = np.array([[0.9, 0.1, 0.0], [0.2, 0.7, 0.1], [0.0, 0.3, 0.5], [0.1, 0.0, 0.4]])
    np.savez(tmp_path / "j.npz", J=factor)
    quadratic = quadratic_of(
        tmp_path,
        hessian={"kind": "gram", "factor": {"kind": "dense", "file": "j.npz", "key": "J"}},
        dynamics__damping=damping,
        dynamics__iterations=30,
        dynamics__learning_rate=rate,
    )
    assert quadratic.factor is not None
    assert quadratic.factor.shift == pytest.approx(damping)
    family = Gram(quadratic)
    alpha = 1.1
    assert family.why_not(alpha) == ""
    made = family.truncated(alpha, relative)
    assert made.kind == kind
    kept = 1 - rate * damping
    pace = rate / kept * alpha**2
    series = np.zeros(30)
    for j in range(30):
        series[: j + 1] += kept**j * (walks.lazy_coefficients(j, pace, j) if j else np.ones(1))
    series /= (kept ** np.arange(30)).sum()
    assert np.abs(series[made.degree + 1 :]).sum() <= made.error * (1 + 1e-9) + 1e-15
    assert made.error <= relative * made.scale * (1 + 1e-9)
    assert np.abs(series) @ np.arange(30) ** 2.0 <= made.moment * (1 + 1e-9)
    values = np.linalg.eigvalsh(factor.T @ factor)
    wanted = plain(values + damping, quadratic.response.rates)
    largest = quadratic.response.largest(quadratic.low, quadratic.high)
    assert chebval(1 - 2 * values / alpha**2, series) == pytest.approx(
        made.scale * wanted / largest, abs=1e-12
    )


def test_a_gram_encoding_that_is_too_wide_is_refused_with_its_pace(tmp_path: Path) -> None:
    np.savez(tmp_path / "j.npz", J=np.eye(3))
    quadratic = quadratic_of(
        tmp_path, hessian={"kind": "gram", "factor": {"kind": "dense", "file": "j.npz", "key": "J"}}
    )
    assert "2.7, above 2" in Gram(quadratic).why_not(3.0)


@pytest.mark.parametrize("hessian", [HESSIAN, INDEFINITE])
@pytest.mark.parametrize(("schedule", "momentum"), [(None, 0.0), ({"kind": "cosine"}, 0.0), (None, 0.6)])
@pytest.mark.parametrize("relative", [0.03, 1e-5])
def test_a_direct_polynomial_follows_any_run_on_its_spectrum_and_stays_bounded(
    tmp_path: Path, hessian: np.ndarray, schedule: object, momentum: float, relative: float
) -> None:
    quadratic = quadratic_of(
        tmp_path,
        hessian,
        dynamics__iterations=25,
        dynamics__schedule=schedule,
        dynamics__momentum=momentum,
        dynamics__learning_rate=0.05,
    )
    family, alpha = Direct(quadratic), 1.7
    assert family.why_not(alpha) == ""
    made = family.truncated(alpha, relative)
    nodes = np.cos((np.arange(400) + 0.5) * np.pi / 400)
    rates = quadratic.response.rates
    fit = np.polynomial.chebyshev.chebfit(nodes, plain(alpha * nodes, rates, momentum), 25)
    series = fit / np.abs(fit).sum()
    cut = series[: made.degree + 1]
    spectrum = np.linspace(quadratic.low, quadratic.high, 200)
    wanted = plain(spectrum, rates, momentum)
    largest = quadratic.response.largest(quadratic.low, quadratic.high)
    off = np.abs(chebval(spectrum / alpha, cut) - made.scale * wanted / largest)
    assert off.max() <= made.error + 1e-9
    assert made.error <= relative * made.scale
    assert np.abs(chebval(np.linspace(-1, 1, 500), cut)).max() <= 1 + 1e-9
    assert np.abs(cut) @ np.arange(len(cut)) ** 2.0 == pytest.approx(made.moment, rel=1e-6)
    assert made.signed == bool(np.any(cut < -1e-12))


@pytest.mark.parametrize("family", [OneSided, Hamiltonian])
def test_families_that_need_a_positive_spectrum_say_so(tmp_path: Path, family: type) -> None:
    assert "negative" in family(quadratic_of(tmp_path, INDEFINITE)).why_not(2.0)


@pytest.mark.parametrize("relative", [0.05, 2e-3])
def test_a_one_sided_polynomial_costs_less_amplitude_than_the_direct_one(
    tmp_path: Path, relative: float
) -> None:
    quadratic = quadratic_of(tmp_path, dynamics__iterations=20, dynamics__learning_rate=0.25)
    alpha = 2.0
    one, direct = OneSided(quadratic), Direct(quadratic)
    assert one.why_not(alpha) == ""
    made, other = one.truncated(alpha, relative), direct.truncated(alpha, relative)
    assert made.error <= relative * made.scale
    assert made.scale > 100 * other.scale  # e^(-eta T alpha) is the direct one's
    assert 1 <= made.processed <= 2 + 1e-9
    assert made.parity is Parity.MIXED


def test_the_flow_is_too_far_from_long_steps_and_near_short_ones(tmp_path: Path) -> None:
    assert "away from gradient descent" in Hamiltonian(quadratic_of(tmp_path)).why_not(1.5)
    fine = quadratic_of(tmp_path, dynamics__learning_rate=0.002, dynamics__iterations=1500)
    family = Hamiltonian(fine)
    assert family.why_not(1.5) == ""
    made = family.truncated(1.5, 0.02)
    assert made.error <= 0.02 * made.scale
    assert 3 * 1.5 < made.degree < 60 * 3 * 1.5  # K eta T alpha, K = 36 at most at this error
    # the combination itself, as one series, beside the run
    combined = lchs(3 * 1.5, 0.01, norm=3 * fine.high)
    series = family._series(combined, 3 * 1.5, True)
    spectrum = np.linspace(fine.low, fine.high, 40)
    wanted = plain(spectrum, fine.response.rates) / 3
    assert np.abs(chebval(spectrum / 1.5, series) - wanted).max() <= 0.01 + 0.002


def test_a_programme_that_would_take_minutes_is_refused_and_said(tmp_path: Path) -> None:
    quadratic = quadratic_of(tmp_path, dynamics__iterations=50, dynamics__learning_rate=0.4)
    assert "linear programme" in OneSided(quadratic).why_not(2.0)


DECLARED: dict[str, Any] = {
    "qgd": 1,
    "name": "declared",
    "model": {"parameters": 500},
    "hessian": {
        "kind": "sparse",
        "n": 500,
        "row_sparsity": 2,
        "max_entry": 0.5,
        "lambda_min": 0.0,
        "lambda_max": 1.0,
    },
    "gradient": {"norm": 1.0},
    "solution": {"final_over_reach": 0.5},
    "dynamics": {"learning_rate": 0.3, "iterations": 9},
    "target": {"epsilon": 0.05},
}


@pytest.mark.parametrize("steps", [1, 2, 9, 30])
@pytest.mark.parametrize("declared", [True, False], ids=["declared", "measured"])
def test_no_polynomial_costs_less_than_its_least_price(tmp_path: Path, declared: bool, steps: int) -> None:
    if declared:
        run = {**DECLARED, "dynamics": {"learning_rate": 0.3, "iterations": steps}}
        found = planner(study(validate(run)).problem())
    else:
        found = planner(problem(tmp_path, dynamics__iterations=steps))
    random = np.random.default_rng(steps)
    families = set()
    for route in found.routes.values():
        for line in route.lines((Qrom(), Qroam())):
            least = route.least(line.candidate) if not line.reason else None
            if least is None:
                continue
            for _ in range(3):
                weights = np.exp(random.uniform(-4, 0, 4))
                split = Shares(*(float(w) for w in weights / weights.sum()))
                knobs = route.knobs(line.candidate)
                plan = next(filter(None, (planned(found, line.candidate, k, split) for k in knobs)), None)
                if plan is None:
                    continue
                assert least.t_count <= plan.t_count
                assert least.toffoli_count <= plan.toffoli_count
                families.add(line.candidate.solver.split(",")[0])
                assert least.t_count > 0 or steps == 1
    assert families >= {"power polynomial", "direct polynomial", "one-sided polynomial"}


@given(st.integers(1, 40), st.floats(0.0, 0.9), st.floats(0.02, 1.0))
def test_bernstein_bounds_the_degree_of_chebyshev_polynomials(degree: int, low: float, width: float) -> None:
    """T_d, as steep as a bounded polynomial can be."""
    high = min(low + width, 1.0)
    places = eigenvalues_between(low, high)
    sizes = chebval(places, [0.0] * degree + [1.0])
    assert degree_per_amplitude(places, sizes, 0.0) <= degree * (1 + 1e-9)
    assert degree_per_amplitude(places, -sizes, 0.0) <= degree * (1 + 1e-9)


@given(st.floats(1e-6, 1.0), st.floats(1.0, 2.0))
def test_no_amplification_takes_fewer_runs_than_one_over_the_amplitude(low: float, spread: float) -> None:
    for most in (None, min(low * spread, 1.0) ** 2):
        for way in amplifications(low**2, most=most, reusable=True):
            assert (2 * way.rounds + 1) * way.circuits * low >= RUNS * (1 - 1e-9)


def test_what_no_argument_reaches_is_not_followed() -> None:
    places, sizes = np.array([0.0, 0.5, 1.5]), np.array([1.0, 0.9, -30.0])
    assert degree_per_amplitude(places, sizes, 0.0) == pytest.approx(0.1 / np.arcsin(0.5))
    assert degree_per_amplitude(places + 2, sizes, 0.0) == 0


def test_a_line_whose_degree_costs_more_than_the_plan_is_listed_and_not_worked_out() -> None:
    run = {
        **DECLARED,
        "model": {"parameters": 2**20},
        "hessian": {**DECLARED["hessian"], "n": 2**20, "row_sparsity": 8, "lambda_max": 4.0},
        "dynamics": {"learning_rate": 0.1, "iterations": 1000},
        "solution": {"final_over_max": 0.9},
    }
    found = planner(study(validate(run)).problem())
    choice = choose(found, (Qrom(), Qroam()))
    ruled_out = [a for a in choice.alternatives if "by its degree" in a.reason]
    assert ruled_out and all(a.plan is None for a in ruled_out)
    for alternative in ruled_out:
        least = found.routes[alternative.candidate.subject].least(alternative.candidate)
        assert least is not None and least.t_count > choice.best.t_count


def test_a_run_of_one_step_has_a_plan_where_no_eigenvalue_is_negative() -> None:
    """Its response is a constant: a polynomial of degree 1 whose only odd coefficient is 0."""
    run = {**DECLARED, "dynamics": {"learning_rate": 0.3, "iterations": 1}}
    found = planner(study(validate(run)).problem(), families=("bounded",))
    choice = choose(found, (Qrom(),))
    assert choice.best.queries.encoding <= 1
