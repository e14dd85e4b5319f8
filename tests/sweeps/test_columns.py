"""What evaluators hand over, as tables."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest

from qgd_compiler.spec.fields import field_of
from qgd_compiler.spec.loader import validate
from qgd_compiler.sweeps.columns import OUTPUTS, Words, schema_of, table_of
from qgd_compiler.sweeps.store import encoded
from tests.sweeps.made_up import SPEC, MadeUp


def _table(found: dict[str, Any]) -> Any:
    fields = [field_of(validate(SPEC), name) for name in ("n", "T")]
    swept = {"n": np.array([64, 64]), "T": np.array([4, 13])}
    return table_of(schema_of(fields, swept), fields, 10, swept, found)


def _found() -> dict[str, Any]:
    return dict(MadeUp().evaluate(SPEC, ".", ["n", "T"], {"n": np.array([64, 64]), "T": np.array([4, 13])}))


def test_words_by_number_are_the_same_bytes_as_words_written_out() -> None:
    plain = _found()
    coded = {
        **plain,
        "solver": Words(np.array([0, -1]), ("gram",)),
        "status": Words(np.array([0, 1]), ("ok", "InfeasibleError")),
    }
    assert encoded(_table(coded), "x", 0) == encoded(_table(plain), "x", 0)


def test_what_is_not_known_is_null_and_whole_numbers_stay_whole() -> None:
    rows = _table(_found()).to_pylist()
    assert [(r["point"], r["order"], r["t_count"], r["solver"]) for r in rows] == [
        (10, 1, 512000.0, "gram"),
        (11, None, None, None),
    ]
    assert isinstance(rows[0]["order"], int)


def test_an_evaluator_that_loses_points_or_columns_is_found() -> None:
    short = {**_found(), "t_count": np.array([1.0])}
    with pytest.raises(ValueError, match="1 values of t_count for 2 points"):
        _table(short)
    without = {name: column for name, column in _found().items() if name != "kappa"}
    with pytest.raises(KeyError, match="kappa"):
        _table(without)


def test_parts_hold_plain_types_that_every_reader_knows() -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    schema = parquet.read_schema(io.BytesIO(encoded(_table(_found()), "x", 0)))
    kinds = {"real": "double", "whole": "int64", "word": "string"}
    assert [str(schema.field(o.name).type) for o in OUTPUTS] == [kinds[o.kind] for o in OUTPUTS]
