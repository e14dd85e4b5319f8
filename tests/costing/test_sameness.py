"""Operations with one number cost the same, and what changes a cost changes the number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy

from qgd_compiler.chosen import choose_plan
from qgd_compiler.costing import sameness
from qgd_compiler.costing.fold import Cost, Folder
from qgd_compiler.costing.prices import price_of
from qgd_compiler.costing.sameness import number_of
from qgd_compiler.errors import QgdError
from qgd_compiler.nodes import walk
from qgd_compiler.program.builder import Builder
from qgd_compiler.program.ir import Operation, Routine
from qgd_compiler.program.primitives import And, Gate, Rotation
from tests.sweeps.test_quick import SPEC


def part(
    title: str = "part",
    *,
    registers: str = "xyz",
    size: Any = 1,
    component: str = "",
    times: Any = 1,
    adjoint: bool = False,
    beside: bool = False,
    dirty: bool = False,
    gate: Operation | None = None,
) -> Routine:
    """A routine with everything that a number is made of."""
    builder = Builder(title, component)
    x, y, z = (builder.register(name, size if name == registers[0] else 1) for name in registers)
    work = builder.allocate("work", 1, dirty=dirty)
    builder.call(And(), y, z, work)
    builder.call(gate or Gate(kind="S"), y, times=times, adjoint=adjoint)
    builder.call(Gate(kind="S"), z, beside=beside)
    builder.call(And(), y, z, work, adjoint=True)
    builder.release(work)
    builder.call(Gate(kind="H", bits=x.size), x)
    return builder.routine()


def test_names_do_not_count() -> None:
    assert number_of(part()) == number_of(part("another", registers="pqr"))
    assert part() != part("another")


@pytest.mark.parametrize(
    "change",
    [
        {"size": 2},
        {"component": "oracle"},
        {"times": 2},
        {"adjoint": True},
        {"beside": True},
        {"dirty": True},
        {"gate": Gate(kind="Z")},
        {"gate": Rotation(axis="Z", angle=0.0)},
        {"gate": part("nested", component="inner")},
        {"times": 1.0},
        {"times": np.int64(1)},
        {"times": sympy.Symbol("t", positive=True)},
    ],
    ids=str,
)
def test_whatever_else_there_is_does(change: dict[str, Any]) -> None:
    if isinstance(change.get("gate"), Routine):
        inner = change["gate"]
        builder = Builder("around")
        handles = [builder.register(name, 1) for name in "xyz"]
        builder.call(inner, *handles)
        plain = Builder("around")
        plain.call(part("nested"), *[plain.register(name, 1) for name in "xyz"])
        assert number_of(builder.routine()) != number_of(plain.routine())
        return
    assert number_of(part(**change)) != number_of(part())


def test_equal_numbers_of_other_types_are_told_apart() -> None:
    assert len({number_of(Rotation(axis="Z", angle=angle)) for angle in (1, 1.0, True)}) == 3
    assert number_of(Rotation(axis="Z", angle=1.0)) == number_of(Rotation(axis="Z", angle=1.0))


def operations(spec: dict[str, Any]) -> list[Operation]:
    """All that the plans of a spec call."""
    choice = choose_plan(spec, lambda _: None).choice
    plans = [a.plan for a in choice.alternatives if a.plan is not None]
    assert len(plans) > 10
    return [node for plan in plans for node in walk(plan.program) if isinstance(node, Operation)]


def test_in_all_plans_of_a_spec_one_number_is_one_cost_and_one_digest_one_number() -> None:
    found = operations(SPEC)
    folder = Folder(price_of, shared=False)
    costs: dict[int, tuple[Cost, Cost | None]] = {}
    numbers: dict[bytes, int] = {}

    def inverse_of(operation: Operation) -> Cost | None:
        try:
            return folder.cost(operation, True)
        except QgdError:  # what measures has no inverse
            return None

    for operation in found:
        number = number_of(operation)
        both = (folder.cost(operation), inverse_of(operation))
        assert costs.setdefault(number, both) == both
        assert numbers.setdefault(operation.digest, number) == number
    assert len(costs) > 100
    assert any(inverse is not None for _, inverse in costs.values())


def test_numbers_that_are_forgotten_are_not_given_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sameness, "MOST_KEPT", 1)
    first = number_of(part())
    assert len({first, *(number_of(part(size=size)) for size in range(2, 6))}) == 5
    assert number_of(part()) != first
