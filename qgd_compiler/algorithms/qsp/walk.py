r"""Queries in pairs: the alternating sequence of U, reflections and U†, run or not as one qubit says.

With Π the zero state of the ancilla, B = ΠUΠ and R = 2Π − 1, the block of U, of U†R U, of U R U†R U, … is T_1(B),
T_2(B), T_3(B), … (singular values where B is not Hermitian), whatever else U is: it need not be its own inverse. The
order of T rises by two with a pair R U†R U, and where both its reflections are left out the pair is U†U = 1. So a flag
on the reflections alone runs a pair or leaves it out, and U needs no control. Under the flag stands 1 − 2Π = −R, one
CZ: in a pair the signs cancel.

What starts with nothing goes in pairs U, R, U†, R (`even_pair`) and makes the T_{2i}; what starts with one U goes in
pairs R, U†, R, U (`odd_pair`) and makes the T_{2i+1}. The last reflection of the even sequence stands before Π and does
nothing. If the first U is run under a qubit, the odd sequence makes T_{2i} where that is 0: of U† in the place of U,
which for Hermitian B is the same. A polynomial of mixed parity needs that one control: a word of n uses of U and U†
and any reflections has a block of the parity of n.

Source: Gilyén et al., arXiv:1806.01838, lemma 9 (Chebyshev polynomials by alternating phases).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.program.builder import Builder, Handle
from qgd_compiler.program.ir import Routine
from qgd_compiler.program.primitives import Conjunction, Gate, junk_of_conjunction
from qgd_compiler.scalars import is_integer
from qgd_compiler.traced import same

COMPONENT = "solver"


def even_pair(encoding: Encoding, last: bool = False) -> Routine:
    """In order of time U, R, U†, R; the `last` pair without its last R, and so with another sign where the flag is 1.

    Registers: `flag`, `system`, `ancilla`, `gradient`. The reflections stand where the flag is 1.
    """
    builder, flag, system, ancilla, gradient = _registers(
        "last pair of queries" if last else "two queries", encoding
    )
    builder.call(encoding.routine, system, ancilla, gradient)
    reflect(builder, flag, ancilla)
    builder.call(encoding.routine, system, ancilla, gradient, adjoint=True)
    if not last:
        reflect(builder, flag, ancilla)
    return builder.routine()


def odd_pair(encoding: Encoding) -> Routine:
    """In order of time R, U†, R, U; registers as in `even_pair`."""
    builder, flag, system, ancilla, gradient = _registers("two queries", encoding)
    reflect(builder, flag, ancilla)
    builder.call(encoding.routine, system, ancilla, gradient, adjoint=True)
    reflect(builder, flag, ancilla)
    builder.call(encoding.routine, system, ancilla, gradient)
    return builder.routine()


def reflect(builder: Builder, flag: Handle, ancilla: Handle) -> None:
    """1 − 2Π where the flag is 1, Π the zero state of the ancilla; of no ancilla it is a sign."""
    if without_qubits(ancilla):
        builder.call(Gate(kind="Z"), flag)
        return
    with zero_flag(builder, ancilla) as at_zero:
        builder.call(Gate(kind="CZ"), flag, at_zero)


@contextmanager
def zero_flag(builder: Builder, ancilla: Handle) -> Iterator[Handle]:
    """A qubit that is 1 where the ancilla is 0, undone on leaving; always 1 for no ancilla."""
    at_zero = builder.allocate("zero", 1)
    if without_qubits(ancilla):
        builder.call(Gate(kind="X"), at_zero)
        yield at_zero
        builder.call(Gate(kind="X"), at_zero)
        builder.release(at_zero)
        return
    zero = Conjunction(bits=ancilla.size)
    junk = builder.allocate("partial", junk_of_conjunction(ancilla.size))
    builder.call(zero, ancilla, junk, at_zero)
    yield at_zero
    builder.call(zero, ancilla, junk, at_zero, adjoint=True)
    builder.release(junk, at_zero)


def without_qubits(handle: Handle) -> bool:
    """Whether a handle is known to be empty."""
    return is_integer(handle.size) and handle.size == 0


def check_uncontrolled(encoding: Encoding) -> None:
    """ValueError for an encoding with a control of its own: the pairs need none."""
    if encoding.controlled:
        raise ValueError(f"{encoding.name} has a control; a sequence of queries takes the encoding without")


def check_controlled(encoding: Encoding, controlled: Encoding | None) -> Encoding:
    """The controlled version of an encoding, for a polynomial of mixed parity. ValueError if it is not that."""
    if controlled is None:
        raise ValueError(
            "a polynomial of mixed parity needs the encoding with a control too: every word of n uses without one "
            "has a block of the parity of n"
        )
    sizes = ("system", "ancilla", "gradient", "alpha")
    if not controlled.controlled or not all(
        same(getattr(controlled, s), getattr(encoding, s)) for s in sizes
    ):
        raise ValueError(f"{controlled.name} is not {encoding.name} with a control")
    return controlled


def _registers(title: str, encoding: Encoding) -> tuple[Builder, Handle, Handle, Handle, Handle]:
    builder = Builder(title, COMPONENT)
    return (
        builder,
        builder.register("flag", 1),
        builder.register("system", encoding.system),
        builder.register("ancilla", encoding.ancilla),
        builder.register("gradient", encoding.gradient),
    )
