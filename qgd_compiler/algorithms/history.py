r"""The linear system of a whole run of gradient descent.

With u_0 = 0 and u_{t+1} = (I − ηH) u_t − ηg for t < T, and p copies of u_T behind, the K = T+1+p blocks solve

    L y = b,   L = I − S⊗I + S·[t<T]⊗ηH,   b = Σ_{t=1…T} |t>⊗(−ηg),

S the nilpotent shift of K rows. The gradient stands on the right-hand side, so no constant level is needed
(docs/decisions). α_L = 2 + ηα_H (exact); one use of H's encoding; ε_L = ηε_H (exact).

The circuit is a linear combination of three unitaries: a product state of two qubits (two rotations) selects
nothing, the shift alone, or the shift with H. Rows that the shift would carry out of range, and rows t >= T of
the term with H, are flagged; a flag that stays 1 removes them from the block. Time states beyond row K−1 are
left alone (the block acts as the identity there), so they never mix with the K rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from qgd_compiler.algorithms.access import Access, load, unload
from qgd_compiler.algorithms.compose import product_epsilon
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.kinds import weakest_kind
from qgd_compiler.program.builder import Builder, Handle
from qgd_compiler.program.primitives import And, Gate, GreaterEqualConstant, Increment, Rotation
from qgd_compiler.scalars import Scalar, ceil_log2, is_array, is_integer, is_symbolic, maximum, minimum

SELECTION = 2  # qubits that select a term
FLAGS = 2  # shifted out of the rows; H where t >= T


def alpha(learning_rate: Scalar, alpha_hessian: Scalar) -> Scalar:
    """Subnormalisation of L: the sum of the coefficients 1, 1 and ηα_H (exact)."""
    return 2 + learning_rate * alpha_hessian


def rows(iterations: Scalar, padding: Scalar) -> Scalar:
    """Block rows K = T + 1 + p."""
    return iterations + 1 + padding


@dataclass(frozen=True)
class Batches:
    """Minibatches: the number of the one at each step is looked up and stands before the data of H's encoding."""

    numbers: tuple[int, ...]
    access: Access

    @property
    def bits(self) -> int:
        """Qubits of a number."""
        return int(ceil_log2(max(self.numbers) + 1))


def history_encoding(
    hessian: Encoding,
    learning_rate: Scalar,
    iterations: Scalar,
    padding: Scalar,
    *,
    idle: bool = False,
    rates: Encoding | None = None,
    batches: Batches | None = None,
    coasting: Encoding | None = None,
) -> Encoding:
    """The encoding of L from a controlled encoding of H.

    With `idle`, a first register `control` (named so as in every encoding) turns the block into the exact
    identity where it is 0, at the price of one AND: the selection is prepared and undone all the same.
    rates    a controlled encoding of diag(η_t/η) on the time register, where the learning rate changes: α_L = 2 +
             η α_H α_rates, ε_L = η((α_H + ε_H)(α_rates + ε_rates) − α_H α_rates)
    batches  H is block-diagonal over the minibatches, and the number of a block is that of the step
    coasting a controlled encoding of a K that no rate scales: L = I − S + S·[t<T](η_t H_t + K); α_L grows by α_K,
             ε_L by ε_K, and a third qubit selects it
    """
    if not hessian.controlled:
        raise ValueError("the history encoding needs a controlled encoding of the Hessian")
    k = ceil_log2(rows(iterations, padding))
    weight = hessian.alpha if rates is None else hessian.alpha * rates.alpha
    coasts = 0 if coasting is None else coasting.alpha
    of_rates, of_batches = 0 if rates is None else rates.ancilla, 0 if batches is None else batches.bits
    own = SELECTION + FLAGS + of_rates + of_batches + (0 if coasting is None else 1)
    inside = hessian.ancilla if coasting is None else maximum(hessian.ancilla, coasting.ancilla)
    data_bits = hessian.system - (0 if batches is None else batches.bits)
    builder = Builder("history matrix", "history")
    control = builder.register("control", 1) if idle else None
    system = builder.register("system", k + data_bits)
    ancilla = builder.register("ancilla", own + inside)
    shared = maximum(*(e.gradient for e in (hessian, rates, coasting) if e is not None))
    gradient = builder.register("gradient", shared)
    time, data = system.part(0, k), system.part(k, data_bits)
    shift, with_hessian = ancilla.part(0, 1), ancilla.part(1, 1)
    out_of_rows, after_run = ancilla.part(2, 1), ancilla.part(3, 1)
    inner = ancilla.part(own, hessian.ancilla)

    weights = _angles(learning_rate * weight + coasts)
    first, second = (Rotation(axis="Y", angle=a) for a in weights)
    builder.call(first, shift)
    builder.call(second, with_hessian)

    if control is None:
        on = shift
    else:
        on = builder.allocate("shift on", 1)
        builder.call(And(), shift, control, on)
    both = builder.allocate("hessian on", 1)
    builder.call(And(), on, with_hessian, both)

    last = rows(iterations, padding) - 1
    builder.call(GreaterEqualConstant(bits=k, constant=last, controlled=True), on, time, out_of_rows)
    padded = 1 if is_integer(padding) and padding > 0 else minimum(padding, 1)
    behind = GreaterEqualConstant(bits=k, constant=iterations, controlled=True)
    builder.call(behind, both, time, after_run, times=padded)
    forced = both
    if coasting is not None:
        which, forced = ancilla.part(own - 1, 1), builder.allocate("force on", 1)
        third = Rotation(axis="Y", angle=_share_angle(learning_rate * weight, coasts))
        builder.call(third, which)
        builder.call(And(values=(1, 0)), both, which, forced)
    if batches is None:
        builder.call(hessian.routine, forced, data, inner, gradient.part(0, hessian.gradient))
    else:
        own_number = ancilla.part(SELECTION + FLAGS + of_rates, of_batches)
        _of_the_batch(builder, hessian, batches, iterations, forced, time, own_number + data, inner, gradient)
    if rates is not None:
        beside = ancilla.part(SELECTION + FLAGS, rates.ancilla)
        low = time.part(k - rates.system, rates.system)
        builder.call(rates.routine, forced, low, beside, gradient.part(0, rates.gradient))
    if coasting is not None:
        builder.call(And(values=(1, 0)), both, which, forced, adjoint=True)
        builder.call(And(), both, which, forced)
        inner = ancilla.part(own, coasting.ancilla)
        builder.call(coasting.routine, forced, data, inner, gradient.part(0, coasting.gradient))
        builder.call(And(), both, which, forced, adjoint=True)
        builder.release(forced)
        builder.call(third, which, adjoint=True)
    # The shift alone has coefficient −1: a sign where the shift is on and the Hessian is not.
    builder.call(Gate(kind="Z"), on)
    builder.call(Gate(kind="CZ"), on, with_hessian)
    builder.call(Increment(bits=k, controlled=True), on, time)

    builder.call(And(), on, with_hessian, both, adjoint=True)
    builder.release(both)
    if control is not None:
        builder.call(And(), shift, control, on, adjoint=True)
        builder.release(on)
    builder.call(second, with_hessian, adjoint=True)
    builder.call(first, shift, adjoint=True)
    return Encoding(
        name=f"history of {hessian.name}",
        access=hessian.access,
        routine=builder.routine(),
        alpha=alpha(learning_rate, weight) + coasts,
        epsilon=learning_rate
        * (
            hessian.epsilon
            if rates is None
            else product_epsilon((hessian.alpha, rates.alpha), (hessian.epsilon, rates.epsilon))
        )
        + (0 if coasting is None else coasting.epsilon),
        kind=weakest_kind(tuple(e.kind for e in (hessian, rates, coasting) if e is not None)),
        system=k + data_bits,
        ancilla=own + inside,
        gradient=shared,
        controlled=idle,
        word_bits=hessian.word_bits,
    )


def _of_the_batch(
    builder: Builder,
    hessian: Encoding,
    batches: Batches,
    iterations: Scalar,
    on: Handle,
    time: Handle,
    data: Handle,
    inner: Handle,
    gradient: Handle,
) -> None:
    """H of the minibatch of each step; behind the run, where H is flagged away, number 0.

    `data` begins with ancilla for a copy of the number: where an encoding fails it may leave another number behind, and
    what was looked up could not be cleared.
    """
    number = builder.allocate("minibatch", batches.bits)
    run = int(iterations)
    behind = 2 ** int(time.size) - run
    table = (*(batches.numbers[t] for t in range(run)), *(0,) * behind)
    loaded = None
    if batches.bits:
        loaded = load(builder, batches.access, [(len(table), time)], number, table=table, control=on)
    copy = Gate(kind="CNOT", bits=batches.bits)
    if loaded is not None:
        builder.call(copy, number, data.part(0, batches.bits))
    builder.call(hessian.routine, on, data, inner, gradient.part(0, hessian.gradient))
    if loaded is not None:
        builder.call(copy, number, data.part(0, batches.bits))
        unload(builder, loaded)
        builder.release(number)


def any_history_encoding(
    step: Encoding, iterations: Scalar, padding: Scalar, *, idle: bool = False, beside: int = 0
) -> Encoding:
    """The encoding of I − S·(A on t < T, I on T <= t < T + p) from a controlled encoding of A.

    α_L = 1 + max(α_A, 1): one qubit selects the shift, and another shrinks the identity of the padding by 1/α_A, or
    A by α_A where that is below 1. ε_L = ε_A. `idle` as in `history_encoding`.
    beside  A is diag(A_0, …, A_{T−1}): so many low qubits of the time stand before the data of its encoding
    """
    if not step.controlled:
        raise ValueError("the history encoding needs a controlled encoding of the step")
    k = ceil_log2(rows(iterations, padding))
    own = 3  # the shift, the shrinking, the flag of what leaves the rows
    builder = Builder("history matrix", "history")
    control = builder.register("control", 1) if idle else None
    system = builder.register("system", k + step.system - beside)
    ancilla = builder.register("ancilla", own + step.ancilla)
    gradient = builder.register("gradient", step.gradient)
    time, data = system.part(0, k), system.part(k, step.system - beside)
    shift, shrink = ancilla.part(0, 1), ancilla.part(1, 1)
    out_of_rows = ancilla.part(2, 1)
    inner = ancilla.part(own, step.ancilla)
    # a step that looks at the time must be off at T and behind it, where its tables end
    padded = beside > 0 or not (is_integer(padding) and padding == 0)

    symbolic = is_symbolic(step.alpha)
    weight = None if symbolic else max(float(step.alpha), 1.0)
    select = Rotation(axis="Y", angle=None if weight is None else 2 * math.acos(math.sqrt(1 / (1 + weight))))
    builder.call(select, shift)
    if control is None:
        on = shift
    else:
        on = builder.allocate("shift on", 1)
        builder.call(And(), shift, control, on)
    last = rows(iterations, padding) - 1
    builder.call(GreaterEqualConstant(bits=k, constant=last, controlled=True), on, time, out_of_rows)
    running, behind = on, None
    after = GreaterEqualConstant(bits=k, constant=iterations, controlled=True)
    if padded:
        running, behind = builder.allocate("step on", 1), builder.allocate("identity on", 1)
        builder.call(after, on, time, behind)
        builder.call(Gate(kind="CNOT"), on, running)
        builder.call(Gate(kind="CNOT"), behind, running)
    builder.call(step.routine, running, time.part(k - beside, beside) + data, inner, gradient)
    if weight is not None and step.alpha < 1:
        _shrink(builder, running, shrink, float(step.alpha))
    if behind is not None and (weight is None or weight > 1):
        _shrink(builder, behind, shrink, None if weight is None else 1 / weight)
    if behind is not None:
        builder.call(Gate(kind="CNOT"), behind, running)
        builder.call(Gate(kind="CNOT"), on, running)
        builder.call(after, on, time, behind, adjoint=True)
        builder.release(running, behind)
    builder.call(Gate(kind="Z"), on)
    builder.call(Increment(bits=k, controlled=True), on, time)
    if control is not None:
        builder.call(And(), shift, control, on, adjoint=True)
        builder.release(on)
    builder.call(select, shift, adjoint=True)
    return Encoding(
        name=f"history of {step.name}",
        access=step.access,
        routine=builder.routine(),
        alpha=1 + (step.alpha if weight is None else weight),
        epsilon=step.epsilon,
        kind=step.kind,
        system=k + step.system - beside,
        ancilla=own + step.ancilla,
        gradient=step.gradient,
        controlled=idle,
        word_bits=step.word_bits,
    )


def _shrink(builder: Builder, on: Handle, shrink: Handle, factor: float | None) -> None:
    angle = None if factor is None else 2 * math.acos(min(1.0, factor))
    builder.call(Rotation(axis="Y", angle=angle, controlled=True), on, shrink)


def _angles(weight: Scalar) -> tuple[Scalar, Scalar]:
    """The two rotation angles that prepare the square roots of 1, 1 and `weight`; None where it is no number."""
    if is_symbolic(weight) or is_array(weight):
        return None, None
    total = 2 + weight
    return 2 * math.acos(math.sqrt(1 / total)), 2 * math.acos(math.sqrt(1 / (1 + weight)))


def _share_angle(forced: Scalar, coasting: Scalar) -> Scalar:
    """The angle that shares out an amplitude between the two."""
    if is_symbolic(forced, coasting):
        return None
    return 2 * math.atan2(math.sqrt(coasting), math.sqrt(forced))
