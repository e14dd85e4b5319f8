"""YAML 1.2 and JSON, well-formed, broken and hostile."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgd_compiler.errors import SpecError
from qgd_compiler.spec.loader import loads
from qgd_compiler.spec.source_text import parse
from tests.spec.examples import SMALL, WIDE


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 1e-3),
        ("1E5", 1e5),
        ("+3", 3),
        ("-.5", -0.5),
        ("2.", 2.0),
        ("0x1F", 31),
        ("0o17", 15),
        ("017", 17),
        ("null", None),
        ("~", None),
        ("", None),
        ("TRUE", True),
        ("False", False),
        ("yes", "yes"),
        ("on", "on"),
        ("nan", "nan"),
        ("infinity", "infinity"),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("2024-01-02", "2024-01-02"),
        ("'7'", "7"),
        ('"true"', "true"),
        ("2**n / 3", "2**n / 3"),
        ("٣", "٣"),
        (".inf", float("inf")),
        ("-.INF", float("-inf")),
    ],
)
def test_a_scalar_means_what_the_core_schema_of_yaml_1_2_says(text: str, value: Any) -> None:
    found = parse(f"a: {text}", "s").data["a"]
    assert (found, type(found)) == (value, type(value))


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


@given(
    st.dictionaries(st.text(max_size=6), plain, max_size=5), st.sampled_from([None, 1, "\t"]), st.booleans()
)
def test_json_is_read_as_the_json_module_reads_it(data: Any, indent: Any, ascii_only: bool) -> None:
    text = json.dumps(data, indent=indent, ensure_ascii=ascii_only).replace("Infinity", "1e999")
    if any(c in text for c in "\x7f\ufffe\uffff") or any("\x80" <= c <= "\x9f" for c in text):
        return  # characters that YAML refuses unless they are escaped
    assert parse(text, "s").data == json.loads(text)


def first_mistake(text: str) -> tuple[str, str, str]:
    with pytest.raises(SpecError) as caught:
        loads(text, source_name="s.yaml")
    mistake = caught.value.mistakes[0]
    return mistake.what, mistake.at, mistake.remedy


@pytest.mark.parametrize(
    ("text", "what", "at"),
    [
        ("", "the spec is empty", "s.yaml"),
        ("# only a comment\n", "the spec is empty", "s.yaml"),
        ("- a\n- b\n", "the spec is a list, not a mapping", "s.yaml:1"),
        ("hello", "the spec is a single value, not a mapping", "s.yaml:1"),
        ("a: 1\nb:\n\t- 2\n", "not valid YAML", "s.yaml:3"),
        ("a: 1\n b: 2\n", "not valid YAML", "s.yaml:2"),
        ("a: [1, 2\n", "not valid YAML", "s.yaml:2"),
        ("a: b: c", "not valid YAML", "s.yaml:1"),
        ("a: 1\n---\nb: 2\n", "not valid YAML", "s.yaml:2"),
        ("a: *nothing\n", "not valid YAML", "s.yaml:1"),
        ("a: \x00", "not valid YAML", "s.yaml"),
        ("[" * 1000, "nested too deeply", "s.yaml"),
        ("a: &x [*x]\n", "levels, aliases followed", "s.yaml"),
        ("a: !!python/object/apply:os.system [ls]\n", "has no meaning here", "s.yaml:1 (a)"),
        ("a: !secret 3\n", "the tag !secret has no meaning here", "s.yaml:1 (a)"),
        ("? [x, y]\n: 3\n", "a key is a list or a mapping", "s.yaml:1"),
        ('{"a": "\\ud83d"}', "half of a surrogate pair", "s.yaml:1 (a)"),
    ],
)
def test_a_text_that_is_no_mapping_is_refused_with_its_line(text: str, what: str, at: str) -> None:
    found = first_mistake(text)
    assert what in found[0]
    assert found[1] == at


def test_a_tab_is_named_as_the_cause() -> None:
    assert first_mistake("a:\n\tb: 2\n")[2] == "indent with spaces: YAML does not allow tabs"


def test_a_few_lines_of_aliases_do_not_become_billions_of_values() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    assert "aliases followed" in first_mistake("\n".join(lines))[0]


def test_an_alias_is_a_copy() -> None:
    data = parse("a: &x {k: [1, 2]}\nb: *x\n", "s").data
    assert data["b"] == {"k": [1, 2]}


def test_a_byte_order_mark_is_skipped() -> None:
    assert parse("\ufeffqgd: 1\n", "s").data == {"qgd": 1}


def test_json_indented_with_tabs_is_a_spec() -> None:
    for spec in (SMALL, WIDE):
        assert loads(json.dumps(spec, indent="\t")).spec == loads(json.dumps(spec)).spec
