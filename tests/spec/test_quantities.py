"""Numbers in a spec: exact, in range, with their source."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgd_compiler.errors import SpecError
from qgd_compiler.kinds import Source
from qgd_compiler.spec.loader import loads, validate
from qgd_compiler.spec.models import Spec
from qgd_compiler.spec.quantity import Quantity
from tests.spec.examples import SMALL, WIDE, changed


def field(spec: Spec, path: str) -> Any:
    value: Any = spec
    for part in path.split("."):
        value = value[int(part)] if part.isdigit() else getattr(value, part)
    return value


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("dynamics.learning_rate", Source.EXACT),
        ("dynamics.iterations", Source.EXACT),
        ("dynamics.damping", Source.EXACT),
        ("target.epsilon", Source.EXACT),
        ("exchange.toffoli_in_t", Source.EXACT),
        ("hessian.row_sparsity", Source.ASSUMED),
        ("hessian.max_entry", Source.ASSUMED),
        ("gradient.norm", Source.ASSUMED),
    ],
)
def test_a_plain_choice_is_exact_and_a_plain_property_is_assumed(path: str, source: Source) -> None:
    assert field(validate(SMALL).spec, path).source is source


@pytest.mark.parametrize("source", list(Source))
def test_a_number_keeps_the_source_and_the_reference_that_it_is_given(source: Source) -> None:
    given_ = {"value": 4, "source": source.value, "ref": "p. 7"}
    found = validate(changed(SMALL, "gradient.norm", given_)).spec.gradient.norm
    assert found is not None
    assert (found.value, found.source, found.ref) == (4, source, "p. 7")


def test_an_expression_is_resolved_over_the_symbols_and_remembered() -> None:
    spec = validate(WIDE).spec
    assert spec.model.active is not None
    assert (spec.model.active.value, spec.model.active.expression) == (10**5, "10**(a + 2)")
    assert (spec.model.parameters.value, spec.model.parameters.source) == (2**40, Source.ASSUMED)
    assert spec.dynamics.damping.value == 0.0625
    assert field(spec, "hessian.terms.1.norm").value == 6
    assert field(spec, "hessian.terms.2.values.1").value == 3


@pytest.mark.parametrize("written", ["1e-3", "'1e-3'", '"1e-3"', "0.001", ".001", "1.0E-3", "{value: 1e-3}"])
def test_every_notation_of_a_thousandth_is_a_thousandth(written: str) -> None:
    text = (
        "qgd: 1\nname: x\nmodel: {parameters: 4}\nhessian: {kind: identity}\ngradient: {norm: 1}\n"
        f"dynamics:\n  iterations: 5\n  learning_rate: {written}\n"
    )
    assert loads(text).spec.dynamics.learning_rate.value == 0.001


@given(st.integers(1, 10**300))
def test_a_whole_number_of_any_size_is_exact_in_either_notation(n: int) -> None:
    for written in (n, str(n), f"{n} + 0", {"value": n}):
        found = validate(changed(SMALL, "model.parameters", written)).spec.model.parameters.value
        assert (found, type(found)) == (n, int)


@pytest.mark.parametrize(
    ("written", "expected"),
    [(1e6, 10**6), (1e23, 10**23), ("1e23", 10**23), ("2e3/4", 500), ("1e15 * 9", 9 * 10**15)],
)
def test_a_whole_number_written_as_a_float_is_the_integer_that_was_written(
    written: Any, expected: int
) -> None:
    found = validate(changed(SMALL, "dynamics.iterations", written)).spec.dynamics.iterations.value
    assert (found, type(found)) == (expected, int)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        (1.5, "1.5 is not a whole number"),
        ("3/2", "1.5 is not a whole number"),
        ("10**25 / 1", "was rounded on the way: use integers, with //"),
        (0, "0 is out of range: it must be at least 1"),
        (-3, "-3 is out of range"),
        ({"value": 0}, "0 is out of range"),
        (float("nan"), "nan is not a finite number"),
        (float("inf"), "inf is not a finite number"),
        (10**400, "beyond 1.8e308"),
        (True, "expected a number or an expression, got true or false"),
        (None, "expected a number or an expression, got nothing"),
        ([5], "expected a number or an expression, got a list"),
        ({"source": "paper"}, "needs the key 'value'"),
        ({"value": [5]}, "got a list"),
        ({"value": 5, "sauce": "paper"}, "unknown key 'sauce'"),
        ({"value": 5, "expression": "2+3"}, "unknown key 'expression'"),
        ({"value": 5, "source": "rumour"}, "'rumour' is not a choice"),
        ({"value": 5, "ref": 7}, "expected text, got 7"),
        ("five", "unknown symbol 'five'"),
    ],
)
def test_what_is_no_number_of_steps_is_refused_with_its_value(written: Any, reason: str) -> None:
    with pytest.raises(SpecError) as caught:
        validate(changed(SMALL, "dynamics.iterations", written))
    (mistake,) = caught.value.mistakes
    assert reason in mistake.what
    assert mistake.at.startswith("<spec> (dynamics.iterations")


RANGES = [  # field, values just inside, values just outside
    ("dynamics.learning_rate", [5e-324, 1e300], [0, -1]),
    ("dynamics.iterations", [1], [0, -1]),
    ("dynamics.segment", [1], [0]),
    ("dynamics.momentum", [0, 0.999], [1, -0.1]),
    ("dynamics.damping", [0], [-1e-9]),
    ("dynamics.weight_decay", [0], [-1e-9]),
    ("dynamics.expansion", [{"order": 1}, {"order": 3}], [{"order": 0}, {"order": 4}]),
    ("dynamics.noise", [{"norm": 0}], [{"norm": -1}]),
    ("model.parameters", [12], [0]),
    ("model.active", [1, 12], [0, 13]),
    ("hessian.row_sparsity", [1], [0]),
    ("hessian.max_entry", [0], [-1]),
    ("hessian.row_one_norm", [0], [-1]),
    ("hessian.frobenius_norm", [0], [-1]),
    ("hessian.norm", [0], [-1]),
    ("hessian.spectral_error", [0], [-1]),
    ("hessian.lambda_min", [-5, 0, 5], ["x"]),
    ("gradient.norm", [1e-9], [0, -1]),
    ("gradient.sparsity", [1], [0]),
    ("third_derivative", [{"norm": 0}], [{"norm": -1}, {}, {"file": "t", "norm": 1}]),
    ("target.epsilon", [1e-9, 0.999], [0, 1, -0.1]),
    ("access.price_per_lookup", [0], [-1]),
    ("exchange.toffoli_in_t", [0.5, 7], [0]),
    ("solution.final_over_max", [1e-9, 1], [0, 1.001]),
    (
        "output",
        [{"kind": "overlap", "precision": 0.5}],
        [{"kind": "overlap", "precision": p} for p in (0, 1)],
    ),
    (
        "output",
        [{"kind": "top_k", "k": 1, "threshold": 1, "failure": 0.999, "sparsity": 1, "norm_precision": 0.9}],
        [
            {"kind": "top_k", "k": 1, "threshold": 1.1},
            {"kind": "top_k", "k": 1, "threshold": 0},
            {"kind": "parameters", "failure": 0},
            {"kind": "parameters", "failure": 1},
            {"kind": "parameters", "sparsity": 0},
            {"kind": "parameters", "norm_precision": 0},
        ],
    ),
    ("dynamics.warm_up", [0, 6], [-1]),
    ("baseline.t_rate", [1e-9], [0]),
    ("baseline.flop_per_step", [1], [0]),
    ("spectrum", [{"lambda_min": 1, "lambda_max": 1}], [{"lambda_min": 2, "lambda_max": 1}, {"step": 3}]),
]


@pytest.mark.parametrize(("path", "inside", "outside"), RANGES, ids=[r[0] for r in RANGES])
def test_a_range_includes_and_excludes_its_ends_as_documented(
    path: str, inside: list[Any], outside: list[Any]
) -> None:
    for value in inside:
        validate(changed(SMALL, path, value))
    for value in outside:
        with pytest.raises(SpecError) as caught:
            validate(changed(SMALL, path, value))
        (mistake,) = caught.value.mistakes
        assert path.split(".")[0] in mistake.at


def test_every_number_of_the_format_is_a_quantity_with_a_source() -> None:
    seen = 0

    def walk(value: Any) -> None:
        nonlocal seen
        if isinstance(value, Quantity):
            assert value.source in Source
            seen += 1
            return
        assert isinstance(value, bool) or not isinstance(value, float), value
        if isinstance(value, tuple):
            for inner in value:
                walk(inner)
        elif hasattr(type(value), "model_fields"):
            for name in type(value).model_fields:
                if name not in ("symbols", "qgd", "offsets", "entries"):
                    walk(getattr(value, name))

    walk(validate(WIDE).spec)
    assert seen > 30


def test_a_spec_cannot_be_changed_once_it_is_read() -> None:
    spec = validate(SMALL).spec
    with pytest.raises(ValueError, match="frozen"):
        spec.dynamics.learning_rate.value = 3  # type: ignore[misc]
