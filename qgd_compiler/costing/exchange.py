"""One number for all gates: what Toffolis and rotations are worth in T gates, by the model the spec names."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from qgd_compiler.costing.gates import Gates
from qgd_compiler.costing.synthesis import ROTATION_MODELS, RotationModel
from qgd_compiler.errors import UnsupportedError
from qgd_compiler.kinds import Kind, Source, weakest_kind
from qgd_compiler.scalars import Scalar, ceil, is_integer, where


@dataclass(frozen=True)
class Exchange:
    """An exchange model: T gates per Toffoli, and a model of rotation synthesis.

    Integers go in and exact integers come out; symbols and arrays stay what they are. Raises
    UnsupportedError for a rotation model that does not exist.
    """

    toffoli_in_t: Scalar = 4
    rotation: str = "mixed_fallback"

    def __post_init__(self) -> None:
        if self.rotation not in ROTATION_MODELS:
            raise UnsupportedError(
                f"the rotation model {self.rotation!r} does not exist",
                remedy=f"one of {sorted(ROTATION_MODELS)}",
            )

    @property
    def rotation_model(self) -> RotationModel:
        """The model of rotation synthesis."""
        return ROTATION_MODELS[self.rotation]

    @property
    def norm(self) -> str:
        """The norm in which the precision of a rotation is meant: "diamond" or "operator"."""
        return self.rotation_model.norm

    @property
    def toffoli_kind(self) -> Kind:
        """How sure the exchange of Toffolis is: 4 T is a known circuit, another number a convention."""
        return Kind.EXACT if is_integer(self.toffoli_in_t) and self.toffoli_in_t == 4 else Kind.MODEL

    @property
    def kind(self) -> Kind:
        """How sure the exchange is, of Toffolis and rotations."""
        return weakest_kind((self.toffoli_kind, self.rotation_model.kind))

    @property
    def source(self) -> Source:
        """Where the rotation model comes from."""
        return self.rotation_model.source

    def rotation_t(self, rotation_epsilon: Scalar) -> Scalar:
        """T gates of one rotation, whole; Toffolis of its synthesis exchanged."""
        model = self.rotation_model
        return model.t(rotation_epsilon) + _times(model.toffoli(rotation_epsilon), self.toffoli_in_t)

    def t_of(self, gates: Gates, rotation_epsilon: Scalar) -> Scalar:
        """T gates that `gates` are worth, without what is spent once per circuit: adds up over parts.

        Source: 4 T per Toffoli by Gidney, arXiv:1709.06648; rotations by `synthesis`.
        """
        total = _times(gates.toffoli, self.toffoli_in_t) + _whole(gates.t)
        if _is_zero(gates.rotations):
            return total
        return total + gates.rotations * self.rotation_t(rotation_epsilon)

    def once_t(self, gates: Gates, rotation_epsilon: Scalar) -> Scalar:
        """T gates spent once in a circuit with these gates: the phase gradient, where the model uses one."""
        if _is_zero(gates.rotations):
            return 0
        return where(gates.rotations > 0, self.rotation_model.once_t(rotation_epsilon), 0)

    def t_count(self, gates: Gates, rotation_epsilon: Scalar) -> Scalar:
        """T gates of one whole circuit with these gates, each rotation good to `rotation_epsilon`.

        >>> Exchange().t_count(Gates(toffoli=10, t=3, rotations=2), 1e-10)
        89
        """
        return self.t_of(gates, rotation_epsilon) + self.once_t(gates, rotation_epsilon)

    def t_depth(self, gates: Gates, rotation_epsilon: Scalar) -> Scalar:
        """Layers of T gates, an upper bound: a four-T AND takes two, all else goes one T gate after another.

        Source: Gidney, arXiv:1709.06648: one T gate for the fresh qubit, then three side by side.
        """
        four = is_integer(self.toffoli_in_t) and self.toffoli_in_t == 4
        layers = 2 if four else self.toffoli_in_t
        depth = _times(gates.toffoli_depth, layers) + _whole(gates.t)
        if _is_zero(gates.rotations):
            return depth
        model = self.rotation_model
        each = model.t(rotation_epsilon) + _times(model.toffoli(rotation_epsilon), layers)
        return depth + gates.rotation_depth * each + self.once_t(gates, rotation_epsilon)

    def extra_qubits(self, rotation_epsilon: Scalar) -> Scalar:
        """Qubits that a circuit with rotations needs for their synthesis, beyond its own."""
        return self.rotation_model.qubits(rotation_epsilon)


def _is_zero(count: Scalar) -> bool:
    return is_integer(count) and count == 0


def _times(count: Scalar, each: Scalar) -> Scalar:
    """count × each, rounded up to a whole number where both are numbers; exact for counts of any size."""
    if is_integer(count) and isinstance(each, float):
        return ceil(Fraction(each) * count)
    return count * each


def _whole(count: Scalar) -> Scalar:
    return ceil(Fraction(count)) if isinstance(count, float) else count
