"""What a store holds: `sweep.json`, by which a sweep is known again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field as Described
from pydantic import ValidationError

from qgd_compiler.backends.document import Count, Document, Part, schema_of
from qgd_compiler.errors import InputFileError
from qgd_compiler.sweeps.columns import OUTPUTS, output_name
from qgd_compiler.sweeps.grid import Grid, axis_digest
from qgd_compiler.version import __version__

NAME = "sweep.json"
AtLeastOne = Annotated[int, Described(ge=1)]
Digest = Annotated[str, Described(pattern="^[0-9a-f]{64}$")]


class SweptField(Part):
    """A field that is swept."""

    name: str = Described(description="As it was given; its column is called so.")
    fields: tuple[str, ...] = Described(description="The fields of the spec that it sets.")
    kind: Literal["whole", "real", "choice", "text"] = Described(description="What its values are.")
    first: int | float | str = Described(description="Its first value.")
    last: int | float | str = Described(description="Its last value.")


class SweptAxis(Part):
    """Fields that change together."""

    fields: tuple[SweptField, ...] = Described(
        description="One for a range or list, several for a table of points."
    )
    values: AtLeastOne = Described(description="Values of each.")
    digest: Digest = Described(description="SHA-256 of fields and values.")


class StoredColumn(Part):
    """A column of the parts beside `point` and those of the swept fields."""

    name: str = Described(description="Its name.")
    kind: Literal["real", "whole", "word"] = Described(description="Type: double, int64, or text.")
    meaning: str = Described(description="What it says.")
    unit: str = Described(description="Its unit; empty for words and ratios.")


class Manifest(Document):
    """A sweep: the points, what prices them, and how they are stored."""

    qgd_sweep: Literal[1] = Described(default=1, description="Version of this format.")
    name: str = Described(description="Name of the spec.")
    compiler: str = Described(description="Version of the compiler.")
    spec_digest: Digest = Described(
        description="SHA-256 of the resolved spec and the data files that it names."
    )
    rules: Digest = Described(description="SHA-256 of the sources of all that makes numbers.")
    mode: str = Described(description="How points are priced; choice: the cheapest plan of each.")
    axes: tuple[SweptAxis, ...] = Described(
        min_length=1, description="Their product is the sweep; the last one changes fastest."
    )
    points: AtLeastOne = Described(description="Number of points.")
    chunk: AtLeastOne = Described(description="Points in a part; the last one may have fewer.")
    columns: tuple[StoredColumn, ...] = Described(description="What is known of each point.")

    @property
    def identity(self) -> str:
        """SHA-256 of all of it; every part carries it."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    @property
    def chunks(self) -> Count:
        """Number of parts."""
        return -(-self.points // self.chunk)

    @property
    def fields(self) -> tuple[SweptField, ...]:
        """The fields of all axes."""
        return tuple(field for axis in self.axes for field in axis.fields)

    @property
    def numbers(self) -> tuple[str, ...]:
        """Names of the swept fields that are numbers."""
        return tuple(f.name for f in self.fields if f.kind in ("whole", "real"))

    @property
    def words(self) -> tuple[str, ...]:
        """Names of the swept fields that are not."""
        return tuple(f.name for f in self.fields if f.kind not in ("whole", "real"))

    @property
    def column_names(self) -> tuple[str, ...]:
        """All columns in order."""
        return ("point", *(f.name for f in self.fields), *(c.name for c in self.columns))

    def rows_of(self, chunk: int) -> int:
        """Points in a chunk."""
        return min(self.chunk, self.points - chunk * self.chunk)


def manifest_of(name: str, spec_digest: str, rules: str, mode: str, grid: Grid, chunk: int) -> Manifest:
    """The manifest of a sweep that is about to run."""
    axes = []
    for axis in grid.axes:
        fields = tuple(
            SweptField(
                name=field.name,
                fields=tuple(".".join(str(key) for key in place.keys) for place in field.places),
                kind=field.kind,
                first=values[:1].tolist()[0],
                last=values[-1:].tolist()[0],
            )
            for field, values in zip(axis.fields, axis.columns, strict=True)
        )
        axes.append(SweptAxis(fields=fields, values=len(axis), digest=axis_digest(axis)))
    columns = tuple(
        StoredColumn(name=output_name(o, grid.fields), kind=o.kind, meaning=o.meaning, unit=o.unit)
        for o in OUTPUTS
    )
    return Manifest(
        name=name,
        compiler=__version__,
        spec_digest=spec_digest,
        rules=rules,
        mode=mode,
        axes=tuple(axes),
        points=grid.points,
        chunk=chunk,
        columns=columns,
    )


def read_manifest(text: str, where: str) -> Manifest:
    """The manifest in a text; InputFileError where it is damaged or of another format."""
    try:
        content = json.loads(text)
    except ValueError:
        content = None
    if not isinstance(content, Mapping):
        raise InputFileError(f"{where} is damaged", at=where, remedy="the same sweep with --new")
    if content.get("qgd_sweep") != 1:
        raise InputFileError(
            f"{where} has format {content.get('qgd_sweep')}; this compiler reads format 1",
            at=where,
            remedy="the same sweep with --new",
        )
    try:
        return Manifest.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(str(part) for part in first["loc"])
        raise InputFileError(
            f"{where} is damaged: {path}: {first['msg']}", at=where, remedy="the same sweep with --new"
        ) from None


def differences(stored: Manifest, asked: Manifest) -> list[str]:
    """What is not the same in two sweeps, in words; the size of chunks does not count."""
    found = []
    if stored.spec_digest != asked.spec_digest:
        names = f"{stored.name!r}, now {asked.name!r}" if stored.name != asked.name else repr(stored.name)
        found.append(f"it was made by another spec, or its data changed ({names})")
    if stored.rules != asked.rules:
        versions = f"version {stored.compiler}; this is {asked.compiler}"
        found.append(f"it was made by other rules ({versions}, with other sources)")
    if stored.mode != asked.mode:
        found.append(f"its points are priced by {stored.mode}, not by {asked.mode}")
    found += _axes(stored, asked)
    if not found and stored.columns != asked.columns:
        found.append("it has other columns")
    return found


def _axes(stored: Manifest, asked: Manifest) -> list[str]:
    before, now = [a.digest for a in stored.axes], [a.digest for a in asked.axes]
    if before == now:
        return []
    if sorted(before) == sorted(now):
        return [f"its axes are {_named(stored)}, in this order"]
    found = []
    for axis in asked.axes:
        names = [f.name for f in axis.fields]
        same = next((a for a in stored.axes if [f.name for f in a.fields] == names), None)
        if same is None:
            found.append(f"it is over {_named(stored)}, not over {_named(asked)}")
            break
        if same.digest != axis.digest:
            ends = f"{same.values} values from {same.fields[0].first} to {same.fields[0].last}"
            found.append(f"{', '.join(names)} has {ends} there")
    return found or [f"it is over {_named(stored)}, not over {_named(asked)}"]


def _named(manifest: Manifest) -> str:
    return ", ".join(field.name for field in manifest.fields)


def sweep_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of `sweep.json`."""
    return {**schema_of(Manifest, "sweep.schema"), "title": "qgd sweep"}
