r"""The primitives: everything a program is made of in the end.

Each has a signature, a cost rule (`costing/`), and a meaning (`program/meaning.py`). Bit 0 of a register is
its most significant bit. "Controlled" primitives have a one-qubit register `control` first.
"""

from __future__ import annotations

import math
from typing import final

from qgd_compiler.nodes import node
from qgd_compiler.program.ir import Primitive, Register
from qgd_compiler.scalars import Scalar, ceil_log2


def _controlled(controlled: bool, *registers: Register) -> tuple[Register, ...]:
    control = (Register(name="control", size=1),) if controlled else ()
    return control + registers


def _addressed(shape: tuple[Scalar, ...], bits: Scalar, controlled: bool) -> tuple[Register, ...]:
    """`address0`, `address1`, …, `target`: what every lookup has."""
    addresses = [Register(name=f"address{i}", size=ceil_log2(length)) for i, length in enumerate(shape)]
    return _controlled(controlled, *addresses, Register(name="target", size=bits))


@final
@node
class Gate(Primitive):
    """One Clifford gate of the given kind on each qubit (or pair of qubits) of its registers.

    kind: "X", "Z", "H", "S" on `bits` qubits; "CNOT", "CZ", "SWAP" on `bits` pairs (registers `a`, `b`).
    A CNOT or CZ from one control to many targets is written with `fan=True`: `a` then has one qubit.
    """

    kind: str
    bits: Scalar = 1
    fan: bool = False

    @property
    def name(self) -> str:
        """The kind of gate."""
        return self.kind

    @property
    def registers(self) -> tuple[Register, ...]:
        """`x` for one-qubit gates, `a` and `b` for two-qubit gates."""
        if self.kind in ("X", "Z", "H", "S"):
            return (Register(name="x", size=self.bits),)
        return (Register(name="a", size=1 if self.fan else self.bits), Register(name="b", size=self.bits))


@final
@node
class Rotation(Primitive):
    r"""$e^{-i\theta Y/2}$ (axis "Y") or $e^{-i\theta Z/2}$ (axis "Z"); `angle` None: any angle (a count only)."""

    axis: str
    angle: Scalar = None
    controlled: bool = False

    @property
    def name(self) -> str:
        """The axis."""
        return f"R{self.axis.lower()}"

    @property
    def registers(self) -> tuple[Register, ...]:
        """`target`, one qubit."""
        return _controlled(self.controlled, Register(name="target", size=1))


@final
@node
class MeasureX(Primitive):
    r"""Measure each qubit of `x` in the X basis and reset it to |0>.

    With the outcome m (bit 0 the most significant) |x> becomes $(-1)^{m\cdot x}$|0>, up to $2^{-bits/2}$: where x is a
    function of other registers all outcomes are equally likely, and the sign is mended there. It has no
    inverse; without an outcome it can be counted and not run.
    """

    bits: Scalar
    outcome: int | None = None

    @property
    def name(self) -> str:
        """Measurement in the X basis."""
        return "MeasureX"

    @property
    def registers(self) -> tuple[Register, ...]:
        """`x`."""
        return (Register(name="x", size=self.bits),)


@final
@node
class Postselect(Primitive):
    """Measure each qubit of `x`; the run is given up unless all are 0.

    Simulated as the projection on |0…0>: the squared norm that is left is the probability of getting here. It has
    no inverse.
    """

    bits: Scalar

    @property
    def name(self) -> str:
        """A measurement that must give 0."""
        return "Postselect"

    @property
    def registers(self) -> tuple[Register, ...]:
        """`x`."""
        return (Register(name="x", size=self.bits),)


@final
@node
class And(Primitive):
    """`flag` (in |0>) becomes the AND of two qubits, each compared with its control value; the inverse measures."""

    values: tuple[int, int] = (1, 1)

    @property
    def name(self) -> str:
        """And."""
        return "And"

    @property
    def registers(self) -> tuple[Register, ...]:
        """`a`, `b`, `flag`."""
        return (Register(name="a", size=1), Register(name="b", size=1), Register(name="flag", size=1))


@final
@node
class Conjunction(Primitive):
    """`flag` (in |0>) becomes 1 where all `bits` qubits of `x` equal `value`; partial results stay in `junk`.

    `junk` has max(bits-2, 0) qubits in |0>. The inverse clears flag and junk by measurement.
    """

    bits: Scalar
    value: int = 0

    @property
    def name(self) -> str:
        """Conjunction."""
        return "Conjunction"

    @property
    def registers(self) -> tuple[Register, ...]:
        """`x`, `junk`, `flag`."""
        junk = junk_of_conjunction(self.bits)
        return (
            Register(name="x", size=self.bits),
            Register(name="junk", size=junk),
            Register(name="flag", size=1),
        )


def junk_of_conjunction(bits: Scalar) -> Scalar:
    """Qubits that a conjunction of `bits` qubits leaves dirty until it is undone."""
    from qgd_compiler.scalars import maximum

    return maximum(bits - 2, 0)


@final
@node
class ControlledSwap(Primitive):
    """Swap `a` and `b`, `bits` qubits each, where `control` is 1."""

    bits: Scalar

    @property
    def name(self) -> str:
        """Controlled swap."""
        return "ControlledSwap"

    @property
    def registers(self) -> tuple[Register, ...]:
        """`control`, `a`, `b`."""
        return _controlled(True, Register(name="a", size=self.bits), Register(name="b", size=self.bits))


@final
@node
class GreaterEqual(Primitive):
    """`flag` ^= (control AND) [u >= v], for unsigned registers of `bits` qubits."""

    bits: Scalar
    controlled: bool = False

    @property
    def name(self) -> str:
        """Comparison of two registers."""
        return "GreaterEqual"

    @property
    def registers(self) -> tuple[Register, ...]:
        """`u`, `v`, `flag`."""
        return _controlled(
            self.controlled,
            Register(name="u", size=self.bits),
            Register(name="v", size=self.bits),
            Register(name="flag", size=1),
        )


@final
@node
class GreaterEqualConstant(Primitive):
    """`flag` ^= (control AND) [x >= constant], for an unsigned register; 0 <= constant <= 2^bits."""

    bits: Scalar
    constant: Scalar
    controlled: bool = False

    @property
    def name(self) -> str:
        """Comparison with a constant."""
        return "GreaterEqualConstant"

    @property
    def registers(self) -> tuple[Register, ...]:
        """`x`, `flag`."""
        return _controlled(self.controlled, Register(name="x", size=self.bits), Register(name="flag", size=1))


@final
@node
class Increment(Primitive):
    """`x` becomes x+1 modulo 2^bits (where `control` is 1)."""

    bits: Scalar
    controlled: bool = False

    @property
    def name(self) -> str:
        """Increment."""
        return "Increment"

    @property
    def registers(self) -> tuple[Register, ...]:
        """`x`."""
        return _controlled(self.controlled, Register(name="x", size=self.bits))


@final
@node
class Add(Primitive):
    """`y` becomes x+y modulo 2^bits; the inverse subtracts."""

    bits: Scalar

    @property
    def name(self) -> str:
        """Addition of two registers."""
        return "Add"

    @property
    def registers(self) -> tuple[Register, ...]:
        """`x`, `y`."""
        return (Register(name="x", size=self.bits), Register(name="y", size=self.bits))


@final
@node
class RotateByRegister(Primitive):
    r"""$R_y(4\pi\,x/2^b)$ on `target`, x the b-bit number in `angle`, by one addition into a phase gradient.

    The addition is conditioned in sign on the target, with the carry-in completing the two's complement, so
    that x = 0 is exactly the identity. `gradient` holds $2^{-b/2}\sum_k e^{-2\pi i k/2^b}|k\rangle$ and is kept.
    """

    bits: Scalar

    @property
    def name(self) -> str:
        """Rotation by a register."""
        return "RotateByRegister"

    @property
    def registers(self) -> tuple[Register, ...]:
        """`angle`, `target`, `gradient`."""
        return (
            Register(name="angle", size=self.bits),
            Register(name="target", size=1),
            Register(name="gradient", size=self.bits),
        )


@final
@node
class Lookup(Primitive):
    r"""`target` ^= table[address], for a table with one axis per address register.

    `shape[i]` entries along axis i, addressed by ⌈log2 shape[i]⌉ qubits; `bits` per word. `blocks[i]` (powers
    of two, all 1 for plain QROM) columns per axis are fetched at once and swapped into place (select-swap);
    the other columns stay in `junk` until the inverse, which clears target and junk by measurement and a
    one-bit phase lookup with blocks `erase_blocks`. `table`: the index of the data in the encoding that
    made it, or the data itself as a tuple of words in row-major order (None: any data, a count only).
    """

    shape: tuple[Scalar, ...]
    bits: Scalar
    blocks: tuple[Scalar, ...]
    erase_blocks: tuple[Scalar, ...]
    controlled: bool = False
    table: tuple[int, ...] | None = None

    @property
    def name(self) -> str:
        """Table lookup."""
        return "Lookup"

    @property
    def columns(self) -> Scalar:
        """Columns fetched at once: the product of the block sizes."""
        return math.prod(self.blocks)

    @property
    def kept(self) -> tuple[Scalar, ...]:
        """The columns per axis that the inverse clears: all of them."""
        return self.blocks

    @property
    def cleaned(self) -> CleanLookup:
        """The same lookup without junk."""
        return CleanLookup(
            shape=self.shape,
            bits=self.bits,
            blocks=self.blocks,
            erase_blocks=self.erase_blocks,
            controlled=self.controlled,
            table=self.table,
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        """`address0`, `address1`, …, `target`, `junk`."""
        junk = Register(name="junk", size=self.bits * (self.columns - 1))
        return (*_addressed(self.shape, self.bits, self.controlled), junk)


@final
@node
class DirtyLookup(Primitive):
    r"""`target` ^= table[address], with columns that are borrowed: qubits in any state, given back as they were.

    `shape`, `bits`, `erase_blocks` and `table` as for `Lookup`. All `blocks` together are the columns borrowed;
    with one column it is a plain lookup. No other words are left behind, and the inverse clears the target.
    """

    shape: tuple[Scalar, ...]
    bits: Scalar
    blocks: tuple[Scalar, ...]
    erase_blocks: tuple[Scalar, ...]
    controlled: bool = False
    table: tuple[int, ...] | None = None

    @property
    def name(self) -> str:
        """Table lookup with borrowed columns."""
        return "DirtyLookup"

    @property
    def columns(self) -> Scalar:
        """Columns borrowed, if more than one: the product of the block sizes."""
        return math.prod(self.blocks)

    @property
    def kept(self) -> tuple[Scalar, ...]:
        """The columns per axis that the inverse clears: the target alone."""
        return (1,) * len(self.shape)

    @property
    def registers(self) -> tuple[Register, ...]:
        """`address0`, `address1`, …, `target`."""
        return _addressed(self.shape, self.bits, self.controlled)


@final
@node
class CleanLookup(Primitive):
    r"""`target` ^= table[address], by select-swap with columns that are cleared again at once.

    Fields as for `Lookup`. Forwards the word is fetched beside its columns, copied out, and all that was fetched is
    cleared; the inverse clears the target alone, by measurement. So a word may be cleared under another address than
    the one it was read with, and what does both costs the same forwards and backwards.
    """

    shape: tuple[Scalar, ...]
    bits: Scalar
    blocks: tuple[Scalar, ...]
    erase_blocks: tuple[Scalar, ...]
    controlled: bool = False
    table: tuple[int, ...] | None = None

    @property
    def name(self) -> str:
        """Table lookup that leaves nothing but the word."""
        return "CleanLookup"

    @property
    def fetched(self) -> Lookup:
        """The lookup that fetches the word with its columns."""
        return Lookup(
            shape=self.shape,
            bits=self.bits,
            blocks=self.blocks,
            erase_blocks=self.erase_blocks,
            controlled=self.controlled,
            table=self.table,
        )

    @property
    def kept(self) -> tuple[Scalar, ...]:
        """The columns per axis that the inverse clears: the target alone."""
        return (1,) * len(self.shape)

    @property
    def registers(self) -> tuple[Register, ...]:
        """`address0`, `address1`, …, `target`."""
        return _addressed(self.shape, self.bits, self.controlled)


@final
@node
class PricedLookup(Primitive):
    """A table lookup in an ideal memory at a stated price per access; the inverse costs the same."""

    shape: tuple[Scalar, ...]
    bits: Scalar
    price_t: Scalar
    controlled: bool = False
    table: tuple[int, ...] | None = None

    @property
    def name(self) -> str:
        """Table lookup in ideal memory."""
        return "PricedLookup"

    @property
    def registers(self) -> tuple[Register, ...]:
        """`address0`, `address1`, …, `target`."""
        return _addressed(self.shape, self.bits, self.controlled)


@final
@node
class BucketBrigade(Primitive):
    """`target` ^= table[address] through a tree of address decoders: gates ∝ entries, depth ∝ their logarithm.

    `shape`, `bits` and `table` as for `Lookup`; addresses beyond the table read 0. It is its own inverse.
    """

    shape: tuple[Scalar, ...]
    bits: Scalar
    controlled: bool = False
    table: tuple[int, ...] | None = None

    @property
    def name(self) -> str:
        """Bucket-brigade memory."""
        return "BucketBrigade"

    @property
    def registers(self) -> tuple[Register, ...]:
        """`address0`, `address1`, …, `target`."""
        return _addressed(self.shape, self.bits, self.controlled)
