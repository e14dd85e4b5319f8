"""The program of a plan as a tree of places: shared parts are expanded once, and every level adds up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from qgd_compiler.algorithms.plan import Plan
from qgd_compiler.backends.explain_report import Branch, Callee, CostRule, Hidden, Input, Node, Tally
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.fold import Folder
from qgd_compiler.costing.gates import Gates
from qgd_compiler.costing.prices import Applied, rule_of
from qgd_compiler.costing.statement import statement_of
from qgd_compiler.program.ir import Operation, Primitive, Routine
from qgd_compiler.program.uses import Callee as Called
from qgd_compiler.program.uses import Uses, callees, uses

SHORTEST_ID = 6  # digits


@dataclass(frozen=True)
class View:
    """What of a tree is shown: levels below a root (None: all), and parts from a share of the root's T gates on."""

    depth: int | None = None
    min_share: float = 0.0


@dataclass(eq=False)
class ProgramTree:
    """The program of a plan, its parts by id, how often each runs, and what each costs."""

    plan: Plan
    exchange: Exchange
    folder: Folder
    _callees: dict[Operation, tuple[Called, ...]] = field(default_factory=dict)

    @cached_property
    def uses(self) -> dict[Operation, Uses]:
        """How often each operation runs in one circuit, callers first."""
        return uses(self.plan.program)

    @cached_property
    def ids(self) -> dict[Operation, str]:
        """The first digits of each digest, as many as tell all apart."""
        digests = [op.digest.hex() for op in self.uses]
        size = SHORTEST_ID
        while len({d[:size] for d in digests}) < len(digests):
            size += 1
        return {op: op.digest.hex()[:size] for op in self.uses}

    def callees(self, op: Operation) -> tuple[Called, ...]:
        """What one run of `op` calls."""
        if op not in self._callees:
            self._callees[op] = callees(op)
        return self._callees[op]

    def gates(self, op: Operation, so_often: Uses) -> Gates:
        """Gates of so many runs; a direction that is not used need not have a price."""
        total = Gates()
        for n, inverse in ((so_often.forward, False), (so_often.inverse, True)):
            if n:
                total = total + self.folder.cost(op, inverse).gates.times(n)
        return total

    def tally(self, gates: Gates) -> Tally:
        """Gates as a document shows them."""
        return Tally(
            t_count=int(self.exchange.t_of(gates, self.plan.rotation_epsilon)),
            toffoli=int(gates.toffoli),
            t=gates.t,
            rotations=int(gates.rotations),
            clifford=int(gates.clifford),
            measurements=int(gates.measurements),
        )

    def branches(self, roots: Sequence[Operation], view: View) -> tuple[Branch, ...]:
        """One tree per root, of all its runs in a circuit."""
        expanded: set[Operation] = set()
        return tuple(_Planting(self, view, root, expanded).branch() for root in roots)

    def nodes(self, branches: Sequence[Branch]) -> tuple[Node, ...]:
        """All nodes that the trees of these roots have in them, shown or not."""
        roots = {branch.node for branch in branches}
        kept: set[Operation] = set()
        for op in self.uses:
            if self.ids[op] in roots or op in kept:
                kept |= {op, *(call.op for call in self.callees(op))}
        return tuple(self._node(op) for op in self.uses if op in kept)

    def _node(self, op: Operation) -> Node:
        so_often = self.uses[op]
        directions = [(False, so_often.forward), (True, so_often.inverse)]
        once = {
            inverse: self.tally(self.folder.cost(op, inverse).gates) if n else None
            for inverse, n in directions
        }
        used = [inverse for inverse, n in directions if n]
        return Node(
            id=self.ids[op],
            title=op.name,
            component=op.component if isinstance(op, Routine) else "",
            type="routine" if isinstance(op, Routine) else type(op).__name__,
            forward=so_often.forward,
            inverse=so_often.inverse,
            once=once[False],
            once_inverse=once[True],
            qubits=sum(int(r.size) for r in op.registers),
            work=max(int(self.folder.cost(op, inverse).work) for inverse in used),
            calls=tuple(
                Callee(node=self.ids[c.op], same=c.same, flipped=c.flipped) for c in self.callees(op)
            ),
            rules=tuple(self._rule(rule_of(op, inverse), inverse) for inverse in used)
            if isinstance(op, Primitive)
            else (),
        )

    def _rule(self, applied: Applied, inverse: bool) -> CostRule:
        stated, price = statement_of(applied.rule), applied.price()
        return CostRule(
            name=f"{applied.rule.__module__.rpartition('.')[2]}.{applied.rule.__name__}",
            inverse=inverse,
            statement=stated.summary,
            formula=stated.formula,
            units=stated.units,
            kind=stated.kind,
            kind_note=stated.kind_note,
            source=stated.source,
            checked=stated.checked,
            inputs=tuple(Input(name=name, value=_size(name, v)) for name, v in applied.inputs.items()),
            result=self.tally(price.gates),
            work=int(price.work),
            borrowed=int(price.borrowed),
        )


def _size(name: str, value: Any) -> int | float | str | None:
    """A size as a document shows it; of a table, what its price depends on."""
    if name == "table":
        return (
            "any" if value is None else f"{len(value)} words, {sum(int(w).bit_count() for w in value)} ones"
        )
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return " x ".join(str(int(v)) for v in value)
    return value if isinstance(value, float | str) or value is None else int(value)


class _Planting:
    """Grows the tree of one root; what was expanded in an earlier one is referred to."""

    def __init__(self, tree: ProgramTree, view: View, root: Operation, expanded: set[Operation]) -> None:
        self._tree = tree
        self._view = view
        self._root = root
        self._expanded = expanded
        whole = tree.tally(tree.gates(root, tree.uses[root])).t_count
        self._least = view.min_share * whole

    def branch(self) -> Branch:
        """The whole tree."""
        return self._branch(self._root, self._tree.uses[self._root], "", 0)

    def _branch(self, op: Operation, so_often: Uses, around: str, level: int) -> Branch:
        label = (op.component if isinstance(op, Routine) else "") or around
        parts = self._tree.callees(op)
        deep = self._view.depth is not None and level >= self._view.depth
        state = "above" if op in self._expanded else "cut" if parts and deep else "whole"
        children: tuple[Branch, ...] = ()
        hidden = None
        if state == "whole":
            self._expanded.add(op)
            children, hidden = self._parts(parts, so_often, label, level)
        gates = self._tree.gates(op, so_often)
        total = self._tree.tally(gates)
        return Branch(
            node=self._tree.ids[op],
            title=op.name,
            component=label,
            forward=so_often.forward,
            inverse=so_often.inverse,
            total=total,
            share=total.t_count / max(self._tree.plan.t_per_circuit, 1),
            state=state,
            children=children,
            hidden=hidden,
        )

    def _parts(
        self, parts: Sequence[Called], so_often: Uses, label: str, level: int
    ) -> tuple[tuple[Branch, ...], Hidden | None]:
        """The parts worth showing, most T gates first, and the sum of the others."""
        shown: list[tuple[int, Called]] = []
        small = Gates()
        count = 0
        for part in parts:
            gates = self._tree.gates(part.op, so_often.through(part))
            t = self._tree.tally(gates).t_count
            if t < self._least or (t == 0 and self._least > 0):
                small, count = small + gates, count + 1
            else:
                shown.append((t, part))
        shown.sort(key=lambda pair: -pair[0])
        children = tuple(self._branch(part.op, so_often.through(part), label, level + 1) for _, part in shown)
        if not count:
            return children, None
        total = self._tree.tally(small)
        share = total.t_count / max(self._tree.plan.t_per_circuit, 1)
        return children, Hidden(parts=count, total=total, share=share)
