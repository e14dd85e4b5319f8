"""Expressions mean what they mean in Python, exactly, and nothing but arithmetic is understood."""

from __future__ import annotations

import contextlib
import math
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from qgd_compiler.spec.expressions import evaluate

SYMBOLS: dict[str, int | float] = {"n": 7, "T": 1000, "eta": 0.03, "big": 3**60}
FUNCTIONS = {
    "min": min,
    "max": max,
    "abs": abs,
    "sqrt": math.sqrt,
    "log": math.log,
    "log2": math.log2,
    "exp": math.exp,
    "ceil": math.ceil,
    "floor": math.floor,
}

leaves = st.one_of(
    st.integers(0, 10**30).map(str),
    st.floats(0, 1e6, allow_subnormal=False).map(repr),
    st.sampled_from([*SYMBOLS, "1e-3", ".5", "2."]),
)


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "//", "%"]), inner).map(" ".join),
        st.tuples(inner, st.integers(0, 5)).map(lambda p: f"({p[0]})**{p[1]}"),
        inner.map(lambda e: f"({e})"),
        inner.map(lambda e: f"-{e}"),
        st.tuples(st.sampled_from(["abs", "sqrt", "log", "log2", "exp", "ceil", "floor"]), inner).map(
            lambda p: f"{p[0]}({p[1]})"
        ),
        st.tuples(st.sampled_from(["min", "max"]), inner, inner).map(lambda p: f"{p[0]}({p[1]}, {p[2]})"),
    )


@given(st.recursive(leaves, _larger, max_leaves=8))
@example("2**n / 3")
@example("-n**2")
@example("7 // 2 * 2 % 5")
@example("big // 3")
def test_an_expression_has_the_value_and_the_type_that_python_gives_it(text: str) -> None:
    try:
        expected: Any = eval(text, {"__builtins__": {}, **FUNCTIONS}, SYMBOLS)
        finite = not isinstance(expected, complex) and math.isfinite(expected)
    except (ArithmeticError, ValueError):
        finite = False
    if not finite:
        with pytest.raises(ValueError):
            evaluate(text, SYMBOLS)
        return
    try:
        found = evaluate(text, SYMBOLS)
    except ValueError as error:
        assume("more than 4096" not in str(error))  # an integer on the way is too long
        raise
    assert (found, type(found)) == (expected, type(expected))


def test_an_integer_beyond_the_precision_of_floats_stays_exact() -> None:
    assert evaluate("3**200 + 1", {}) == 3**200 + 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is not a number or an expression"),
        ("1 +", "is not a number or an expression"),
        ("\0", "is not a number or an expression"),
        ("1\n+2", "is not a number or an expression"),
        ("k + 1", "unknown symbol 'k' (symbols: T, big, eta, n)"),
        ("sin(1)", "unknown function 'sin'"),
        ("__import__('os')", "unknown function '__import__'"),
        ("n.real", "are allowed"),
        ("[1][0]", "are allowed"),
        ("1 if n else 2", "are allowed"),
        ("n == 7", "are allowed"),
        ("(lambda: 1)()", "are allowed"),
        ("min(*n)", "are allowed"),
        ("max(1, key=n)", "are allowed"),
        ("'7'", "'7' is not a number"),
        ("True", "True is not a number"),
        ("2j", "2j is not a number"),
        ("1/0", "division by zero"),
        ("0**-1", "0"),
        ("(-1)**0.5 // 2", "(-1)**0.5 is not a real number"),
        ("min((0-8)**(1/3), 2)", "is not a real number"),
        ("log(0-1)", "log(-1) is not defined"),
        ("sqrt(0-1)", "sqrt(-1) is not defined"),
        ("log2()", "log2 does not take 0 arguments"),
        ("max(1)", "max does not take 1 arguments"),
        ("exp(1000)", "math range error"),
        ("1e400", "inf is not a finite number"),
        ("1e308*10", "inf is not a finite number"),
        ("1e400 - 1e400", "nan is not a finite number"),
        ("2**2000", "beyond 1.8e308"),
        ("9**(9**9)", "more than 4096"),
        ("((2**4000)**4000)", "more than 4096"),
        ("*".join(["2**4000"] * 90), "more than 4096 bits"),
        ("9" * 2000, "the expression has 2000 characters, more than 1000"),
        ("(" * 400 + "1" + ")" * 400, "is not a number or an expression"),
    ],
)
def test_what_is_no_number_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError) as caught:
        evaluate(text, SYMBOLS)
    assert reason in str(caught.value)


@given(st.text(max_size=60))
@example("5in 3")
@example("1if 2else 3")
@example("-" * 900)
@example("not " * 240 + "1")
def test_any_text_is_a_finite_number_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert math.isfinite(evaluate(text, SYMBOLS))
