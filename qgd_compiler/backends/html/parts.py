"""What a reader finds when asking for a part of the circuit: what it costs, by which formula, from which source."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from qgd_compiler.backends.explain_page import result_words, tally_words, uses_words, value_words
from qgd_compiler.backends.explain_report import CostRule, Explanation, Node
from qgd_compiler.backends.figures import count
from qgd_compiler.backends.plain_math import plain_math


@dataclass(frozen=True)
class Call:
    """One summand of a routine: how often it calls a part, and whether that part has a description here."""

    node: str
    title: str
    times: str
    described: bool


@dataclass(frozen=True)
class Rule:
    """A cost rule with the sizes put in."""

    name: str
    statement: str
    formula: str
    sizes: str
    makes: str
    kind: str
    source: str
    checked: str


@dataclass(frozen=True)
class PartCard:
    """The description of one node; a routine has calls, a primitive has rules."""

    id: str
    title: str
    uses: str
    costs: tuple[str, ...]
    room: str
    calls: tuple[Call, ...]
    rules: tuple[Rule, ...]


def cards_of(explained: Explanation, shown: Iterable[str]) -> tuple[PartCard, ...]:
    """A card for each node in `shown`, in the order of the program."""
    nodes = {node.id: node for node in explained.nodes}
    wanted = set(shown)
    return tuple(_card(node, nodes, wanted) for node in explained.nodes if node.id in wanted)


def _card(node: Node, nodes: dict[str, Node], described: set[str]) -> PartCard:
    return PartCard(
        id=node.id,
        title=node.title,
        uses=uses_words(node.forward, node.inverse),
        costs=_costs(node),
        room=f"{count(node.qubits)} qubits, {count(node.work)} more while it runs",
        calls=tuple(
            Call(call.node, nodes[call.node].title, _times(call.same, call.flipped), call.node in described)
            for call in sorted(node.calls, key=lambda c: -_weight(nodes[c.node], c.same + c.flipped))
        ),
        rules=_rules(node.rules),
    )


def _costs(node: Node) -> tuple[str, ...]:
    if node.once is not None and node.once_inverse is not None and node.once != node.once_inverse:
        return (f"one use: {tally_words(node.once)}", f"one inverse: {tally_words(node.once_inverse)}")
    known = node.once or node.once_inverse
    return () if known is None else (f"one use: {tally_words(known)}",)


def _weight(node: Node, times: int) -> int:
    known = node.once or node.once_inverse
    return 0 if known is None else times * known.t_count


def _times(same: int, flipped: int) -> str:
    told = [f"{same:,} ×"] if same or not flipped else []
    if flipped:
        told.append(f"{flipped:,} × inverted")
    return " and ".join(told)


def _rules(rules: tuple[CostRule, ...]) -> tuple[Rule, ...]:
    """One for both directions where they are the same."""
    if len(rules) == 2 and rules[0].model_copy(update={"inverse": True}) == rules[1]:
        rules = rules[:1]
    return tuple(
        Rule(
            name=f"{rule.name}{', inverse' if rule.inverse else ''}",
            statement=rule.statement,
            formula=plain_math(rule.formula),
            sizes=", ".join(f"{i.name} = {value_words(i)}" for i in rule.inputs),
            makes=result_words(rule),
            kind=rule.kind_note or str(rule.kind),
            source=rule.source,
            checked=rule.checked,
        )
        for rule in rules
    )
