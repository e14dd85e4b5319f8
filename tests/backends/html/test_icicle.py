"""The blocks of the icicle are the tree of `qgd explain`, and its shared parts stand at all their places."""

from __future__ import annotations

from collections import Counter

from qgd_compiler.backends.explain_report import Branch, Explanation
from qgd_compiler.backends.html.icicle import LEAST_SHARE, Block, blocks_of
from qgd_compiler.backends.html.parts import cards_of
from qgd_compiler.backends.html.report_html import Dossier


def _of_tree(branch: Branch, level: int = 0) -> list[tuple[str, str, int, int, int]]:
    """Node, label, level and uses of large branches; below parts shown elsewhere nothing is known."""
    if branch.share < LEAST_SHARE:
        return []
    found = [(branch.node, branch.component, level, branch.forward, branch.inverse)]
    return found + [row for child in branch.children for row in _of_tree(child, level + 1)]


def _tallies(branch: Branch) -> dict[tuple[str, int, int], int]:
    found = {(branch.node, branch.forward, branch.inverse): branch.total.t_count}
    for child in branch.children:
        found |= _tallies(child)
    return found


def test_every_large_part_of_the_tree_has_its_block(explained: Explanation) -> None:
    blocks = Counter((b.node, b.component, b.level, b.forward, b.inverse) for b in blocks_of(explained))
    tree = Counter(_of_tree(explained.tree[0]))
    assert len(tree) > 10
    assert not tree - blocks


def test_blocks_cost_what_the_tree_says(explained: Explanation) -> None:
    said = _tallies(explained.tree[0])
    compared = 0
    for block in blocks_of(explained):
        known = said.get((block.node, block.forward, block.inverse))
        if known is not None:
            assert block.t_count == known
            compared += 1
    assert compared > 10


def test_parts_lie_side_by_side_within_their_caller(explained: Explanation) -> None:
    blocks = blocks_of(explained)
    rows: dict[int | None, list[Block]] = {}
    for block in blocks:
        rows.setdefault(block.parent, []).append(block)
    assert rows.pop(None) == [blocks[0]] and (blocks[0].start, blocks[0].share) == (0.0, 1.0)
    for parent, row in rows.items():
        assert parent is not None
        caller, at = blocks[parent], blocks[parent].start
        for block in row:
            assert block.level == caller.level + 1
            assert abs(block.start - at) < 1e-9
            at += block.share
        assert at <= caller.start + caller.share + 1e-9
        assert [b.share for b in row] == sorted((b.share for b in row), reverse=True)


def test_the_depth_of_the_explanation_does_not_matter(dossier: Dossier, explained: Explanation) -> None:
    assert dossier.explained is not None and dossier.explained.depth == 0
    assert blocks_of(dossier.explained) == blocks_of(explained)


def test_the_card_of_a_routine_sums_up_what_it_calls(explained: Explanation) -> None:
    nodes = {node.id: node for node in explained.nodes}
    cards = cards_of(explained, {b.node for b in blocks_of(explained)})
    for card in cards:
        node = nodes[card.id]
        assert bool(card.calls) != bool(card.rules)
        assert [c.node for c in card.calls] != [] or card.rules[0].source
        assert Counter(c.node for c in card.calls) == Counter(c.node for c in node.calls)
        weights = [
            (nodes[c.node].once or nodes[c.node].once_inverse, c.same + c.flipped)
            for shown in card.calls
            for c in node.calls
            if c.node == shown.node
        ]
        sizes = [0 if known is None else known.t_count * n for known, n in weights]
        assert len(sizes) != len(card.calls) or sizes == sorted(sizes, reverse=True)
