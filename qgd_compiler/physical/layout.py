"""Rules of the layout: logical qubits with corridors, cycles, magic states (Beverland et al., arXiv:2211.07629)."""

from __future__ import annotations

import math

from qgd_compiler.costing.synthesis import mixed_fallback_t
from qgd_compiler.physical.logical_counts import LogicalCounts
from qgd_compiler.scalars import Scalar, ceil, is_array, is_integer, maximum, sqrt, where


def algorithm_qubits(qubits: Scalar) -> Scalar:
    r"""Logical patches of the algorithm, with the corridors between them.

    $$2Q + \lceil\sqrt{8Q}\rceil + 1$$

    Units:   logical patches.
    Shape:   scalar or array; at least 1 qubit.
    Error:   none.
    Kind:    model (the "fast block" of Litinski, arXiv:1808.02892).
    Source:  Beverland et al., arXiv:2211.07629, Eq. D1.
    Checked: tests/physical/test_azure_grid.py, against Microsoft's estimator.

    >>> algorithm_qubits(1000)
    2091
    """
    return 2 * qubits + _ceil_sqrt(8 * qubits) + 1


def t_per_rotation(rotations: Scalar, budget: Scalar) -> Scalar:
    r"""T states of each rotation, so that all of them fail with probability <= budget.

    $$\lceil 0.53\,\log_2(M/\epsilon) + 4.86 \rceil$$

    Units:   T states.
    Shape:   scalars or arrays that broadcast; 0 where there are no rotations.
    Error:   budget, in diamond norm, over all rotations.
    Kind:    fit.
    Source:  Kliuchnikov et al., arXiv:2203.10064, Table 1 (the 5.3 of arXiv:2211.07629 is of an older version).
    Checked: tests/physical/test_azure_grid.py, against Microsoft's estimator.

    >>> t_per_rotation(10**6, 1e-3 / 3)
    22
    """
    if is_array(rotations, budget):
        each = where(rotations > 0, budget / maximum(rotations, 1), 0.5)
        return where(rotations > 0, mixed_fallback_t(each), 0.0)
    if rotations == 0:
        return 0
    return mixed_fallback_t(budget / rotations)


def logical_depth(counts: LogicalCounts, each: Scalar) -> Scalar:
    r"""Logical cycles, one operation after the other, `each` of them per layer of rotations.

    $$M_{meas} + M_R + M_T + 3 M_{Tof} + t\,D_R$$

    Units:   logical cycles.
    Shape:   scalars or arrays that broadcast.
    Error:   none.
    Kind:    model (sequential Pauli-based computation).
    Source:  Beverland et al., arXiv:2211.07629, Eq. D3.
    Checked: tests/physical/test_azure_grid.py, against Microsoft's estimator.

    >>> logical_depth(LogicalCounts(qubits=1, t=10, ccz=2, measurements=5), 0)
    21
    """
    return (
        counts.measurements
        + counts.rotations
        + counts.t
        + 3 * (counts.ccz + counts.ccix)
        + each * counts.rotation_depth
    )


def t_states(counts: LogicalCounts, each: Scalar) -> Scalar:
    r"""T states that the circuit consumes, `each` of them per rotation.

    $$M_T + 4 M_{Tof} + t\,M_R$$

    Units:   T states.
    Shape:   scalars or arrays that broadcast.
    Error:   none.
    Kind:    exact for 4 T per Toffoli.
    Source:  Beverland et al., arXiv:2211.07629, Eq. D4; Jones, arXiv:1212.5069 (4 T per Toffoli).
    Checked: tests/physical/test_azure_grid.py, against Microsoft's estimator.

    >>> t_states(LogicalCounts(qubits=1, t=10, ccz=2, rotations=3), 20)
    78
    """
    return counts.t + 4 * (counts.ccz + counts.ccix) + each * counts.rotations


def _ceil_sqrt(x: Scalar) -> Scalar:
    """The square root rounded up; exact for integers of any size."""
    if is_integer(x):
        return math.isqrt(int(x) - 1) + 1 if x > 0 else 0
    return ceil(sqrt(x))
