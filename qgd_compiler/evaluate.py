"""Evaluate a SymPy expression at numbers, exactly and quickly: SymPy's own `subs` and `doit` take seconds."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import sympy

from qgd_compiler.errors import UnsupportedError
from qgd_compiler.symbols import Largest

Number = int | Fraction | float


def evaluate(expression: Any, values: Mapping[str, Number]) -> Number:
    """The value of `expression` with each symbol (by name) set; exact where only integers meet.

    Raises UnsupportedError for a symbol without a value.
    """
    return _at(sympy.sympify(expression), dict(values), {})


def _at(e: Any, values: Mapping[str, Number], known: dict[Any, Number]) -> Number:
    if e not in known:
        known[e] = _whole(_value(e, values, known))
    return known[e]


def _whole(value: Number) -> Number:
    return int(value) if isinstance(value, Fraction) and value.denominator == 1 else value


def _value(e: Any, values: Mapping[str, Number], known: dict[Any, Number]) -> Number:
    if isinstance(e, sympy.Integer):
        return int(e)
    if isinstance(e, sympy.Rational):
        return Fraction(int(e.p), int(e.q))
    if isinstance(e, sympy.Symbol):
        if e.name not in values:
            raise UnsupportedError(f"the symbol {e.name} has no value", remedy="give every symbol a number")
        return values[e.name]
    if isinstance(e, sympy.Sum | Largest):
        index, low, high = e.limits[0]
        steps = range(int(_at(low, values, known)), int(_at(high, values, known)) + 1)
        terms = [_at(e.function, {**values, index.name: k}, {}) for k in steps]
        return sum(terms, Fraction(0)) if isinstance(e, sympy.Sum) else max(terms, default=0)
    if isinstance(e, sympy.Piecewise):
        return next(_at(value, values, known) for value, condition in e.args if _holds(condition, values))
    parts = [_at(a, values, known) for a in e.args]
    if isinstance(e, sympy.Add):
        return sum(parts[1:], parts[0])
    if isinstance(e, sympy.Mul):
        product: Number = 1
        for part in parts:
            product = product * part
        return product
    if isinstance(e, sympy.Pow) and isinstance(parts[1], int) and not isinstance(parts[0], float):
        return Fraction(parts[0]) ** parts[1]
    if isinstance(e, sympy.Max):
        return max(parts)
    if isinstance(e, sympy.Min):
        return min(parts)
    return _by_sympy(e, parts)


def _holds(condition: Any, values: Mapping[str, Number]) -> bool:
    if condition in (sympy.true, sympy.false):
        return bool(condition)
    left, right = (_at(side, values, {}) for side in condition.args)
    return bool(condition.func(*map(sympy.sympify, (left, right))))


def _by_sympy(e: Any, parts: list[Number]) -> Number:
    """Any other function, by its own evaluation at numbers."""
    exact = [sympy.Rational(p.numerator, p.denominator) if isinstance(p, Fraction) else p for p in parts]
    result = sympy.sympify(e.func(*exact) if parts else e)
    if result.is_Integer:
        return int(result)
    if result.is_Rational:
        return Fraction(int(result.p), int(result.q))
    return float(result)
