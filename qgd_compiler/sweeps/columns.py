"""The columns of a sweep: their names, types and meanings, and arrays of them as an Arrow table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from qgd_compiler.frontends.extras import need
from qgd_compiler.spec.fields import Field

if TYPE_CHECKING:
    import pyarrow as pa

Array = np.ndarray[Any, Any]
OK = "ok"


@dataclass(frozen=True)
class Words:
    """A column of words: for each point the place of its word in `words`, or -1 for none."""

    codes: Array
    words: tuple[str, ...]


Column = Array | Words


@dataclass(frozen=True)
class Output:
    """A column that evaluators fill; a number that is not known is NaN, a word None or -1."""

    name: str
    kind: Literal["real", "whole", "word"]
    meaning: str
    unit: str = ""


OUTPUTS = (
    Output("t_count", "real", "T gates until the answer is there", "T gates"),
    Output("toffoli", "real", "Toffolis until the answer is there", "Toffolis"),
    Output("t_per_circuit", "real", "T gates of one circuit, of the first segment", "T gates"),
    Output("qubits", "real", "logical qubits", "qubits"),
    Output("solver", "word", "the chosen solver"),
    Output("subject", "word", "what it solves"),
    Output("encoding", "word", "the chosen encoding"),
    Output("access", "word", "how tables are read"),
    Output("order", "whole", "Carleman order N"),
    Output("regime", "word", "the class of the run"),
    Output("kind", "word", "how far the count can be trusted"),
    Output("proven_t_count", "real", "T gates of the best proven plan; null: there is none", "T gates"),
    Output("queries", "real", "uses of the encoding in one run of the solver", "queries"),
    Output("kappa", "real", "condition number that the solver pays for; null: it pays for none"),
    Output("padding", "whole", "rows of padding"),
    Output("share_solver", "real", "share of the error that the solver may make"),
    Output("share_encoding", "real", "share of the encoding"),
    Output("share_right_hand_side", "real", "share of the right-hand side"),
    Output("share_synthesis", "real", "share of the rotations"),
    Output("circuits", "real", "circuits that are expected to run", "circuits"),
    Output("quantum_seconds", "real", "T gates at the clock of the spec", "s"),
    Output("classical_seconds", "real", "time of the fastest classical run", "s"),
    Output("classical", "word", "which run on which machine that is"),
    Output("physical_qubits", "real", "physical qubits, where the spec names hardware", "qubits"),
    Output("runtime_seconds", "real", "expected time of all runs on that hardware", "s"),
    Output("status", "word", "ok, or the kind of error for which there is no price"),
    Output("reason", "word", "that error in words"),
)
BY_NAME = {output.name: output for output in OUTPUTS}


def output_name(output: Output, fields: Sequence[Field]) -> str:
    """How the column of an output is called beside those of the swept fields."""
    return f"chosen_{output.name}" if any(f.name == output.name for f in fields) else output.name


def arrow() -> Any:
    """The library of tables; UsageError where it is not installed."""
    return need("pyarrow", "sweep", "stores of sweeps")


def schema_of(fields: Sequence[Field], swept: Mapping[str, Array]) -> pa.Schema:
    """The types of all columns; `swept` holds the values of the axes, whose size decides on integers."""
    pa = arrow()
    types = {"real": pa.float64(), "whole": pa.int64(), "word": pa.dictionary(pa.int32(), pa.string())}
    columns = [pa.field("point", pa.int64(), nullable=False)]
    for field in fields:
        is_int = swept[field.name].dtype == np.int64
        number = pa.int64() if is_int else pa.float64()
        columns.append(pa.field(field.name, number if field.is_number else types["word"], nullable=False))
    columns += [pa.field(output_name(o, fields), types[o.kind]) for o in OUTPUTS]
    return pa.schema(columns)


def table_of(
    schema: pa.Schema,
    fields: Sequence[Field],
    start: int,
    swept: Mapping[str, Array],
    found: Mapping[str, Column],
) -> pa.Table:
    """The rows of points `start` and on. Every output has to be there, once for each point."""
    pa = arrow()
    rows = len(next(iter(swept.values())))
    arrays = [pa.array(np.arange(start, start + rows, dtype=np.int64))]
    for field in fields:
        kind = schema.field(field.name).type
        values = swept[field.name]
        if not field.is_number:
            arrays.append(_words(_coded(values)))
        else:
            arrays.append(pa.array(values.astype(kind.to_pandas_dtype())))
    for output in OUTPUTS:
        column = found[output.name]
        length = len(column.codes) if isinstance(column, Words) else len(column)
        if length != rows:
            raise ValueError(f"the evaluator gave {length} values of {output.name} for {rows} points")
        if output.kind == "word":
            arrays.append(_words(column if isinstance(column, Words) else _coded(column)))
        else:
            arrays.append(_numbers(column, schema.field(output_name(output, fields)).type))
    return pa.table(arrays, schema=schema)


def _numbers(column: Column, kind: Any) -> Any:
    pa = arrow()
    assert not isinstance(column, Words)
    if column.dtype.kind in "iu":
        return pa.array(column).cast(kind)
    values = np.asarray(column, dtype=np.float64)
    missing = np.isnan(values)
    if pa.types.is_integer(kind):
        return pa.array(np.where(missing, 0, values).astype(np.int64), mask=missing)
    return pa.array(values, mask=missing)


def _coded(values: Array) -> Words:
    places: dict[str, int] = {}
    codes = np.fromiter(
        (-1 if v is None else places.setdefault(str(v), len(places)) for v in values), np.int32, len(values)
    )
    return Words(codes, tuple(places))


def _words(column: Words) -> Any:
    pa = arrow()
    codes = np.asarray(column.codes, dtype=np.int32)
    return pa.DictionaryArray.from_arrays(
        pa.array(codes, mask=codes < 0), pa.array(list(column.words), type=pa.string())
    )
