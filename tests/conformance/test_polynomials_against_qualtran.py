"""Polynomial circuits: gates and qubits of the program as Qualtran counts its decomposed bloq."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest

from qgd_compiler.algorithms.access import Qroam, Qrom
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.qsp.angles import gqsp_angles, gram_angles
from qgd_compiler.algorithms.qsp.chebyshev_lcu import chebyshev_lcu, chebyshev_lcu_gram
from qgd_compiler.algorithms.qsp.gqsp import gqsp, gqsp_gram
from qgd_compiler.algorithms.qsp.phases import qsvt_phases
from qgd_compiler.algorithms.qsp.qsvt import qsvt
from qgd_compiler.algorithms.qsp.series import Parity
from qgd_compiler.algorithms.qsp.weights import METHODS
from qgd_compiler.bloqs import ProgramBloq, claimed, of_leaves, peak_qubits
from qgd_compiler.bloqs.counts import kinds
from qgd_compiler.costing.fold import fold
from qgd_compiler.costing.prices import price_of
from tests.algorithms.qsp.polynomials import FACTORS, HERMITIAN, drawn
from tests.conformance.verdicts import Verdicts

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


def cases() -> Iterator[tuple[str, Encoding]]:
    """Every builder and parity, over encodings that are not their own inverse."""
    for name in ("sparse access, 2x2", "Frobenius, 2x2"):
        encoder = HERMITIAN[name][0]()
        plain, controlled = encoder.encode(False), encoder.encode(True)
        for degree, parity in ((4, Parity.EVEN), (5, Parity.ODD), (4, Parity.MIXED)):
            a = drawn(degree, parity, 1)
            for method in METHODS:
                yield (
                    f"Chebyshev sum by {method}, {parity}, {name}",
                    chebyshev_lcu(
                        plain,
                        degree=degree,
                        access=Qrom(),
                        prep_epsilon=2.0**-5,
                        coefficients=a,
                        controlled=controlled,
                        method=method,
                    ),
                )
            angles = gqsp_angles(a)
            yield f"GQSP, {parity}, {name}", gqsp(plain, degree=degree, angles=angles, controlled=controlled)
            phases = qsvt_phases(a)
            yield f"QSVT, {parity}, {name}", qsvt(plain, degree=degree, phases=phases, controlled=controlled)
    plain = FACTORS["tall"][0]().encode(False)
    a = np.abs(drawn(3, Parity.MIXED, 1))
    yield (
        "Chebyshev sum of a Gram matrix",
        chebyshev_lcu_gram(plain, degree=3, access=Qroam(), prep_epsilon=1e-3, coefficients=a),
    )
    yield "GQSP of a Gram matrix", gqsp_gram(plain, degree=3, angles=gram_angles(a))


CASES = dict(cases())


@pytest.mark.parametrize("inverse", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_a_polynomial_is_counted_as_its_decomposition(
    name: str, inverse: bool, request: pytest.FixtureRequest
) -> None:
    routine = CASES[name].routine
    verdicts = Verdicts(request, f"{name}{', inverse' if inverse else ''}")
    bloq = ProgramBloq(routine, inverse)
    cost = fold(routine, price_of, adjoint=inverse)
    ours, theirs, said = kinds(cost.gates), of_leaves(bloq), claimed(bloq)
    for kind in ("toffoli", "t", "rotations", "measurements"):
        a, b = getattr(ours, kind), getattr(theirs, kind)
        verdicts.say(kind, a == b, f"ours {a}, decomposed {b}")
    close = math.isclose(ours.clifford, theirs.clifford, rel_tol=0.1, abs_tol=10)
    verdicts.say("Cliffords", close, f"ours {ours.clifford}, decomposed {theirs.clifford}")
    verdicts.say("call graph", said == theirs, f"claimed {said}, decomposed {theirs}")
    qubits = int(sum(r.size for r in routine.registers) + cost.work)
    walked = peak_qubits(bloq)
    verdicts.say("qubits", walked <= qubits <= 1.05 * walked, f"ours {qubits}, walked {walked}")
    assert not verdicts.failures
