"""Explanations: every level adds up, every formula gives the number it stands beside, and everything is found."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction

import pytest
import sympy
from jsonschema import Draft202012Validator

from qgd_compiler.backends.document import Assumption
from qgd_compiler.backends.explain_numbers import numbers_of
from qgd_compiler.backends.explain_page import explain_page
from qgd_compiler.backends.explain_report import Branch, Explanation, Figure, Tally, explain_schema
from qgd_compiler.backends.explain_sheet import Sheet
from qgd_compiler.backends.markdown import markdown
from qgd_compiler.backends.table import table
from qgd_compiler.costing.prices import price_of
from qgd_compiler.errors import UsageError
from qgd_compiler.kinds import Source
from qgd_compiler.program.ir import Call, Operation, Routine
from tests.backends.plans import Planned, plans

NAMES = ("unknown norm", "amplified", "lift", "stationary", "phase gradient")
ADDITIVE = ("toffoli", "t", "rotations", "clifford", "measurements")
Counts = dict[str, Fraction]


@pytest.fixture(scope="module")
def all_plans(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Planned]:
    return plans(tmp_path_factory.mktemp("plans"))


@pytest.fixture(params=NAMES)
def one(request: pytest.FixtureRequest, all_plans: dict[str, Planned]) -> Planned:
    return all_plans[request.param]


def _run(
    op: Operation, inverse: bool, times: int, label: str
) -> Iterator[tuple[str, str, bool, int, Counts]]:
    """Every primitive that a run comes to, path by path, with its digest, label, direction, uses and gates."""
    if isinstance(op, Routine):
        for step in op.body:
            if isinstance(step, Call):
                yield from _run(step.op, inverse != step.adjoint, times * step.times, op.component or label)
        return
    gates = price_of(op, inverse).gates
    yield op.digest.hex(), label, inverse, times, {k: Fraction(getattr(gates, k)) * times for k in ADDITIVE}


def _sum(found: list[Counts]) -> Counts:
    return {kind: sum((c[kind] for c in found), Fraction(0)) for kind in ADDITIVE}


def _counts(tally: Tally) -> Counts:
    return {kind: Fraction(getattr(tally, kind)) for kind in ADDITIVE}


def _places(branches: tuple[Branch, ...]) -> Iterator[Branch]:
    for branch in branches:
        yield branch
        yield from _places(branch.children)


def test_the_primitives_with_their_uses_add_up_to_the_circuit(one: Planned) -> None:
    explained = one.explained()
    walked = list(_run(one.plan.program, False, 1, ""))
    whole = _sum([counts for *_, counts in walked])
    assert _counts(explained.tree[0].total) == whole
    assert explained.tree[0].total.toffoli == one.plan.cost.gates.toffoli > 0
    leaves = [
        {k: _counts(tally)[k] * n for k in ADDITIVE}
        for node in explained.nodes
        if not node.calls
        for tally, n in ((node.once, node.forward), (node.once_inverse, node.inverse))
        if tally is not None
    ]
    assert _sum(leaves) == whole


def test_uses_of_every_primitive_are_those_of_a_walk_through_all_paths(one: Planned) -> None:
    uses: dict[tuple[str, bool], int] = defaultdict(int)
    for digest, _, inverse, times, _ in _run(one.plan.program, False, 1, ""):
        uses[digest, inverse] += times
    nodes = {node.id: node for node in one.explained().nodes if node.type != "routine"}
    assert len(nodes) == len({digest for digest, _ in uses})
    for (digest, inverse), times in uses.items():
        node = next(n for id, n in nodes.items() if digest.startswith(id))
        assert (node.inverse if inverse else node.forward) == times
    assert any(node.forward != node.inverse for node in nodes.values())
    assert any(node.inverse for node in nodes.values())


def test_every_place_of_the_tree_is_the_sum_of_its_parts(one: Planned) -> None:
    for min_share in (0.0, 0.01):
        explained = one.explained(min_share=min_share)
        expanded = [b for b in _places(explained.tree) if b.children or b.hidden]
        assert len(expanded) > 5
        for branch in expanded:
            parts = [_counts(child.total) for child in branch.children]
            if branch.hidden is not None:
                parts.append(_counts(branch.hidden.total))
            assert _sum(parts) == _counts(branch.total), branch.title
            assert [c.total.t_count for c in branch.children] == sorted(
                (c.total.t_count for c in branch.children), reverse=True
            )


def test_a_node_is_the_sum_of_what_it_calls(one: Planned) -> None:
    nodes = {node.id: node for node in one.explained().nodes}
    for node in nodes.values():
        for own, same, other in (
            (node.once, "once", "once_inverse"), (node.once_inverse, "once_inverse", "once")
        ):  # fmt: skip
            if own is None or not node.calls:
                continue
            parts = []
            for call in node.calls:
                for n, direction in ((call.same, same), (call.flipped, other)):
                    if n:
                        counts = _counts(getattr(nodes[call.node], direction))
                        parts.append({k: counts[k] * n for k in ADDITIVE})
            assert _sum(parts) == _counts(own), node.title


def test_every_part_is_expanded_once_and_its_places_add_up_to_its_uses(one: Planned) -> None:
    explained = one.explained()
    places: dict[str, list[Branch]] = defaultdict(list)
    for branch in _places(explained.tree):
        places[branch.node].append(branch)
    nodes = {node.id: node for node in explained.nodes}
    assert set(places) == set(nodes)
    assert any(len(found) > 1 for found in places.values())
    for id, found in places.items():
        assert [b.state for b in found] == ["whole"] + ["above"] * (len(found) - 1)
        assert sum(b.forward for b in found) <= nodes[id].forward
    roots = [id for id, node in nodes.items() if node.forward + node.inverse == 1]
    assert roots


def test_labels_share_the_circuit_as_the_report_shows_them(one: Planned) -> None:
    by_label: dict[str, list[Counts]] = defaultdict(list)
    for _, label, _, _, counts in _run(one.plan.program, False, 1, ""):
        by_label[label].append(counts)
    for label, gates in one.plan.cost.by_component.items():
        assert _sum(by_label[label]) == {k: Fraction(getattr(gates, k)) for k in ADDITIVE}
    for branch in _places(one.explained().tree):
        if not branch.children:
            assert branch.component in one.plan.cost.by_component or not branch.total.t_count


def test_qubits_and_work_of_the_circuit_are_those_of_the_plan(one: Planned) -> None:
    circuit = one.explained().nodes[0]
    registers = sum(int(r.size) for r in one.plan.program.registers)
    assert (circuit.qubits, circuit.work) == (registers, int(one.plan.cost.work))


def _evaluated(figure: Figure) -> sympy.Expr:
    values = {i.name: sympy.Rational(*Fraction(i.value).as_integer_ratio()) for i in figure.inputs
              if isinstance(i.value, int | float)}  # fmt: skip
    found = sympy.sympify(figure.formula, locals={**values, "ceil": sympy.ceiling})
    assert not found.free_symbols, (figure.id, found.free_symbols)
    return found


def test_every_formula_with_its_inputs_gives_the_number_beside_it(one: Planned) -> None:
    figures = one.explained().figures
    told = [f for f in figures if f.formula]
    assert len(told) >= 20
    for figure in told:
        found = _evaluated(figure)
        if isinstance(figure.value, int):
            assert int(found) == figure.value, figure.id
        else:
            assert float(found) == pytest.approx(figure.value, rel=1e-9), figure.id


def test_a_wrong_input_would_show(one: Planned) -> None:
    figure = next(f for f in one.explained().figures if f.id == "kappa")
    inputs = tuple(
        i.model_copy(update={"value": 1.01 * i.value}) if i.name == "alpha" else i for i in figure.inputs
    )
    assert float(_evaluated(figure.model_copy(update={"inputs": inputs}))) != pytest.approx(
        figure.value, rel=1e-3
    )


def test_figures_are_those_of_the_plan_and_their_inputs_are_linked(one: Planned) -> None:
    plan, figures = one.plan, {f.id: f for f in one.explained().figures}
    assert figures["total_t"].value == plan.t_count
    assert figures["circuit_t"].value == plan.t_per_circuit
    assert figures["qubits"].value == plan.qubits
    assert figures["queries"].value == plan.queries.encoding
    assert figures["error"].value == pytest.approx(sum(e for _, e, _ in plan.error_terms))
    assert figures["error"].value <= one.problem.epsilon
    for figure in figures.values():
        assert figure.source, figure.id
        assert figure.formula or figure.statement or not figure.inputs, figure.id
        for given in figure.inputs:
            if given.figure:
                assert given.value == figures[given.figure].value, (figure.id, given.name)


def test_amplification_is_explained(all_plans: dict[str, Planned]) -> None:
    one = all_plans["amplified"]
    assert one.plan.amplification.rounds > 0
    figures = {f.id: f for f in one.explained().figures}
    theta = math.asin(math.sqrt(figures["run_success"].value or 0))
    turned = math.sin((2 * one.plan.amplification.rounds + 1) * theta) ** 2
    assert figures["success"].value == pytest.approx(turned, rel=0.05)
    assert any("amplification round" in b.title for b in _places(one.explained().tree))


def test_what_comes_from_the_spec_says_where(all_plans: dict[str, Planned]) -> None:
    figures = {f.id: f for f in all_plans["unknown norm"].explained().figures}
    target = figures["left"].inputs[0]
    assert (target.name, target.value, target.source) == ("target_epsilon", 0.01, "exact")
    assert "target.epsilon" in target.where
    rate = next(i for i in figures["alpha"].inputs if i.name == "learning_rate")
    assert rate.value == 0.1 and "dynamics.learning_rate" in rate.where


def test_a_number_that_only_shares_the_name_of_a_field_is_not_ascribed_to_it() -> None:
    field = Assumption(name="dynamics.iterations", value=100, source=Source.MEASURED, where="a.yaml:3")
    sheet = Sheet([field])
    sheet.put("rows", "", 8, "iterations + 1", ("iterations", 7), source="here", given=Source.BOUND)
    sheet.put("other", "", 101, "iterations + 1", ("iterations", 100), source="here")
    window, whole = (f.inputs[0] for f in sheet.figures())
    assert (window.source, window.where) == (Source.BOUND, "")
    assert (whole.source, whole.where) == (Source.MEASURED, "a.yaml:3")


def test_a_primitive_carries_its_rule_with_sizes_source_and_result(one: Planned) -> None:
    nodes = one.explained().nodes
    for node in nodes:
        assert bool(node.rules) == (node.type != "routine")
        for rule in node.rules:
            assert rule.source and rule.checked.startswith("tests/") and (rule.formula or rule.statement)
            assert rule.result == (node.once_inverse if rule.inverse else node.once)
        if node.rules:
            assert node.work == max(rule.work + rule.borrowed for rule in node.rules)
    lookup = next(n for n in nodes if n.type == "Lookup" and n.forward)
    rule = next(r for r in lookup.rules if not r.inverse)
    assert {"shape", "bits", "blocks", "controlled", "table"} == {i.name for i in rule.inputs}
    assert "1805.03662" in rule.source and r"\max" in rule.formula and rule.kind == "exact"


def test_depth_cuts_the_tree_and_says_so(one: Planned) -> None:
    explained = one.explained(depth=2)
    assert max(_levels(explained.tree)) == 2
    cut = [b for b in _places(explained.tree) if b.state == "cut"]
    assert cut and not any(b.children for b in cut)
    assert "deeper than --depth" in table(explain_page(explained))
    assert one.explained(depth=0).tree[0].state == "cut"


def _levels(branches: tuple[Branch, ...], level: int = 0) -> Iterator[int]:
    for branch in branches:
        yield level
        yield from _levels(branch.children, level + 1)


def test_a_part_that_is_cut_in_a_deep_place_is_expanded_in_a_shallow_one(
    all_plans: dict[str, Planned],
) -> None:
    for depth in range(1, 8):
        shown: set[str] = set()
        for branch in _places(all_plans["amplified"].explained(depth=depth).tree):
            assert branch.state != "above" or branch.node in shown
            if branch.state == "whole":
                shown.add(branch.node)


def test_small_parts_are_summed_up_and_counted(one: Planned) -> None:
    whole, short = one.explained(), one.explained(min_share=0.02)
    least = 0.02 * one.plan.t_per_circuit
    hidden = [b.hidden for b in _places(short.tree) if b.hidden is not None]
    assert hidden and sum(h.parts for h in hidden) > 3
    for branch in _places(short.tree):
        assert branch.total.t_count >= least
    assert len(list(_places(short.tree))) < len(list(_places(whole.tree)))
    assert "too small to show" in table(explain_page(short))
    assert "too small to show" not in table(explain_page(whole))


@pytest.mark.parametrize("asked", ["hessian", "HESSIAN", "Hessian"])
def test_a_component_is_found_by_its_label_whatever_its_case(
    asked: str, all_plans: dict[str, Planned]
) -> None:
    one = all_plans["unknown norm"]
    explained = one.explained(asked)
    (root,) = explained.tree
    assert root.component == "hessian"
    assert root.total.toffoli == one.plan.cost.by_component["hessian"].toffoli
    assert {n.id for n in explained.nodes} == {b.node for b in _places(explained.tree)}
    assert len(explained.nodes) < len(one.explained().nodes)


def test_parts_of_titles_find_the_topmost_and_an_id_finds_one(all_plans: dict[str, Planned]) -> None:
    one = all_plans["unknown norm"]
    lookups = one.explained("looku").tree
    assert len(lookups) > 3 and all("ookup" in b.title for b in lookups)
    (only,) = one.explained(lookups[2].node).tree
    assert only.total == lookups[2].total and only.node == lookups[2].node
    nested = one.explained("s").tree  # many titles have it, and the circuit has them all
    whole = _counts(one.explained().tree[0].total)
    assert _sum([_counts(b.total) for b in nested])["toffoli"] <= whole["toffoli"]


def test_a_number_is_found_with_all_that_it_is_made_of(all_plans: dict[str, Planned]) -> None:
    explained = all_plans["unknown norm"].explained("kappa")
    assert not explained.tree and not explained.nodes
    ids = {f.id for f in explained.figures}
    assert {"kappa", "alpha", "alpha_step", "inverse_norm", "rho", "padding"} == ids


@pytest.mark.parametrize(
    ("asked", "nearest"), [("hesian", "hessian"), ("kapa", "kappa"), ("sovler", "solver")]
)
def test_an_unknown_component_is_an_error_that_names_the_nearest(
    asked: str, nearest: str, all_plans: dict[str, Planned]
) -> None:
    with pytest.raises(UsageError, match=f"is called '{asked}'") as raised:
        all_plans["unknown norm"].explained(asked)
    assert f"'{nearest}'" in raised.value.mistakes[0].remedy


def test_where_nothing_is_near_the_labels_are_named(all_plans: dict[str, Planned]) -> None:
    for asked in ("zzzzzz", " "):
        with pytest.raises(UsageError) as raised:
            all_plans["unknown norm"].explained(asked)
    with pytest.raises(UsageError) as raised:
        all_plans["unknown norm"].explained("zzzzzz")
    assert "'hessian'" in raised.value.mistakes[0].remedy


def test_the_document_is_what_its_schema_says(one: Planned) -> None:
    explained = one.explained(min_share=0.01)
    schema = explain_schema()
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(explained.to_json()))
    assert Explanation.model_validate_json(explained.to_json()) == explained


def test_people_see_every_part_number_rule_and_source(one: Planned) -> None:
    explained = one.explained()
    page = explain_page(explained)
    for text in (table(page, width=200), markdown(page).replace("\\", "")):
        for branch in _places(explained.tree):
            assert branch.node in text
        for figure in explained.figures:
            assert figure.id in text
        for node in explained.nodes:
            for rule in node.rules:
                assert rule.name.rpartition(".")[2] in text
                assert all(word in text for word in rule.source.split())
    assert "\\" not in table(page, width=200)
    assert f"{one.plan.queries.encoding:,}" in table(page)


def test_no_line_of_the_tree_is_wider_than_the_terminal(all_plans: dict[str, Planned]) -> None:
    page = explain_page(all_plans["lift"].explained())
    for width in (80, 140):
        assert max(map(len, table(page, width=width).splitlines())) <= width


def test_numbers_need_no_tree(one: Planned) -> None:
    assert len(numbers_of(one.plan, one.problem, one.exchange, one.heading.assumptions)) > 25
