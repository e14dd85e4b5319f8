"""From the chosen plan to its explanation: what was asked for is found, and nothing is computed anew."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from qgd_compiler.algorithms.plan import Plan
from qgd_compiler.algorithms.problem import Problem
from qgd_compiler.backends.assemble import Heading
from qgd_compiler.backends.explain_numbers import numbers_of
from qgd_compiler.backends.explain_report import Explanation, Figure
from qgd_compiler.backends.explain_sheet import with_inputs
from qgd_compiler.backends.explain_tree import ProgramTree, View
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.fold import Folder
from qgd_compiler.errors import UsageError
from qgd_compiler.kinds import weakest_kind, weakest_source
from qgd_compiler.program.ir import Operation, Routine
from qgd_compiler.version import __version__

NEAREST = 3  # names that an error offers


def explanation_of(
    heading: Heading,
    problem: Problem,
    plan: Plan,
    exchange: Exchange,
    folder: Folder,
    component: str | None,
    view: View,
) -> Explanation:
    """The explanation of a plan, or of the part of it that is called `component`.

    Raises UsageError, naming the nearest, where nothing is called so.
    """
    tree = ProgramTree(plan, exchange, folder)
    figures = numbers_of(plan, problem, exchange, heading.assumptions)
    roots: Sequence[Operation] = (plan.program,)
    if component is not None:
        roots, figures = _found(tree, figures, component)
    branches = tree.branches(roots, view)
    return Explanation(
        name=heading.name,
        compiler=__version__,
        spec_digest=heading.digest,
        component=component,
        t_count=plan.t_count,
        circuits=plan.amplification.circuits,
        t_per_circuit=plan.t_per_circuit,
        min_share=view.min_share,
        depth=view.depth,
        kind=weakest_kind((plan.kind, exchange.kind)),
        weakest_source=weakest_source(heading.sources),
        figures=figures,
        tree=branches,
        nodes=tree.nodes(branches),
        assumptions=heading.assumptions if component is None else (),
    )


def _found(
    tree: ProgramTree, figures: Sequence[Figure], asked: str
) -> tuple[Sequence[Operation], tuple[Figure, ...]]:
    """The topmost parts of the program, and the figures with all their inputs, that go by a name.

    An id is one of them alone; else every title or label that contains the words, whatever their case.
    """
    word = asked.strip().lower()
    for op, id in tree.ids.items():
        if word == id:
            return (op,), ()
    for figure in figures:
        if word == figure.id:
            return (), with_inputs(figures, (figure.id,))
    if not word:
        raise UsageError("no component has an empty name", remedy="qgd explain SPEC, which lists all")
    named = [op for op in tree.uses if word in op.name.lower() or word in _label(op).lower()]
    numbers = [f.id for f in figures if word in f.id or word in f.title.lower()]
    if not named and not numbers:
        raise _unknown(tree, figures, asked)
    return _topmost(tree, named), with_inputs(figures, numbers)


def _label(op: Operation) -> str:
    return op.component if isinstance(op, Routine) else ""


def _topmost(tree: ProgramTree, found: Iterable[Operation]) -> Sequence[Operation]:
    """Those that no other one of them calls, directly or not; callers stand first in `uses`."""
    asked, below = set(found), set[Operation]()
    top = []
    for op in tree.uses:
        if op in asked and op not in below:
            top.append(op)
        if op in asked or op in below:
            below |= {call.op for call in tree.callees(op)}
    return top


def _unknown(tree: ProgramTree, figures: Sequence[Figure], asked: str) -> UsageError:
    names = dict.fromkeys(
        [
            *(_label(op) for op in tree.uses if _label(op)),
            *(op.name for op in tree.uses),
            *(f.id for f in figures),
        ]
    )
    by_lower = {name.lower(): name for name in names}
    near = difflib.get_close_matches(asked.strip().lower(), by_lower, n=NEAREST, cutoff=0.5)
    labels = list(dict.fromkeys(_label(op) for op in tree.uses if _label(op)))
    offered = [by_lower[name] for name in near] or labels
    return UsageError(
        f"no component, node or number is called {asked!r}",
        remedy=f"{', '.join(repr(name) for name in offered)}, or qgd explain SPEC, which lists all",
    )
