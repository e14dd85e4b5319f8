"""The ready views of a store: `pareto`, `crossover` and `exponents`, as SQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qgd_compiler.sweeps.manifest import Manifest


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def views(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Name and query of every view over the table `sweep`."""
    yield "pareto", _pareto(manifest)
    yield "crossover", _along(manifest, _CROSSOVER, _NO_CROSSOVER)
    yield "exponents", _along(manifest, _EXPONENTS, _NO_EXPONENTS)


def _pareto(manifest: Manifest) -> str:
    """Rows that no other of the same swept numbers beats in both qubits and T gates."""
    group = _partition(manifest.numbers)
    return f"""
        SELECT * FROM sweep WHERE status = 'ok' QUALIFY
        t_count = min(t_count) OVER (PARTITION BY {group} ORDER BY qubits GROUPS UNBOUNDED PRECEDING)
        AND t_count < coalesce(min(t_count) OVER (
            PARTITION BY {group} ORDER BY qubits GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 'inf')
    """


# x, y, q, c: value on the axis, T gates, quantum and classical seconds; below and above: of neighbours
_CROSSOVER = """
    SELECT {axis} AS axis, {others}
        exp(ln(x) - ln(r) * (ln(above_x) - ln(x)) / (ln(above_r) - ln(r))) AS crossing,
        x AS low, above_x AS high, r AS ratio_low, above_r AS ratio_high,
        CASE WHEN above_r < r THEN 'quantum faster above' ELSE 'classical faster above' END AS what
    FROM ({steps}) WHERE r > 0 AND above_r > 0 AND isfinite(r) AND isfinite(above_r)
        AND ((r > 1) != (above_r > 1))
    UNION ALL
    SELECT {axis}, {others} NULL, min(x), max(x), arg_min(r, x), arg_max(r, x),
        CASE WHEN bool_and(r > 1) THEN 'none: classical faster throughout' ELSE 'none: quantum not slower' END
    FROM ({steps}) GROUP BY ALL
    HAVING bool_and(r > 1) OR bool_and(r <= 1)
"""
_NO_CROSSOVER = """
    SELECT NULL::VARCHAR AS axis, {all} NULL::DOUBLE AS crossing, NULL::DOUBLE AS low, NULL::DOUBLE AS high,
        NULL::DOUBLE AS ratio_low, NULL::DOUBLE AS ratio_high, NULL::VARCHAR AS what FROM sweep WHERE false
"""
_EXPONENTS = """
    SELECT {axis} AS axis, {others} x AS low, above_x AS high,
        ln(above_y / y) / ln(above_x / x) AS exponent
    FROM ({steps}) WHERE above_x > x AND y > 0 AND isfinite(y) AND isfinite(above_y)
"""
_NO_EXPONENTS = """
    SELECT NULL::VARCHAR AS axis, {all} NULL::DOUBLE AS low, NULL::DOUBLE AS high,
        NULL::DOUBLE AS exponent FROM sweep WHERE false
"""


def _along(manifest: Manifest, query: str, empty: str) -> str:
    """A query once for each swept number, all else held."""
    names = [field.name for field in manifest.fields]
    found = []
    for axis in manifest.numbers:
        others = [name for name in names if name != axis]
        # of several axes every one is a column: NULL where it is the one that varies
        columns = "".join(f"{quoted(n)}, " if n != axis else f"NULL AS {quoted(n)}, " for n in names)
        found.append(query.format(axis=_text(axis), others=columns, steps=_steps(axis, others), all=""))
    if found:
        return " UNION ALL ".join(f"({one})" for one in found)
    return empty.format(all="".join(f"{quoted(n)}, " for n in names))


def _steps(axis: str, others: Sequence[str]) -> str:
    """Every point with its next neighbour on an axis; where a point in between has no plan, with none."""
    window = f"OVER (PARTITION BY {_partition(others)} ORDER BY x)"
    held = "".join(f"{quoted(n)}, " for n in others)
    # not 'status': a point without a price has no y and no r, and so neither have the steps to it and from it
    return f"""
        SELECT {held} x, y, r, lead(x) {window} AS above_x,
            lead(y) {window} AS above_y,
            lead(r) {window} AS above_r
        FROM (SELECT {held} {quoted(axis)}::DOUBLE AS x, t_count AS y,
            quantum_seconds / classical_seconds AS r FROM sweep WHERE {quoted(axis)} > 0)
    """


def _partition(names: Sequence[str]) -> str:
    return ", ".join(quoted(name) for name in names) or "NULL"


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
