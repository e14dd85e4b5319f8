r"""Preparation of a state with few non-zero amplitudes by a unitary of its own register, good on every input.

A tree over the r amplitudes (filled up with zeros to a power of two) on the low qubits, then |k> goes to |place_k> by
at most r exchanges of two basis states: CNOTs make the two differ in one qubit, which is flipped where all others
match, n − 2 Toffolis on n qubits. Solvers and amplification run a preparation backwards on states that are not the
prepared one; there the cheaper lookup of the places (`sparse_state.py`) would not find its index again.

Cost: that of the tree, and at most r (n − 2) Toffolis. Source: exchanges of basis states as in Gleinig, Hoefler, DAC
2021, doi:10.1109/DAC18074.2021.9586240, without its search for shorter sequences.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.amplitude_tree import amplitude_tree, tree_tables
from qgd_compiler.program.builder import NOTHING, Builder, Handle
from qgd_compiler.program.ir import Routine
from qgd_compiler.program.primitives import Conjunction, Gate, junk_of_conjunction
from qgd_compiler.scalars import Scalar, ceil_log2, is_symbolic

COMPONENT = "right-hand side"


def scattered_state(
    bits: Scalar,
    nonzeros: int,
    angle_bits: Scalar,
    access: Access,
    *,
    places: Sequence[int] | None = None,
    amplitudes: np.ndarray | None = None,
) -> Routine:
    """|0> to the normalised Σ_k a_k |place_k>, k < `nonzeros`, on `bits` qubits. Registers: `state`, `gradient`.

    places      where the amplitudes stand, all different; None: anywhere, a bound on the exchanges
    amplitudes  None: a count; else the circuit can be run
    The error is that of the tree over 2^⌈log2 r⌉ amplitudes. ValueError for places that repeat or do not fit.
    """
    if places is not None and (len(set(places)) != nonzeros or not all(0 <= p < 2**bits for p in places)):
        raise ValueError(f"{nonzeros} different places below {2**bits} are needed, got {list(places)[:8]}")
    low = int(ceil_log2(nonzeros))
    builder = Builder(f"scattered state, {nonzeros} of {2**bits} amplitudes ({access.name})", COMPONENT)
    system = builder.register("state", bits)
    gradient = builder.register("gradient", angle_bits)
    if low:
        tables = None
        if amplitudes is not None:
            tables = tree_tables(filled(amplitudes), angle_bits)
        tree = amplitude_tree(2**low, angle_bits, access, tables=tables)
        builder.call(tree, system.part(bits - low, low), gradient)
    if places is None:
        builder.call(_exchange(bits, None), system, times=nonzeros)
    elif amplitudes is None:
        builder.call(_exchange(bits, None), system, times=sum(1 for _ in exchanges(places)))
    else:
        for pair in exchanges(places):
            builder.call(_exchange(bits, pair), system)
        if low == 0 and float(amplitudes[0]) < 0:
            _turn(builder, system)
    return builder.routine()


def filled(amplitudes: np.ndarray) -> np.ndarray:
    """The amplitudes, and zeros up to a power of two."""
    size = 2 ** int(ceil_log2(len(amplitudes)))
    return np.concatenate([np.asarray(amplitudes, dtype=float), np.zeros(size - len(amplitudes))])


def exchanges(places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Pairs of basis states whose exchanges, one after the other, bring k to places[k] for every k."""
    at = {k: k for k in range(len(places))}  # where amplitude k stands now
    holds = dict(at)  # which amplitude stands at a place
    for k, place in enumerate(places):
        here = at[k]
        if here == place:
            continue
        yield here, place
        other = holds.pop(place, None)
        del holds[here]
        at[k], holds[place] = place, k
        if other is not None:
            at[other], holds[here] = here, other


def _exchange(bits: Scalar, pair: tuple[int, int] | None) -> Routine:
    """|a> and |b> change places; None: any two, with as many CNOTs as there may be."""
    builder = Builder("exchange of two basis states", COMPONENT)
    state = builder.register("state", bits)
    if is_symbolic(bits):  # two qubits or more
        pivot, others = state.part(0, 1), state.part(1, bits - 1)
        spread_out = Gate(kind="CNOT", bits=bits - 1, fan=True)
        builder.call(spread_out, pivot, others)
        _flip_where(builder, others, (), pivot)
        builder.call(spread_out, pivot, others)
        return builder.routine()
    differ = 2**bits - 1 if pair is None else pair[0] ^ pair[1]
    first = next(i for i in range(bits) if differ >> (bits - 1 - i) & 1)
    pivot = state.part(first, 1)
    rest = [i for i in range(bits) if i != first]
    others = NOTHING
    for i in rest:
        others = others + state.part(i, 1)
    spread = [state.part(i, 1) for i in rest if differ >> (bits - 1 - i) & 1]
    for qubit in spread:
        builder.call(Gate(kind="CNOT"), pivot, qubit)
    if not rest:
        builder.call(Gate(kind="X"), pivot)
    else:
        ones: list[Handle] = []
        if pair is not None:
            still = min(pair, key=lambda x: x >> (bits - 1 - first) & 1)  # the one whose pivot is 0
            ones = [state.part(i, 1) for i in rest if still >> (bits - 1 - i) & 1]
        _flip_where(builder, others, ones, pivot)
    for qubit in reversed(spread):
        builder.call(Gate(kind="CNOT"), pivot, qubit)
    return builder.routine()


def _flip_where(builder: Builder, x: Handle, ones: Sequence[Handle], target: Handle) -> None:
    """X on `target` where `x` is 1 on the qubits of `ones` and 0 on the others."""
    match = Conjunction(bits=x.size)
    for qubit in ones:
        builder.call(Gate(kind="X"), qubit)
    junk = builder.allocate("partial", junk_of_conjunction(x.size))
    flag = builder.allocate("match", 1)
    builder.call(match, x, junk, flag)
    builder.call(Gate(kind="CNOT"), flag, target)
    builder.call(match, x, junk, flag, adjoint=True)
    for qubit in ones:
        builder.call(Gate(kind="X"), qubit)
    builder.release(junk, flag)


def _turn(builder: Builder, system: Handle) -> None:
    """A global sign, as the amplitude has it: by Z between two X on one qubit and Z again."""
    qubit = system.part(0, 1)
    for kind in ("X", "Z", "X", "Z"):
        builder.call(Gate(kind=kind), qubit)
