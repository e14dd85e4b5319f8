r"""Encoders of composed matrices: Kronecker products, products, Gram matrices, sums and blocks on the diagonal.

Each takes encoders of its parts and is one itself. Exact up to the parts' ε and the rounding of coefficients.
Sources: Gilyén et al., arXiv:1806.01838, lemmas 52–54 (sums, products); the Gram form with α exactly 1 is the
reflection U_J†(2|0><0| − 1)U_J = 2J†J/α² − 1, as in arXiv:1806.01838, section 3.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qgd_compiler.algorithms.compose import product_epsilon, sum_epsilon
from qgd_compiler.algorithms.encoding import Encoder, Encoding
from qgd_compiler.kinds import Kind, weakest_kind
from qgd_compiler.program.builder import NOTHING, Builder, Handle
from qgd_compiler.program.primitives import And, Conjunction, Gate, Rotation, junk_of_conjunction
from qgd_compiler.scalars import Scalar, ceil_log2, is_symbolic, maximum

_Undo = Callable[[], None]


def _of(parts: Sequence[Encoding], name: str) -> tuple[str, str, Kind]:
    """Name, access and kind of a composed encoding."""
    accesses = sorted({p.access for p in parts})
    return (
        f"{name} of {', '.join(p.name for p in parts)}",
        "+".join(accesses),
        weakest_kind(p.kind for p in parts),
    )


def _gradient(parts: Sequence[Encoding]) -> Scalar:
    return maximum(*(p.gradient for p in parts)) if len(parts) > 1 else parts[0].gradient


def _run(
    builder: Builder,
    part: Encoding,
    control: Handle,
    system: Handle,
    ancilla: Handle,
    gradient: Handle,
    adjoint: bool = False,
) -> None:
    """Call a part on the low qubits of `system` and the first qubits of `ancilla` and `gradient`."""
    low = system.part(system.size - part.system, part.system)
    on = (control,) if part.controlled else ()
    grad = gradient.part(0, part.gradient) if gradient.wires else NOTHING
    builder.call(part.routine, *on, low, ancilla.part(0, part.ancilla), grad, adjoint=adjoint)


@dataclass(frozen=True, eq=False)
class KroneckerEncoder:
    """A ⊗ B ⊗ …: the parts side by side; α the product."""

    parts: tuple[Encoder, ...]

    def encode(self, controlled: bool) -> Encoding:
        """System: the parts' systems in order, so sizes must be powers of two (except the first)."""
        parts = [p.encode(controlled) for p in self.parts]
        name, access, kind = _of(parts, "Kronecker product")
        builder = Builder(name, "hessian")
        control = builder.register("control", 1) if controlled else NOTHING
        system = builder.register("system", sum(p.system for p in parts))
        ancilla = builder.register("ancilla", sum(p.ancilla for p in parts))
        gradient = builder.register("gradient", _gradient(parts))
        at, free = 0, 0
        alpha: Scalar = 1
        for p in parts:
            _run(builder, p, control, system.part(at, p.system), ancilla.part(free, p.ancilla), gradient)
            at, free, alpha = at + p.system, free + p.ancilla, alpha * p.alpha
        epsilon = product_epsilon([p.alpha for p in parts], [p.epsilon for p in parts])
        return Encoding(
            name=name,
            access=access,
            routine=builder.routine(),
            alpha=alpha,
            epsilon=epsilon,
            kind=_bound(kind),
            system=system.size,
            ancilla=ancilla.size,
            gradient=gradient.size,
            controlled=controlled,
            word_bits=maximum(*(p.word_bits for p in parts)) if len(parts) > 1 else parts[0].word_bits,
        )


@dataclass(frozen=True, eq=False)
class ProductEncoder:
    """A B …: the last part acts first; each part has its own ancilla; α the product."""

    parts: tuple[Encoder, ...]

    def encode(self, controlled: bool) -> Encoding:
        """System: that of the largest part."""
        parts = [p.encode(controlled) for p in self.parts]
        name, access, kind = _of(parts, "product")
        builder = Builder(name, "hessian")
        control = builder.register("control", 1) if controlled else NOTHING
        system = builder.register(
            "system", maximum(*(p.system for p in parts)) if len(parts) > 1 else parts[0].system
        )
        ancilla = builder.register("ancilla", sum(p.ancilla for p in parts))
        gradient = builder.register("gradient", _gradient(parts))
        free = ancilla.size
        alpha: Scalar = 1
        for p in reversed(parts):
            free = free - p.ancilla
            _run(builder, p, control, system, ancilla.part(free, p.ancilla), gradient)
            alpha = alpha * p.alpha
        epsilon = product_epsilon([p.alpha for p in parts], [p.epsilon for p in parts])
        return Encoding(
            name=name,
            access=access,
            routine=builder.routine(),
            alpha=alpha,
            epsilon=epsilon,
            kind=_bound(kind),
            system=system.size,
            ancilla=ancilla.size,
            gradient=gradient.size,
            controlled=controlled,
            word_bits=maximum(*(p.word_bits for p in parts)) if len(parts) > 1 else parts[0].word_bits,
        )


@dataclass(frozen=True, eq=False)
class GramEncoder:
    """J†J from an encoder of J, α = α_J²; or, with `centred`, 2J†J/α_J² − 1 with α exactly 1.

    The middle is a reflection about the zero ancilla of J; for J†J itself a |+> qubit averages it with the identity.
    """

    factor: Encoder
    centred: bool = False

    def encode(self, controlled: bool) -> Encoding:
        """The control gates only the reflection: U_J†U_J is the identity without it."""
        j = self.factor.encode(False)
        name = f"{'centred ' if self.centred else ''}Gram of {j.name}"
        builder = Builder(name, "hessian")
        control = builder.register("control", 1) if controlled else NOTHING
        system = builder.register("system", j.system)
        own = 0 if self.centred else 1
        ancilla = builder.register("ancilla", j.ancilla + own)
        gradient = builder.register("gradient", j.gradient)
        inner = ancilla.part(own, j.ancilla)
        plus = ancilla.part(0, 1) if not self.centred else NOTHING
        if not self.centred:
            builder.call(Gate(kind="H"), plus)
        _run(builder, j, NOTHING, system, inner, gradient)
        _reflect_about_zero(builder, inner, [h for h in (plus, control) if h.wires])
        _run(builder, j, NOTHING, system, inner, gradient, adjoint=True)
        if not self.centred:
            builder.call(Gate(kind="H"), plus)
        square = product_epsilon((j.alpha, j.alpha), (j.epsilon, j.epsilon))
        return Encoding(
            name=name,
            access=j.access,
            routine=builder.routine(),
            alpha=1 if self.centred else j.alpha**2,
            epsilon=2 * square / j.alpha**2 if self.centred else square,
            kind=_bound(j.kind),
            system=j.system,
            ancilla=ancilla.size,
            gradient=j.gradient,
            controlled=controlled,
            word_bits=j.word_bits,
        )


def _reflect_about_zero(builder: Builder, x: Handle, controls: Sequence[Handle]) -> None:
    """2|0><0| − 1 on `x` where all controls (at most two) are 1; the identity elsewhere."""
    zero = Conjunction(bits=x.size)
    junk = builder.allocate("partial", junk_of_conjunction(x.size))
    flag = builder.allocate("zero", 1)
    builder.call(zero, x, junk, flag)
    builder.call(Gate(kind="X"), flag)
    if not controls:
        builder.call(Gate(kind="Z"), flag)
    elif len(controls) == 1:
        builder.call(Gate(kind="CZ"), controls[0], flag)
    else:
        both = builder.allocate("both", 1)
        builder.call(And(), *controls, both)
        builder.call(Gate(kind="CZ"), both, flag)
        builder.call(And(), *controls, both, adjoint=True)
        builder.release(both)
    builder.call(Gate(kind="X"), flag)
    builder.call(zero, x, junk, flag, adjoint=True)
    builder.release(junk, flag)


@dataclass(frozen=True, eq=False)
class SumEncoder:
    """Σ c_i A_i by a linear combination of unitaries: α = Σ|c_i|α_i.

    The selection is prepared by a chain of rotations with exact angles: qubit i says "not the first i terms". So
    k terms take k−1 qubits and 2(2k−3) rotations, and their coefficients carry no rounding. None as a part is the
    identity.
    """

    coefficients: tuple[Scalar, ...]
    parts: tuple[Encoder | None, ...]
    system_bits: Scalar

    def encode(self, controlled: bool) -> Encoding:
        """Where the control is off nothing is selected and the preparation undoes itself."""
        parts = [None if p is None else p.encode(True) for p in self.parts]
        real = [p for p in parts if p is not None]
        name, access, kind = _of(real, "sum") if real else ("identity", "none", Kind.EXACT)
        alphas = [1 if p is None else p.alpha for p in parts]
        weights = [abs(c) * a for c, a in zip(self.coefficients, alphas, strict=True)]
        count = len(parts)
        builder = Builder(name, "hessian")
        control = builder.register("control", 1) if controlled else NOTHING
        system = builder.register("system", self.system_bits)
        shared = maximum(0, *(p.ancilla for p in real)) if real else 0
        ancilla = builder.register("ancilla", count - 1 + shared)
        gradient = builder.register("gradient", maximum(0, *(p.gradient for p in real)) if real else 0)
        chain = [ancilla.part(i, 1) for i in range(count - 1)]
        inner = ancilla.part(count - 1, shared)
        _prepare_chain(builder, chain, weights, adjoint=False)
        for i, (c, p) in enumerate(zip(self.coefficients, parts, strict=True)):
            negative = not is_symbolic(c) and c < 0
            if p is None and not negative:
                continue
            _select(builder, chain, i, control, system, inner, gradient, p, negative)
        _prepare_chain(builder, chain, weights, adjoint=True)
        return Encoding(
            name=name,
            access=access,
            routine=builder.routine(),
            alpha=sum(weights),
            epsilon=sum_epsilon(self.coefficients, [0 if p is None else p.epsilon for p in parts]),
            kind=_bound(kind),
            system=self.system_bits,
            ancilla=ancilla.size,
            gradient=gradient.size,
            controlled=controlled,
            word_bits=maximum(0, *(p.word_bits for p in real)) if real else 0,
        )


def _prepare_chain(
    builder: Builder, chain: Sequence[Handle], weights: Sequence[Scalar], *, adjoint: bool
) -> None:
    """Σ_i √(w_i/Σw) |1…10…0> with i ones: qubit i turns on, under qubit i−1, with what is left."""
    steps: list[tuple[Handle | None, Handle, Scalar | None]] = []
    for i, qubit in enumerate(chain):
        left = weights[i:]
        angle = None
        if not is_symbolic(*left):
            angle = 2 * math.acos(math.sqrt(min(1.0, left[0] / sum(left)))) if sum(left) > 0 else 0.0
        steps.append((chain[i - 1] if i else None, qubit, angle))
    for under, qubit, angle in reversed(steps) if adjoint else steps:
        rotation = Rotation(axis="Y", angle=angle, controlled=under is not None)
        builder.call(rotation, *([under] if under is not None else []), qubit, adjoint=adjoint)


def _select(
    builder: Builder,
    chain: Sequence[Handle],
    term: int,
    control: Handle,
    system: Handle,
    inner: Handle,
    gradient: Handle,
    part: Encoding | None,
    negative: bool,
) -> None:
    """Run term i where the chain shows exactly i ones (and the control is on), with its sign."""
    marks = ([(chain[term - 1], 1)] if term else []) + ([(chain[term], 0)] if term < len(chain) else [])
    marks += [(control, 1)] if control.wires else []
    on, undo = _conjunction_of(builder, marks)
    if negative:
        builder.call(Gate(kind="Z"), on)
    if part is not None:
        _run(builder, part, on, system, inner, gradient)
    undo()


def _conjunction_of(builder: Builder, marks: Sequence[tuple[Handle, int]]) -> tuple[Handle, _Undo]:
    """A qubit that is 1 where all marks hold, and how to undo it."""
    if len(marks) == 1:
        qubit, value = marks[0]
        if value:
            return qubit, lambda: None
        builder.call(Gate(kind="X"), qubit)
        return qubit, lambda: builder.call(Gate(kind="X"), qubit)
    made: list[tuple[And, Handle, Handle, Handle]] = []
    running, value = marks[0]
    for qubit, wanted in marks[1:]:
        flag = builder.allocate("selected", 1)
        gate = And(values=(value, wanted))
        builder.call(gate, running, qubit, flag)
        made.append((gate, running, qubit, flag))
        running, value = flag, 1

    def undo() -> None:
        for gate, a, b, flag in reversed(made):
            builder.call(gate, a, b, flag, adjoint=True)
            builder.release(flag)

    return running, undo


@dataclass(frozen=True, eq=False)
class BlockDiagonalEncoder:
    """Equal blocks on the diagonal, α = max α_k: a rotation under the block number shrinks the smaller ones."""

    parts: tuple[Encoder, ...]

    def encode(self, controlled: bool) -> Encoding:
        """System: block number, then the place within the block; every block has the same number of qubits."""
        parts = [p.encode(True) for p in self.parts]
        name, access, kind = _of(parts, "block diagonal")
        sides = {p.system for p in parts}
        if len(sides) != 1:
            raise ValueError("blocks of different register sizes cannot share a block register")
        index_bits = ceil_log2(len(parts))
        side = parts[0].system
        alpha = maximum(*(p.alpha for p in parts)) if len(parts) > 1 else parts[0].alpha
        builder = Builder(name, "hessian")
        control = builder.register("control", 1) if controlled else NOTHING
        system = builder.register("system", index_bits + side)
        shared = maximum(*(p.ancilla for p in parts)) if len(parts) > 1 else parts[0].ancilla
        ancilla = builder.register("ancilla", 1 + shared)
        gradient = builder.register("gradient", _gradient(parts))
        shrink, inner = ancilla.part(0, 1), ancilla.part(1, shared)
        block, place = system.part(0, index_bits), system.part(index_bits, side)
        for k, p in enumerate(parts):
            marks = [(block.part(b, 1), (k >> (index_bits - 1 - b)) & 1) for b in range(index_bits)]
            marks += [(control, 1)] if control.wires else []
            if marks:
                on, undo = _conjunction_of(builder, marks)
            else:
                on = builder.allocate("on", 1)
                builder.call(Gate(kind="X"), on)

                def undo(on: Handle = on) -> None:
                    builder.call(Gate(kind="X"), on)
                    builder.release(on)

            angle = None if is_symbolic(alpha) else 2 * math.acos(min(1.0, p.alpha / alpha))
            if angle is None or angle > 0:
                builder.call(Rotation(axis="Y", angle=angle, controlled=True), on, shrink)
            _run(builder, p, on, place, inner, gradient)
            undo()
        return Encoding(
            name=name,
            access=access,
            routine=builder.routine(),
            alpha=alpha,
            epsilon=maximum(*(p.epsilon for p in parts)) if len(parts) > 1 else parts[0].epsilon,
            kind=_bound(kind),
            system=system.size,
            ancilla=ancilla.size,
            gradient=gradient.size,
            controlled=controlled,
            word_bits=maximum(*(p.word_bits for p in parts)) if len(parts) > 1 else parts[0].word_bits,
        )


def _bound(kind: Kind) -> Kind:
    """A composed ε is at best a bound."""
    return weakest_kind((kind, Kind.BOUND))
