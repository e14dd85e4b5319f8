r"""Block-encoding of a diagonal in arithmetic progression, d_i = a + b·i, without a table; α = max|d|, ε = 0.

With c = a + bM/2 and h = bM/2 it is d_i = c + h·(2i − M)/M. A uniform register over M values u gives the second
term by one comparison: the mean of the signs −1 where u >= i, else +1, is (2i − M)/M. The two terms are selected by
one qubit. M = n−1 makes α = |c| + |h| exactly max|d|; a power of two M = 2^⌈log2 n⌉ takes no amplification and has
α = max(|a|, |a + bM|). O(log n) Toffolis at any n.

Source: the inequality test as Sanders, Low, Scherer, Berry, arXiv:1807.03206; with signs in place of a flag ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qgd_compiler.algorithms.composites.chain import prepare_chain
from qgd_compiler.algorithms.composites.marks import where_all
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.uniform import uniform_superposition
from qgd_compiler.kinds import Kind
from qgd_compiler.program.builder import Builder, Handle
from qgd_compiler.program.primitives import Gate, GreaterEqual
from qgd_compiler.scalars import Scalar, ceil_log2, is_integer, is_symbolic, power

NAME = "diagonal ramp"
MOST_ROWS = 4096  # for which the matrix is written out


@dataclass(frozen=True, eq=False)
class DiagonalRamp:
    """diag(first + step·i), i = 0 … rows−1; symbolic coefficients are taken to be positive.

    tight: M = n−1, otherwise the power of two.
    """

    rows: Scalar
    first: Scalar
    step: Scalar
    tight: bool = True

    def encode(self, controlled: bool) -> Encoding:
        """Where the control is off nothing is compared, and the preparations undo themselves.

        ValueError for one row: that is a constant.
        """
        if is_integer(self.rows) and self.rows < 2:
            raise ValueError(f"a ramp needs two rows, not {self.rows}")
        n_bits = ceil_log2(self.rows)
        states = self.rows - 1 if self.tight else power(2, n_bits)
        half = self.step * states / 2
        centre = self.first + half
        weights = [abs(centre), abs(half)]
        builder = Builder(NAME, "hessian")
        control = builder.register("control", 1) if controlled else None
        system = builder.register("system", n_bits)
        ancilla = builder.register("ancilla", 1 + n_bits)
        builder.register("gradient", 0)
        select, uniform = ancilla.part(0, 1), ancilla.part(1, n_bits)
        spread = uniform_superposition(states)
        low = uniform.part(n_bits - spread.register("x").size, spread.register("x").size)

        prepare_chain(builder, [select], weights, adjoint=False)
        builder.call(spread, low)
        _signs(builder, control, select, system, uniform)
        if _negative(centre) != _negative(half):
            if control is None:
                builder.call(Gate(kind="Z"), select)
            else:
                builder.call(Gate(kind="CZ"), control, select)
        if _negative(centre):
            with where_all(builder, [] if control is None else [(control, 1)]) as on:
                builder.call(Gate(kind="Z"), on)
        builder.call(spread, low, adjoint=True)
        prepare_chain(builder, [select], weights, adjoint=True)
        return Encoding(
            name=NAME,
            access="arithmetic",
            routine=builder.routine(),
            alpha=sum(weights),
            epsilon=0,
            kind=Kind.EXACT,
            system=n_bits,
            ancilla=ancilla.size,
            gradient=0,
            controlled=controlled,
            word_bits=0,
        )

    def realised(self) -> np.ndarray | None:
        """The matrix itself."""
        if not is_integer(self.rows) or self.rows > MOST_ROWS or is_symbolic(self.first, self.step):
            return None
        return np.diag(self.first + self.step * np.arange(int(self.rows), dtype=float))


def _signs(builder: Builder, control: Handle | None, select: Handle, system: Handle, uniform: Handle) -> None:
    """−1 where u >= i, under the selection and the control: the flag that is flipped is in |−>."""
    minus = builder.allocate("minus", 1)
    builder.call(Gate(kind="X"), minus)
    builder.call(Gate(kind="H"), minus)
    with where_all(builder, [(select, 1), *([] if control is None else [(control, 1)])]) as on:
        builder.call(GreaterEqual(bits=system.size, controlled=True), on, uniform, system, minus)
    builder.call(Gate(kind="H"), minus)
    builder.call(Gate(kind="X"), minus)
    builder.release(minus)


def _negative(value: Scalar) -> bool:
    return not is_symbolic(value) and bool(value < 0)
