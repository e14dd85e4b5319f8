"""The best block sizes of a lookup as functions of symbols: with numbers they are what the search finds."""

from __future__ import annotations

from typing import Any

import sympy

from qgd_compiler.costing.tables import Blocks, best_blocks, best_borrowed_blocks
from qgd_compiler.scalars import Scalar

FETCH, ERASE, BORROW = 0, 1, 2


class BestColumns(sympy.Function):  # type: ignore[misc]
    """Columns on one axis; arguments: purpose, axis, controlled (0 or 1), bits, lengths of all axes.

    purpose  what the columns are for: FETCH, ERASE or BORROW
    """

    is_integer = True
    is_positive = True

    @classmethod
    def eval(cls, purpose: Any, axis: Any, controlled: Any, bits: Any, *shape: Any) -> Any:
        """The optimum, once all sizes are numbers."""
        if not all(isinstance(size, sympy.Integer) for size in (bits, *shape)):
            return None
        lengths = tuple(int(length) for length in shape)
        if int(purpose) == BORROW:
            blocks = best_borrowed_blocks(lengths, int(bits), bool(controlled))
        else:
            blocks = best_blocks(lengths, int(bits), bool(controlled))[int(purpose)]
        return sympy.Integer(blocks[int(axis)])

    def _latex(self, printer: Any, exp: Any = None) -> str:
        purpose, axis, _, bits, *shape = self.args
        name = ("K", "K^{-}", "K^{*}")[int(purpose)]
        words = r" \times ".join(printer._print(length) for length in shape)
        text = rf"{name}_{{{int(axis) + 1}}}\left({words}; {printer._print(bits)}\right)"
        return text if exp is None else rf"\left({text}\right)^{{{exp}}}"


def best_columns(shape: tuple[Scalar, ...], bits: Scalar, controlled: bool) -> tuple[Blocks, Blocks]:
    """Columns per axis to fetch with and to erase with, as functions of the sizes."""
    return _columns(FETCH, shape, bits, controlled), _columns(ERASE, shape, bits, controlled)


def best_borrowed_columns(shape: tuple[Scalar, ...], bits: Scalar, controlled: bool) -> Blocks:
    """Columns per axis to borrow, as functions of the sizes."""
    return _columns(BORROW, shape, bits, controlled)


def _columns(purpose: int, shape: tuple[Scalar, ...], bits: Scalar, controlled: bool) -> Blocks:
    return tuple(BestColumns(purpose, axis, int(controlled), bits, *shape) for axis in range(len(shape)))
