"""How the numbers of a compile come about: every key of the JSON that `qgd explain` prints."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, FiniteFloat

from qgd_compiler.backends.document import Assumption, Count, Document, Number, Part, Positive, schema_of
from qgd_compiler.backends.page import Page
from qgd_compiler.kinds import Kind, Source


class Input(Part):
    """A number, or a word, that a formula takes."""

    name: str = Field(description="Its name in the formula, or that of the parameter of the cost rule.")
    value: Number | str | None = Field(description="Its value; null where it is not known.")
    figure: str = Field(default="", description="The figure of this document that it is; empty: it is given.")
    source: Source | None = Field(
        default=None, description="Where a given one comes from; null: as computed."
    )
    where: str = Field(default="", description="File, line and field of the spec that says so.")


class Figure(Part):
    """A number above the program, and how it comes about."""

    id: str = Field(description="Its name in the formulas of others; can be asked for.")
    title: str = Field(description="What it is.")
    value: Number | None = Field(description="The number; null where it is not known.")
    formula: str = Field(
        default="",
        description="In SymPy's syntax over the inputs (`ceil`: the next whole number); empty where there is none.",
    )
    statement: str = Field(default="", description="How it comes about in words, or in LaTeX.")
    kind: Kind = Field(description="How far the formula can be trusted.")
    source: str = Field(description="The paper, or the place in the code, behind it.")
    checked: str = Field(default="", description="The test that compares it with something else.")
    inputs: tuple[Input, ...] = Field(default=(), description="What goes into it.")


class Tally(Part):
    """Gates, exact; T gates with Toffolis and rotations exchanged."""

    t_count: Count = Field(description="T gates, Toffolis and rotations exchanged for T.")
    toffoli: Count = Field(description="Toffolis; a temporary AND counts once.")
    t: Number = Field(ge=0, description="T gates outside Toffolis and rotations.")
    rotations: Count = Field(description="Rotations by arbitrary angles.")
    clifford: Count = Field(description="Clifford gates.")
    measurements: Count = Field(description="Measurements.")


class CostRule(Part):
    """The rule that prices a primitive, with the sizes put in and what results."""

    name: str = Field(description="The function of `qgd_compiler.costing`.")
    inverse: bool = Field(description="Whether it prices the inverse of the primitive.")
    statement: str = Field(description="What the primitive does, in words.")
    formula: str = Field(description="In LaTeX; empty where the statement says it all.")
    units: str = Field(description="What the formula counts.")
    kind: Kind = Field(description="How far the rule can be trusted.")
    kind_note: str = Field(
        description="The same in the words of the rule, with what holds for parts of it only."
    )
    source: str = Field(description="The paper behind the rule.")
    checked: str = Field(description="The test that compares it with something else.")
    inputs: tuple[Input, ...] = Field(description="The sizes of this primitive, by the names of parameters.")
    result: Tally = Field(description="Gates of one use.")
    work: Count = Field(description="Qubits in |0> that it needs while it runs.")
    borrowed: Count = Field(description="Qubits in any state that it needs while it runs.")


class Callee(Part):
    """What one run of a node calls."""

    node: str = Field(description="The id of the callee.")
    same: Count = Field(description="How often in the direction of the caller.")
    flipped: Count = Field(description="How often in the other direction.")


class Node(Part):
    """A routine or primitive of the program, once, whoever calls it."""

    id: str = Field(description="First digits of its digest; can be asked for.")
    title: str = Field(description="What reports call it.")
    component: str = Field(description="Its own label; empty: that of its caller.")
    type: str = Field(description="`routine`, or the class of the primitive.")
    forward: Count = Field(description="How often it runs in one circuit.")
    inverse: Count = Field(description="How often its inverse runs in one circuit.")
    once: Tally | None = Field(description="Gates of one use; null where only the inverse is used.")
    once_inverse: Tally | None = Field(
        description="Gates of one use of the inverse; null where it is not used."
    )
    qubits: Count = Field(description="Qubits of its signature.")
    work: Count = Field(description="Qubits beyond these at the peak, of the worse direction in use.")
    calls: tuple[Callee, ...] = Field(description="What one use calls; its gates are theirs and no others.")
    rules: tuple[CostRule, ...] = Field(description="Of a primitive: its cost rule, and that of its inverse.")


class Hidden(Part):
    """Parts that are not shown because they are small."""

    parts: Count = Field(description="How many.")
    total: Tally = Field(description="Their gates in one circuit.")
    share: FiniteFloat = Field(ge=0, description="Of the T count of the circuit.")


class Branch(Part):
    """A node at one place of the tree: children and hidden parts add up to it."""

    node: str = Field(description="The id of the node.")
    title: str = Field(description="What reports call it.")
    component: str = Field(description="The component that its own gates are counted under here.")
    forward: Count = Field(description="How often it runs here in one circuit.")
    inverse: Count = Field(description="How often its inverse runs here in one circuit.")
    total: Tally = Field(description="Gates of all these runs.")
    share: FiniteFloat = Field(ge=0, description="Of the T count of the circuit.")
    state: Literal["whole", "above", "cut"] = Field(
        description="`above`: its parts, or its rules, are shown further up. `cut`: they are deeper than asked for."
    )
    children: tuple[Branch, ...] = Field(default=(), description="Its parts, most T gates first.")
    hidden: Hidden | None = Field(default=None, description="Parts that are too small to show.")


class Explanation(Document):
    """The tree of a chosen plan, from the total down to primitives, and the numbers above it."""

    qgd: Literal[1] = Field(default=1, description="Version of this format.")
    name: str = Field(description="Name of the spec.")
    compiler: str = Field(description="Version of the compiler.")
    spec_digest: str = Field(description="SHA-256 of the resolved spec.")
    component: str | None = Field(description="The part that was asked for; null: all.")
    t_count: Count = Field(description="T gates until one circuit succeeds.")
    circuits: Positive = Field(description="Expected circuits until one succeeds.")
    t_per_circuit: Count = Field(description="T gates of one circuit.")
    min_share: FiniteFloat = Field(ge=0, description="Share of what is shown below which parts are hidden.")
    depth: Count | None = Field(description="Levels that are shown below a root; null: all.")
    kind: Kind = Field(description="The weakest formula that the total rests on.")
    weakest_source: Source = Field(description="The weakest input that the total rests on.")
    figures: tuple[Figure, ...] = Field(
        description="The numbers above the program; inputs stand behind their use."
    )
    tree: tuple[Branch, ...] = Field(description="What was asked for; for all, the circuit.")
    nodes: tuple[Node, ...] = Field(description="Every node of the trees, callers before callees.")
    assumptions: tuple[Assumption, ...] = Field(description="The inputs that all of this rests on.")

    def to_page(self) -> Page:
        """The document laid out for people."""
        from qgd_compiler.backends.explain_page import explain_page

        return explain_page(self)


def explain_schema() -> dict[str, Any]:
    """The JSON Schema of an explanation."""
    return schema_of(Explanation, "explain.schema")
