"""Rotations of a signal by one of two angles, as a parity qubit says, and the weights of the two parities."""

from __future__ import annotations

import math
from collections.abc import Sequence

from qgd_compiler.program.builder import Builder, Handle
from qgd_compiler.program.primitives import Gate, Rotation

Angle = float | None


def turn(builder: Builder, axis: str, target: Handle, odd: Handle, by: Sequence[Angle]) -> None:
    """One rotation by `by[0]`; with two angles the second where `odd` is 1, by two rotations and two Cliffords.

    The mean, and half the difference with a sign from a gate on both sides that reverses the axis. Angles None are
    counted. Source: Möttönen et al., arXiv:quant-ph/0404089 (uniformly controlled rotations).
    """
    if len(by) == 1:
        builder.call(Rotation(axis=axis, angle=by[0]), target)
        return
    first, second = by
    mean = difference = None
    if first is not None and second is not None:
        mean, difference = (first + second) / 2, (first - second) / 2
    flip = Gate(kind="CZ" if axis == "Y" else "CNOT")
    builder.call(Rotation(axis=axis, angle=mean), target)
    builder.call(flip, odd, target)
    builder.call(Rotation(axis=axis, angle=difference), target)
    builder.call(flip, odd, target)


def share_of_parts(alphas: Sequence[float] | None) -> Rotation:
    """|0> to √(α_even/α)|0> + √(α_odd/α)|1>; the alphas of the two parts, or a count."""
    if alphas is None or len(alphas) < 2:
        return Rotation(axis="Y")
    even, odd = alphas
    return Rotation(axis="Y", angle=2 * math.atan2(math.sqrt(odd), math.sqrt(even)))
