"""Data access models: how a table lookup is done, and what the compiler may choose in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from qgd_compiler.costing.tables import best_blocks, best_borrowed_blocks
from qgd_compiler.errors import UnsupportedError
from qgd_compiler.program.builder import NOTHING, Builder, Handle
from qgd_compiler.program.ir import Operation
from qgd_compiler.program.primitives import BucketBrigade, DirtyLookup, Lookup, PricedLookup
from qgd_compiler.scalars import Scalar

Table = tuple[int, ...] | None


class Access(Protocol):
    """An access model: its name, and the lookup operation that it means."""

    @property
    def name(self) -> str:
        """The name in the spec and in reports."""

    def operation(self, shape: tuple[Scalar, ...], bits: Scalar, table: Table, controlled: bool) -> Operation:
        """The lookup of one word of `bits` bits."""


@dataclass(frozen=True)
class Qrom:
    """One entry at a time by unary iteration; Toffolis ∝ entries, no extra qubits for data.

    Source: Babbush et al., arXiv:1805.03662; measured erasure after Berry et al., arXiv:1902.02134.
    """

    name: str = "qrom"

    def operation(self, shape: tuple[Scalar, ...], bits: Scalar, table: Table, controlled: bool) -> Operation:
        """A lookup with one column; the erasure still picks its own blocks."""
        _, erase = best_blocks(shape, bits, controlled)
        ones = (1,) * len(shape)
        return Lookup(
            shape=shape, bits=bits, blocks=ones, erase_blocks=erase, controlled=controlled, table=table
        )


@dataclass(frozen=True)
class Qroam:
    """Select-swap with clean work qubits; block sizes chosen for the fewest Toffolis.

    most_columns   at most so many words at once, for fewer qubits; None: as many as pay
    Source: Low, Kliuchnikov, Schaeffer, arXiv:1812.00954; Berry et al., arXiv:1902.02134.
    """

    most_columns: int | None = None

    @property
    def name(self) -> str:
        """With the cap, where there is one."""
        if self.most_columns is None:
            return "qroam"
        return f"qroam, at most {self.most_columns} columns"

    def operation(self, shape: tuple[Scalar, ...], bits: Scalar, table: Table, controlled: bool) -> Operation:
        """A lookup with the best block sizes per axis."""
        blocks, erase = best_blocks(shape, bits, controlled, self.most_columns)
        return Lookup(
            shape=shape, bits=bits, blocks=blocks, erase_blocks=erase, controlled=controlled, table=table
        )


@dataclass(frozen=True)
class DirtyQroam:
    """Select-swap with borrowed qubits in place of clean ones: twice the iteration, four times the swaps.

    Qubits that stand idle around the lookup are lent to it; only what is missing counts as a work qubit.
    Source: Low, Kliuchnikov, Schaeffer, arXiv:1812.00954; Berry et al., arXiv:1902.02134, Appendix A.
    """

    name: str = "qroam_dirty"

    def operation(self, shape: tuple[Scalar, ...], bits: Scalar, table: Table, controlled: bool) -> Operation:
        """A lookup with the best number of borrowed columns per axis, none where that does not pay."""
        _, erase = best_blocks(shape, bits, controlled)
        blocks = best_borrowed_blocks(shape, bits, controlled)
        return DirtyLookup(
            shape=shape, bits=bits, blocks=blocks, erase_blocks=erase, controlled=controlled, table=table
        )


@dataclass(frozen=True)
class BucketBrigadeQram:
    """A memory of decoders: as many Toffolis as QROM and twice the entries in qubits, but logarithmic depth.

    Source: Giovannetti, Lloyd, Maccone, arXiv:0708.1879; as a circuit Arunachalam et al., arXiv:1502.03450.
    """

    name: str = "bucket_brigade"

    def operation(self, shape: tuple[Scalar, ...], bits: Scalar, table: Table, controlled: bool) -> Operation:
        """A lookup through the tree."""
        return BucketBrigade(shape=shape, bits=bits, controlled=controlled, table=table)


@dataclass(frozen=True)
class IdealQram:
    """A memory that answers at a stated price in T gates per access: an assumption, not a construction."""

    price_t: Scalar
    name: str = "qram"

    def operation(self, shape: tuple[Scalar, ...], bits: Scalar, table: Table, controlled: bool) -> Operation:
        """A lookup at the stated price."""
        return PricedLookup(shape=shape, bits=bits, price_t=self.price_t, controlled=controlled, table=table)


CAPS = (1, 2, 4, 8, 16, 32, 64, 128)


def column_caps(accesses: Sequence[Access]) -> tuple[Access, ...]:
    """The access models, and select-swap with caps on its columns from 1 to 128 if it is among them."""
    capped = tuple(Qroam(most_columns=cap) for cap in CAPS) if Qroam() in accesses else ()
    return (*accesses, *capped)


def access_named(name: str, price_t: Scalar | None = None) -> Access:
    """The access model called `name`."""
    if name == "qrom":
        return Qrom()
    if name == "qroam":
        return Qroam()
    if name == "qroam_dirty":
        return DirtyQroam()
    if name == "bucket_brigade":
        return BucketBrigadeQram()
    if name == "qram":
        if price_t is None:
            raise UnsupportedError(
                "ideal qram has no price of its own",
                at="access.price_per_lookup",
                remedy="state a price in T gates",
            )
        return IdealQram(price_t)
    raise UnsupportedError(
        f"access model {name!r} is not built for explicit data",
        at="access",
        remedy="use qrom, qroam, qroam_dirty, bucket_brigade or qram",
    )


@dataclass(frozen=True)
class Loaded:
    """A lookup that has been done and must be undone with the same wires."""

    operation: Operation
    wires: tuple[Handle, ...]
    junk: Handle


def load(
    builder: Builder,
    access: Access,
    addresses: Sequence[tuple[Scalar, Handle]],
    target: Handle,
    *,
    table: Table = None,
    control: Handle | None = None,
) -> Loaded:
    """Look a word up into `target`; `addresses` pairs the length of each axis with its register."""
    shape = tuple(length for length, _ in addresses)
    op = access.operation(shape, target.size, table, control is not None)
    names = [r.name for r in op.registers]
    junk = builder.allocate("columns", op.registers[-1].size) if names[-1] == "junk" else NOTHING
    wires = ((control,) if control is not None else ()) + tuple(h for _, h in addresses) + (target,)
    if names[-1] == "junk":
        wires += (junk,)
    builder.call(op, *wires)
    return Loaded(op, wires, junk)


def unload(builder: Builder, loaded: Loaded) -> None:
    """Clear what `load` wrote, and give its work qubits back."""
    builder.call(loaded.operation, *loaded.wires, adjoint=True)
    builder.release(loaded.junk)


def load_clean(
    builder: Builder,
    access: Access,
    addresses: Sequence[tuple[Scalar, Handle]],
    target: Handle,
    *,
    table: Table = None,
    control: Handle | None = None,
) -> None:
    """Look a word up into `target` (where `control` is 1) and leave no other columns behind.

    Select-swap keeps the columns that it fetched beside the wanted one; they can only be cleared while the
    address is still there. So the word is copied out and the lookup undone at once (`CleanLookup`).
    """
    builder.call(*_single(access, addresses, target, table, control))


def clear(
    builder: Builder,
    access: Access,
    addresses: Sequence[tuple[Scalar, Handle]],
    target: Handle,
    *,
    table: Table = None,
    control: Handle | None = None,
) -> None:
    """Clear `target`, which holds the word at the given address (0 where `control` is 0), by measurement."""
    builder.call(*_single(access, addresses, target, table, control), adjoint=True)


def _single(
    access: Access,
    addresses: Sequence[tuple[Scalar, Handle]],
    target: Handle,
    table: Table,
    control: Handle | None,
) -> tuple[Operation, *tuple[Handle, ...]]:
    """A lookup that fetches nothing but the word, and its wires."""
    op = access.operation(tuple(n for n, _ in addresses), target.size, table, control is not None)
    if isinstance(op, Lookup) and isinstance(access, Qroam):
        op = op.cleaned
    wires = (*(() if control is None else (control,)), *(h for _, h in addresses), target)
    return (op, *wires, NOTHING) if isinstance(access, Qrom) else (op, *wires)
