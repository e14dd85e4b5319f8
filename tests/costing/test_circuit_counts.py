"""The rules against circuits written out gate by gate, which must also compute what they claim to."""

from __future__ import annotations

from itertools import product

import pytest

from qgd_compiler.costing import rules_arithmetic, rules_logic, rules_rotation
from qgd_compiler.costing.gates import Price
from tests.costing.machine import (
    Machine,
    Qubit,
    add_one,
    add_to_gradient,
    compare,
    compare_constant,
    number,
    register,
    swap_where,
)

SIZES = (1, 2, 3, 4)


def agrees(m: Machine, price: Price, *, outside: int = 0, cliffords: str = "exact") -> None:
    """The machine ran what the rule counts, except for `outside` Cliffords that it does not run."""
    g = price.gates
    assert (m.toffoli, m.measurements, m.peak) == (g.toffoli, g.measurements, price.work)
    assert m.toffoli <= g.toffoli_depth
    if cliffords == "exact":
        assert m.clifford + outside == g.clifford
    else:
        assert m.clifford + outside <= g.clifford


@pytest.mark.parametrize("bits", SIZES)
@pytest.mark.parametrize("controlled", [False, True])
def test_a_comparison_of_registers_needs_the_gates_of_its_rule(bits: int, controlled: bool) -> None:
    for u, v, c, f in product(range(1 << bits), range(1 << bits), (0, 1), (0, 1)):
        m, flag = Machine(), Qubit(f)
        a, b = register(u, bits), register(v, bits)
        compare(m, a, b, flag, Qubit(c) if controlled else None)
        assert flag.value == f ^ (u >= v and (c == 1 or not controlled))
        assert (number(a), number(b), m.live, m.sign) == (u, v, 0, 1)
        agrees(m, rules_arithmetic.greater_equal(bits, controlled))


@pytest.mark.parametrize("bits", SIZES)
@pytest.mark.parametrize("controlled", [False, True])
def test_a_comparison_with_any_constant_needs_the_gates_of_its_rule(bits: int, controlled: bool) -> None:
    most = 0
    for k, x, c in product(range((1 << bits) + 1), range(1 << bits), (0, 1)):
        m, flag, a = Machine(), Qubit(0), register(x, bits)
        compare_constant(m, a, k, flag, Qubit(c) if controlled else None)
        assert flag.value == (x >= k and (c == 1 or not controlled))
        assert (number(a), m.live, m.sign) == (x, 0, 1)
        agrees(m, rules_arithmetic.greater_equal_constant(bits, controlled), cliffords="bound")
        most = max(most, m.clifford)
    assert most >= bits + 2, "the bound on the Cliffords is off by more than the X of the flag"


@pytest.mark.parametrize("bits", SIZES)
@pytest.mark.parametrize("controlled", [False, True])
def test_an_increment_needs_the_gates_of_its_rule(bits: int, controlled: bool) -> None:
    for x, c in product(range(1 << bits), (0, 1)):
        m, a = Machine(), register(x, bits)
        add_one(m, a, Qubit(c) if controlled else None)
        assert number(a) == (x + (c if controlled else 1)) % (1 << bits)
        assert m.live == 0
        agrees(m, rules_arithmetic.increment(bits, controlled))


@pytest.mark.parametrize("bits", SIZES)
def test_an_addition_into_a_phase_gradient_needs_two_ands_less_than_it_has_bits(bits: int) -> None:
    half = 1 << bits - 1
    for x, t, k in product(range(1 << bits), (0, 1), range(half)):
        m, angle, target, gradient = Machine(), register(x, bits), Qubit(t), register(k, bits - 1)
        add_to_gradient(m, angle, target, gradient)
        total = k + (-x if t else x) % (1 << bits)
        assert number(gradient) == total % half
        assert m.sign == (-1) ** (total // half), "the top qubit of the gradient is |->"
        assert (number(angle), target.value, m.live) == (x, t, 0)
        basis_of_target = 4
        exact = "bound" if bits == 1 else "exact"
        agrees(m, rules_rotation.rotate_by_register(bits), outside=basis_of_target, cliffords=exact)


@pytest.mark.parametrize("bits", SIZES)
def test_a_controlled_swap_needs_the_gates_of_its_rule(bits: int) -> None:
    for a, b, c in product(range(1 << bits), range(1 << bits), (0, 1)):
        m, p, q = Machine(), register(a, bits), register(b, bits)
        swap_where(m, Qubit(c), p, q)
        assert (number(p), number(q)) == ((b, a) if c else (a, b))
        agrees(m, rules_logic.controlled_swap(bits))


@pytest.mark.parametrize("bits", SIZES)
@pytest.mark.parametrize("value", [0, 1])
def test_a_conjunction_and_its_inverse_need_the_gates_of_their_rules(bits: int, value: int) -> None:
    for x in range(1 << bits):
        m, qubits = Machine(), register(x, bits)
        ladder = [qubits[0]]
        for q in qubits[1:]:
            ladder.append(m.temporary_and(ladder[-1], q, (value if len(ladder) == 1 else 1, value)))
        flag = ladder[-1]
        if bits == 1:
            flag = Qubit(0)
            m.cnot(qubits[0], flag)
            if not value:
                m.x(flag)
        assert flag.value == all(q.value == value for q in qubits)
        forward = rules_logic.conjunction(bits, value)
        assert (m.toffoli, m.clifford) == (forward.gates.toffoli, forward.gates.clifford)
        back = Machine()
        for i in range(bits - 1, 0, -1):
            back.erase(ladder[i], ladder[i - 1], qubits[i], (value if i == 1 else 1, value))
        if bits == 1:
            back.clifford = m.clifford
        inverse = rules_logic.conjunction_erased(bits, value)
        assert (back.clifford, back.measurements) == (inverse.gates.clifford, inverse.gates.measurements)
        assert inverse.gates.toffoli == 0


def test_an_and_costs_a_toffoli_and_its_erasure_a_measurement_and_a_clifford() -> None:
    m, a, b = Machine(), Qubit(1), Qubit(1)
    flag = m.temporary_and(a, b)
    there = rules_logic.temporary_and().gates
    assert (m.toffoli, m.clifford, m.measurements) == (there.toffoli, there.clifford, there.measurements)
    m.erase(flag, a, b)
    back = rules_logic.temporary_and_erased().gates
    assert (m.clifford, m.measurements, back.toffoli) == (back.clifford, back.measurements, 0)
