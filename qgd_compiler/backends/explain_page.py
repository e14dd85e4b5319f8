"""An explanation laid out: the numbers above the program, then the program as a tree down to its primitives."""

from __future__ import annotations

from qgd_compiler.backends.explain_report import Branch, CostRule, Explanation, Figure, Input, Node, Tally
from qgd_compiler.backends.figures import count, percent, real
from qgd_compiler.backends.page import Page, Section, Tree, Twig
from qgd_compiler.backends.plain_math import plain_math
from qgd_compiler.backends.report_page import assumptions_section


def explain_page(explained: Explanation) -> Page:
    """The page of an explanation."""
    nodes = {node.id: node for node in explained.nodes}
    sections = (
        Section("Numbers above the program", Tree(tuple(_figure(f) for f in explained.figures)), FORMULAS),
        Section("The program of one circuit", _program(explained, nodes), _notes(explained)),
        _rules(explained),
        assumptions_section(explained.assumptions),
    )
    footer = (
        f"qgd {explained.compiler}; spec {explained.spec_digest[:12]}; "
        f"weakest formula: {explained.kind}; weakest input: {explained.weakest_source}"
    )
    verdict = (
        f"{count(explained.t_count)} T gates until one circuit succeeds: {real(explained.circuits)} circuits expected, "
        f"{count(explained.t_per_circuit)} T gates each.",
        *(() if explained.component is None else (_asked(explained),)),
    )
    return Page(explained.name, verdict, tuple(s for s in sections if s.body.rows), footer)


FORMULAS = ("Formulas in SymPy's syntax; the name of a number, or an id of the tree, can be asked for.",)


def _asked(explained: Explanation) -> str:
    parts, numbers = len(explained.tree), len(explained.figures)
    return (
        f"Asked for {explained.component!r}: {count(parts)} {'part' if parts == 1 else 'parts'} of the program, "
        f"{count(numbers)} numbers with their inputs."
    )


def _notes(explained: Explanation) -> tuple[str, ...]:
    notes = [
        "Uses of a part are those of one circuit; uses of its inverse stand apart, for they may cost less.",
        "A part that several share is shown whole once, with its uses there; elsewhere its id stands.",
        "T gates: Toffolis and rotations exchanged; work: qubits beyond its own registers at the peak.",
    ]
    if explained.min_share > 0:
        notes.append(
            f"Parts below {_share(explained.min_share)} of what is shown are summed up; --min-share 0 shows all."
        )
    return tuple(notes)


def _program(explained: Explanation, nodes: dict[str, Node]) -> Tree:
    twigs = tuple(_branch(branch, nodes) for branch in explained.tree)
    if explained.component is not None or not twigs:
        return Tree(twigs)
    total = Twig(
        "until one circuit succeeds",
        f"{count(explained.t_count)} T",
        (f"⌈{real(explained.circuits, 6)} expected circuits x {count(explained.t_per_circuit)} T⌉",),
        twigs,
    )
    return Tree((total,))


def _branch(branch: Branch, nodes: dict[str, Node]) -> Twig:
    node = nodes[branch.node]
    label = f"[{branch.component}] " if branch.component else ""
    figures = f"{label}{percent(branch.share)}  {count(branch.total.t_count)} T  {branch.node}"
    details = [
        f"{uses_words(branch.forward, branch.inverse)}; {count(node.qubits)} qubits, {count(node.work)} of work"
    ]
    if branch.state == "above":
        details.append(f"shown above at {branch.node}; {uses_words(node.forward, node.inverse)} in all")
    else:
        if branch.forward + branch.inverse > 1:
            details += _costs(node)
        details.append(f"in all: {tally_words(branch.total)}")
        details += _applied(node.rules)
    if branch.state == "cut":
        details.append(f"{count(len(node.calls))} parts, deeper than --depth")
    parts = [_branch(child, nodes) for child in branch.children]
    hidden = branch.hidden
    if hidden is not None:
        small = f"{count(hidden.parts)} {'part' if hidden.parts == 1 else 'parts'} too small to show"
        parts.append(Twig(small, f"{percent(hidden.share)}  {count(hidden.total.t_count)} T together"))
    return Twig(branch.title, figures, tuple(details), tuple(parts))


def uses_words(forward: int, inverse: int) -> str:
    """Exact numbers of uses; inverse ones apart."""
    uses = [_times(forward)] if forward or not inverse else []
    if inverse:
        uses.append(f"{_times(inverse)} inverted")
    return " and ".join(uses)


def _times(n: int) -> str:
    return "once" if n == 1 else f"{n:,} times"


def _costs(node: Node) -> list[str]:
    """What one use costs; both directions in one line where they cost the same."""
    if node.once == node.once_inverse or node.once is None or node.once_inverse is None:
        known = node.once or node.once_inverse
        return [] if known is None else [f"each: {tally_words(known)}"]
    return [f"each: {tally_words(node.once)}", f"each inverse: {tally_words(node.once_inverse)}"]


def tally_words(tally: Tally) -> str:
    """Gates in one line."""
    parts = [
        f"{count(tally.t_count)} T",
        f"{count(tally.toffoli)} Toffoli",
        f"{count(tally.rotations)} rotations",
        *((f"{real(tally.t)} T outside them",) if tally.t else ()),
    ]
    if not tally.t_count:
        parts.append(f"{count(tally.clifford)} Clifford, {count(tally.measurements)} measurements")
    return ", ".join(parts)


def _applied(rules: tuple[CostRule, ...]) -> list[str]:
    """The cost rules with the sizes put in; one line for both directions where they are the same."""
    if len(rules) == 2 and rules[0].model_copy(update={"inverse": True}) == rules[1]:
        rules = rules[:1]
    lines = []
    for rule in rules:
        formula = f"{plain_math(rule.formula)}  " if rule.formula else ""
        inputs = f"with {', '.join(f'{i.name} {value_words(i)}' for i in rule.inputs)}" if rule.inputs else ""
        name = f"{_short(rule)}{', inverse' if rule.inverse else ''}"
        lines.append(f"rule {name} ({rule.kind}): {formula}{inputs}".rstrip())
        lines.append(f"makes {result_words(rule)}")
    return lines


def _short(rule: CostRule) -> str:
    return rule.name.rpartition(".")[2]


def _rules(explained: Explanation) -> Section:
    """Every rule that the tree applies, once: in words, with kind, source and check."""
    rules = {rule.name: rule for node in explained.nodes for rule in node.rules}
    twigs = tuple(
        Twig(
            _short(rule),
            plain_math(rule.formula),
            (
                rule.statement,
                f"counts {rule.units}",
                f"{rule.kind_note}; {rule.source}",
                f"checked by {rule.checked}",
            ),
        )
        for rule in rules.values()
    )
    return Section("Cost rules of the primitives", Tree(twigs))


def result_words(rule: CostRule) -> str:
    """What a rule makes, gates and qubits, in one line."""
    tally = rule.result
    parts = [
        f"{count(tally.toffoli)} Toffoli",
        *((f"{count(tally.rotations)} rotations",) if tally.rotations else ()),
        *((f"{real(tally.t)} T",) if tally.t else ()),
        f"{count(tally.clifford)} Clifford",
        f"{count(tally.measurements)} measurements",
        f"{count(rule.work)} work qubits",
        *((f"{count(rule.borrowed)} borrowed",) if rule.borrowed else ()),
    ]
    return ", ".join(parts)


def _figure(figure: Figure) -> Twig:
    value = "n/a" if figure.value is None else f"{_exact(figure.value)}"
    details = []
    if figure.formula and figure.formula != str(figure.value):
        details.append(f"= {figure.formula}")
    if figure.statement:
        details.append(plain_math(figure.statement))
    if figure.inputs:
        details.append("with " + ", ".join(f"{i.name} {value_words(i)}{_given(i)}" for i in figure.inputs))
    details.append(f"{figure.kind}; {figure.source}")
    if figure.checked:
        details.append(f"checked by {figure.checked}")
    return Twig(figure.id, f"{value}  {figure.title}", tuple(details))


def _given(made: Input) -> str:
    """Where an input that is no figure comes from."""
    told = [str(made.source)] if made.source is not None else []
    if made.where:
        told.append(made.where)
    return f" ({'; '.join(told)})" if told else ""


def value_words(made: Input) -> str:
    """The value of an input."""
    return made.value if isinstance(made.value, str) else _exact(made.value)


def _exact(value: int | float | None) -> str:
    """Whole numbers with all their digits, others with six."""
    return f"{value:,}" if isinstance(value, int) else real(value, 6)


def _share(share: float) -> str:
    return f"{100 * share:g} %"
