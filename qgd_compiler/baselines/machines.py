"""Classical machines: how long they take for a given work, and the energy.

Presets: one core as it was measured; A100 and H100 by their data sheets, as rooflines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, final

from qgd_compiler.baselines.work import Work
from qgd_compiler.kinds import Kind
from qgd_compiler.scalars import Scalar, maximum


class Machine(Protocol):
    """A classical machine.

    watts   power while it works; None: not known, and no energy is claimed
    """

    @property
    def name(self) -> str: ...
    @property
    def watts(self) -> float | None: ...
    @property
    def kind(self) -> Kind: ...
    @property
    def source(self) -> str: ...

    def seconds(self, work: Work) -> Scalar:
        """Time for `work`."""

    def bound_by(self, work: Work) -> str:
        """What takes the time: memory, arithmetic, or starting calls."""


@final
@dataclass(frozen=True)
class Roofline:
    """Time is the larger of bytes/bandwidth and flop/flops: nothing but its data sheet holds the machine back.

    bandwidth   bytes per second; flops: operations per second at the precision used
    A lower bound on the time of a real machine, that is in favour of the classical side.
    """

    name: str
    bandwidth: float
    flops: float
    watts: float | None = None
    source: str = ""
    kind: Kind = Kind.MODEL

    def seconds(self, work: Work) -> Scalar:
        """max(bytes/bandwidth, flop/flops)."""
        return maximum(work.bytes / self.bandwidth, work.flop / self.flops)

    def bound_by(self, work: Work) -> str:
        """Memory or arithmetic."""
        return "memory" if work.bytes / self.bandwidth >= work.flop / self.flops else "arithmetic"


@final
@dataclass(frozen=True)
class MeasuredCore:
    """Time as it was measured on one core: so much per call, per row and per stored entry.

    Work without rows and entries (a network's step) takes flop/flops.
    """

    name: str
    per_call: float
    per_row: float
    per_nonzero: float
    flops: float
    watts: float | None = None
    source: str = ""
    kind: Kind = Kind.FIT

    def _parts(self, work: Work) -> tuple[Scalar, Scalar]:
        moved = self.per_row * work.rows + self.per_nonzero * work.nonzeros
        return self.per_call * work.calls, moved

    def seconds(self, work: Work) -> Scalar:
        """per_call·calls + per_row·rows + per_nonzero·nonzeros, or the arithmetic where that takes longer."""
        calls, moved = self._parts(work)
        return calls + maximum(moved, work.flop / self.flops)

    def bound_by(self, work: Work) -> str:
        """Calls, memory or arithmetic."""
        calls, moved = self._parts(work)
        if self.seconds(work) > calls + moved:
            return "arithmetic"
        return "memory" if moved >= calls else "calls"


ONE_CORE = MeasuredCore(
    "one core",
    per_call=4e-6,
    per_row=1.06e-9,
    per_nonzero=0.52e-9,
    # 2 operations in 0.52 ns: what the core reached in the same measurement
    flops=2 / 0.52e-9,
    source="measured: CSR float32 with columns close to the diagonal; up to 8 ns per entry with random columns",
)
ONE_CORE_RANDOM = MeasuredCore(
    "one core, random columns",
    per_call=4e-6,
    per_row=1.06e-9,
    per_nonzero=8e-9,
    flops=2 / 0.52e-9,
    source="measured: CSR float32 with random columns, 4 million rows",
)


def a100(precision: str) -> Roofline:
    """NVIDIA A100 80 GB: 2.04 TB/s, 400 W; 19.5 TFLOPS in float32 and (tensor cores) in float64."""
    return Roofline("A100", 2.04e12, 19.5e12, 400.0, f"data sheet, {precision}")


def h100(precision: str) -> Roofline:
    """NVIDIA H100 SXM: 3.35 TB/s, 700 W; 67 TFLOPS in float32 and (tensor cores) in float64."""
    return Roofline(
        "H100", 3.35e12, 67e12 if precision == "float32" else 66.9e12, 700.0, f"data sheet, {precision}"
    )
