r"""Preparation of a state with few non-zero amplitudes, Σ_k a_k |place_k>, clean on its register.

A tree of rotations over the r amplitudes in an index register; the place of each is looked up into the state; the
index is then cleared by the place: a binary trie of the r places branches r−1 times, and to tell r places apart only
the bits at the branchings need to be looked at. So clearing takes max(r−2, 0) ANDs whatever the dimension.

Source: the tree as arXiv:1603.08675; the trie is ours.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qgd_compiler.algorithms.access import Access, Qrom, load_clean
from qgd_compiler.algorithms.amplitude_tree import amplitude_tree, tree_tables
from qgd_compiler.program.builder import NOTHING, Builder, Handle
from qgd_compiler.program.ir import Routine
from qgd_compiler.program.primitives import And, Gate
from qgd_compiler.scalars import Scalar, ceil_log2, is_integer

Data = tuple[Sequence[int], np.ndarray]


def sparse_state(
    dimension: Scalar,
    nonzeros: Scalar,
    angle_bits: Scalar,
    access: Access,
    *,
    data: Data | None = None,
    component: str = "",
) -> Routine:
    """|0> to the normalised Σ_k a_k |place_k> on ⌈log2 dimension⌉ qubits.

    Registers: `state`, `gradient`. `data`: the places (all different) and the amplitudes; None: a count. The error is
    that of the tree over `nonzeros` amplitudes. ValueError for data of another length, or places that repeat.
    """
    title = f"sparse state, {nonzeros} of {dimension} amplitudes ({access.name})"
    builder = Builder(title, component)
    state = builder.register("state", ceil_log2(dimension))
    gradient = builder.register("gradient", angle_bits)
    if is_integer(nonzeros) and nonzeros == 1:
        _basis_state(builder, state, None if data is None else _checked(data, dimension, nonzeros)[0])
        return builder.routine()
    index = builder.allocate("index", ceil_log2(nonzeros))
    places: list[int] | None = None
    tables = None
    if data is not None:
        places = _checked(data, dimension, nonzeros)
        tables = tree_tables(np.asarray(data[1], dtype=float), int(angle_bits))
    builder.call(amplitude_tree(nonzeros, angle_bits, access, tables=tables), index, gradient)
    table = None if places is None else tuple(places)
    load_clean(builder, access, [(nonzeros, index)], state, table=table)
    if places is None:
        # As many ANDs as the trie has, and a bound on its CNOTs: a table of as many words.
        low = state.part(0, ceil_log2(nonzeros))
        builder.call(Qrom().operation((nonzeros,), index.size, None, False), low, index, NOTHING)
    else:
        _clear(builder, state, index, dict(enumerate(places)), None)
    builder.release(index)
    return builder.routine()


def _basis_state(builder: Builder, state: Handle, place: int | None) -> None:
    """|0> to |place>; where no place is known, as many gates as the worst one takes."""
    for i in range(int(state.size)):
        if place is None or place >> (int(state.size) - 1 - i) & 1:
            builder.call(Gate(kind="X"), state.part(i, 1))


def _checked(data: Data, dimension: Scalar, nonzeros: Scalar) -> list[int]:
    places = [int(p) for p in data[0]]
    if len(places) != nonzeros or len(data[1]) != nonzeros:
        raise ValueError(f"{len(places)} places and {len(data[1])} amplitudes, not {nonzeros} of each")
    if len(set(places)) < len(places) or not all(0 <= p < dimension for p in places):
        raise ValueError(f"the places must differ and lie in 0 … {dimension - 1}")
    return places


def _clear(builder: Builder, state: Handle, index: Handle, places: dict[int, int], at: Handle | None) -> None:
    """XOR the number k of each place into the index, below a qubit that is 1 for these places (None: always)."""
    if len(places) == 1:
        (number,) = places
        for i in range(int(index.size)):
            if number >> (int(index.size) - 1 - i) & 1:
                bit = index.part(i, 1)
                builder.call(Gate(kind="X"), bit) if at is None else builder.call(Gate(kind="CNOT"), at, bit)
        return
    bits = int(state.size)
    split = next(b for b in range(bits) if len({p >> (bits - 1 - b) & 1 for p in places.values()}) == 2)
    qubit = state.part(split, 1)
    zeros, ones = (
        {k: p for k, p in places.items() if p >> (bits - 1 - split) & 1 == side} for side in (0, 1)
    )
    if at is None:
        builder.call(Gate(kind="X"), qubit)
        _clear(builder, state, index, zeros, qubit)
        builder.call(Gate(kind="X"), qubit)
        _clear(builder, state, index, ones, qubit)
        return
    flag = builder.allocate("here", 1)
    builder.call(And(values=(1, 0)), at, qubit, flag)
    _clear(builder, state, index, zeros, flag)
    builder.call(Gate(kind="CNOT"), at, flag)
    _clear(builder, state, index, ones, flag)
    builder.call(And(), at, qubit, flag, adjoint=True)
    builder.release(flag)
