"""The catalysed CCZ -> 2T factory of Gidney and Fowler: errors, qubits and cycles by its two code distances."""

from __future__ import annotations

from qgd_compiler.physical.codes import Code, logical_error
from qgd_compiler.scalars import Scalar, ceil_div, maximum

TILES = 32  # of each of the six level-1 factories and of level 2
LEVEL_1 = 6
CYCLES_PER_CCZ = (11, 2)  # 5.5 steps of the larger distance, as a fraction


def state_error(code: Code, physical_error: float, d1: Scalar, d2: Scalar) -> Scalar:
    r"""Error of one CCZ state, or of a pair of T states made of it.

    $$1000\,p_L(d_2) + 28\,\big(1100\,p_L(d_1) + 35\,(p + 100\,p_L(\lfloor d_1/2\rfloor))^3\big)^2$$

    Units:   probability.
    Shape:   scalars or arrays that broadcast.
    Error:   none.
    Kind:    model (unit cells counted roughly by the authors).
    Source:  Gidney, Fowler, arXiv:1812.01238, ancillary spreadsheet.
    Checked: tests/physical/test_gidney_fowler.py, against Qualtran's `CCZ2TFactory`.

    >>> from qgd_compiler.physical.codes import CODES
    >>> round(state_error(CODES["gidney_fowler"], 1e-3, 15, 31) * 1e11, 2)
    5.33
    """
    injected = physical_error + 100 * logical_error(code, physical_error, d1 // 2)
    first = 1100 * logical_error(code, physical_error, d1) + 35 * injected**3
    return 1000 * logical_error(code, physical_error, d2) + 28 * first**2


def factory_qubits(d1: Scalar, d2: Scalar) -> Scalar:
    r"""Physical qubits of one factory: six level-1 factories and one of level 2.

    $$64\,(6 d_1^2 + d_2^2)$$

    Units:   physical qubits.
    Shape:   scalars or arrays that broadcast.
    Error:   none.
    Kind:    model.
    Source:  Gidney, Fowler, arXiv:1812.01238, Figure 1.
    Checked: tests/physical/test_gidney_fowler.py, against Qualtran's `CCZ2TFactory`.

    >>> factory_qubits(15, 31)
    147904
    """
    return 2 * TILES * (LEVEL_1 * d1 * d1 + d2 * d2)


def ccz_states(ccz: Scalar, t: Scalar) -> Scalar:
    r"""CCZ states that the factories distil: one per Toffoli, one per two T states.

    $$n_{CCZ} + \lceil t/2 \rceil$$

    Units:   CCZ states.
    Shape:   scalars or arrays that broadcast.
    Error:   none.
    Kind:    exact.
    Source:  Gidney, Fowler, arXiv:1812.01238 (catalysis).
    Checked: tests/physical/test_gidney_fowler.py, against Qualtran's `CCZ2TFactory`.

    >>> ccz_states(10, 5)
    13
    """
    return ccz + ceil_div(t, 2)


def generation_cycles(ccz: Scalar, t: Scalar, d1: Scalar, d2: Scalar, factories: Scalar) -> Scalar:
    r"""Rounds of syndrome measurement in which so many factories make all states.

    $$\lceil \lceil (5.5\,n + \lceil t/2\rceil) \max(2d_1+1, d_2) \rceil / N \rceil, n = n_{CCZ} + \lceil t/2 \rceil$$

    Units:   rounds.
    Shape:   scalars or arrays that broadcast.
    Error:   none.
    Kind:    model.
    Source:  Gidney, Fowler, arXiv:1812.01238, Section 2; Gidney, Ekerå, arXiv:1905.09749 for several factories.
    Checked: tests/physical/test_gidney_fowler.py, against Qualtran's `CCZ2TFactory` and `MultiFactory`.

    >>> generation_cycles(10**9, 0, 15, 31, 4)
    42625000000
    """
    steps, per = CYCLES_PER_CCZ
    step = maximum(2 * d1 + 1, d2)
    halves = steps * ccz_states(ccz, t) + per * ceil_div(t, 2)
    return ceil_div(ceil_div(halves * step, per), factories)


def reaction_cycles(depth: Scalar, reaction_ns: int, round_ns: int) -> Scalar:
    r"""Rounds that a chain of `depth` magic states takes at least: each waits for the decoder's answer to the last.

    $$\lceil D\,t_{reaction} / t_{round} \rceil$$

    Units:   rounds.
    Shape:   scalar or array.
    Error:   none.
    Kind:    model.
    Source:  Gidney, Fowler, arXiv:1905.08916; 10 us in Gidney, Ekerå, arXiv:1905.09749.
    Checked: tests/physical/test_gidney_fowler.py, by hand.

    >>> reaction_cycles(10**9, 10_000, 1000)
    10000000000
    """
    return ceil_div(depth * reaction_ns, round_ns)
