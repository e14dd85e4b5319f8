"""Parts of a plan in symbols: encodings and preparations, each counted once and named field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import sympy

from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.amplitude_tree import amplitude_tree, angle_bits_for, error_bound
from qgd_compiler.algorithms.arrays.leaves import BOUNDS, Leaf, encoder
from qgd_compiler.algorithms.arrays.slots import cost_of, of_cost
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.problem import RightHandSide
from qgd_compiler.algorithms.scattered_state import scattered_state
from qgd_compiler.costing.fold import Cost, Folded, Folder
from qgd_compiler.costing.gathered import price_of_counts
from qgd_compiler.live.script import ABOVE_ZERO, POSITIVE, WHOLE, Script
from qgd_compiler.program.ir import Operation, Register
from qgd_compiler.scalars import Scalar, ceil_log2, maximum, where


@dataclass(frozen=True)
class Sizes:
    """Symbols or numbers of the vectors of one step.

    rows       of the Hessian; `nonzeros` of the gradient, None: all of them
    """

    rows: Scalar
    nonzeros: int | None


def encoding_of(script: Script, leaf: Leaf, epsilon: Scalar) -> Encoding:
    """As `Leaf.controlled`: the encoding under a control, of which the costs alone are left."""
    epsilon = script.let("encoding_error", epsilon, **POSITIVE)
    bits = script.number("word_bits", leaf.words(0, epsilon), **ABOVE_ZERO)  # type: ignore[arg-type]
    bounds = {name: getattr(leaf.matrices, name)[0] for name in BOUNDS}
    made = encoder(leaf.name, leaf.access, bounds, bits).encode(True)
    registers = tuple(
        Register(name=r.name, size=script.let(f"encoding_{r.name}", r.size, **WHOLE))
        for r in made.routine.registers
    )
    named = dict(zip((r.name for r in registers), registers, strict=True))
    routine: Any = _folded(script, leaf.name, "encoding", made.routine, registers)
    return replace(
        made,
        routine=routine,
        alpha=script.let("alpha", made.alpha, **POSITIVE),
        epsilon=script.let("encoding_bound", made.epsilon, **POSITIVE),
        system=named["system"].size,
        ancilla=named["ancilla"].size,
        gradient=named["gradient"].size,
    )


def state_of(script: Script, sizes: Sizes, access: Access, epsilon: Scalar) -> RightHandSide:
    """As `arrays.declared.vector_states`: the dense tree, or where the gradient has few entries the cheaper way."""
    epsilon = script.let("state_error", epsilon, **POSITIVE)
    span = sizes.rows
    bits = script.let("system_bits", ceil_log2(span), **WHOLE)
    words = script.number("angle_bits", maximum(angle_bits_for(span, epsilon), 2), **ABOVE_ZERO)
    registers = (Register(name="system", size=bits), Register(name="gradient", size=words))
    dense = _folded(script, "states", "tree", amplitude_tree(span, words, access), registers)
    error = error_bound(span, words)
    if sizes.nonzeros is None:
        return RightHandSide(dense, error, words)  # type: ignore[arg-type]
    filled = 2 ** int(ceil_log2(sizes.nonzeros))
    short = script.number("short_bits", maximum(angle_bits_for(filled, epsilon), 2), **ABOVE_ZERO)
    few = _folded(script, "states", "few", scattered_state(bits, sizes.nonzeros, short, access), registers)
    fewer, dearer = few.forward, dense.forward
    same = sympy.Eq(fewer.gates.toffoli, dearer.gates.toffoli, evaluate=False)
    better = sympy.Lt(sizes.nonzeros, span, evaluate=False) & (
        sympy.Lt(fewer.gates.toffoli, dearer.gates.toffoli, evaluate=False)
        | (same & sympy.Lt(fewer.work, dearer.work, evaluate=False))
    )

    def chosen(name: str, then: Cost, otherwise: Cost) -> Cost:
        slots, other = of_cost(then), of_cost(otherwise)
        return cost_of(_named(script, name, {n: where(better, slots[n], other[n]) for n in slots}))

    bits_of_angles = script.let("gradient_bits", where(better, short, words), **ABOVE_ZERO)
    routine = Folded(
        title="states",
        signature=(registers[0], Register(name="gradient", size=bits_of_angles)),
        forward=chosen("state", few.forward, dense.forward),
        backward=chosen("state_inverse", few.backward, dense.backward),
    )
    error = where(better, error_bound(filled, short), error)
    return RightHandSide(routine, error, bits_of_angles)  # type: ignore[arg-type]


def _folded(
    script: Script, title: str, name: str, operation: Operation, signature: tuple[Register, ...]
) -> Folded:
    folder = Folder(price_of_counts, shared=False)
    forward, backward = (
        cost_of(_named(script, f"{name}{suffix}", of_cost(folder.cost(operation, inverse))))
        for suffix, inverse in (("", False), ("_inverse", True))
    )
    return Folded(title=title, signature=signature, forward=forward, backward=backward)


def _named(script: Script, name: str, slots: Mapping[str, Scalar]) -> dict[str, Scalar]:
    return {what: script.let(f"{name}_{what}", value, **WHOLE) for what, value in slots.items()}
