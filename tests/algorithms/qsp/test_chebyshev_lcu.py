"""Chebyshev sums run on the simulator against eigenvalues and singular values, and folded with and without data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qgd_compiler.algorithms.access import Access, IdealQram, Qroam, Qrom
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.qsp.chebyshev_lcu import chebyshev_lcu, chebyshev_lcu_gram
from qgd_compiler.algorithms.qsp.series import Parity, in_factor, second_moment
from qgd_compiler.algorithms.qsp.weights import ALIAS, METHODS, TREE
from qgd_compiler.costing.fold import Cost, fold
from qgd_compiler.costing.prices import price_of
from qgd_compiler.kinds import Kind
from qgd_compiler.program.ir import Routine, calls
from qgd_compiler.program.simulate import block
from tests.algorithms.qsp.polynomials import (
    FACTORS,
    HERMITIAN,
    block_of,
    drawn,
    of_gram,
    of_matrix,
    parities_of,
    sparse,
    transformed,
    tree,
)

PREP = 2.0**-5
TWO_BY_TWO = [name for name in HERMITIAN if name.endswith("2x2")]


def exact(encoding: Encoding) -> Encoding:
    """As if its block were that of A, so that what is left of an error is that of the weights."""
    return replace(encoding, epsilon=0.0)


@pytest.mark.parametrize("degree", range(1, 9))
@pytest.mark.parametrize("name", HERMITIAN)
def test_the_block_is_the_polynomial_of_the_block(name: str, degree: int) -> None:
    make, matrix = HERMITIAN[name]
    encoder = make()
    plain, controlled = encoder.encode(False), encoder.encode(True)
    n = len(matrix)
    argument = block_of(plain, n, n)
    for number, parity in enumerate(parities_of(degree)):
        coefficients = drawn(degree, parity, 1)
        made = chebyshev_lcu(
            exact(plain),
            degree=degree,
            access=Qrom(),
            prep_epsilon=PREP,
            coefficients=coefficients,
            controlled=controlled,
            method=METHODS[(degree + number) % 2] if name in TWO_BY_TWO and degree < 5 else TREE,
        )
        assert made.alpha == pytest.approx(np.abs(coefficients).sum())
        found = block_of(made, n, n) * made.alpha
        assert made.epsilon <= PREP * made.alpha
        assert np.linalg.norm(found - transformed(argument, coefficients), 2) <= made.epsilon + 1e-9
        honest = chebyshev_lcu(
            plain,
            degree=degree,
            access=Qrom(),
            prep_epsilon=PREP,
            coefficients=coefficients,
            controlled=controlled,
        )
        meant = of_matrix(matrix / float(plain.alpha), coefficients)
        assert np.linalg.norm(found - meant, 2) <= honest.epsilon + 1e-9


def test_weights_that_alias_sampling_has_exactly_leave_no_error() -> None:
    encoder = HERMITIAN["Frobenius, 2x2"][0]()
    plain, controlled = encoder.encode(False), encoder.encode(True)
    argument = block_of(plain, 2, 2)
    for coefficients in ([5, -3, 1, 7], [0, -9, 0, 7], [6, 0, -1, 0, 17], [3, 2, -1, 4, 10]):
        values = np.array(coefficients, dtype=float)
        made = chebyshev_lcu(
            exact(plain),
            degree=len(values) - 1,
            access=Qrom(),
            prep_epsilon=2.0**-3,
            coefficients=values,
            controlled=controlled,
            method=ALIAS,
        )
        assert made.epsilon == pytest.approx(0, abs=1e-14)
        found = block_of(made, 2, 2) * made.alpha
        assert np.allclose(found, transformed(argument, values), atol=1e-9)


@pytest.mark.parametrize("degree", range(1, 5))
@pytest.mark.parametrize("name", FACTORS)
def test_the_gram_form_is_the_polynomial_of_the_centred_gram_matrix(name: str, degree: int) -> None:
    make, factor = FACTORS[name]
    plain = make().encode(False)
    rows, columns = factor.shape
    block_of_factor = block_of(plain, rows, columns)
    for seed, positive in enumerate((False, True)):
        coefficients = drawn(degree, Parity.MIXED, seed)
        coefficients = np.abs(coefficients) if positive else coefficients
        arguments = {"degree": degree, "access": Qrom(), "prep_epsilon": PREP, "coefficients": coefficients}
        made = chebyshev_lcu_gram(exact(plain), method=TREE, **arguments)
        found = block_of(made, columns, columns) * made.alpha
        meant = of_gram(block_of_factor, 1.0, coefficients)
        assert np.linalg.norm(found - meant, 2) <= made.epsilon + 1e-9
        honest = chebyshev_lcu_gram(plain, method=TREE, **arguments)
        meant = of_gram(factor, float(plain.alpha), coefficients)
        assert np.linalg.norm(found - meant, 2) <= honest.epsilon + 1e-9
        assert honest.epsilon > made.epsilon


def test_the_powers_of_a_gradient_step_have_subnormalisation_one() -> None:
    # x^T of y = 1 − 2H/α²: the coefficients are probabilities of a walk, and the block is the power itself
    plain = tree(FACTORS["tall"][1], 6).encode(False)
    power = np.polynomial.chebyshev.poly2cheb([0, 0, 0, 0, 1])
    made = chebyshev_lcu_gram(exact(plain), degree=4, access=Qrom(), prep_epsilon=2.0**-9, coefficients=power)
    assert made.alpha == pytest.approx(1)
    factor = block_of(plain, 4, 2)
    meant = np.linalg.matrix_power(np.eye(2) - 2 * factor.conj().T @ factor, 4)
    assert np.linalg.norm(block_of(made, 2, 2) - meant, 2) <= made.epsilon + 1e-9


def folded(routine: Routine) -> Cost:
    return fold(routine, price_of)


def counts_agree(written: Routine, counted: Routine, access: object) -> None:
    """Everything is equal, but for the Cliffords that write a table: without one every bit is written."""
    a, b = folded(written), folded(counted)
    if not isinstance(access, IdealQram) and "solver" in a.by_component:
        few, many = a.by_component["solver"], b.by_component["solver"]
        assert 0 <= many.clifford - few.clifford < 0.5 * many.clifford
        a.by_component["solver"] = replace(few, clifford=many.clifford)
    assert a == b
    assert written.registers == counted.registers


@pytest.mark.parametrize("access", [Qrom(), Qroam(), (Qrom(), Qroam()), IdealQram(40)], ids=str)
@pytest.mark.parametrize("method", METHODS)
def test_a_count_without_coefficients_is_the_count_of_the_circuit(
    method: str, access: Access | tuple[Access, ...]
) -> None:
    encoder = sparse(FACTORS["sparse"][1])
    plain, controlled = encoder.encode(False), encoder.encode(True)
    for degree in (*range(1, 20), 31, 32, 33, 64, 65):
        for parity in parities_of(degree):
            for positive in (False, True):
                coefficients = drawn(degree, parity, 3)
                coefficients = np.abs(coefficients) if positive else coefficients
                asked = {"degree": degree, "parity": parity, "access": access, "prep_epsilon": 1e-3}
                asked |= {"controlled": controlled, "method": method}
                written = chebyshev_lcu(exact(plain), coefficients=coefficients, **asked)
                signed = bool(np.any(coefficients < 0))
                counted = chebyshev_lcu(exact(plain), signed=signed, weight=written.alpha, **asked)
                counts_agree(written.routine, counted.routine, access)
                assert written.alpha == counted.alpha
                assert written.epsilon <= counted.epsilon * (1 + 1e-12) <= 1e-3 * written.alpha * (1 + 1e-9)


def test_a_gram_count_without_coefficients_is_the_count_of_the_circuit() -> None:
    plain = tree(FACTORS["wide"][1]).encode(False)
    for degree in range(0, 18):
        coefficients = np.abs(drawn(degree, Parity.MIXED, 3))
        for access in (Qroam(), IdealQram(40)):
            asked = {"degree": degree, "access": access, "prep_epsilon": 1e-3}
            written = chebyshev_lcu_gram(plain, coefficients=coefficients, **asked)
            counted = chebyshev_lcu_gram(plain, weight=written.alpha, **asked)
            counts_agree(written.routine, counted.routine, access)
        assert written.epsilon <= counted.epsilon * (1 + 1e-12)


def test_the_error_of_the_factor_counts_as_in_the_polynomial_of_the_factor() -> None:
    plain = tree(FACTORS["wide"][1][:, :2]).encode(False)
    a = drawn(4, Parity.MIXED, 3)
    asked = {"access": Qrom(), "prep_epsilon": 1e-3, "method": TREE}
    gram = chebyshev_lcu_gram(plain, degree=4, coefficients=a, **asked)
    direct = chebyshev_lcu(plain, degree=8, coefficients=in_factor(a), parity=Parity.EVEN, **asked)
    assert gram.epsilon == pytest.approx(direct.epsilon, rel=1e-2)
    counted = chebyshev_lcu_gram(plain, degree=4, weight=gram.alpha, moment=second_moment(a), **asked)
    assert gram.epsilon == pytest.approx(counted.epsilon, rel=1e-2)


def uses(operation: Routine, inside: Routine) -> int:
    """How often `inside` is called, forwards or backwards."""
    if operation == inside:
        return 1
    total = 0
    for call in calls(operation.body):
        if isinstance(call.op, Routine):
            total += int(call.times) * uses(call.op, inside)
    return total


@pytest.mark.parametrize("degree", [1, 2, 7, 8, 10**6, 10**6 + 1])
def test_the_queries_are_as_many_as_the_degree(degree: int) -> None:
    encoder = sparse(FACTORS["sparse"][1])
    plain, controlled = encoder.encode(False), encoder.encode(True)
    for parity in parities_of(degree):
        made = chebyshev_lcu(
            plain, degree=degree, access=Qroam(), prep_epsilon=1e-6, parity=parity, controlled=controlled
        )
        mixed = parity is Parity.MIXED
        assert uses(made.routine, plain.routine) == (2 * (degree // 2) if mixed else degree)
        assert uses(made.routine, controlled.routine) == int(mixed)
    gram = chebyshev_lcu_gram(plain, degree=degree, access=Qroam(), prep_epsilon=1e-6)
    assert uses(gram.routine, plain.routine) == 2 * degree


def test_the_flags_cost_one_and_for_two_queries() -> None:
    plain = sparse(FACTORS["sparse"][1]).encode(False)
    per_query = folded(plain.routine).gates.toffoli, fold(plain.routine, price_of, adjoint=True).gates.toffoli
    free = IdealQram(0)  # of the preparation nothing is left but what the angles cost

    def toffoli(degree: int) -> int:
        made = chebyshev_lcu(
            plain, degree=degree, access=free, prep_epsilon=1e-3, parity=Parity.EVEN, method=TREE
        )
        return int(folded(made.routine).gates.toffoli)

    pairs = 2**19 - 2**18
    reflections = 2 * (int(plain.ancilla) - 1)
    more = toffoli(2**20 - 2) - toffoli(2**19 - 2)
    assert more - pairs * (sum(per_query) + reflections) == pytest.approx(pairs, abs=200)


def test_run_forwards_and_backwards_it_is_the_identity_block() -> None:
    plain = tree(HERMITIAN["Frobenius, 2x2"][1]).encode(False)
    made = chebyshev_lcu(
        plain, degree=4, access=Qrom(), prep_epsilon=PREP, coefficients=drawn(4, Parity.EVEN, 1)
    )
    there = block(made.routine).matrix
    back = block(made.routine, adjoint=True).matrix
    assert np.allclose(back, there.conj().T, atol=1e-12)


def test_a_constant_and_the_matrix_itself_need_no_index() -> None:
    plain = tree(HERMITIAN["Frobenius, 2x2"][1]).encode(False)
    argument = block_of(plain, 2, 2)
    for coefficients, meant in (
        ([-0.3], -0.3 * np.eye(2)),
        ([0.4], 0.4 * np.eye(2)),
        ([0, -2.0], -2 * argument),
        ([0, 2.0], 2 * argument),
    ):
        made = chebyshev_lcu(
            plain,
            degree=len(coefficients) - 1,
            access=Qrom(),
            prep_epsilon=PREP,
            coefficients=np.array(coefficients),
        )
        assert made.ancilla == plain.ancilla
        assert np.allclose(block_of(made, 2, 2) * made.alpha, meant, atol=1e-12)


def test_what_does_not_fit_together_is_refused() -> None:
    encoder = sparse(FACTORS["sparse"][1])
    plain, controlled = encoder.encode(False), encoder.encode(True)
    asked = {"access": Qrom(), "prep_epsilon": 1e-3}
    with pytest.raises(ValueError, match="mixed parity needs"):
        chebyshev_lcu(plain, degree=3, **asked)
    with pytest.raises(ValueError, match="with a control"):
        chebyshev_lcu(plain, degree=3, controlled=plain, **asked)
    with pytest.raises(ValueError, match="has a control"):
        chebyshev_lcu(controlled, degree=3, parity=Parity.ODD, **asked)
    with pytest.raises(ValueError, match="no even polynomial has degree 3"):
        chebyshev_lcu(plain, degree=3, parity=Parity.EVEN, **asked)
    with pytest.raises(ValueError, match="coefficients are even, not odd"):
        chebyshev_lcu(plain, degree=3, parity=Parity.ODD, coefficients=np.array([1.0, 0, 2, 0]), **asked)
    with pytest.raises(ValueError, match="for a polynomial of degree 3"):
        chebyshev_lcu(plain, degree=3, coefficients=np.ones(3), controlled=controlled, **asked)
    with pytest.raises(ValueError, match="other than 0"):
        chebyshev_lcu(plain, degree=3, coefficients=np.zeros(4), **asked)
    with pytest.raises(ValueError, match="with signs"):
        chebyshev_lcu(plain, degree=2, coefficients=np.array([1.0, 0, -1]), signed=False, **asked)
    with pytest.raises(ValueError, match="no preparation"):
        chebyshev_lcu(plain, degree=2, parity=Parity.EVEN, method="magic", **asked)
    assert chebyshev_lcu(plain, degree=2, parity=Parity.EVEN, **asked).kind is Kind.BOUND
