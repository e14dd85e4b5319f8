r"""Block-encoding of a diagonal matrix by a table of its entries, α = max|d|·2^b/(2^b − 1).

The entry is looked up under the system register, compared with a uniform register (amplitude v/2^b), its sign
applied, and the lookup undone; no place register and no exchange.
"""

from __future__ import annotations

import numpy as np

from qgd_compiler.algorithms import sparse_access
from qgd_compiler.algorithms.access import Access, Table, load, unload
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.fixed_point import magnitudes
from qgd_compiler.kinds import Kind
from qgd_compiler.program.builder import Builder
from qgd_compiler.program.primitives import Gate, GreaterEqual
from qgd_compiler.scalars import Scalar, ceil_log2

NAME = "diagonal table"


def diagonal_by_table(
    rows: Scalar,
    max_entry: Scalar,
    value_bits: Scalar,
    access: Access,
    *,
    controlled: bool = False,
    table: Table = None,
) -> Encoding:
    """The encoding of a diagonal matrix; ε is the rounding of the entries (bound)."""
    b = value_bits
    builder = Builder(f"{NAME} ({access.name})", "hessian")
    control = builder.register("control", 1) if controlled else None
    system = builder.register("system", ceil_log2(rows))
    ancilla = builder.register("ancilla", b + 1)
    builder.register("gradient", 0)
    uniform, flag = ancilla.part(0, b), ancilla.part(b, 1)
    word = builder.allocate("entry", b + 1)
    value, sign = word.part(0, b), word.part(b, 1)
    hadamards = Gate(kind="H", bits=b)
    builder.call(hadamards, uniform)
    loaded = load(builder, access, [(rows, system)], word, table=table, control=control)
    if control is None:
        builder.call(GreaterEqual(bits=b), uniform, value, flag)
    else:
        builder.call(GreaterEqual(bits=b, controlled=True), control, uniform, value, flag)
    builder.call(Gate(kind="Z"), sign)
    unload(builder, loaded)
    builder.release(word)
    builder.call(hadamards, uniform)
    return Encoding(
        name=NAME,
        access=access.name,
        routine=builder.routine(),
        alpha=sparse_access.alpha(1, max_entry, b),
        epsilon=sparse_access.epsilon_bound(1, max_entry, b),
        kind=Kind.BOUND,
        system=ceil_log2(rows),
        ancilla=b + 1,
        gradient=0,
        controlled=controlled,
        word_bits=b,
    )


def diagonal_table(values: np.ndarray, max_entry: float, value_bits: int) -> tuple[int, ...]:
    """The words (value, sign) of a real diagonal; ValueError for an entry above `max_entry`."""
    words = magnitudes(values, max_entry, value_bits)
    return tuple((int(word) << 1) | int(v < 0) for word, v in zip(words, values, strict=True))
