r"""Σ_k a_k T_k(A/α) as a linear combination of unitaries, all of them beginnings of one sequence of queries.

The index k is prepared with weights |a_k|. With p = ⌊k/2⌋ the flag "p is at least j" runs the j-th pair of queries or
leaves it out (`walk.py`); U and U† are run without a control. One AND per pair makes the flags (`flags.py`), so it
stands against two queries. A polynomial of mixed parity runs its first U under the last bit of k.

Queries  d for a definite parity, and 2⌊d/2⌋ + 1 for a mixed one, the first of them controlled
α        Σ|a_k|
ε        of the weights (`weights.py`), and of A (`series.argument_error`)

The Gram form is Σ a_k T_k(y), y = 1 − 2J†J/α_J² = −T_2(J/α_J): Σ a_k (−1)^k T_{2k}(J/α_J), 2d uses of a factor J of
any shape; the sign is that of the last bit of k.

Source: Childs, Kothari, Somma, arXiv:1511.02306, section 4 (Chebyshev polynomials by LCU); the flags are ours.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.composites.frame import composed_name
from qgd_compiler.algorithms.composites.marks import where_all
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.qsp.flags import at_least_counted, at_least_each
from qgd_compiler.algorithms.qsp.series import Parity, agreed_parity, argument_error, second_moment, steps_of
from qgd_compiler.algorithms.qsp.walk import (
    COMPONENT,
    check_controlled,
    check_uncontrolled,
    even_pair,
    odd_pair,
    without_qubits,
)
from qgd_compiler.algorithms.qsp.weights import cheapest
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.kinds import Kind, weakest_kind
from qgd_compiler.program.builder import NOTHING, Builder, Handle
from qgd_compiler.program.primitives import Gate
from qgd_compiler.scalars import Scalar, ceil_log2, maximum

NAME = "Chebyshev sum"


def chebyshev_lcu(
    encoding: Encoding,
    *,
    degree: int,
    access: Access | Sequence[Access],
    prep_epsilon: float,
    coefficients: np.ndarray | None = None,
    parity: Parity | None = None,
    controlled: Encoding | None = None,
    weight: Scalar = 1,
    moment: Scalar | None = None,
    signed: bool | None = None,
    method: str | None = None,
    exchange: Exchange | None = None,
) -> Encoding:
    """The encoding of Σ a_k T_k(A/α) from one of a Hermitian A; registers `system`, `ancilla`, `gradient`.

    coefficients   a_0 … a_d, real; None: a count only, which takes no longer for a large degree
    parity         as the coefficients show it; without them mixed
    controlled     the same encoding with a control, for mixed parity
    prep_epsilon   error of the weights, relative to their sum
    weight, moment without coefficients: Σ|a_k|, and Σ|a_k|k² (at most Σ|a_k|d², which is the default)
    signed         whether the preparation carries signs; where coefficients need none, or without any, not
    method, exchange  of the preparation, as `weights.cheapest` takes them
    ValueError for what does not fit together.
    """
    agreed = agreed_parity(degree, parity, coefficients)
    values = None if coefficients is None else np.asarray(coefficients, dtype=float)
    if values is not None:
        weight, moment = float(np.abs(values).sum()), second_moment(values)
    elif moment is None:
        moment = weight * degree**2
    places = slice(agreed is Parity.ODD, None, 1 if agreed is Parity.MIXED else 2)
    return _summed(
        encoding,
        check_controlled(encoding, controlled) if agreed is Parity.MIXED else None,
        agreed,
        degree,
        None if values is None else values[places],
        weight,
        argument_error(moment, encoding.alpha, encoding.epsilon),
        False,
        access,
        prep_epsilon,
        signed,
        method,
        exchange,
    )


def chebyshev_lcu_gram(
    factor: Encoding,
    *,
    degree: int,
    access: Access | Sequence[Access],
    prep_epsilon: float,
    coefficients: np.ndarray | None = None,
    weight: Scalar = 1,
    moment: Scalar | None = None,
    signed: bool | None = None,
    method: str | None = None,
    exchange: Exchange | None = None,
) -> Encoding:
    """The encoding of Σ a_k T_k(1 − 2J†J/α_J²) from one of J, of any shape; arguments as in `chebyshev_lcu`.

    `moment` is Σ|a_k|k², as there: T_k stands here for T_{2k} of J/α_J.
    """
    agreed_parity(2 * degree, Parity.EVEN, None)
    values = None if coefficients is None else np.asarray(coefficients, dtype=float)
    if values is not None:
        if values.shape != (degree + 1,) or not np.any(values):
            raise ValueError(f"{values.shape} coefficients for a polynomial of degree {degree}, not all 0")
        weight, moment = float(np.abs(values).sum()), second_moment(values)
    elif moment is None:
        moment = weight * degree**2
    return _summed(
        factor,
        None,
        Parity.EVEN,
        2 * degree,
        values,
        weight,
        argument_error(4 * moment, factor.alpha, factor.epsilon),
        True,
        access,
        prep_epsilon,
        signed,
        method,
        exchange,
    )


def _summed(
    encoding: Encoding,
    controlled: Encoding | None,
    parity: Parity,
    degree: int,
    weights: np.ndarray | None,
    total: Scalar,
    argument: Scalar,
    alternating: bool,
    access: Access | Sequence[Access],
    prep_epsilon: float,
    signed: bool | None,
    method: str | None,
    exchange: Exchange | None,
) -> Encoding:
    """Σ w_i T_{k(i)}; with `alternating` signs on top."""
    check_uncontrolled(encoding)
    steps = steps_of(degree)
    entries = degree + 1 if parity is Parity.MIXED else steps + 1
    if signed is None:
        signed = weights is not None and bool(np.any(weights < 0))
    prepared = None
    if entries > 1:
        prepared = cheapest(
            entries,
            prep_epsilon,
            access,
            signed=signed,
            exchange=exchange or Exchange(),
            weights=weights,
            method=method,
        )
    bits = ceil_log2(entries)
    junk_size, own_gradient = (0, 0) if prepared is None else (prepared.junk, prepared.gradient)
    name = composed_name(f"{NAME} of degree {degree}", [encoding.name])
    builder = Builder(name, COMPONENT)
    system = builder.register("system", encoding.system)
    ancilla = builder.register("ancilla", bits + junk_size + encoding.ancilla)
    gradient = builder.register("gradient", maximum(own_gradient, encoding.gradient))
    index, junk = ancilla.part(0, bits), ancilla.part(bits, junk_size)
    inner = ancilla.part(bits + junk_size, encoding.ancilla)
    turned = gradient.part(0, encoding.gradient)

    if prepared is not None:
        prepared.start(builder, index, junk, gradient)
    elif weights is not None and weights[0] < 0:
        with where_all(builder, []) as always:
            builder.call(Gate(kind="Z"), always)
    number, odd = index, NOTHING
    if parity is Parity.MIXED:
        number, odd = index.part(0, bits - 1), index.part(bits - 1, 1)
    if controlled is not None:
        builder.call(controlled.routine, odd, system, inner, turned)
    elif parity is Parity.ODD:
        builder.call(encoding.routine, system, inner, turned)
    if steps:
        _run_pairs(builder, encoding, parity, steps, number, system, inner, turned, counted=weights is None)
    if alternating and steps:
        builder.call(Gate(kind="Z"), index.part(bits - 1, 1))
    if prepared is not None:
        prepared.finish(builder, index, junk, gradient)
    return Encoding(
        name=name,
        access=encoding.access,
        routine=builder.routine(),
        alpha=total,
        epsilon=argument + (0 if prepared is None else total * prepared.epsilon),
        kind=weakest_kind((Kind.BOUND, encoding.kind)),
        system=encoding.system,
        ancilla=ancilla.size,
        gradient=gradient.size,
        controlled=False,
        word_bits=maximum(encoding.word_bits, 0 if prepared is None else prepared.word_bits),
    )


def _run_pairs(
    builder: Builder,
    encoding: Encoding,
    parity: Parity,
    steps: int,
    number: Handle,
    system: Handle,
    ancilla: Handle,
    gradient: Handle,
    *,
    counted: bool,
) -> None:
    """Pair after pair, the j-th under "number is at least j"; written once with `counted`."""
    flag = builder.allocate("at least", 1)
    wires = (flag, system, ancilla, gradient)
    even = parity is Parity.EVEN
    pair = even_pair(encoding) if even else odd_pair(encoding)

    def last() -> None:
        builder.call(even_pair(encoding, last=True) if even else pair, *wires)
        if even and not without_qubits(ancilla):
            builder.call(Gate(kind="Z"), flag)  # the sign of the reflection that is left out

    def step(j: int) -> None:
        if j == steps:
            last()
        else:
            builder.call(pair, *wires)

    def all_steps() -> None:
        builder.call(pair, *wires, times=steps - 1)
        last()

    if counted:
        at_least_counted(builder, number, steps + 1, flag, all_steps)
    else:
        at_least_each(builder, number, steps + 1, flag, step)
    builder.release(flag)
