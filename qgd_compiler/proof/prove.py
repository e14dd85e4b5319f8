"""Run an instance, and hold every claim of its plan against what the run did."""

from __future__ import annotations

import math
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.amplification import Wanted
from qgd_compiler.algorithms.plan import circuit
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.fold import Cost, Folder
from qgd_compiler.costing.prices import price_of
from qgd_compiler.errors import InfeasibleError, ProofError, QgdError, UnsupportedError
from qgd_compiler.program.ir import Call
from qgd_compiler.proof.build import Array, Built, Sizes, build
from qgd_compiler.proof.executed import Execution, GatesRun, execute
from qgd_compiler.proof.instance import Instance

Complex = NDArray[np.complex128]
ROUNDING = 1e-9
PASS, FAIL, ABSENT = "pass", "fail", "not applicable"


@dataclass(frozen=True)
class Proof:
    """What was claimed of an instance, and what was found.

    verdict   "pass", "fail" or "not applicable"; `reason` why
    error     claimed (synthesis apart: rotations are exact here) and measured, 2-norm of the normalised output
    success   claimed at least, and measured
    gates     claimed by the plan's program, and run; the preparation of the phase gradient is not among them
    qubits    claimed and used; `t_count` of the claimed circuit, in the default exchange
    steps     primitives that were run
    """

    name: str
    verdict: str
    reason: str = ""
    sizes: Sizes | None = None
    error: tuple[float, float] | None = None
    success: tuple[float, float] | None = None
    gates: tuple[GatesRun, GatesRun] | None = None
    qubits: tuple[int, int] | None = None
    t_count: int | None = None
    steps: int = 0
    seconds: float = 0.0


def prove(instance: Instance) -> Proof:
    """The verdict on an instance: errors of the kind that users may see are verdicts too."""
    started = time.monotonic()
    sizes: Sizes | None = None
    try:
        with tempfile.TemporaryDirectory() as folder:
            built = build(instance, Path(folder))
        sizes = built.sizes
        proof = judged(instance.name, built, execute(built.program))
    except ProofError as error:
        proof = Proof(instance.name, FAIL, error.what, sizes)
    except (UnsupportedError, InfeasibleError) as error:
        proof = Proof(instance.name, ABSENT, error.what, sizes)
    except QgdError as error:
        proof = Proof(instance.name, FAIL, f"{type(error).__name__}: {error.what}", sizes)
    return replace(proof, seconds=time.monotonic() - started)


def output(execution: Execution, wanted: Wanted) -> tuple[Complex, float]:
    """The state of register `system` where the run succeeded, not normalised, and the probability of that."""
    state = execution.state
    keep = np.ones(len(state.keys), dtype=bool)
    for name, spots in execution.places.items():
        if name != "system":
            keep &= state.values(spots) == 0
    spots = execution.places["system"]
    values = state.values(spots).astype(np.int64)
    size = len(spots)
    if wanted.time_bits:
        keep &= (values >> (size - wanted.time_bits)) >= wanted.iterations
    for place, value in wanted.marks:
        keep &= ((values >> (size - 1 - wanted.time_bits - place)) & 1) == value
    vector = np.zeros(1 << size, dtype=complex)
    vector[values[keep]] = state.amplitudes[keep]
    return vector, float(np.sum(np.abs(vector) ** 2))


def distance(found: Complex, ideal: Array) -> float:
    """2-norm distance of the normalised states, up to a phase of the whole."""
    overlap = np.vdot(ideal, found)
    phase = overlap / abs(overlap) if overlap else 1.0
    return float(np.linalg.norm(found / np.linalg.norm(found) - phase * ideal))


def judged(name: str, built: Built, execution: Execution) -> Proof:
    """Every claim against what was found: error, success, gates by kind, qubits."""
    vector, probability = output(execution, built.wanted)
    error = distance(vector, built.ideal) if probability else math.inf
    claimed, counts = _claimed(built)
    qubits = sum(int(r.size) for r in built.counted.registers) + int(claimed.work)
    reasons = [
        *_of_the_output(built, error, probability),
        *_of_the_gates(counts, execution.gates),
        *_of_the_folds(built, claimed),
    ]
    if execution.qubits != qubits:
        reasons.append(f"{execution.qubits} qubits were in use, claimed are {qubits}")
    rotations = int(claimed.gates.rotations)
    t_count = Exchange().t_count(claimed.gates, min(built.epsilon / max(rotations, 1), 0.5))
    return Proof(
        name=name,
        verdict=FAIL if reasons else PASS,
        reason="; ".join(reasons),
        sizes=built.sizes,
        error=(built.epsilon, error),
        success=(built.success, probability),
        gates=(counts, execution.gates),
        qubits=(qubits, execution.qubits),
        t_count=int(t_count),
        steps=execution.steps,
    )


def _claimed(built: Built) -> tuple[Cost, GatesRun]:
    """The fold of the circuit as it is counted; its gates without the preparation of the phase gradient."""
    folder = Folder(price_of)
    whole = folder.cost(built.counted)
    first = built.counted.body[0]
    assert isinstance(first, Call)
    gates, apart = whole.gates, folder.cost(first.op).gates
    return whole, GatesRun(
        int(gates.toffoli - apart.toffoli),
        int(gates.rotations - apart.rotations),
        int(gates.clifford - apart.clifford),
        int(gates.measurements - apart.measurements),
    )


def _of_the_output(built: Built, error: float, probability: float) -> list[str]:
    found = []
    if not error <= built.epsilon + ROUNDING:
        found.append(f"the error is {error:.4g}, claimed is {built.epsilon:.4g}")
    if not probability >= built.success * (1 - ROUNDING):
        found.append(f"it succeeds with probability {probability:.6g}, claimed is {built.success:.6g}")
    if not built.amplification.rounds and math.sqrt(probability) > math.sqrt(built.most) + built.epsilon:
        found.append(
            f"it succeeds with probability {probability:.6g}, and {built.most:.6g} is the most claimed"
        )
    return found


def _of_the_gates(claimed: GatesRun, run: GatesRun) -> list[str]:
    found = []
    for kind in ("toffoli", "rotations", "measurements"):
        said, done = getattr(claimed, kind), getattr(run, kind)
        if said != done:
            found.append(f"{kind}: {done:,} were run, claimed are {said:,}")
    if run.clifford > claimed.clifford:  # a bound: a table does not have a one at every place
        found.append(f"Clifford gates: {run.clifford:,} were run, claimed are at most {claimed.clifford:,}")
    return found


def _of_the_folds(built: Built, claimed: Cost) -> list[str]:
    written = Folder(price_of).cost(circuit(built.program))
    found = []
    for kind in ("toffoli", "t", "rotations", "measurements"):
        said, done = getattr(claimed.gates, kind), getattr(written.gates, kind)
        if said != done:
            found.append(f"{kind}: the circuit with angles folds to {done:,}, that without to {said:,}")
    return found
