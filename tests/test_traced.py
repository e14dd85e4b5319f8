"""Formulas that are written down by running code on traced values, against the same code on numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgd_compiler.program.builder import Builder
from qgd_compiler.program.ir import Loop
from qgd_compiler.program.primitives import Gate
from qgd_compiler.scalars import (
    ceil,
    ceil_div,
    ceil_log2,
    expected_count,
    less,
    log2,
    maximum,
    minimum,
    power,
    sqrt,
    trailing_zeros,
    where,
)
from qgd_compiler.traced import Tape, Traced


def written(a: Any, b: Any) -> list[Any]:
    """Something of everything that rules use."""
    larger = maximum(a, b, 3)
    return [
        larger + minimum(a, b) * 0 + 1 * a - 0,
        ceil_div(a, b) + ceil_log2(larger),
        expected_count(a, 1 / b),
        power(2, trailing_zeros(a)) + less(a, b),
        where(a > b, sqrt(a), ceil(log2(b))),
        maximum(maximum(larger, b), a) + (3 - a) / -b,
    ]


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_a_tape_does_again_what_was_done(a: int, b: int) -> None:
    tape = Tape()
    function = tape.function(("a", "b"), written(tape.input("a"), tape.input("b")))
    found = function(np.array([float(a), 12.0]), np.array([float(b), 5.0]), {})
    for one, expected in zip(found, written(a, b), strict=True):
        assert float(np.asarray(one)[0]) == pytest.approx(float(expected), rel=1e-14)
    for one, expected in zip(found, written(12, 5), strict=True):
        assert float(np.asarray(one)[1]) == pytest.approx(float(expected), rel=1e-14)


def test_equal_operations_are_one_and_what_nobody_asks_for_is_left_out() -> None:
    tape = Tape()
    a, b = tape.input("a"), tape.input("b")
    first, again = a * b + 1, a * b + 1
    assert first.number == again.number
    source = tape.source(("a", "b"), [first])
    sqrt(a)
    assert "sqrt" not in source
    assert source == tape.source(("a", "b"), [first])


def test_a_maximum_of_a_maximum_adds_only_what_is_new() -> None:
    tape = Tape()
    a, b, c = (tape.input(name) for name in "abc")
    most = maximum(a, b, 2)
    assert maximum(most, b).number == most.number
    assert maximum(most, 1).number == most.number
    assert maximum(maximum(b, 2), a).number == most.number
    assert maximum(most, 3).number != most.number
    assert maximum(most, c).number != most.number
    assert minimum(most, b).number != most.number


def test_what_depends_on_few_inputs_keeps_their_shape() -> None:
    tape = Tape()
    shapes: list[tuple[int, ...]] = []

    def seen(value: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        shapes.append(value.shape)
        return value

    a, b = tape.input("a"), tape.input("b")
    function = tape.function(("a", "b"), [tape.one(seen, a + 1) * tape.one(seen, a + b)])
    (found,) = function(np.ones((3, 1)), np.ones((1, 4)), {})
    assert found.shape == (3, 4)
    assert sorted(shapes) == [(3, 1), (3, 4)]


def test_functions_that_are_handed_over_say_which_of_their_outputs_are_used() -> None:
    tape = Tape()
    first, second, third = tape.call("parts", 3, tape.input("a"))
    outputs = [third * 2 + first * 0]
    assert tape.used("parts", outputs) == (2,)
    assert tape.used("others", outputs) == ()
    (found,) = tape.function(("a",), outputs)(5.0, {"parts": lambda a: (None, None, a + 1)})
    assert found == 12
    assert isinstance(second, Traced)


@pytest.mark.parametrize("count", [0, 1, 3, 5])
def test_loops_are_written_out_as_deep_as_the_tape_is_told(count: int) -> None:
    tape = Tape(levels=5)
    builder = Builder("loop")
    qubit = builder.register("qubit", 1)
    for _ in builder.levels(tape.input("count")):
        builder.call(Gate(kind="X"), qubit)
    loops = [step for step in builder.routine().body if isinstance(step, Loop)]
    assert len(loops) == 5
    (found,) = tape.function(("count",), [sum(loop.count for loop in loops)])(float(count), {})
    assert found == count


def test_a_loop_that_is_longer_than_the_tape_was_told_is_an_error_and_not_cut() -> None:
    tape = Tape(levels=5)
    builder = Builder("loop")
    qubit = builder.register("qubit", 1)
    for _ in builder.levels(tape.input("count")):
        builder.call(Gate(kind="X"), qubit)
    loops = [step for step in builder.routine().body if isinstance(step, Loop)]
    function = tape.function(("count",), [sum(loop.count for loop in loops)])
    with pytest.raises(ArithmeticError, match="6 passes was traced with 5 levels"):
        function(np.array([2.0, 6.0]), {})


def test_what_cannot_be_traced_is_an_error() -> None:
    tape = Tape()
    a = tape.input("a")
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(a > 1)
    with pytest.raises(TypeError):
        math.sqrt(a)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="among traced values"):
        a + np.ones(2)
    tape.one(np.sin, a)

    def sin(value: Any) -> Any:
        return value

    with pytest.raises(ValueError, match="two functions called sin"):
        tape.one(sin, a)
    with pytest.raises(ValueError, match="another tape"):
        a + Tape().input("a")
