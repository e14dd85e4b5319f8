"""What folding keeps from one program to the next."""

from __future__ import annotations

import pytest

from qgd_compiler.costing import fold as folding
from qgd_compiler.costing.fold import Folder
from qgd_compiler.costing.gates import Price
from qgd_compiler.costing.prices import price_of
from qgd_compiler.program.builder import Builder
from qgd_compiler.program.ir import Primitive, Routine
from qgd_compiler.program.primitives import And


def twice(title: str) -> Routine:
    """A routine around one that is the same whatever the title."""
    inner = Builder("inner")
    a, b, c = (inner.register(name, 1) for name in "abc")
    inner.call(And(), a, b, c)
    part = inner.routine()
    outer = Builder(title)
    handles = [outer.register(name, 1) for name in "abc"]
    outer.call(part, *handles)
    outer.call(part, *handles)
    return outer.routine()


class Asking:
    """Prices, and how often they were asked for."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, primitive: Primitive, adjoint: bool) -> Price:
        self.times += 1
        return price_of(primitive, adjoint)


def test_parts_are_counted_once_for_all_programs_in_the_same_prices() -> None:
    asking = Asking()
    first = Folder(asking).cost(twice("first"))
    assert asking.times == 1
    assert first.gates.toffoli == 2
    assert Folder(asking).cost(twice("second")) == first
    assert asking.times == 1


def test_other_prices_and_other_labels_are_counted_by_themselves() -> None:
    one, other = Asking(), Asking()
    Folder(one).cost(twice("first"))
    Folder(other).cost(twice("first"))
    assert other.times == 1
    Folder(one, by_component=False).cost(twice("first"))
    assert one.times == 2
    Folder(one, shared=False).cost(twice("first"))
    assert one.times == 3


def test_too_many_costs_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "MOST_KEPT", 1)
    asking = Asking()
    Folder(asking).cost(twice("first"))
    assert Folder(asking).cost(twice("second")).gates.toffoli == 2
    assert asking.times == 2
