"""The classical machines that a spec names."""

from __future__ import annotations

from qgd_compiler.baselines.machines import ONE_CORE, Machine, Roofline, a100, h100
from qgd_compiler.baselines.work import INDEX_BYTES, VALUE_BYTES, Operator
from qgd_compiler.scalars import Scalar
from qgd_compiler.spec.baseline import Baseline


def machines(baseline: Baseline) -> tuple[Machine, ...]:
    """The machines of the section `baseline`, in its order."""
    found: list[Machine] = []
    for asked in baseline.machines:
        if asked.preset is not None:
            preset: dict[str, Machine] = {
                "one_core": ONE_CORE,
                "a100": a100(baseline.precision),
                "h100": h100(baseline.precision),
            }
            found.append(preset[asked.preset])
            continue
        assert asked.name is not None and asked.bandwidth is not None and asked.flops is not None
        watts = None if asked.watts is None else float(asked.watts.value)
        sources = sorted({str(q.source) for q in (asked.bandwidth, asked.flops)})
        found.append(
            Roofline(
                asked.name,
                float(asked.bandwidth.value),
                float(asked.flops.value),
                watts,
                f"the spec: {', '.join(sources)}",
            )
        )
    return tuple(found)


def operator(rows: Scalar, nonzeros: Scalar, baseline: Baseline, *, indexed: bool = True) -> Operator:
    """A matrix at the precision of the spec; `indexed` unless its entries need no stored places."""
    return Operator(rows, nonzeros, VALUE_BYTES[baseline.precision], INDEX_BYTES if indexed else 0)
