"""Arithmetic that means the same on an int, a float, a SymPy expression and a NumPy array.

A cost rule is written once with these helpers; a single compile runs it on exact integers (which are asked for first:
a plan is ten thousand of these calls), a sweep on float64 arrays or on values that are traced for them, a formula on
symbols. SymPy is only imported when a symbol is met.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from qgd_compiler.traced import Traced

# int | float | sympy.Expr | numpy.ndarray | Traced. SymPy cannot be named here: importing it takes half a second.
Scalar: TypeAlias = Any

_ARRAYS = (np.ndarray, Traced)
_EXACT = frozenset((int,))


def is_symbolic(*values: Scalar) -> bool:
    """Whether any of `values` is a SymPy expression."""
    for v in values:  # noqa: SIM110, asked some thousand times a plan: a generator takes twice as long
        if hasattr(v, "free_symbols"):
            return True
    return False


def is_array(*values: Scalar) -> bool:
    """Whether any of `values` is a NumPy array, or stands for one."""
    for v in values:  # noqa: SIM110, as above
        if isinstance(v, _ARRAYS):
            return True
    return False


def is_integer(value: Scalar) -> bool:
    """Whether `value` is one exact integer (Python or NumPy, not a bool)."""
    return type(value) is int or (isinstance(value, int | np.integer) and not isinstance(value, bool))


def _whole(*values: Scalar) -> bool:
    """Whether arrays hold Python's integers, which are exact at any size."""
    return any(isinstance(v, np.ndarray) and v.dtype == object for v in values)


def _floats(value: Scalar) -> Scalar:
    """In float64, as arrays compute."""
    return value if isinstance(value, Traced) else np.asarray(value, dtype=float)


_BITS = np.frompyfunc(int.bit_length, 1, 1)


def ceil(x: Scalar) -> Scalar:
    """The smallest integer not below x.

    >>> ceil(2.1)
    3
    """
    if is_symbolic(x):
        import sympy

        return sympy.ceiling(x)
    if is_array(x):
        return np.ceil(x)
    return math.ceil(x)


NEARLY_WHOLE = 1e-14  # relative: what float64 loses in a product


def expected_count(count: Scalar, repetitions: Scalar) -> Scalar:
    """count × repetitions rounded up; a product that is whole but for rounding is that whole number.

    >>> expected_count(81, 154 / 81), expected_count(10**20, 1.0), expected_count(10, 1.05)
    (154, 100000000000000000000, 11)
    """
    if is_symbolic(count, repetitions):
        return ceil(count * repetitions)
    if is_array(count, repetitions):
        product = _floats(count * repetitions)
        nearest = np.round(product)
        return np.where(np.abs(product - nearest) <= NEARLY_WHOLE * nearest, nearest, np.ceil(product))
    exact = Fraction(count) * Fraction(repetitions)
    whole = round(exact)
    return whole if abs(exact - whole) <= Fraction(NEARLY_WHOLE) * whole else math.ceil(exact)


def floor(x: Scalar) -> Scalar:
    """The largest integer not above x."""
    if is_symbolic(x):
        import sympy

        return sympy.floor(x)
    if is_array(x):
        return np.floor(x)
    return math.floor(x)


def ceil_div(a: Scalar, b: Scalar) -> Scalar:
    """The quotient a/b rounded up; exact for integers of any size.

    >>> ceil_div(10**30 + 1, 10)
    100000000000000000000000000001
    """
    if type(a) is int and type(b) is int:
        return -((-a) // b)
    if is_symbolic(a, b):
        import sympy

        return sympy.ceiling(sympy.sympify(a) / b)
    if is_array(a, b):
        if _whole(a, b):
            return -((-np.asarray(a)) // b)
        return np.ceil(_floats(a) / b)
    if is_integer(a) and is_integer(b):
        return -((-a) // b)
    return math.ceil(a / b)


def ceil_log2(x: Scalar) -> Scalar:
    """The number of bits that count to x: the smallest k with 2^k >= x, for x >= 1; exact for integers.

    >>> [ceil_log2(n) for n in (1, 2, 3, 4, 5, 2**80 + 1)]
    [0, 1, 2, 2, 3, 81]
    """
    if type(x) is int and x > 0:
        return (x - 1).bit_length()
    if is_symbolic(x):
        from qgd_compiler.symbols import CeilLog2

        return CeilLog2(x)
    if is_array(x):
        if isinstance(x, Traced):
            return x.tape.one(ceil_log2, x)
        if _whole(x):
            return np.asarray(_BITS(np.asarray(x) - 1))
        mantissa, exponent = np.frexp(np.asarray(x, dtype=float))
        return np.where(mantissa == 0.5, exponent - 1, exponent).astype(float)
    if is_integer(x):
        if x < 1:
            raise ValueError(f"ceil_log2 needs x >= 1, got {x}")
        return (int(x) - 1).bit_length()
    return ceil_log2(math.ceil(x))


def log2(x: Scalar) -> Scalar:
    """The binary logarithm."""
    if is_symbolic(x):
        import sympy

        return sympy.log(x, 2)
    if is_array(x):
        return np.log2(x)
    return math.log2(x)


def log(x: Scalar) -> Scalar:
    """The natural logarithm."""
    if is_symbolic(x):
        import sympy

        return sympy.log(x)
    if is_array(x):
        return np.log(x)
    return math.log(x)


def sqrt(x: Scalar) -> Scalar:
    """The square root."""
    if is_symbolic(x):
        import sympy

        return sympy.sqrt(x)
    if is_array(x):
        return np.sqrt(x)
    return math.sqrt(x)


def acosh(x: Scalar) -> Scalar:
    """The inverse hyperbolic cosine."""
    if is_symbolic(x):
        import sympy

        return sympy.acosh(x)
    if is_array(x):
        return np.arccosh(x)
    return math.acosh(x)


def atanh(x: Scalar) -> Scalar:
    """The inverse hyperbolic tangent."""
    if is_symbolic(x):
        import sympy

        return sympy.atanh(x)
    if is_array(x):
        return np.arctanh(x)
    return math.inf if x == 1 else math.atanh(x)


def minimum(*values: Scalar) -> Scalar:
    """The smallest of `values`, element by element for arrays."""
    return _extreme("Min", np.minimum, min, values)


def maximum(*values: Scalar) -> Scalar:
    """The largest of `values`, element by element for arrays."""
    return _extreme("Max", np.maximum, max, values)


def _extreme(sympy_name: str, on_arrays: Any, on_numbers: Any, values: tuple[Scalar, ...]) -> Scalar:
    if _EXACT.issuperset(map(type, values)):
        return on_numbers(values)
    if is_symbolic(*values):
        from qgd_compiler.symbols import extreme

        return extreme(sympy_name, values)
    if is_array(*values):
        result = values[0]
        for v in values[1:]:
            result = on_arrays(result, v)
        return result
    return on_numbers(values)


def where(condition: Scalar, then: Scalar, otherwise: Scalar) -> Scalar:
    """`then` where `condition` holds, else `otherwise` (a SymPy relation gives a Piecewise)."""
    if is_symbolic(condition) or isinstance(condition, bool | np.bool_):
        if isinstance(condition, bool | np.bool_):
            return then if condition else otherwise
        import sympy

        return sympy.Piecewise((then, condition), (otherwise, True))
    if is_array(condition):
        return np.where(condition, then, otherwise)
    return then if condition else otherwise


def less(a: Scalar, b: Scalar) -> Scalar:
    """1 where a < b, else 0.

    >>> less(2, 3), less(3, 3)
    (1, 0)
    """
    if is_symbolic(a, b):
        import sympy

        return sympy.Piecewise((1, sympy.Lt(a, b, evaluate=False)), (0, True), evaluate=False)
    if is_array(a, b):
        return np.where(np.less(a, b), 1.0, 0.0)
    return int(a < b)


def power(base: Scalar, exponent: Scalar) -> Scalar:
    """base**exponent, exact for integers and in float64 for arrays (an int array would overflow)."""
    if is_array(base, exponent):
        return np.power(_floats(base), exponent)
    return base**exponent


def trailing_zeros(x: Scalar) -> Scalar:
    """How often 2 divides x >= 1; a function of that name for symbols.

    >>> trailing_zeros(24)
    3
    """
    if is_symbolic(x):
        from qgd_compiler.symbols import TrailingZeros

        return TrailingZeros(x)
    if isinstance(x, Traced):
        return x.tape.one(trailing_zeros, x)
    if is_array(x):
        whole = np.asarray(x).astype(np.int64)
        return np.round(np.log2(whole & -whole))
    return int((int(x) & -int(x)).bit_length() - 1)


def sum_over(value: Scalar, index: Scalar, count: Scalar) -> Scalar:
    """The sum of `value` over the SymPy symbol `index` = 0 … count−1."""
    if not is_symbolic(value) or index not in value.free_symbols:
        return value * count
    import sympy

    return sympy.Sum(value, (index, 0, count - 1))


def largest_over(value: Scalar, index: Scalar, count: Scalar) -> Scalar:
    """The largest `value` >= 0 over the SymPy symbol `index` = 0 … count−1; 0 where there is none."""
    if not is_symbolic(value) or index not in value.free_symbols:
        return value * minimum(count, 1)
    from qgd_compiler.symbols import Largest

    return Largest(value, (index, 0, count - 1))
