"""Circuits written out gate by gate, run on one basis state at a time, with every gate counted.

The rules are formulas; these are the circuits that the formulas claim to count. No formula is shared.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Qubit:
    """One qubit in a basis state."""

    value: int


class Machine:
    """Runs Cliffords and temporary ANDs on a basis state; keeps the sign, counts, and peak of work qubits."""

    def __init__(self) -> None:
        self.sign = 1
        self.toffoli = self.clifford = self.measurements = self.live = self.peak = 0

    def fresh(self) -> Qubit:
        """A work qubit in |0>."""
        self.live += 1
        self.peak = max(self.peak, self.live)
        return Qubit(0)

    def release(self, *qubits: Qubit) -> None:
        """Give work qubits back; they must be in |0>."""
        for q in qubits:
            assert q.value == 0
            self.live -= 1

    def x(self, q: Qubit) -> None:
        """Flip."""
        q.value ^= 1
        self.clifford += 1

    def cnot(self, a: Qubit, b: Qubit) -> None:
        """Flip b where a is 1."""
        b.value ^= a.value
        self.clifford += 1

    def z(self, a: Qubit) -> None:
        """Change the sign where a is 1."""
        self.sign *= -1 if a.value else 1
        self.clifford += 1

    def cz(self, a: Qubit, b: Qubit) -> None:
        """Change the sign where both are 1."""
        self.sign *= -1 if a.value and b.value else 1
        self.clifford += 1

    def temporary_and(self, a: Qubit, b: Qubit, values: tuple[int, int] = (1, 1)) -> Qubit:
        """A fresh qubit, 1 where a and b have the given values."""
        flag = self.fresh()
        flag.value = int((a.value, b.value) == values)
        self.toffoli += 1
        return flag

    def erase(self, flag: Qubit, a: Qubit, b: Qubit, values: tuple[int, int] = (1, 1)) -> None:
        """Measure the AND of a and b away."""
        assert flag.value == int((a.value, b.value) == values)
        flag.value = 0
        self.measurements += 1
        self.clifford += 1
        self.release(flag)


def register(value: int, bits: int) -> list[Qubit]:
    """`bits` qubits that hold `value`, least significant first."""
    return [Qubit(value >> i & 1) for i in range(bits)]


def number(qubits: list[Qubit]) -> int:
    """The value of a register, least significant qubit first."""
    return sum(q.value << i for i, q in enumerate(qubits))


def swap_where(m: Machine, control: Qubit, a: list[Qubit], b: list[Qubit]) -> None:
    """Swap a and b where the control is 1."""
    for p, q in zip(a, b, strict=True):
        m.cnot(q, p)
        w = m.temporary_and(control, p)
        m.cnot(w, q)
        m.erase(w, control, p)
        m.cnot(q, p)


def compare(m: Machine, u: list[Qubit], v: list[Qubit], flag: Qubit, control: Qubit | None) -> None:
    """Flip the flag where u >= v (and the control is 1), by the borrows of u - v."""
    borrows: list[Qubit] = []
    for i, (a, b) in enumerate(zip(u, v, strict=True)):
        if i:
            m.cnot(borrows[-1], a)
            m.cnot(borrows[-1], b)
        w = m.temporary_and(a, b, (0, 1))
        if i:
            m.cnot(borrows[-1], w)
        borrows.append(w)
    to_flag(m, borrows[-1], 0, flag, control)
    for i in reversed(range(len(u))):
        w = borrows.pop()
        if i:
            m.cnot(borrows[-1], w)
        m.erase(w, u[i], v[i], (0, 1))
        if i:
            m.cnot(borrows[-1], u[i])
            m.cnot(borrows[-1], v[i])


def compare_constant(m: Machine, x: list[Qubit], constant: int, flag: Qubit, control: Qubit | None) -> None:
    """Flip the flag where x >= constant; chain[i] is the borrow out of bit i, or its complement."""
    k = [constant >> i & 1 for i in range(len(x))]
    chain, plain = [m.fresh()], [k[0] == 0]
    if k[0]:
        m.cnot(x[0], chain[0])
    needs: list[tuple[int, int]] = []
    for i in range(1, len(x)):
        wanted = 1 - k[i]  # the borrow that, with x_i = k_i, decides
        needs.append((k[i], wanted if plain[-1] else 1 - wanted))
        chain.append(m.temporary_and(x[i], chain[-1], needs[-1]))
        plain.append(k[i] == 0)
    if constant < 1 << len(x):
        to_flag(m, chain[-1], 0 if plain[-1] else 1, flag, control)
    elif control is not None:
        m.erase(m.temporary_and(control, chain[-1]), control, chain[-1])
    for i in range(len(x) - 1, 0, -1):
        m.erase(chain[i], x[i], chain[i - 1], needs[i - 1])
    if k[0]:
        m.cnot(x[0], chain[0])
    m.release(chain[0])


def to_flag(m: Machine, bit: Qubit, value: int, flag: Qubit, control: Qubit | None) -> None:
    """Flip the flag where the bit has the value (and the control is 1)."""
    if control is None:
        m.cnot(bit, flag)
        if not value:
            m.x(flag)
        return
    t = m.temporary_and(control, bit, (1, value))
    m.cnot(t, flag)
    m.erase(t, control, bit, (1, value))


def add_one(m: Machine, x: list[Qubit], control: Qubit | None) -> None:
    """Add 1 modulo 2^bits where the control is 1."""
    inputs = x if control is None else [control, *x]
    ladder = [inputs[0]]
    for q in inputs[1:-1]:
        ladder.append(m.temporary_and(ladder[-1], q))
    for i in range(len(inputs) - 1, 0, -1):
        m.cnot(ladder[i - 1], inputs[i])
        if i > 1:
            m.erase(ladder[i - 1], ladder[i - 2], inputs[i - 1])
    if control is None:
        m.x(x[0])


def add_to_gradient(m: Machine, x: list[Qubit], target: Qubit, gradient: list[Qubit]) -> None:
    """Add x, or -x where the target is 1, to a gradient whose top qubit stays |->: its flips are signs.

    `gradient` holds the other bits. The four Cliffords that turn the basis of the target are not run.
    """
    b = len(x)
    if b == 1:
        m.z(x[0])
        return
    for q in x:
        m.cnot(target, q)
    carries = [target]
    for i in range(b - 2):
        m.cnot(carries[-1], x[i])
        m.cnot(carries[-1], gradient[i])
        w = m.temporary_and(x[i], gradient[i])
        m.cnot(carries[-1], w)
        carries.append(w)
    m.z(x[b - 1])
    low, k, c = x[b - 2], gradient[b - 2], carries[-1]
    m.cz(low, k)
    m.cz(low, c)
    m.cz(k, c)
    m.cnot(low, k)
    m.cnot(c, k)
    for i in reversed(range(b - 2)):
        w = carries.pop()
        m.cnot(carries[-1], w)
        m.erase(w, x[i], gradient[i])
        m.cnot(carries[-1], x[i])
        m.cnot(x[i], gradient[i])
    for q in x:
        m.cnot(target, q)
