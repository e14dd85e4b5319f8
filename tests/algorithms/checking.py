"""Run an encoding on all its columns, with and without a control, against a matrix given as numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qgd_compiler.algorithms.encoding import Encoder
from qgd_compiler.program.simulate import block


def observed_error(
    encoder: Encoder,
    matrix: np.ndarray,
    *,
    controlled: bool,
    rows: Sequence[int] | None = None,
    columns: Sequence[int] | None = None,
) -> float:
    """‖α·block − matrix‖ of the simulated circuit, after everything that has to be exact has been asserted.

    rows, columns   where they stand in the register (default: in a row from 0 on)
    """
    encoding = encoder.encode(controlled)
    rows = range(matrix.shape[0]) if rows is None else rows
    columns = range(matrix.shape[1]) if columns is None else columns
    on = {"control": 1} if controlled else {}
    there = block(encoding.routine, fixed=on, columns=columns).matrix
    back = block(encoding.routine, fixed=on, columns=rows, adjoint=True).matrix
    assert len(there) == 2 ** int(encoding.system)
    found = there[np.ix_(rows, columns)]
    assert np.allclose(back[np.ix_(columns, rows)], found.conj().T, atol=1e-12)
    assert np.abs(np.delete(there, rows, axis=0)).max(initial=0) < 1e-12, "gaps never mix with rows"
    assert np.abs(np.delete(back, columns, axis=0)).max(initial=0) < 1e-12, "gaps never mix with columns"
    realised = encoder.realised()
    assert realised is not None
    scale = float(encoding.alpha)
    assert np.allclose(found * scale, realised, atol=1e-9 * scale), "the block is what the words stand for"
    if controlled:
        for adjoint in (False, True):
            idle = block(encoding.routine, fixed={"control": 0}, adjoint=adjoint).matrix
            assert np.allclose(idle, np.eye(len(idle)), atol=1e-12), "off is the identity, gaps included"
    error = float(np.linalg.norm(found * scale - matrix, 2))
    assert error <= float(encoding.epsilon) + 1e-9 * scale
    assert np.linalg.norm(matrix, 2) <= scale + float(encoding.epsilon) + 1e-9 * scale
    return error
