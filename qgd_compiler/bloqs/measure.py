"""Measured qubits that are given back in |0>: gates of ours that Qualtran has only with a classical wire."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from attrs import frozen
from qualtran import Bloq, DecomposeTypeError, QBit, Register, Signature
from qualtran.bloqs.basic_gates import MeasureX, MeasureZ

from qgd_compiler.errors import UnsupportedError


@frozen
class MeasureAndReset(Bloq):  # type: ignore[misc]
    r"""Measure a qubit in the X basis and leave it in |0>; counted as Qualtran's `MeasureX`.

    outcome  0 or 1: as a map, $\sqrt2\,|0\rangle\langle\pm|$, which can be contracted; None: to be counted and
             exported only, as what depends on the outcome stands elsewhere in the circuit
    """

    outcome: int | None = None

    @cached_property
    def signature(self) -> Signature:
        """`q`."""
        return Signature([Register("q", QBit())])

    def decompose_bloq(self) -> Any:
        """Atomic: Qualtran's own measurement ends in a classical wire and gives no qubit back."""
        raise DecomposeTypeError(f"{self} is atomic")

    def build_call_graph(self, ssa: Any) -> dict[Bloq, Any]:
        """One measurement; the reset is free."""
        return {MeasureX(): 1}

    def my_tensors(self, incoming: dict[str, Any], outgoing: dict[str, Any]) -> list[Any]:
        """The map of the outcome; UnsupportedError without one."""
        if self.outcome is None:
            raise UnsupportedError(
                "an X measurement without an outcome has no tensor", remedy="a program with a given outcome"
            )
        import quimb.tensor as qtn

        data = np.array([[1, -1 if self.outcome else 1], [0, 0]], dtype=complex)
        return [qtn.Tensor(data=data, inds=[(outgoing["q"], 0), (incoming["q"], 0)], tags=[str(self)])]

    def as_cirq_op(self, qubit_manager: Any, q: Any) -> tuple[Any, dict[str, Any]]:
        """H, a measurement with the name of the qubit as its key, and a reset."""
        import cirq

        (qubit,) = q
        gates = cirq.FrozenCircuit(cirq.H(qubit), cirq.measure(qubit, key=f"{qubit}"), cirq.reset(qubit))
        return cirq.CircuitOperation(gates), {"q": np.asarray([qubit])}

    def __str__(self) -> str:
        return "MeasureX, reset"


@frozen
class MeasureZero(Bloq):  # type: ignore[misc]
    r"""Measure a qubit that must give 0, else the run is given up; counted as Qualtran's `MeasureZ`.

    As a map $|0\rangle\langle 0|$.
    """

    @cached_property
    def signature(self) -> Signature:
        """`q`."""
        return Signature([Register("q", QBit())])

    def decompose_bloq(self) -> Any:
        """Atomic, as `MeasureAndReset` is."""
        raise DecomposeTypeError(f"{self} is atomic")

    def build_call_graph(self, ssa: Any) -> dict[Bloq, Any]:
        """One measurement."""
        return {MeasureZ(): 1}

    def my_tensors(self, incoming: dict[str, Any], outgoing: dict[str, Any]) -> list[Any]:
        """The projection."""
        import quimb.tensor as qtn

        data = np.array([[1, 0], [0, 0]], dtype=complex)
        return [qtn.Tensor(data=data, inds=[(outgoing["q"], 0), (incoming["q"], 0)], tags=[str(self)])]

    def as_cirq_op(self, qubit_manager: Any, q: Any) -> tuple[Any, dict[str, Any]]:
        """A measurement with the name of the qubit as its key, and a reset."""
        import cirq

        (qubit,) = q
        gates = cirq.FrozenCircuit(cirq.measure(qubit, key=f"{qubit}"), cirq.reset(qubit))
        return cirq.CircuitOperation(gates), {"q": np.asarray([qubit])}

    def __str__(self) -> str:
        return "Measure, keep 0"
