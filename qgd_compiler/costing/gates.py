"""Gate counts of one operation, by the five kinds that are never mixed."""

from __future__ import annotations

from dataclasses import dataclass, fields

from qgd_compiler.scalars import Scalar, sum_over


@dataclass(frozen=True)
class Gates:
    """How many gates of each kind, and the depth in the two expensive kinds.

    toffoli       Toffoli gates; a temporary AND counts once, its measured inverse is free
    t             T gates outside Toffolis and rotations
    rotations     rotations by an arbitrary angle, to be synthesised
    clifford      Clifford gates
    measurements  single-qubit measurements
    toffoli_depth, rotation_depth   layers, by sequential composition: an upper bound
    """

    toffoli: Scalar = 0
    t: Scalar = 0
    rotations: Scalar = 0
    clifford: Scalar = 0
    measurements: Scalar = 0
    toffoli_depth: Scalar = 0
    rotation_depth: Scalar = 0

    def __add__(self, other: Gates) -> Gates:
        # written out: this is where a compile spends its time
        return Gates(
            self.toffoli + other.toffoli,
            self.t + other.t,
            self.rotations + other.rotations,
            self.clifford + other.clifford,
            self.measurements + other.measurements,
            self.toffoli_depth + other.toffoli_depth,
            self.rotation_depth + other.rotation_depth,
        )

    def times(self, n: Scalar) -> Gates:
        """`n` repetitions in a row."""
        return Gates(
            self.toffoli * n,
            self.t * n,
            self.rotations * n,
            self.clifford * n,
            self.measurements * n,
            self.toffoli_depth * n,
            self.rotation_depth * n,
        )

    def summed(self, index: Scalar, count: Scalar) -> Gates:
        """The sum over `index` = 0 … count−1 of gates that depend on it."""
        return Gates(**{f.name: sum_over(getattr(self, f.name), index, count) for f in fields(self)})


DEPTHS = ("toffoli_depth", "rotation_depth")


@dataclass(frozen=True)
class Price:
    """What a rule says of one primitive: its gates and the qubits it needs while it runs.

    work      qubits in |0>
    borrowed  qubits in any state, which are given back as they were
    """

    gates: Gates
    work: Scalar = 0
    borrowed: Scalar = 0
