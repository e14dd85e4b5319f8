"""Numbers written as expressions over the spec's symbols, such as "2**n / 3" or "1e-3"; nothing is executed."""

from __future__ import annotations

import ast
import math
import operator
import warnings
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
FUNCTIONS = tuple(sorted(_FUNCTIONS))
_MOST_CHARACTERS = 1000
_MOST_BITS = 4096  # of an exact integer on the way to the result


def evaluate(text: str, symbols: Mapping[str, Number]) -> Number:
    """The value of an expression; integers stay exact. Raises ValueError with the reason.

    Allowed: numbers, symbols, + - * / // % ** ( ), and min max abs sqrt log log2 exp ceil floor.
    """
    if len(text) > _MOST_CHARACTERS:
        raise ValueError(f"the expression has {len(text)} characters, more than {_MOST_CHARACTERS}")
    shown = text if len(text) <= 60 else text[:59] + "…"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's advice on literals such as 1if
            tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, MemoryError, RecursionError, ValueError):
        raise ValueError(f"{shown!r} is not a number or an expression") from None
    try:
        return finite(_value(tree.body, symbols))
    except RecursionError:
        raise ValueError(f"{shown!r} is nested too deeply") from None
    except (ArithmeticError, ValueError) as error:
        raise ValueError(f"{shown!r}: {error}") from None


def finite(value: Number) -> Number:
    """The number itself, if it is finite and no larger than a float can be; else ValueError."""
    try:
        if math.isfinite(value):
            return value
    except OverflowError:
        raise ValueError("a number beyond 1.8e308") from None
    raise ValueError(f"{value} is not a finite number")


def _value(tree: ast.expr, symbols: Mapping[str, Number]) -> Number:
    if isinstance(tree, ast.Constant):
        if isinstance(tree.value, int | float) and not isinstance(tree.value, bool):
            return _small(tree.value)
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
        return _small(_BINARY[type(tree.op)](left, right))
    if isinstance(tree, ast.UnaryOp) and type(tree.op) in _UNARY:
        return _UNARY[type(tree.op)](_value(tree.operand, symbols))
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and not tree.keywords:
        name = tree.func.id
        if name not in _FUNCTIONS:
            raise ValueError(f"unknown function {name!r} (functions: {', '.join(FUNCTIONS)})")
        arguments = [_value(argument, symbols) for argument in tree.args]
        try:
            return _FUNCTIONS[name](*arguments)
        except TypeError:
            raise ValueError(f"{name} does not take {len(arguments)} arguments") from None
        except ValueError:
            raise ValueError(f"{name}({', '.join(f'{a:g}' for a in arguments)}) is not defined") from None
    raise ValueError(f"only + - * / // % **, numbers, symbols and {', '.join(FUNCTIONS)} are allowed")


def _check_power(base: Number, exponent: Number) -> None:
    """Refuse a power that would be complex, or an integer of absurd length, before it is computed."""
    if base < 0 and not float(exponent).is_integer():
        raise ValueError(f"({base})**{exponent} is not a real number")
    if isinstance(base, int) and isinstance(exponent, int) and abs(base) > 1:
        bits = math.ceil(math.log2(abs(base)) * abs(exponent))
        if bits > _MOST_BITS:
            raise ValueError(f"the power has {bits} bits, more than {_MOST_BITS}")


def _small(value: Number) -> Number:
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        raise ValueError(f"an integer of more than {_MOST_BITS} bits")
    return value
