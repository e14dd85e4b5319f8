"""Numbers written as expressions over the spec's symbols, such as "2**n / 3" or "1e-3"."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping

Number = int | float

_BINARY: dict[type[ast.operator], Callable[[Number, Number], Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_UNARY: dict[type[ast.unaryop], Callable[[Number], Number]] = {ast.USub: operator.neg, ast.UAdd: operator.pos}
_FUNCTIONS: dict[str, Callable[..., Number]] = {
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
_MOST_CHARACTERS = 1000
_MOST_BITS = 4096  # of an exact integer power


def evaluate(text: str, symbols: Mapping[str, Number]) -> Number:
    """The value of an expression; integers stay exact. Raises ValueError with the reason."""
    if len(text) > _MOST_CHARACTERS:
        raise ValueError(f"the expression has {len(text)} characters, more than {_MOST_CHARACTERS}")
    try:
        tree = ast.parse(text.strip(), mode="eval")
        value = _value(tree.body, symbols)
    except SyntaxError:
        raise ValueError(f"{text!r} is not a number or an expression") from None
    except (ZeroDivisionError, OverflowError) as error:
        raise ValueError(f"{text!r}: {error}") from None
    except RecursionError:
        raise ValueError("the expression is nested too deeply") from None
    if isinstance(value, complex) or not math.isfinite(value):
        raise ValueError(f"{text!r} is not a finite real number")
    return value


def _value(tree: ast.expr, symbols: Mapping[str, Number]) -> Number:
    if isinstance(tree, ast.Constant):
        if isinstance(tree.value, int | float) and not isinstance(tree.value, bool):
            return tree.value
        raise ValueError(f"{tree.value!r} is not a number")
    if isinstance(tree, ast.Name):
        if tree.id not in symbols:
            known = ", ".join(sorted(symbols)) or "none"
            raise ValueError(f"unknown symbol {tree.id!r} (symbols: {known})")
        return symbols[tree.id]
    if isinstance(tree, ast.BinOp) and type(tree.op) in _BINARY:
        left, right = _value(tree.left, symbols), _value(tree.right, symbols)
        if isinstance(tree.op, ast.Pow):
            _check_power(left, right)
        return _BINARY[type(tree.op)](left, right)
    if isinstance(tree, ast.UnaryOp) and type(tree.op) in _UNARY:
        return _UNARY[type(tree.op)](_value(tree.operand, symbols))
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and not tree.keywords:
        if tree.func.id not in _FUNCTIONS:
            raise ValueError(
                f"unknown function {tree.func.id!r} (functions: {', '.join(sorted(_FUNCTIONS))})"
            )
        try:
            return _FUNCTIONS[tree.func.id](*(_value(a, symbols) for a in tree.args))
        except TypeError:
            raise ValueError(f"{tree.func.id} takes another number of arguments") from None
    raise ValueError(
        "only + - * / // % **, numbers, symbols and " + ", ".join(sorted(_FUNCTIONS)) + " are allowed"
    )


def _check_power(base: Number, exponent: Number) -> None:
    if isinstance(base, int) and isinstance(exponent, int) and abs(base) > 1:
        bits = base.bit_length() * abs(exponent)
        if bits > _MOST_BITS:
            raise ValueError(f"the power has {bits} bits, more than {_MOST_BITS}")
