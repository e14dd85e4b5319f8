"""Logical counts under the field names that other estimators read."""

from __future__ import annotations

from dataclasses import dataclass

from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.gates import Gates
from qgd_compiler.scalars import Scalar


@dataclass(frozen=True)
class LogicalCounts:
    """What a physical estimate needs of a circuit; fields may be integers of any size, or arrays.

    qubits            logical qubits, peak
    t                 T gates outside rotations and Toffolis
    rotations         rotations by an arbitrary angle
    rotation_depth    layers that hold a rotation
    ccz               Toffolis as CCZ; a temporary AND counts once
    ccix              Toffolis as CCiX
    measurements      single-qubit measurements
    state_depth       layers of T gates and Toffolis, where known (no field of other estimators)
    """

    qubits: Scalar
    t: Scalar = 0
    rotations: Scalar = 0
    rotation_depth: Scalar = 0
    ccz: Scalar = 0
    ccix: Scalar = 0
    measurements: Scalar = 0
    state_depth: Scalar | None = None

    def to_azure(self) -> dict[str, int]:
        """The counts under the names of Microsoft's `LogicalCounts`; exact integers."""
        return {name: int(getattr(self, field)) for field, name in AZURE_FIELDS.items()}

    @classmethod
    def from_azure(cls, counts: dict[str, int]) -> LogicalCounts:
        """The counts from a mapping with the names of Microsoft's `LogicalCounts`; what is missing is 0."""
        return cls(**{field: counts[name] for field, name in AZURE_FIELDS.items() if name in counts})


AZURE_FIELDS = {
    "qubits": "numQubits",
    "t": "tCount",
    "rotations": "rotationCount",
    "rotation_depth": "rotationDepth",
    "ccz": "cczCount",
    "ccix": "ccixCount",
    "measurements": "measurementCount",
}


def counts_of(gates: Gates, qubits: Scalar, exchange: Exchange, rotation_epsilon: Scalar) -> LogicalCounts:
    """The logical counts of one circuit with these gates.

    Rotations stay rotations under mixed fallback, which is what the physical models assume for them, with a
    precision from their own error budget. Under another synthesis they become its T gates and Toffolis here, at
    `rotation_epsilon`, one after another.
    """
    model = exchange.rotation_model
    depth = gates.toffoli_depth + gates.t
    if model.name == "mixed_fallback":
        return LogicalCounts(
            qubits=qubits,
            t=gates.t,
            rotations=gates.rotations,
            rotation_depth=gates.rotation_depth,
            ccz=gates.toffoli,
            measurements=gates.measurements,
            state_depth=depth,
        )
    t, toffoli = model.t(rotation_epsilon), model.toffoli(rotation_epsilon)
    once = exchange.once_t(gates, rotation_epsilon)
    return LogicalCounts(
        qubits=qubits,
        t=gates.t + gates.rotations * t + once,
        ccz=gates.toffoli + gates.rotations * toffoli,
        measurements=gates.measurements,
        state_depth=depth + gates.rotation_depth * (t + toffoli) + once,
    )
