"""Checks of what a node is built from: sizes, scalars, arrays, shapes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from qgd_compiler.errors import InputFileError, SpecError
from qgd_compiler.scalars import Scalar, is_array, is_integer, is_symbolic
from qgd_compiler.structure.facts import is_plain

Array = npt.NDArray[Any]


def count(name: str, value: Scalar, *, at_least: int = 1) -> Scalar:
    """`value` as an exact integer >= `at_least` (SpecError otherwise); symbols and arrays pass."""
    if not is_plain(value):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not is_integer(value) or value < at_least:
        raise SpecError(f"{name} is {value!r}; it must be an integer >= {at_least}")
    return int(value)


def scalar(name: str, value: Scalar) -> Scalar:
    """`value` as a finite Python int, float or complex (SpecError otherwise); symbols and arrays pass."""
    if is_symbolic(value) or is_array(value):
        return value
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, int | float | complex):
        raise SpecError(f"{name} is {value!r}; it must be a number")
    if isinstance(value, complex) and value.imag == 0:
        value = value.real
    if not isinstance(value, int) and not np.isfinite(value):
        raise SpecError(f"{name} is {value}; it must be finite")
    return value if isinstance(value, int) else value + 0.0  # −0 becomes 0, so that equal nodes are equal


def real_scalar(name: str, value: Scalar) -> Scalar:
    """`value` as a finite real scalar."""
    value = scalar(name, value)
    if isinstance(value, complex):
        raise SpecError(f"{name} is {value}; it must be real")
    return value


def is_real(value: Scalar) -> bool:
    """Whether a scalar is real. A symbol counts as real unless it says otherwise (sizes and rates are)."""
    if is_symbolic(value):
        return getattr(value, "is_real", None) is not False
    if is_array(value):
        return not np.iscomplexobj(value)
    return not isinstance(value, complex)


def array(name: str, value: Any, dimensions: int) -> Array:
    """A read-only float64 or complex128 copy of `value` with the given number of dimensions.

    Complex only where an imaginary part is not zero; −0 becomes 0, so that equal matrices have equal digests.
    Error: InputFileError for non-numbers, an empty array, a wrong number of dimensions, NaN or infinity.
    """
    data = np.asarray(value)
    if data.dtype.kind not in "biufc":
        raise InputFileError(f"{name} has entries of type {data.dtype}; they must be numbers")
    if data.ndim != dimensions:
        raise InputFileError(f"{name} has shape {data.shape}; it must have {dimensions} dimension(s)")
    if data.size == 0:
        raise InputFileError(f"{name} is empty: its shape is {data.shape}")
    result = numbers(data)
    bad = ~np.isfinite(result)
    if bad.any():
        place = tuple(int(i) for i in np.unravel_index(int(np.argmax(bad)), result.shape))
        where = place[0] if len(place) == 1 else place
        raise InputFileError(
            f"{name} has {result[place]} at {where} (counted from 0); {int(bad.sum())} such entries in all",
            remedy="remove NaN and infinite entries from the data",
        )
    result.setflags(write=False)
    return result


def numbers(data: Array) -> Array:
    """A float64 or complex128 copy: complex only where an imaginary part is not zero; −0 becomes 0."""
    if np.iscomplexobj(data) and np.any(data.imag != 0):
        return np.array(data, dtype=np.complex128) + 0.0
    return np.array(data.real, dtype=np.float64) + 0.0


def same(left: Scalar, right: Scalar) -> bool:
    """Whether two sizes agree; sizes that cannot be compared (a symbol, an array) are taken to agree."""
    return bool(left == right) if is_plain(left, right) else True


def square(name: str, shape: tuple[Scalar, Scalar]) -> None:
    """Error: SpecError unless rows and columns agree."""
    if not same(*shape):
        raise SpecError(f"{name} must be square, but it is {shape[0]} x {shape[1]}")


def operands(name: str, values: Sequence[Any], kind: type) -> tuple[Any, ...]:
    """The operands as a tuple of at least one `kind` (SpecError otherwise)."""
    items = tuple(values)
    if not items:
        raise SpecError(f"{name} has no operands; it needs at least one")
    for i, item in enumerate(items):
        if not isinstance(item, kind):
            raise SpecError(f"operand {i} of {name} is {item!r}; it must be a matrix node")
    return items
