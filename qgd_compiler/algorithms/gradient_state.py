r"""The phase-gradient state 2^{-b/2} Σ_k e^{-2πi k/2^b} |k>, a catalyst prepared once per circuit.

A product state: qubit j (0 the most significant) is (|0> + e^{-2πi/2^{j+1}}|1>)/√2. The first b' qubits are the
gradient of b' bits, so one register serves all word lengths up to b.
Source: Gidney, Quantum 2, 74 (2018), arXiv:1709.06648.
"""

from __future__ import annotations

import math
from functools import lru_cache

from qgd_compiler.program.builder import Builder
from qgd_compiler.program.ir import Routine
from qgd_compiler.program.primitives import Gate, Rotation
from qgd_compiler.scalars import Scalar, is_integer, maximum, minimum


def phase_gradient_state(bits: Scalar) -> Routine:
    """|0…0> to the phase gradient of `bits` qubits (register `gradient`): one rotation per qubit after the first.

    Of sizes that are no numbers a count.
    """
    return _written(bits) if is_integer(bits) else _counted(bits)


def _counted(bits: Scalar) -> Routine:
    builder = Builder("phase gradient", "phase gradient")
    gradient = builder.register("gradient", bits)
    builder.call(Gate(kind="H", bits=bits), gradient)
    builder.call(Gate(kind="Z"), gradient.part(0, 1), times=minimum(bits, 1))
    builder.call(Rotation(axis="Z"), gradient.part(0, 1), times=maximum(bits - 1, 0))
    return builder.routine()


@lru_cache(maxsize=128)
def _written(bits: int) -> Routine:
    builder = Builder("phase gradient", "phase gradient")
    gradient = builder.register("gradient", bits)
    builder.call(Gate(kind="H", bits=bits), gradient)
    for j in range(bits):
        qubit = gradient.part(j, 1)
        if j == 0:
            builder.call(Gate(kind="Z"), qubit)
        else:
            builder.call(Rotation(axis="Z", angle=-2 * math.pi / 2 ** (j + 1)), qubit)
    return builder.routine()
