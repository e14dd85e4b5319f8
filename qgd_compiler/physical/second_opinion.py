"""A second opinion: the same logical counts through Microsoft's estimator (extra [azure], package `qdk`).

It runs offline, in a process of its own with its telemetry off: some inputs keep it busy for ever, and its errors
are no ordinary exceptions. It computes in 64-bit integers that wrap in silence, so that it is not asked where one
of its products would: runs beyond 584 years, or qubits times cycles beyond 2^64.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from typing import Any

from qgd_compiler.errors import UnsupportedError
from qgd_compiler.physical.budget import Budget
from qgd_compiler.physical.estimate import Estimate
from qgd_compiler.physical.logical_counts import LogicalCounts
from qgd_compiler.physical.machines import Machine

WRAPS = 2**64
MAX_DISTANCE = 49  # theirs is 50
SECONDS = 60.0


class SecondOpinionError(UnsupportedError):
    """The second opinion cannot be had, or must not be quoted."""


@dataclass(frozen=True)
class Opinion:
    """What Microsoft's estimator says, under our names (see `Estimate`); times in ns."""

    patches: int
    algorithm_depth: int
    depth: int
    states: int
    t_per_rotation: int
    distance: int
    cycle_ns: int
    runtime_ns: int
    factories: int
    factory_qubits: int
    factory_ns: int
    factory: str
    qubits_of_algorithm: int
    qubits_of_factories: int
    qubits: int
    version: str


@dataclass(frozen=True)
class Difference:
    """A quantity in which two estimates differ, and why."""

    quantity: str
    ours: int
    theirs: int
    reason: str


def is_installed() -> bool:
    """Whether the package `qdk` is there."""
    return find_spec("qdk") is not None


def refuse_where_it_wraps(counts: LogicalCounts, ours: Estimate) -> None:
    """Raise SecondOpinionError where an integer of Microsoft's estimator would reach 2^64, or its distances end."""
    products = {
        "the runtime in ns": ours.runtime_ns,
        "patches times logical cycles": ours.patches * ours.depth,
        "the number of T states": ours.states,
        "the physical qubits": ours.qubits,
        **{f"the count {name}": n for name, n in counts.to_azure().items()},
    }
    for what, value in products.items():
        if value >= WRAPS:
            years = f" ({value / 1e9 / 31_557_600:.3g} years)" if "runtime" in what else ""
            raise SecondOpinionError(
                f"{what} is {float(value):.4g}{years}, beyond the 2^64 at which Microsoft's estimator wraps: it would "
                "answer, and the answer would be wrong",
                at="second opinion",
                remedy="a machine with faster gates or a smaller circuit; our own estimate is in exact integers",
            )
    if ours.distance > MAX_DISTANCE:
        raise SecondOpinionError(
            f"the code distance is {ours.distance}; Microsoft's estimator knows none above {MAX_DISTANCE}",
            at="second opinion",
            remedy="qubits with fewer errors",
        )


def require_installed() -> None:
    """Raise SecondOpinionError where Microsoft's estimator is not installed."""
    if not is_installed():
        raise SecondOpinionError(
            "Microsoft's estimator is not installed",
            at="second opinion",
            remedy="pip install 'qgd-compiler[azure]'",
        )


def ask(
    counts: LogicalCounts, machine: Machine, budget: Budget, ours: Estimate, *, seconds: float = SECONDS
) -> Opinion:
    """What Microsoft's estimator says of the same counts, machine and budget.

    `ours` is the estimate of `beverland.estimate` for them. Raises SecondOpinionError where the estimator is not
    installed, would wrap, refuses, or does not answer in time.
    """
    require_installed()
    refuse_where_it_wraps(counts, ours)
    question = json.dumps({"counts": counts.to_azure(), "params": parameters(machine, budget)})
    command = [sys.executable, "-I", "-c", _PROGRAM]
    try:
        answer = subprocess.run(
            command,
            input=question,
            capture_output=True,
            text=True,
            timeout=seconds,
            env={**os.environ, "QDK_PYTHON_TELEMETRY": "none"},
        )
    except subprocess.TimeoutExpired:
        raise SecondOpinionError(
            f"Microsoft's estimator did not answer within {seconds:g} s; some inputs keep it busy for ever",
            at="second opinion",
            remedy="another error_budget, or no second opinion",
        ) from None
    if answer.returncode != 0:
        last = answer.stderr.strip().splitlines()[-1:] or ["no message"]
        raise SecondOpinionError(
            f"Microsoft's estimator gave up: {last[0]}", at="second opinion", remedy="no second opinion"
        )
    opinion = _read(json.loads(answer.stdout))
    _refuse_what_wrapped(opinion)
    return opinion


def ask_in_process(counts: LogicalCounts, machine: Machine, budget: Budget) -> Opinion:
    """The same without a process of its own and without any check: for benchmarks."""
    os.environ["QDK_PYTHON_TELEMETRY"] = "none"
    from qdk.estimator import LogicalCounts as TheirCounts

    return _read(dict(TheirCounts(counts.to_azure()).estimate(params=parameters(machine, budget))))


# -I keeps the working directory out of the search path; EstimatorError is no Exception
_PROGRAM = """
import importlib.metadata, json, sys
from qdk.estimator import LogicalCounts
asked = json.load(sys.stdin)
try:
    result = dict(LogicalCounts(asked["counts"]).estimate(params=asked["params"]))
except BaseException as error:
    sys.exit(" ".join(str(error).split()))
result["version"] = importlib.metadata.version("qdk")
result.pop("reportData", None)
json.dump(result, sys.stdout)
"""


def parameters(machine: Machine, budget: Budget) -> dict[str, Any]:
    """The parameters of Microsoft's estimator that say the same."""
    qubit, code = machine.qubit, machine.code
    if qubit.by_measurement:
        outcome = {"process": qubit.clifford_error, "readout": qubit.readout_error}
        own: dict[str, Any] = {
            "instructionSet": "Majorana",
            "twoQubitJointMeasurementTime": f"{qubit.gate_ns} ns",
            "oneQubitMeasurementErrorRate": outcome,
            "twoQubitJointMeasurementErrorRate": outcome,
        }
    else:
        own = {
            "instructionSet": "GateBased",
            "oneQubitGateTime": f"{qubit.gate_ns} ns",
            "twoQubitGateTime": f"{qubit.gate_ns} ns",
            "oneQubitMeasurementErrorRate": qubit.readout_error,
            "oneQubitGateErrorRate": qubit.clifford_error,
            "twoQubitGateErrorRate": qubit.clifford_error,
        }
    square, linear, constant = code.patch
    return {
        "qubitParams": {
            **own,
            "oneQubitMeasurementTime": f"{qubit.measurement_ns} ns",
            "tGateTime": f"{qubit.t_ns} ns",
            "tGateErrorRate": qubit.t_error,
            "idleErrorRate": qubit.clifford_error,
        },
        "qecScheme": {
            "name": f"qgd {code.name}",
            "errorCorrectionThreshold": code.threshold,
            "crossingPrefactor": code.prefactor,
            "logicalCycleTime": f"{machine.round_ns} * codeDistance",
            "physicalQubitsPerLogicalQubit": f"{square} * codeDistance * codeDistance + {linear} * codeDistance "
            f"+ {constant}",
        },
        "errorBudget": {
            "logical": float(budget.logical),
            "tStates": float(budget.magic),
            "rotations": float(budget.rotations),
        },
    }


def _read(result: dict[str, Any]) -> Opinion:
    counts, qubit, factory = result["physicalCounts"], result["logicalQubit"], result.get("tfactory")
    parts = counts["breakdown"]
    words = ""
    if factory:
        columns = (factory[k] for k in ("numUnitsPerRound", "unitNamePerRound", "codeDistancePerRound"))
        words = " + ".join(f"{n} x {name} d={d}" for n, name, d in zip(*columns, strict=True))
    return Opinion(
        patches=parts["algorithmicLogicalQubits"],
        algorithm_depth=parts["algorithmicLogicalDepth"],
        depth=parts["logicalDepth"],
        states=parts["numTstates"],
        t_per_rotation=parts["numTsPerRotation"] or 0,
        distance=qubit["codeDistance"],
        cycle_ns=qubit["logicalCycleTime"],
        runtime_ns=counts["runtime"],
        factories=parts["numTfactories"],
        factory_qubits=factory["physicalQubits"] if factory else 0,
        factory_ns=factory["runtime"] if factory else 0,
        factory=words,
        qubits_of_algorithm=parts["physicalQubitsForAlgorithm"],
        qubits_of_factories=parts["physicalQubitsForTfactories"],
        qubits=counts["physicalQubits"],
        version=result.get("version", ""),
    )


def _refuse_what_wrapped(opinion: Opinion) -> None:
    """Raise SecondOpinionError where the numbers of an answer do not fit together."""
    if opinion.depth * opinion.cycle_ns != opinion.runtime_ns:
        raise SecondOpinionError(
            f"Microsoft's estimator answers {opinion.runtime_ns} ns for {opinion.depth} cycles of {opinion.cycle_ns} "
            "ns: one of its integers wrapped",
            at="second opinion",
            remedy="no second opinion",
        )


def differences(ours: Estimate, theirs: Opinion) -> tuple[Difference, ...]:
    """The quantities in which the two differ, and why; none where they agree."""
    mine = {name: getattr(ours, name) for name in asdict(theirs) if name not in ("version", "factory")}
    found = [name for name in mine if mine[name] != getattr(theirs, name)]
    factory = (ours.factory_qubits, ours.factory_ns) != (theirs.factory_qubits, theirs.factory_ns)
    reasons = {
        "factory_qubits": "units per round: ours from the exact binomial distribution, theirs from an approximate "
        "quantile, or another factory: their search halves intervals of distances and passes over some combinations",
        "factory_ns": "another factory: their search halves intervals of distances and passes over some combinations",
        "factories": "follows from the factory" if factory else "rounding in floating point",
        "qubits_of_factories": "follows from the factory",
        "qubits": "follows from the factory" if factory else "follows from the code distance",
        "distance": "the wanted error lies on the edge between two distances, to the last digit of floating point",
        "depth": "they let the circuit wait for a factory that ours does not need",
        "runtime_ns": "follows from the depth and the distance",
        "qubits_of_algorithm": "follows from the distance",
        "cycle_ns": "follows from the distance",
    }
    fallback = "rounding in floating point: theirs passes through 53 bits, ours is in exact integers"
    return tuple(
        Difference(name, int(mine[name]), int(getattr(theirs, name)), reasons.get(name, fallback))
        for name in found
    )
