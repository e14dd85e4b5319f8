"""T gates of our state preparations over those of Qualtran, at equal size and precision.

    python benchmarks/state_preparation.py [--markdown]

A ratio below 1 says that ours takes fewer. Both are exchanged alike: 4 T per Toffoli, AND and controlled swap, and
the same number of T per rotation. Theirs: Qualtran 0.7.0, alias sampling with the same bits of keep, and rotations with
as many bits in the phase gradient as our angles have.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from comparing import ROTATION_EPSILON, print_table, their_t, wants_markdown
from qualtran.bloqs.state_preparation import StatePreparationAliasSampling, StatePreparationViaRotations

from qgd_compiler.algorithms.access import Qroam, Qrom
from qgd_compiler.algorithms.alias_sampling import alias_sampling
from qgd_compiler.algorithms.amplitude_tree import amplitude_tree
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.fold import fold
from qgd_compiler.costing.prices import price_of
from qgd_compiler.program.ir import Routine

Line = tuple[str, str, int, int]


def our_t(routine: Routine) -> int:
    """T gates of a routine of ours."""
    return int(Exchange().t_of(fold(routine, price_of).gates, ROTATION_EPSILON))


def alias(size: int, keep_bits: int) -> Iterator[Line]:
    """Alias sampling over `size` amplitudes."""
    rng = np.random.default_rng(size)
    weights = rng.random(size)
    theirs = StatePreparationAliasSampling.from_probabilities(
        list(weights / weights.sum()), precision=2.0**-keep_bits / size
    )
    assert theirs.mu == keep_bits, (theirs.mu, keep_bits)
    for access in (Qrom(), Qroam()):
        name = f"alias sampling, {access.name}"
        yield (
            f"{size} amplitudes, {keep_bits} bits",
            name,
            our_t(alias_sampling(size, keep_bits, access)),
            their_t(theirs),
        )


def tree(size: int, bits: int) -> Iterator[Line]:
    """A tree of rotations over `size` amplitudes."""
    rng = np.random.default_rng(size)
    vector = rng.normal(size=size)
    theirs = StatePreparationViaRotations(
        phase_bitsize=bits, state_coefficients=tuple((vector / np.linalg.norm(vector)).tolist())
    )
    for access in (Qrom(), Qroam()):
        name = f"tree, {access.name}"
        yield (
            f"{size} amplitudes, {bits} bits",
            name,
            our_t(amplitude_tree(size, bits, access)),
            their_t(theirs),
        )


def main() -> None:
    """Print the table."""
    as_markdown = wants_markdown(__doc__)
    lines = [line for size in (5, 20, 100, 1000) for line in alias(size, 10)]
    lines += [line for size in (4, 16, 64, 256) for line in tree(size, 10)]
    heads = ("state", "ours", "T", "their T", "T / theirs")
    rows = [(what, name, f"{t:,}", f"{other:,}", f"{t / other:.3f}") for what, name, t, other in lines]
    print_table(heads, rows, as_markdown)


if __name__ == "__main__":
    main()
