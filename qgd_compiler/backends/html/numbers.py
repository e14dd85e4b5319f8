"""The numbers above the program, each linked to those that it is made of."""

from __future__ import annotations

from dataclasses import dataclass

from qgd_compiler.backends.explain_page import value_words
from qgd_compiler.backends.explain_report import Explanation, Figure, Input
from qgd_compiler.backends.plain_math import plain_math


@dataclass(frozen=True)
class Given:
    """An input of a number: `link` is the id of the number that it is, or empty."""

    name: str
    value: str
    link: str
    origin: str


@dataclass(frozen=True)
class NumberCard:
    """A number, its formula, what goes into it, and how far it can be trusted."""

    id: str
    title: str
    value: str
    formula: str
    statement: str
    inputs: tuple[Given, ...]
    trust: str
    checked: str


def numbers_of(explained: Explanation) -> tuple[NumberCard, ...]:
    """In the order of the explanation: a number before what it is made of."""
    known = {figure.id for figure in explained.figures}
    return tuple(_card(figure, known) for figure in explained.figures)


def _card(figure: Figure, known: set[str]) -> NumberCard:
    value = value_words(Input(name=figure.id, value=figure.value))
    return NumberCard(
        id=figure.id,
        title=figure.title,
        value=value,
        formula="" if figure.formula == str(figure.value) else figure.formula,
        statement=plain_math(figure.statement),
        inputs=tuple(_given(i, known) for i in figure.inputs),
        trust=f"{figure.kind}; {figure.source}",
        checked=figure.checked,
    )


def _given(made: Input, known: set[str]) -> Given:
    origin = [*([str(made.source)] if made.source is not None else []), *([made.where] if made.where else [])]
    return Given(made.name, value_words(made), made.figure if made.figure in known else "", "; ".join(origin))
