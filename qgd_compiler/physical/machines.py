"""Qubits and codes: what a machine is made of, and the published presets."""

from __future__ import annotations

from dataclasses import dataclass, replace

from qgd_compiler.errors import InfeasibleError, SpecError
from qgd_compiler.physical.codes import CODES, Code

MAX_DISTANCE = 101  # far beyond any published plan: 1e-52 per cycle at a tenth of the threshold


@dataclass(frozen=True)
class Qubit:
    """A physical qubit: times in ns, errors as probabilities per operation.

    by_measurement    whether Clifford gates are joint measurements (Majorana) and not two-qubit gates
    gate_ns           a two-qubit gate, or a joint measurement
    measurement_ns    a single-qubit measurement
    t_ns              a physical T gate
    clifford_error    the largest error of a gate, an idle step or a joint measurement
    readout_error     of a measurement outcome
    t_error           of a physical T gate: what distillation starts from
    round_ns          one round of syndrome measurement where it is not given by the gates
    """

    name: str
    gate_ns: int
    measurement_ns: int
    t_ns: int
    clifford_error: float
    readout_error: float
    t_error: float
    by_measurement: bool = False
    round_ns: int | None = None
    reference: str = ""


@dataclass(frozen=True)
class Machine:
    """Qubits under a code. Raises InfeasibleError at or above the code's threshold.

    max_distance  no larger code distance is considered
    """

    qubit: Qubit
    code: Code
    max_distance: int = MAX_DISTANCE

    def __post_init__(self) -> None:
        p, threshold = self.physical_error, self.code.threshold
        if p >= threshold:
            raise InfeasibleError(
                f"the physical error rate {p:g} of {self.qubit.name!r} is not below the threshold {threshold:g} of "
                f"the {self.code.name} code, so no code distance helps",
                at="hardware",
                remedy=f"an error rate below {threshold:g}, a tenth of it for a bearable overhead",
            )

    @property
    def physical_error(self) -> float:
        """The error that the code has to correct: of gates, idle steps and measurements the largest."""
        return max(self.qubit.clifford_error, self.qubit.readout_error)

    def cycle_ns(self, distance: int) -> int:
        """Time of one logical cycle, `distance` rounds (ns); an array gives an array."""
        return self.round_ns * distance

    @property
    def round_ns(self) -> int:
        """Time of one round of syndrome measurement (ns)."""
        qubit = self.qubit
        if qubit.round_ns is not None:
            return qubit.round_ns
        return self.code.gate_layers * qubit.gate_ns + self.code.measurement_layers * qubit.measurement_ns


AZURE = "arXiv:2211.07629, Table V; Microsoft's estimator"

# The names that Microsoft's estimator gives the same qubits stand in AZURE_NAMES.
PRESETS: dict[str, Qubit] = {
    qubit.name: qubit
    for qubit in (
        Qubit("superconducting_1e-3", 50, 100, 50, 1e-3, 1e-3, 1e-3, reference=AZURE),
        Qubit("superconducting_1e-4", 50, 100, 50, 1e-4, 1e-4, 1e-4, reference=AZURE),
        Qubit("ions_1e-3", 100_000, 100_000, 100_000, 1e-3, 1e-3, 1e-6, reference=AZURE),
        Qubit("ions_1e-4", 100_000, 100_000, 100_000, 1e-4, 1e-4, 1e-6, reference=AZURE),
        Qubit("majorana_1e-4", 100, 100, 100, 1e-4, 1e-4, 0.05, by_measurement=True, reference=AZURE),
        Qubit("majorana_1e-6", 100, 100, 100, 1e-6, 1e-6, 0.01, by_measurement=True, reference=AZURE),
        Qubit(
            "superconducting_1us_1e-3",
            50,
            100,
            50,
            1e-3,
            1e-3,
            1e-3,
            round_ns=1000,
            reference="arXiv:1812.01238, arXiv:1905.09749: rounds of 1 us",
        ),
    )
}
AZURE_NAMES = {
    "superconducting_1e-3": "qubit_gate_ns_e3",
    "superconducting_1e-4": "qubit_gate_ns_e4",
    "ions_1e-3": "qubit_gate_us_e3",
    "ions_1e-4": "qubit_gate_us_e4",
    "majorana_1e-4": "qubit_maj_ns_e4",
    "majorana_1e-6": "qubit_maj_ns_e6",
}


def preset(name: str) -> Qubit:
    """The qubit of that name; SpecError lists the names."""
    try:
        return PRESETS[name]
    except KeyError:
        raise SpecError(
            f"no qubit is called {name!r}", at="hardware.preset", remedy=f"one of {', '.join(PRESETS)}"
        ) from None


def machine(
    qubit: Qubit,
    code: str = "auto",
    *,
    threshold: float | None = None,
    prefactor: float | None = None,
    max_distance: int = MAX_DISTANCE,
) -> Machine:
    """A machine of these qubits; "auto" is the surface code for gates and the Floquet code for measurements."""
    if code == "auto":
        code = "floquet" if qubit.by_measurement else "surface"
    if code == "floquet" and not qubit.by_measurement:
        raise SpecError(
            f"the Floquet code is built of joint measurements, which {qubit.name!r} does not have",
            at="hardware.code",
            remedy="code: surface, or a Majorana qubit",
        )
    chosen = CODES["surface_by_measurement" if code == "surface" and qubit.by_measurement else code]
    if threshold is not None:
        chosen = replace(chosen, threshold=threshold)
    if prefactor is not None:
        chosen = replace(chosen, prefactor=prefactor)
    return Machine(qubit, chosen, max_distance)
