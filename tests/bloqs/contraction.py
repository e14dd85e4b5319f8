"""The block of an encoding by Qualtran's tensor contraction of the flattened bloq."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from qualtran import BloqBuilder, QAny

from qgd_compiler.algorithms.gradient_state import phase_gradient_state
from qgd_compiler.bloqs.program import ProgramBloq
from qgd_compiler.program.expand import expand
from qgd_compiler.program.ir import Call, Routine, Step
from qgd_compiler.program.primitives import Lookup


def with_outcome(routine: Routine, outcome: int, adjoint: bool = False) -> Routine:
    """The same program with every lookup erased as the given measurement outcome asks for."""
    return replace(routine, body=tuple(_step(s, outcome) for s in routine.steps(adjoint)))


def _step(step: Step, outcome: int) -> Step:
    if not isinstance(step, Call):
        return step
    if isinstance(step.op, Routine):
        return replace(step, op=with_outcome(step.op, outcome, step.adjoint), adjoint=False)
    if isinstance(step.op, Lookup) and step.adjoint:
        return replace(step, op=expand(step.op, adjoint=True, outcome=outcome), adjoint=False)
    return step


def contracted(bloq: ProgramBloq, control: int | None = None) -> np.ndarray:
    """The block on `system` between |0> of the ancilla (and the given control) and the phase gradient."""
    bb = BloqBuilder()
    soquets = {"system": bb.add_register("system", bloq.signature.get_left("system").bitsize)}
    for register in bloq.signature:
        if register.name != "system":
            soquets[register.name] = bb.allocate(dtype=QAny(register.bitsize))
    prepare = None
    if "gradient" in soquets:
        prepare = ProgramBloq(phase_gradient_state(bloq.signature.get_left("gradient").bitsize))
        soquets["gradient"] = bb.add(prepare, gradient=soquets["gradient"])
    flip = _flip(bb, soquets, control)
    soquets = bb.add_d(bloq, **flip)
    soquets = _flip(bb, soquets, control)
    if prepare is not None:
        soquets["gradient"] = bb.add(prepare.adjoint(), gradient=soquets["gradient"])
    system = soquets.pop("system")
    for soquet in soquets.values():
        bb.free(soquet)
    return np.asarray(bb.finalize(system=system).tensor_contract())


def _flip(bb: BloqBuilder, soquets: dict, control: int | None) -> dict:
    from qualtran.bloqs.basic_gates import XGate

    return {
        k: bb.add(XGate(), q=s) if k in ("control", "ctrl") and control else s for k, s in soquets.items()
    }
