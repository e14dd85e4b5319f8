r"""Rotations that build a polynomial: layer stripping, and the polynomial that given rotations make.

From |0>, R_0, then d times: z on |1>, R_j. The amplitudes of |0> and |1> are polynomials P, Q in z of degree d with
|P|² + |Q|² = 1. Real ones need rotations R_j = R_y(2t_j) alone; in general R_j = R_z(φ_j) R_y(2t_j), and a phase.

R_d is undone by the angle that clears the constant of Q, tan t_d = |Q_0|/|P_0|; then the top coefficient of P vanishes
too, and what is left has degree d−1. With Q free of zeros inside the circle (`complementary.py`) Q_0 is large, and
after the first layer P_0 takes its place, so no layer divides by something small.

Source: Motlagh, Wiebe, arXiv:2308.01501, theorem 3; of the stability Ni, Ying, arXiv:2410.06409.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Rotations:
    """t_0 … t_d, φ_0 … φ_d (None: all 0), and the phase of |0> before R_0; radians."""

    turns: np.ndarray
    phases: np.ndarray | None
    phase: float


def stripped(p: np.ndarray, q: np.ndarray) -> Rotations:
    """The rotations of P with its complement Q. O(d²)."""
    if not (np.iscomplexobj(p) or np.iscomplexobj(q)):
        return _stripped_real(p, q)
    turns, phases = np.zeros(len(p)), np.zeros(len(p))
    for j in reversed(range(len(p))):
        phases[j] = np.angle(q[0]) - np.angle(p[0])
        turns[j] = np.arctan2(abs(q[0]), abs(p[0]))
        half = np.exp(0.5j * phases[j])
        p, q = p * half, q / half
        c, s = np.cos(turns[j]), np.sin(turns[j])
        p, q = c * p + s * q, c * q - s * p
        if j:
            p, q = p[:-1], q[1:]
    return Rotations(turns, phases, float(np.angle(p[0])))


def _stripped_real(p: np.ndarray, q: np.ndarray) -> Rotations:
    turns = np.zeros(len(p))
    for j in reversed(range(len(p))):
        turns[j] = np.arctan2(q[0], p[0])
        c, s = np.cos(turns[j]), np.sin(turns[j])
        p, q = (c * p + s * q)[: j or 1], (c * q - s * p)[1:]
    return Rotations(turns, None, 0.0)


def polynomial_of(rotations: Rotations) -> np.ndarray:
    """P, lowest coefficient first, built forwards from the rotations. O(d²)."""
    kind = float if rotations.phases is None else complex
    p, q = np.ones(1, dtype=kind), np.zeros(1, dtype=kind)
    for j, turn in enumerate(rotations.turns):
        if j:
            p, q = np.append(p, 0), np.insert(q, 0, 0)
        c, s = np.cos(turn), np.sin(turn)
        p, q = c * p - s * q, s * p + c * q
        if rotations.phases is not None:
            half = np.exp(0.5j * rotations.phases[j])
            p, q = p / half, q * half
    return p if rotations.phase == 0 else p * np.exp(1j * rotations.phase)
