r"""Uniform superposition over d states, exact, by one round of amplitude amplification.

With d = 2^e d', d' odd and b = ⌈log2 d'⌉, the b high qubits hold a uniform state with probability
a = d'/2^b > 1/2 of being below d'. One round with equal phases φ on "below d'" and on |0…0> makes it exactly 1
when 1 + a(2 cos φ − 2) = 0, i.e. cos φ = 1 − 1/(2a); any a >= 1/4 will do.
Source: Brassard, Høyer, Mosca, Tapp, arXiv:quant-ph/0005055, theorem 4 (exact amplification).
"""

from __future__ import annotations

import math

from qgd_compiler.program.builder import Builder, Handle
from qgd_compiler.program.ir import Routine
from qgd_compiler.program.primitives import (
    Conjunction,
    Gate,
    GreaterEqualConstant,
    Rotation,
    junk_of_conjunction,
)
from qgd_compiler.scalars import Scalar, ceil_log2, is_integer, minimum, power, trailing_zeros


def uniform_superposition(states: Scalar, component: str = "") -> Routine:
    """|0…0> to the uniform superposition of 0 … states−1 on ⌈log2 states⌉ qubits (register `x`).

    Cost: 2 rotations and 3b−1 Toffolis, none for a power of two.
    Error: none beyond the synthesis of the two rotations.
    """
    builder = Builder(f"uniform superposition over {states}", component)
    x = builder.register("x", ceil_log2(states))
    builder.call(Gate(kind="H", bits=x.size), x)
    even = trailing_zeros(states)
    odd = states >> even if is_integer(states) else states / power(2, even)
    if is_integer(odd) and odd == 1:
        return builder.routine()
    needed = 1 if is_integer(odd) else minimum(odd - 1, 1)  # 0 for a power of two
    high = x.part(0, ceil_log2(odd))
    angle = exact_amplification_phase(odd, high.size) if is_integer(odd) else None
    # The flag marks x >= d', so the phase on "below" is minus that on the flag, up to a global phase.
    flag = builder.allocate("above", needed)
    compare = GreaterEqualConstant(bits=high.size, constant=odd)
    builder.call(compare, high, flag, times=needed)
    builder.call(Rotation(axis="Z", angle=None if angle is None else -angle), flag, times=needed)
    builder.call(compare, high, flag, adjoint=True, times=needed)
    builder.release(flag)
    hadamards = Gate(kind="H", bits=high.size)
    builder.call(hadamards, high, times=needed)
    phase_on_zero(builder, high, angle, needed)
    builder.call(hadamards, high, times=needed)
    return builder.routine()


def phase_on_zero(builder: Builder, x: Handle, angle: Scalar | None, needed: Scalar = 1) -> None:
    """Multiply |0…0> of the handle `x` by e^{i angle}, up to a global phase (one rotation), `needed` times."""
    conjunction = Conjunction(bits=x.size)
    junk = builder.allocate("partial", junk_of_conjunction(x.size) * needed)
    flag = builder.allocate("zero", needed)
    builder.call(conjunction, x, junk, flag, times=needed)
    builder.call(Rotation(axis="Z", angle=angle), flag, times=needed)
    builder.call(conjunction, x, junk, flag, adjoint=True, times=needed)
    builder.release(junk, flag)


def exact_amplification_phase(odd: int, bits: int) -> float:
    """The phase φ of the module's docstring for probability odd/2^bits (radians)."""
    return math.acos(1 - 2.0**bits / (2 * odd))
