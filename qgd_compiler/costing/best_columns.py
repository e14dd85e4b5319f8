"""The best block sizes of a lookup as functions of symbols: with numbers they are what the search finds."""

from __future__ import annotations

from typing import Any

import sympy

from qgd_compiler.costing.tables import Blocks, best_blocks
from qgd_compiler.scalars import Scalar


class BestColumns(sympy.Function):  # type: ignore[misc]
    """Columns on one axis; arguments: erase (0 or 1), axis, controlled (0 or 1), bits, lengths of all axes."""

    is_integer = True
    is_positive = True

    @classmethod
    def eval(cls, erase: Any, axis: Any, controlled: Any, bits: Any, *shape: Any) -> Any:
        """The optimum, once all sizes are numbers."""
        if not all(isinstance(size, sympy.Integer) for size in (bits, *shape)):
            return None
        lengths = tuple(int(length) for length in shape)
        both = best_blocks(lengths, int(bits), bool(controlled))
        return sympy.Integer(both[int(erase)][int(axis)])

    def _latex(self, printer: Any, exp: Any = None) -> str:
        erase, axis, _, bits, *shape = self.args
        name = "K^{-}" if erase else "K"
        words = r" \times ".join(printer._print(length) for length in shape)
        text = rf"{name}_{{{int(axis) + 1}}}\left({words}; {printer._print(bits)}\right)"
        return text if exp is None else rf"\left({text}\right)^{{{exp}}}"


def best_columns(shape: tuple[Scalar, ...], bits: Scalar, controlled: bool) -> tuple[Blocks, Blocks]:
    """Columns per axis to fetch with and to erase with, as functions of the sizes."""
    fetch, erase = (
        tuple(BestColumns(kind, axis, int(controlled), bits, *shape) for axis in range(len(shape)))
        for kind in (0, 1)
    )
    return fetch, erase
