"""What is written is read back as the same spec, and the digest is of the meaning alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgd_compiler.spec import dump
from qgd_compiler.spec.digest import spec_digest
from qgd_compiler.spec.loader import loads, validate
from tests.spec.examples import SMALL, WIDE, changed, without

HESSIANS: list[dict[str, Any]] = [*WIDE["hessian"]["terms"], WIDE["hessian"]]


@pytest.mark.parametrize("spec", [SMALL, WIDE], ids=["small", "wide"])
def test_a_spec_written_as_yaml_or_json_is_read_back_as_it_was(spec: dict[str, Any]) -> None:
    original = validate(spec).spec
    for text in (dump.to_yaml(original), dump.to_json(original)):
        again = loads(text).spec
        assert again == original
        assert spec_digest(again) == spec_digest(original)
        assert {dump.to_yaml(again), dump.to_json(again)} >= {text}
    assert json.loads(dump.to_json(original)) == dump.to_plain(original)


CONTROLS = ("Cs", "Cc", "Zl", "Zp")
numbers = st.one_of(
    st.integers(1, 10**40),
    st.floats(1e-300, 1e300, allow_nan=False),
    st.sampled_from(["2**10", "1e-3", "3.", ".5", "a + 1", "0x10", "1_0"]),
)
quantities = numbers | st.fixed_dictionaries(
    {"value": numbers},
    optional={
        "source": st.sampled_from(["exact", "bound", "measured", "estimated", "assumed", "paper"]),
        "ref": st.text(st.characters(exclude_categories=CONTROLS) | st.sampled_from("\n\t"), max_size=20),
    },
)
names = st.text(st.characters(exclude_categories=CONTROLS), min_size=1, max_size=20)


@given(names, quantities, quantities, st.sampled_from(HESSIANS), names)
def test_any_name_number_and_reference_survives_yaml(
    name: str, rate: Any, norm: Any, hessian: dict[str, Any], file: str
) -> None:
    spec = changed(changed(SMALL, "name", name), "dynamics.learning_rate", rate)
    spec = changed(changed(spec, "hessian", hessian), "symbols", {"a": 4})
    spec["gradient"] = {"norm": norm} if file < "k" else {"file": file, "key": name}
    original = validate(spec).spec
    assert loads(dump.to_yaml(original)).spec == original
    assert loads(dump.to_json(original)).spec == original


def test_the_written_form_is_short_and_in_a_fixed_order() -> None:
    assert dump.to_yaml(validate(SMALL).spec) == (
        "qgd: 1\n"
        "name: small\n"
        "model:\n  parameters: 12\n"
        "dynamics:\n  learning_rate: 0.1\n  iterations: 7\n"
        "hessian:\n  kind: sparse\n  row_sparsity: 3\n  max_entry: 2.5\n"
        "gradient:\n  norm: 1.5\n"
    )


def test_a_field_left_empty_is_not_written() -> None:
    spec = changed(changed(SMALL, "hessian.file", None), "gradient.file", None)
    assert dump.to_yaml(validate(spec).spec) == dump.to_yaml(validate(SMALL).spec)


def test_a_source_and_an_expression_are_kept_in_the_written_form() -> None:
    text = dump.to_yaml(validate(WIDE).spec)
    assert "    value: 10**(a + 2)\n    source: measured\n" in text
    assert "ref: a paper, page 3" in text
    assert "symbols:\n  a: 3\n" in text


def digest(spec: dict[str, Any]) -> str:
    return spec_digest(validate(spec).spec)


def test_the_digest_does_not_see_notation_order_comments_or_spelt_out_defaults() -> None:
    text = """
    gradient: {norm: 3/2}           # an expression
    hessian: {max_entry: 25e-1, kind: sparse, row_sparsity: {value: three, source: assumed}}
    name: small
    symbols: {three: 3, unused: 5}
    dynamics: {iterations: 7.0, learning_rate: '0.1', momentum: 0, on_not_dissipative: window}
    access: auto
    output: state
    target: {epsilon: 1e-2}
    model: {parameters: 0xC}
    qgd: 1
    """
    assert spec_digest(loads(text).spec) == digest(SMALL)
    backwards = {key: SMALL[key] for key in reversed(SMALL)}
    assert digest(backwards) == digest(SMALL)


CHANGES = [
    ("name", "other"),
    ("model.parameters", 13),
    ("model.active", 12),
    ("dynamics.learning_rate", 0.1000000001),
    ("dynamics.learning_rate", {"value": 0.1, "source": "paper"}),
    ("dynamics.learning_rate", {"value": 0.1, "ref": "p. 2"}),
    ("dynamics.iterations", 8),
    ("dynamics.allow_divergence", True),
    ("hessian.kind", "dense"),
    ("hessian.norm", 3),
    ("hessian.symmetric", True),
    ("hessian.symmetric", False),
    ("gradient.sparsity", 1),
    ("access", "qrom"),
    ("access", ["qroam", "qrom"]),
    ("exchange.rotation", "gridsynth"),
    ("objective", "qubits"),
    ("hardware", "ions_1e-3"),
    ("hardware", "ions_1e-4"),
    ("hardware", {"preset": "ions_1e-4", "distance": 9}),
    ("hardware", {"preset": "ions_1e-4", "factories": 3}),
    ("solvers", ["stationary"]),
    ("limits.qubits", 100),
]


def test_the_digest_sees_every_change_of_meaning() -> None:
    digests = [digest(SMALL), *(digest(changed(SMALL, path, value)) for path, value in CHANGES)]
    assert len(set(digests)) == len(digests)
    for path in ("access", "spectrum", "third_derivative", "solution", "target", "dynamics.momentum"):
        assert digest(without(WIDE, path)) != digest(WIDE)


def test_the_digest_tells_large_integers_apart() -> None:
    assert digest(changed(SMALL, "model.parameters", 2**60)) != digest(
        changed(SMALL, "model.parameters", 2**60 + 1)
    )


def test_the_digest_includes_the_content_of_the_files() -> None:
    spec = validate(SMALL).spec
    assert len({spec_digest(spec), spec_digest(spec, {"h": "1"}), spec_digest(spec, {"h": "2"})}) == 3
    assert spec_digest(spec, {"a": "1", "b": "2"}) == spec_digest(spec, {"b": "2", "a": "1"})
