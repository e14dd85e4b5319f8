"""Where the T gates of one circuit go, as an icicle: a block for each part, as wide as its share, below its caller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qgd_compiler.backends.explain_report import Explanation, Node

LEAST_SHARE = 0.004  # of the circuit, below which a block could not be seen
MOST_LEVELS = 12


@dataclass(frozen=True)
class Block:
    """A part at one place. `start` and `share` are of the circuit's T gates; `parent` is a place in the list."""

    node: str
    title: str
    component: str
    level: int
    start: float
    share: float
    t_count: int
    forward: int
    inverse: int
    parent: int | None


def blocks_of(explained: Explanation) -> tuple[Block, ...]:
    """Every place of the program down to LEAST_SHARE, callers first, most T gates first among their parts.

    A part that several share stands at each of its places: its uses there times what one use costs.
    """
    nodes = {node.id: node for node in explained.nodes}
    if len(explained.tree) != 1:
        return ()
    root = explained.tree[0]
    whole = _t(nodes[root.node], root.forward, root.inverse)
    found: list[Block] = []
    if whole:
        _grow(nodes, found, whole, _Place(root.node, root.forward, root.inverse, "", 0, 0, None))
    return tuple(found)


@dataclass(frozen=True)
class _Place:
    """A node to be put down; `start` in T gates."""

    node: str
    forward: int
    inverse: int
    around: str
    level: int
    start: int
    parent: int | None


def _grow(nodes: Mapping[str, Node], found: list[Block], whole: int, place: _Place) -> None:
    node = nodes[place.node]
    t = _t(node, place.forward, place.inverse)
    if t < LEAST_SHARE * whole or place.level >= MOST_LEVELS:
        return
    label = node.component or place.around
    here = len(found)
    found.append(
        Block(
            node=node.id,
            title=node.title,
            component=label,
            level=place.level,
            start=place.start / whole,
            share=t / whole,
            t_count=t,
            forward=place.forward,
            inverse=place.inverse,
            parent=place.parent,
        )
    )
    below = []
    for order, call in enumerate(node.calls):
        forward = place.forward * call.same + place.inverse * call.flipped
        inverse = place.inverse * call.same + place.forward * call.flipped
        below.append((-_t(nodes[call.node], forward, inverse), order, call.node, forward, inverse))
    start = place.start
    for minus_t, _, name, forward, inverse in sorted(below):
        _grow(nodes, found, whole, _Place(name, forward, inverse, label, place.level + 1, start, here))
        start -= minus_t


def _t(node: Node, forward: int, inverse: int) -> int:
    """T gates of so many uses; a direction that is not used need not have a price."""
    total = 0
    for n, once in ((forward, node.once), (inverse, node.once_inverse)):
        if n and once is not None:
            total += n * once.t_count
    return total
