"""The base of all structure nodes: a matrix with a shape, facts, a dense form and a printed tree."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeVar

from qgd_compiler.errors import UnsupportedError
from qgd_compiler.nodes import Node, children, walk
from qgd_compiler.scalars import Scalar, is_integer
from qgd_compiler.structure.checks import Array, numbers
from qgd_compiler.structure.facts import Facts, sharpen

DENSE_LIMIT = 4096  # rows or columns of the largest dense matrix that is built

V = TypeVar("V")


class Matrix(Node, ABC):
    """An expression for a matrix. Subclasses are final, frozen, and compared by content.

    Shape, digest and explicitness are fixed when a node is built, facts when they are first asked for; each
    is made once per node from those of its children, so a shared graph costs its number of distinct nodes.
    """

    __slots__ = ("_explicit", "_facts", "_shape")

    _explicit: bool
    _facts: Facts
    _shape: tuple[Scalar, Scalar]

    def __post_init__(self) -> None:
        self._check()
        object.__setattr__(self, "_shape", self._size())
        object.__setattr__(self, "_explicit", self._has_data() and all(c.is_explicit for c in self.parts))
        _ = self.digest  # here, where those of the children exist: later it would recurse through the graph

    @property
    def rows(self) -> Scalar:
        """Number of rows."""
        return self._shape[0]

    @property
    def columns(self) -> Scalar:
        """Number of columns."""
        return self._shape[1]

    @property
    def is_explicit(self) -> bool:
        """Whether every entry is known: leaves have data or a formula, sizes and factors are numbers."""
        return self._explicit

    @property
    def parts(self) -> tuple[Matrix, ...]:
        """The operands, in the order of the fields."""
        return tuple(c for c in children(self) if isinstance(c, Matrix))

    def facts(self) -> Facts:
        """What is known of the matrix. None is unknown."""
        try:
            return self._facts
        except AttributeError:
            return evaluate(self, _facts_of)

    def matrix(self) -> Array:
        """The dense matrix, shape (rows, columns), float64 or complex128.

        Error: UnsupportedError where a part has no data, has a symbol, or is over 4096 rows or columns.
        """
        for part in walk(self):
            assert isinstance(part, Matrix)
            _require_small(part)
        return numbers(evaluate(self, lambda item, values: item._dense(values)))

    def outline(self) -> str:
        """The expression as a tree, one line a node; a node met again is printed without its tree."""
        lines: list[str] = []
        seen: set[bytes] = set()
        stack: list[tuple[Matrix, str, str]] = [(self, "", "")]
        while stack:
            item, first, rest = stack.pop()
            again = item.digest in seen and bool(item.parts)
            note = item._note()
            text = f"{item.label}: {item.rows} x {item.columns}" + (f", {note}" if note else "")
            lines.append(first + (f"{item.label} (above)" if again else text))
            if again:
                continue
            seen.add(item.digest)
            last = len(item.parts) - 1
            for i, part in reversed(list(enumerate(item.parts))):
                stack.append(
                    (part, rest + ("└── " if i == last else "├── "), rest + ("    " if i == last else "│   "))
                )
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.outline()

    def _check(self) -> None:
        """Bring the fields to canonical form, or raise SpecError or InputFileError."""

    @abstractmethod
    def _size(self) -> tuple[Scalar, Scalar]:
        """Rows and columns, from the fields."""

    @abstractmethod
    def _derive(self, parts: tuple[Facts, ...]) -> Facts:
        """The facts, from the fields and the facts of `parts`."""

    @abstractmethod
    def _dense(self, parts: tuple[Array, ...]) -> Array:
        """The dense matrix, from the fields and the dense matrices of `parts`."""

    def _has_data(self) -> bool:
        """Whether the fields of this node, apart from its parts, are numbers, not bounds or symbols."""
        return all(is_integer(side) for side in self._shape)

    def _note(self) -> str:
        """What the outline prints beside the shape."""
        return ""

    def _put(self, name: str, value: object) -> None:
        """Replace a field by its canonical form; only for `_check`."""
        object.__setattr__(self, name, value)


def evaluate(root: Matrix, rule: Callable[[Matrix, tuple[V, ...]], V]) -> V:
    """Fold `rule(node, values of its parts)` over the distinct nodes, children first, without recursion.

    A value is dropped when the last node that needs it has been done, so dense matrices do not pile up.
    """
    order = [item for item in walk(root) if isinstance(item, Matrix)]
    uses: dict[bytes, int] = {root.digest: 1}
    for item in order:
        for part in item.parts:
            uses[part.digest] = uses.get(part.digest, 0) + 1
    values: dict[bytes, V] = {}
    for item in order:
        values[item.digest] = rule(item, tuple(values[part.digest] for part in item.parts))
        for part in item.parts:
            uses[part.digest] -= 1
            if not uses[part.digest]:
                del values[part.digest]
    return values[root.digest]


def _facts_of(item: Matrix, parts: tuple[Facts, ...]) -> Facts:
    try:
        return item._facts
    except AttributeError:
        facts = sharpen(item._derive(parts), item.rows, item.columns)
        object.__setattr__(item, "_facts", facts)
        return facts


def _require_small(part: Matrix) -> None:
    if not part.is_explicit and all(p.is_explicit for p in part.parts):
        raise UnsupportedError(
            f"{part.label} ({part.rows} x {part.columns}) has no dense matrix: "
            "only bounds or symbols are known",
            remedy="give explicit data and numbers in place of symbols",
        )
    if part.is_explicit and max(part.rows, part.columns) > DENSE_LIMIT:
        raise UnsupportedError(
            f"the dense matrix of {part.label} would be {part.rows} x {part.columns}; "
            f"the largest that is built is {DENSE_LIMIT} x {DENSE_LIMIT}"
        )
