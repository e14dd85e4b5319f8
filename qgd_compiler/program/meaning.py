"""What each primitive does to basis states: new values of its registers from old ones.

A permutation primitive maps register values to register values, vectorised over many basis states; here And,
Conjunction and Lookup are XORs into their targets, so each is its own inverse on them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.errors import ProofError, UnsupportedError
from qgd_compiler.program.ir import Primitive
from qgd_compiler.program.primitives import (
    Add,
    And,
    BucketBrigade,
    CleanLookup,
    Conjunction,
    ControlledSwap,
    DirtyLookup,
    Gate,
    GreaterEqual,
    GreaterEqualConstant,
    Increment,
    Lookup,
    PricedLookup,
)

Values = dict[str, NDArray[np.uint64]]
_ONE = np.uint64(1)


def permute(primitive: Primitive, values: Values, adjoint: bool) -> Values:
    """The registers after a permutation primitive; `values[name]` are unsigned integers, one per basis state."""
    for kind, act in _ACTIONS.items():
        if isinstance(primitive, kind):
            after: Values = act(primitive, values, adjoint)
            if adjoint and isinstance(primitive, And | Conjunction | Lookup | DirtyLookup | CleanLookup):
                _check_erased(primitive, after)
            return after
    raise UnsupportedError(f"{type(primitive).__name__} has no meaning on basis states")


def is_permutation(primitive: Primitive) -> bool:
    """Whether `permute` covers this primitive."""
    if isinstance(primitive, Gate):
        return primitive.kind in ("X", "CNOT", "SWAP")
    return isinstance(primitive, tuple(_ACTIONS))


def _check_erased(primitive: Primitive, after: Values) -> None:
    """ProofError where measuring would destroy more than what was computed: it must all have been there."""
    for name in ("flag", "target", "junk"):
        if name in after and np.any(after[name]):
            raise ProofError(f"the inverse of {primitive.name} finds in {name} what it did not compute")


def _gate(gate: Gate, v: Values, adjoint: bool) -> Values:
    mask = np.uint64((1 << int(gate.bits)) - 1)
    if gate.kind == "X":
        return {"x": v["x"] ^ mask}
    if gate.kind == "SWAP":
        return {"a": v["b"], "b": v["a"]}
    source = v["a"] * mask if gate.fan else v["a"]
    return {"a": v["a"], "b": v["b"] ^ source}


def _and(op: And, v: Values, adjoint: bool) -> Values:
    hit = (v["a"] == op.values[0]) & (v["b"] == op.values[1])
    return {**v, "flag": v["flag"] ^ hit.astype(np.uint64)}


def _conjunction(op: Conjunction, v: Values, adjoint: bool) -> Values:
    bits = int(op.bits)
    same = [((v["x"] >> np.uint64(bits - 1 - i)) & _ONE) == np.uint64(op.value) for i in range(bits)]
    if bits == 1:
        return {**v, "flag": v["flag"] ^ same[0].astype(np.uint64)}
    running = same[0] & same[1]
    partial = np.zeros_like(v["x"])
    for i in range(2, bits):
        partial = (partial << _ONE) | running.astype(np.uint64)
        running = running & same[i]
    return {"x": v["x"], "junk": v["junk"] ^ partial, "flag": v["flag"] ^ running.astype(np.uint64)}


def _controlled_swap(op: ControlledSwap, v: Values, adjoint: bool) -> Values:
    on = v["control"] == _ONE
    return {"control": v["control"], "a": np.where(on, v["b"], v["a"]), "b": np.where(on, v["a"], v["b"])}


def _control(v: Values) -> NDArray[np.bool_]:
    if "control" in v:
        return np.asarray(v["control"] == _ONE)
    return np.ones(len(next(iter(v.values()))), dtype=bool)


def _greater_equal(op: GreaterEqual, v: Values, adjoint: bool) -> Values:
    hit = _control(v) & (v["u"] >= v["v"])
    return {**v, "flag": v["flag"] ^ hit.astype(np.uint64)}


def _greater_equal_constant(op: GreaterEqualConstant, v: Values, adjoint: bool) -> Values:
    hit = _control(v) & (v["x"] >= np.uint64(int(op.constant)))
    return {**v, "flag": v["flag"] ^ hit.astype(np.uint64)}


def _increment(op: Increment, v: Values, adjoint: bool) -> Values:
    mask = np.uint64((1 << int(op.bits)) - 1)
    step = mask if adjoint else _ONE
    return {**v, "x": np.where(_control(v), (v["x"] + step) & mask, v["x"])}


def _add(op: Add, v: Values, adjoint: bool) -> Values:
    mask = np.uint64((1 << int(op.bits)) - 1)
    total = v["y"] - v["x"] if adjoint else v["y"] + v["x"]
    return {"x": v["x"], "y": total & mask}


def _lookup(op: Lookup | DirtyLookup | CleanLookup | PricedLookup, v: Values, adjoint: bool) -> Values:
    """The word at the address into the target, the other columns of its group into the junk.

    The swap network leaves in column c, whose top bit is t, the word whose place in the group has the bits of the
    address above t, the opposite of bit t, and the bits of c below t. A place beyond the table holds 0. An
    address beyond it must not occur: unary iteration does not look at the bits that tell such an address from
    others. ProofError.
    """
    if op.table is None:
        raise UnsupportedError("a lookup without a table can be counted but not run")
    bits = int(op.bits)
    low = [int(k).bit_length() - 1 for k in op.blocks] if isinstance(op, Lookup) else [0] * len(op.shape)
    shape = tuple(int(length) for length in op.shape)
    addresses = [v[f"address{i}"] for i in range(len(shape))]
    on = _control(v)
    for length, address in zip(shape, addresses, strict=True):
        if np.any(on & (address >= np.uint64(length))):
            worst = int(address[on].max())
            raise ProofError(f"a lookup reads place {worst} of an axis of {length}")
    place = np.zeros(len(on), dtype=np.uint64)  # within the group, all axes together
    for j, address in zip(low, addresses, strict=True):
        place = (place << np.uint64(j)) | (address & np.uint64((1 << j) - 1))
    words = [_read(op.table, shape, low, addresses, _found_in(c, place), on) for c in range(1 << sum(low))]
    result = {**v, "target": v["target"] ^ words[0]}
    if len(words) > 1:
        junk = np.zeros_like(words[0])
        for word in words[1:]:
            junk = (junk << np.uint64(bits)) | word
        result["junk"] = v["junk"] ^ junk
    return result


def _bucket_brigade(op: BucketBrigade, v: Values, adjoint: bool) -> Values:
    if op.table is None:
        raise UnsupportedError("a lookup without a table can be counted but not run")
    shape = tuple(int(length) for length in op.shape)
    addresses = [v[f"address{i}"] for i in range(len(shape))]
    here = np.zeros(len(v["target"]), dtype=np.uint64)
    word = _read(op.table, shape, [0] * len(shape), addresses, here, _control(v))
    return {**v, "target": v["target"] ^ word}


def _found_in(column: int, place: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Which column of the group ends in `column`, when `place` is swapped into column 0."""
    if column == 0:
        return place
    top = column.bit_length() - 1
    return ((place >> np.uint64(top)) ^ _ONE) << np.uint64(top) | np.uint64(column & ((1 << top) - 1))


def _read(
    table: tuple[int, ...],
    shape: tuple[int, ...],
    low: list[int],
    addresses: list[NDArray[np.uint64]],
    place: NDArray[np.uint64],
    on: NDArray[np.bool_],
) -> NDArray[np.uint64]:
    """The words of the groups of `addresses` at `place` within the group; 0 beyond the table and where not on."""
    data = np.asarray(table, dtype=np.uint64)
    flat = np.zeros(len(on), dtype=np.int64)
    inside = on.copy()
    rest = sum(low)
    for length, j, address in zip(shape, low, addresses, strict=True):
        rest -= j
        within = (place >> np.uint64(rest)) & np.uint64((1 << j) - 1)
        at = (((address >> np.uint64(j)) << np.uint64(j)) | within).astype(np.int64)
        inside &= at < length
        flat = flat * length + at
    return np.where(inside, data[np.where(inside, flat, 0)], np.uint64(0))


_ACTIONS: dict[type[Primitive], Callable[..., Values]] = {
    Gate: _gate,
    And: _and,
    Conjunction: _conjunction,
    ControlledSwap: _controlled_swap,
    GreaterEqual: _greater_equal,
    GreaterEqualConstant: _greater_equal_constant,
    Increment: _increment,
    Add: _add,
    Lookup: _lookup,
    DirtyLookup: _lookup,
    CleanLookup: _lookup,
    PricedLookup: _lookup,
    BucketBrigade: _bucket_brigade,
}
