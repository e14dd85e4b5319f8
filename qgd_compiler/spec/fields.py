"""Which fields of a spec a name means, and a spec with another value in them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from fractions import Fraction
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from qgd_compiler.errors import UsageError
from qgd_compiler.spec.loader import Loaded
from qgd_compiler.spec.model_size import size_places
from qgd_compiler.spec.models import Spec
from qgd_compiler.spec.quantity import Quantity, Within

Keys = tuple[str | int, ...]
Value = int | float | str
FieldKind = Literal["whole", "real", "choice", "text"]

ALIASES = {
    "n": "model.parameters",
    "T": "dynamics.iterations",
    "s": "hessian.row_sparsity",
    "eps": "target.epsilon",
    "epsilon": "target.epsilon",
    "eta": "dynamics.learning_rate",
    "access": "access.models",
}


@dataclass(frozen=True)
class Place:
    """Where a value goes; a number is multiplied by `scale` and rounded, where that is not 1."""

    keys: Keys
    scale: Fraction = Fraction(1)


@dataclass(frozen=True)
class Field:
    """A field that is swept.

    name     as it was given; the column is called so
    places   of the spec that take the value
    dropped  parts of the spec that no other value leaves true, and that nothing is computed from
    kind     whole and real numbers; a choice among `choices`; any text
    several  the place holds a list of choices; `a+b` is a list of two
    """

    name: str
    places: tuple[Place, ...]
    kind: FieldKind
    choices: tuple[str, ...] = ()
    several: bool = False
    dropped: tuple[Keys, ...] = ()

    @property
    def is_number(self) -> bool:
        """Whether its values have an order and a size."""
        return self.kind in ("whole", "real")


def field_of(loaded: Loaded, name: str) -> Field:
    """The field that a name means: a dotted path, or one of the aliases. UsageError where it means none."""
    spec = loaded.spec
    path = ALIASES.get(name, name)
    if path in ("model.parameters", "model.active", "hessian.n"):
        return _size(loaded, name, path)
    keys = _keys(path)
    found = _leaf(spec, keys)
    if found is None:
        raise _unknown(spec, name)
    kind, choices, several = found
    if path == "dynamics.iterations" and spec.dynamics.schedule and spec.dynamics.schedule.rates:
        raise UsageError(
            f"{name} cannot be swept: the schedule lists a rate for each of the iterations",
            at=loaded.where("dynamics.schedule"),
            remedy="a schedule of kind step or cosine, or none",
        )
    return Field(name, (Place(keys),), kind, choices, several)


def with_values(document: Mapping[str, Any], fields: Mapping[Field, Value]) -> dict[str, Any]:
    """A copy of a spec in plain data with other values in its fields.

    A field that is written as the name of a symbol stays so, and the symbol takes the value: whatever else is an
    expression of it follows.
    """
    changed = deepcopy(dict(document))
    for field, value in fields.items():
        for keys in field.dropped:
            _drop(changed, keys)
        for place in field.places:
            _put(changed, place.keys, _at_place(field, place, value))
    return changed


def _at_place(field: Field, place: Place, value: Value) -> Any:
    if isinstance(value, str):
        if field.choices == ("true", "false"):
            return value == "true"
        return value.split("+") if field.several else value
    if place.scale != 1:
        return max(round(Fraction(value) * place.scale), 1)
    return value


def _put(document: dict[str, Any], keys: Keys, value: Any) -> None:
    here: Any = document
    for key in keys[:-1]:
        if isinstance(here, dict) and here.get(key) is None:
            here[key] = {}
        here = here[key]
    last = keys[-1]
    before = here.get(last) if isinstance(here, dict) else here[last]
    written = before.get("value") if isinstance(before, dict) else before
    symbols = document.get("symbols") or {}
    if isinstance(written, str) and written.strip() in symbols and not isinstance(value, str | list | bool):
        symbols[written.strip()] = value
    else:
        here[last] = value


def _drop(document: dict[str, Any], keys: Keys) -> None:
    here: Any = document
    for key in keys[:-1]:
        here = here.get(key) or {}
    here.pop(keys[-1], None)


def _keys(path: str) -> Keys:
    return tuple(int(part) if part.isdigit() else part for part in path.split("."))


def _size(loaded: Loaded, name: str, path: str) -> Field:
    """The size of the Hessian, with all that has to follow; pruning keeps its share of the model."""
    spec = loaded.spec
    places = [Place(keys) for keys in size_places(loaded, name)]
    if path == "model.active" and spec.model.active is None:
        places.append(Place(("model", "active")))
    elif spec.model.active is None:
        places.append(Place(("model", "parameters")))
    else:
        whole = Fraction(spec.model.parameters.value) / Fraction(spec.model.active.value)
        places.append(Place(("model", "active")))
        if path != "model.active":
            places.append(Place(("model", "parameters"), whole))
    return Field(name, tuple(places), "whole", dropped=(("model", "layers"),))


def _unknown(spec: Spec, name: str) -> UsageError:
    known = [*ALIASES, *(path for path in _names(spec, "") if _leaf(spec, _keys(path)) is not None)]
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    near += [k for k in known if k.split(".")[-1] == name.split(".")[-1] and k not in near][:3]
    if name in {k.rsplit(".", 1)[0] for k in known if "." in k}:
        inside = [k for k in known if k.startswith(f"{name}.")]
        return UsageError(f"{name!r} is a part of the spec, not a field", remedy=", ".join(inside[:8]))
    return UsageError(
        f"the spec has no field {name!r}",
        remedy=f"did you mean {' or '.join(near)}?" if near else f"one of {', '.join(known)}",
    )


def _names(value: Any, path: str) -> Iterator[str]:
    """Dotted names of all fields of a spec that may be swept."""
    for name in type(value).model_fields:
        inner, at = getattr(value, name), f"{path}.{name}" if path else name
        if isinstance(inner, BaseModel) and not isinstance(inner, Quantity):
            yield from _names(inner, at)
        elif isinstance(inner, tuple) and inner and isinstance(inner[0], BaseModel):
            for i, one in enumerate(inner):
                yield from [f"{at}.{i}"] if isinstance(one, Quantity) else _names(one, f"{at}.{i}")
        elif at not in ("qgd", "name", "symbols"):
            yield at
    if isinstance(value, Spec):
        yield from (f"symbols.{symbol}" for symbol in value.symbols)


def _leaf(spec: Spec, keys: Keys) -> tuple[FieldKind, tuple[str, ...], bool] | None:
    """What a path holds; None where there is no such field."""
    if keys[0] == "symbols":
        return ("real", (), False) if len(keys) == 2 and keys[1] in spec.symbols else None
    if keys[0] in ("qgd", "name"):
        return None
    value: Any = spec
    annotations: list[Any] = [Spec]
    given = True
    for key in keys:
        if isinstance(key, int):
            if not given or not isinstance(value, tuple) or key >= len(value):
                return None  # a place in a list that the spec does not write
            value = value[key]
            annotations = [inner for a in annotations for inner in _elements(a)]
            continue
        models = [type(value)] if isinstance(value, BaseModel) else _models(annotations)
        found = [m.model_fields[key] for m in models if key in m.model_fields]
        if not found:
            return None
        given = isinstance(value, BaseModel) and key in value.model_fields_set
        value = getattr(value, key, None) if isinstance(value, BaseModel) else None
        annotations = [a for f in found for a in ([f.annotation, *f.metadata])]
    return _kind(annotations, value)


def _kind(annotations: list[Any], value: Any) -> tuple[FieldKind, tuple[str, ...], bool] | None:
    parts = list(_parts(annotations))
    if isinstance(value, BaseModel) and not isinstance(value, Quantity):
        short = type(value).__name__ in ("Hardware", "Output", "Machine")
        return ("text", (), False) if short else None
    if any(isinstance(p, type) and issubclass(p, Quantity) for p in parts) or int in parts or float in parts:
        whole = int in parts or any(isinstance(p, Within) and p.integer for p in parts)
        return "whole" if whole else "real", (), False
    several = any(get_origin(p) is tuple for p in parts)
    inner = list(_parts([a for p in parts for a in _elements(p)])) if several else parts
    choices = tuple(str(c) for p in inner if get_origin(p) is Literal for c in get_args(p))
    if bool in inner:
        return "choice", ("true", "false"), False
    if choices:
        return "choice", choices, several
    if any(isinstance(p, type) and issubclass(p, BaseModel) for p in inner):
        return ("text", (), False) if any(getattr(p, "__name__", "") == "Hardware" for p in inner) else None
    return None if several else ("text", (), False)


def _parts(annotations: list[Any]) -> Iterator[Any]:
    """The alternatives of annotations, with what is said about them; tuples and literals stay whole."""
    for a in annotations:
        origin = get_origin(a)
        if origin in (Union, UnionType):
            yield from _parts(list(get_args(a)))
        elif hasattr(a, "__metadata__"):
            yield from _parts([a.__origin__])
            yield from a.__metadata__
        else:
            yield a


def _elements(annotation: Any) -> Iterator[Any]:
    for part in _parts([annotation]):
        if get_origin(part) is tuple:
            yield from (a for a in get_args(part) if a is not Ellipsis)


def _models(annotations: list[Any]) -> list[type[BaseModel]]:
    return [p for p in _parts(annotations) if isinstance(p, type) and issubclass(p, BaseModel)]
