r"""The work of a classical run: bytes moved, floating-point operations, calls.

A matrix-vector product y = A x with A of `nonzeros` stored entries moves each of them once with its index, reads x and
writes y, and does 2 operations for each. A step of gradient descent reads and writes the iterate once more and does 2n
further operations. Kind: exact for these conventions (nothing is cached, nothing is read twice), which are a model.
Source: compressed sparse rows; 12 bytes an entry in float64, 8 in float32, with indices of 4 bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from qgd_compiler.scalars import Scalar

INDEX_BYTES = 4
VALUE_BYTES = {"float32": 4, "float64": 8}


@dataclass(frozen=True)
class Operator:
    """A matrix as it stands in memory.

    rows, nonzeros   n, and stored entries: of all factors, where the matrix is a product or a sum
    value_bytes      bytes per entry
    index_bytes      bytes per index; 0 where every entry of a row is stored, or a formula gives the places
    """

    rows: Scalar
    nonzeros: Scalar
    value_bytes: int = 4
    index_bytes: int = INDEX_BYTES


@dataclass(frozen=True)
class Work:
    """What a machine has to do.

    flop           floating-point operations
    bytes          moved between memory and processor
    calls          kernels started one after the other
    rows, nonzeros rows and entries gone through, for machines whose time was measured by these
    """

    flop: Scalar = 0
    bytes: Scalar = 0
    calls: Scalar = 0
    rows: Scalar = 0
    nonzeros: Scalar = 0

    def __add__(self, other: Work) -> Work:
        return Work(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)})

    def times(self, n: Scalar) -> Work:
        """`n` times the same."""
        return Work(**{f.name: getattr(self, f.name) * n for f in fields(self)})


def product(operator: Operator) -> Work:
    """One matrix-vector product."""
    stored = operator.nonzeros * (operator.value_bytes + operator.index_bytes)
    return Work(
        flop=2 * operator.nonzeros,
        bytes=stored + 2 * operator.rows * operator.value_bytes,
        calls=1,
        rows=operator.rows,
        nonzeros=operator.nonzeros,
    )


def step(operator: Operator) -> Work:
    """One step u ← u − η(Hu + g): a product and an update that reads u and g and writes u."""
    return product(operator) + Work(flop=3 * operator.rows, bytes=3 * operator.rows * operator.value_bytes)


def network_step(flop: Scalar, parameters: Scalar, value_bytes: int) -> Work:
    """One step by back-propagation: `flop` for all its images, and the parameters read, their gradient, an update."""
    return Work(flop=flop, bytes=4 * parameters * value_bytes, calls=1)
