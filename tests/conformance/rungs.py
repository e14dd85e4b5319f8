"""The rungs that an encoding has to stand on: gates and qubits of the decomposed bloq, block and α as simulated."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.menu.offer import Offer, Prepared
from qgd_compiler.bloqs import EncodingBloq, claimed, of_leaves, peak_qubits
from qgd_compiler.bloqs.counts import kinds
from qgd_compiler.bloqs.qubits import cirq_qubits
from qgd_compiler.costing.fold import fold
from qgd_compiler.costing.prices import price_of
from qgd_compiler.errors import UnsupportedError
from qgd_compiler.program.simulate import block
from qgd_compiler.structure import Matrix
from tests.conformance.verdicts import Verdicts

MOST_TOFFOLIS = 1000  # of a program that is decomposed gate by gate


@dataclass(frozen=True)
class Case:
    """One encoding of one matrix, forwards or backwards, with or without a control."""

    name: str
    matrix: Matrix
    offer: Offer
    prepared: Prepared
    controlled: bool
    inverse: bool

    @property
    def encoding(self) -> Encoding:
        """What the compiler says."""
        return self.prepared.encoding(self.controlled)


def climb(case: Case, verdicts: Verdicts) -> None:
    """Every rung for one case."""
    toffoli = int(fold(case.encoding.routine, price_of, adjoint=case.inverse).gates.toffoli)
    if toffoli > MOST_TOFFOLIS:
        verdicts.not_applicable("counts and qubits", f"{toffoli} Toffolis are too many to take apart")
    else:
        judge_counts(case, verdicts)
        judge_qubits(case, verdicts)
    judge_block(case, verdicts)
    assert not verdicts.failures


def bloq_of(case: Case) -> EncodingBloq:
    """The Qualtran bloq of a case."""
    bloq = EncodingBloq(case.prepared.encoder, case.inverse)
    return bloq.controlled() if case.controlled else bloq


def judge_counts(case: Case, verdicts: Verdicts) -> None:
    """Gates, as Qualtran counts the decomposed bloq and as its call graph claims."""
    ours = kinds(fold(case.encoding.routine, price_of, adjoint=case.inverse).gates)
    theirs, said = of_leaves(bloq_of(case)), claimed(bloq_of(case))
    for kind in ("toffoli", "t", "rotations", "measurements"):
        a, b = getattr(ours, kind), getattr(theirs, kind)
        verdicts.say(kind, a == b, f"ours {a}, decomposed {b}")
    close = math.isclose(ours.clifford, theirs.clifford, rel_tol=0.1, abs_tol=10)
    verdicts.say("Cliffords", close, f"ours {ours.clifford}, decomposed {theirs.clifford}")
    verdicts.say("call graph", said == theirs, f"claimed {said}, decomposed {theirs}")


def judge_qubits(case: Case, verdicts: Verdicts) -> None:
    """Peak qubits, as walked and as Cirq allocates them."""
    made = case.encoding
    cost = fold(made.routine, price_of, adjoint=case.inverse)
    ours = int(sum(r.size for r in made.routine.registers) + cost.work)
    walked = peak_qubits(bloq_of(case))
    if "parallel" in case.name:
        verdicts.say("qubits", walked <= ours, f"ours {ours}, walked {walked}")
        verdicts.not_applicable(
            "Cirq's greedy qubits", "parts beside each other; a circuit is one after the other"
        )
        return
    verdicts.say("qubits", walked <= ours <= 1.05 * walked, f"ours {ours}, walked {walked}")
    if int(cost.gates.clifford) > 1500 or "qram" in case.name:
        why = "an ideal memory is no circuit" if "qram" in case.name else "more than 1500 Cliffords"
        verdicts.not_applicable("Cirq's greedy qubits", why)
        return
    greedy = cirq_qubits(bloq_of(case))
    verdicts.say("Cirq's greedy qubits", greedy <= ours <= 1.05 * greedy, f"ours {ours}, greedy {greedy}")


def judge_block(case: Case, verdicts: Verdicts) -> None:
    """The simulated block against the matrix, and α against the block."""
    if not case.matrix.is_explicit or case.matrix.rows > 64:
        for rung in ("block", "alpha"):
            verdicts.not_applicable(
                rung, "bounds without data" if not case.matrix.is_explicit else "too large"
            )
        return
    made, meant = case.encoding, case.matrix.matrix()
    rows, columns = case.offer.rows.places(), case.offer.columns.places()
    if case.inverse:
        meant, rows, columns = meant.conj().T, columns, rows
    on = {"control": 1} if case.controlled else {}
    try:
        found = block(made.routine, fixed=on, columns=columns.tolist(), adjoint=case.inverse).matrix
    except UnsupportedError as error:
        for rung in ("block", "alpha"):
            verdicts.not_applicable(rung, error.what)
        return
    inside = found[np.ix_(rows, columns)]
    observed = float(np.linalg.norm(inside * float(made.alpha) - meant, 2))
    claim, size = float(made.epsilon), float(np.linalg.norm(meant, 2))
    verdicts.say("block", observed <= claim + 1e-12 * size, f"observed {observed:.3g}, claimed {claim:.3g}")
    if observed > 1e-9:
        verdicts.say("claim not vacuous", claim <= 10 * observed, f"{claim:.3g} against {observed:.3g}")
    realised = case.prepared.encoder.realised()
    if realised is None:
        verdicts.not_applicable("alpha", "no data in the encoder")
        return
    realised = realised.conj().T if case.inverse else realised
    simulated = float((np.vdot(realised, realised) / np.vdot(realised, inside)).real)
    same = math.isclose(simulated, float(made.alpha), rel_tol=1e-9)
    verdicts.say(
        "alpha",
        same and made.alpha >= (size - claim) * (1 - 1e-12),
        f"{made.alpha} against {simulated}, norm {size}",
    )
