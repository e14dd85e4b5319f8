"""A sheet of figures in which each names its inputs, and an input that is a figure itself is linked to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from qgd_compiler.backends.document import Assumption
from qgd_compiler.backends.explain_report import Figure, Input
from qgd_compiler.costing.statement import statement_of
from qgd_compiler.kinds import Kind, Source
from qgd_compiler.scalars import is_integer

Value = int | float | None
Given = tuple[str, Any]  # a name, and a value


def slug(words: str) -> str:
    """A name that can stand in a formula.

    >>> slug("bias of the first-order lift")
    'bias_of_the_first_order_lift'
    """
    return re.sub(r"\W+", "_", words.strip()).strip("_").lower()


@dataclass(eq=False)
class Sheet:
    """Figures in the order in which they are read: a number before what it is made of.

    assumptions   inputs of the spec, by which given numbers find their source
    """

    assumptions: Sequence[Assumption]
    _figures: dict[str, Figure] = field(default_factory=dict)

    def put(
        self,
        id: str,
        title: str,
        value: Any,
        formula: str = "",
        *inputs: Given | str,
        kind: Kind = Kind.EXACT,
        source: str,
        statement: str = "",
        given: Source | None = None,
    ) -> None:
        """One figure. An input is the id of another figure, whose value `figures` fills in, or a name and a value.

        given   where inputs come from that neither a figure nor the spec explains
        """
        made = [
            self._input(i, given) if isinstance(i, tuple) else Input(name=i, value=None, figure=i)
            for i in inputs
        ]
        self._figures[id] = Figure(
            id=id,
            title=title,
            value=_plain(value),
            formula=formula,
            statement=statement,
            kind=kind,
            source=source,
            inputs=tuple(made),
        )

    def put_rule(self, id: str, title: str, value: Any, rule: Callable[..., Any], *inputs: str) -> None:
        """A figure that a cost rule makes: formula, kind and source are those of its docstring."""
        stated = statement_of(rule)
        self.put(
            id, title, value, "", *inputs, kind=stated.kind, source=stated.source,
            statement=stated.formula or stated.summary,
        )  # fmt: skip
        self._figures[id] = self._figures[id].model_copy(update={"checked": stated.checked})

    def _input(self, named: Given, given: Source | None) -> Input:
        """An input that is given: by the spec, where a field of it has that name."""
        name, value = named
        for assumption in self.assumptions:
            names = (slug(assumption.name), assumption.name.rpartition(".")[2])
            if name in names and assumption.value == value:
                return Input(name=name, value=_plain(value), source=assumption.source, where=assumption.where)
        return Input(name=name, value=_plain(value), source=given)

    def figures(self) -> tuple[Figure, ...]:
        """All of them, linked; an input that is no figure here keeps its value."""
        return tuple(
            f.model_copy(update={"inputs": tuple(self._linked(i) for i in f.inputs)})
            for f in self._figures.values()
        )

    def _linked(self, made: Input) -> Input:
        known = self._figures.get(made.figure or made.name)
        if known is None:
            return made
        value = known.value if made.figure else made.value
        same = value == known.value
        if not same:
            return made
        return made.model_copy(update={"value": value, "figure": known.id, "source": None, "where": ""})


def with_inputs(figures: Sequence[Figure], ids: Iterable[str]) -> tuple[Figure, ...]:
    """The figures of these ids and all that they are made of, in the order of the sheet."""
    by_id = {f.id: f for f in figures}
    kept: set[str] = set()
    open_ids = list(ids)
    while open_ids:
        id = open_ids.pop()
        if id not in kept:
            kept.add(id)
            open_ids += [i.figure for i in by_id[id].inputs if i.figure]
    return tuple(f for f in figures if f.id in kept)


def _plain(value: Any) -> int | float | str | None:
    """A number as JSON has it."""
    if value is None or isinstance(value, str):
        return value
    return int(value) if is_integer(value) else float(value)
