"""Atoms of our programs as bloqs of Qualtran's library: Clifford gates, rotations, temporary ANDs, measurements."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import Any

import numpy as np
import sympy
from qualtran import Bloq, BloqBuilder, QBit
from qualtran.bloqs.basic_gates import CNOT, CZ, Hadamard, Ry, Rz, SGate, TGate, TwoBitSwap, XGate, ZGate
from qualtran.bloqs.bookkeeping import Allocate, Free
from qualtran.bloqs.mcmt import And as LibraryAnd

from qgd_compiler.bloqs.measure import MeasureAndReset, MeasureZero
from qgd_compiler.costing.gates import Gates
from qgd_compiler.errors import UnsupportedError
from qgd_compiler.program.ir import Primitive
from qgd_compiler.program.primitives import And, Gate, MeasureX, Postselect, Rotation
from qgd_compiler.scalars import Scalar

Qubits = list[Any]  # single-qubit soquets
Callees = dict[Any, Scalar]  # bloq -> how often
ANY_ANGLE = sympy.Symbol("theta", real=True)

# one object each: Qualtran makes the signature of a bloq anew for every object
NEW_QUBIT, GIVEN_BACK = Allocate(QBit()), Free(QBit())
BORROWED, RETURNED = Allocate(QBit(), dirty=True), Free(QBit(), dirty=True)
SINGLE = {"X": XGate(), "Z": ZGate(), "H": Hadamard(), "S": SGate()}
PAIRS = {"CNOT": CNOT(), "CZ": CZ(), "SWAP": TwoBitSwap()}
PAIR_REGISTERS = {"CNOT": ("ctrl", "target"), "CZ": ("q1", "q2"), "SWAP": ("x", "y")}


def atom_callees(atom: Primitive, adjoint: bool) -> Callees:
    """The bloqs on single qubits (or pairs) that an atom is. Raises UnsupportedError as `atom_bloq` does."""
    if isinstance(atom, MeasureX):
        if adjoint:
            raise UnsupportedError("a measurement has no inverse")
        if atom.outcome is None:
            return {MeasureAndReset(): atom.bits}
        return dict(Counter(MeasureAndReset(_bit(atom, i)) for i in range(int(atom.bits))))
    if isinstance(atom, Postselect):
        if adjoint:
            raise UnsupportedError("a measurement has no inverse")
        return {MeasureZero(): atom.bits}
    count = atom.bits if isinstance(atom, Gate) else 1
    return {atom_bloq(atom, adjoint): count}


@lru_cache(maxsize=4096)
def atom_bloq(atom: Primitive, adjoint: bool) -> Bloq:
    """The bloq of a gate, a rotation or an AND. Raises UnsupportedError for other primitives."""
    if isinstance(atom, Gate) and atom.kind in SINGLE:
        return SGate(is_adjoint=adjoint) if atom.kind == "S" else SINGLE[atom.kind]
    if isinstance(atom, Gate) and atom.kind in PAIRS:
        return PAIRS[atom.kind]
    if isinstance(atom, Rotation) and not atom.controlled:
        angle = ANY_ANGLE if atom.angle is None else atom.angle
        return (Ry if atom.axis == "Y" else Rz)(-angle if adjoint else angle)
    if isinstance(atom, And):
        return LibraryAnd(*atom.values, uncompute=adjoint)
    raise UnsupportedError(f"{atom.name} is no bloq of Qualtran's library")


def add_atom(bb: BloqBuilder, atom: Primitive, adjoint: bool, wires: list[Qubits]) -> list[Qubits]:
    """Put an atom on qubits, one list per register of the atom; returns what they become.

    Qualtran's AND makes its target, ours writes into a qubit in |0>: that one is given back first, and after
    the inverse a new one is taken.
    """
    if isinstance(atom, MeasureX):
        atom_callees(atom, adjoint)  # refuses the inverse
        return [[bb.add(MeasureAndReset(_bit(atom, i)), q=q) for i, q in enumerate(wires[0])]]
    if isinstance(atom, Postselect):
        atom_callees(atom, adjoint)
        return [[bb.add(MeasureZero(), q=q) for q in wires[0]]]
    bloq = atom_bloq(atom, adjoint)
    if isinstance(atom, Gate) and atom.kind in SINGLE:
        return [[bb.add(bloq, q=q) for q in wires[0]]]
    if isinstance(atom, Gate):
        return _pairs(bb, bloq, PAIR_REGISTERS[atom.kind], wires, atom.fan)
    if isinstance(atom, Rotation):
        return [[bb.add(bloq, q=wires[0][0])]]
    (a,), (b,), (flag,) = wires
    if adjoint:
        a, b = bb.add(bloq, ctrl=np.array([a, b]), target=flag)
        return [[a], [b], [bb.add(NEW_QUBIT)]]
    bb.add(GIVEN_BACK, reg=flag)
    (a, b), flag = bb.add(bloq, ctrl=np.array([a, b]))
    return [[a], [b], [flag]]


def by_price(gates: Gates) -> Callees:
    """Gates that are only counted, as bloqs: every Clifford as a CNOT, every rotation by any angle."""
    found = {
        LibraryAnd(): gates.toffoli,
        TGate(): gates.t,
        Rz(ANY_ANGLE): gates.rotations,
        CNOT(): gates.clifford,
        MeasureAndReset(): gates.measurements,
    }
    return {bloq: count for bloq, count in found.items() if count != 0}


def _bit(atom: MeasureX, i: int) -> int | None:
    return None if atom.outcome is None else atom.outcome >> (int(atom.bits) - 1 - i) & 1


def _pairs(
    bb: BloqBuilder, bloq: Bloq, names: tuple[str, str], wires: list[Qubits], fan: bool
) -> list[Qubits]:
    first, second = list(wires[0]), list(wires[1])
    for i in range(len(second)):
        k = 0 if fan else i
        first[k], second[i] = bb.add(bloq, **{names[0]: first[k], names[1]: second[i]})
    return [first, second]
