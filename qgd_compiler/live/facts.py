"""What is known of a declared Hessian, as functions of its size and sparsity."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from qgd_compiler.kinds import Source, weakest_source
from qgd_compiler.scalars import is_symbolic, maximum, minimum
from qgd_compiler.structure import facts as plain
from qgd_compiler.structure.bounded import Bounded
from qgd_compiler.structure.declared import Declared
from qgd_compiler.structure.facts import LOWER_BOUNDS, NAMES, UPPER_BOUNDS, Choice, Fact, Facts, sharpen
from qgd_compiler.structure.matrix import Matrix

SPARSITIES = ("row_sparsity", "column_sparsity")


def facts_of(matrix: Matrix, rows: Any, sparsities: dict[str, Any]) -> Facts | None:
    """The facts with other sizes, numbers or symbols; None for a structure that has no declared size.

    sparsities   in the place of those that are declared, by name
    """
    match matrix:
        case Declared():
            given = _declared(matrix)
            for name in SPARSITIES:
                fact = getattr(given, name)
                if fact is not None and name in sparsities:
                    changed: Any = {name: Fact(sparsities[name], fact.source)}
                    given = replace(given, **changed)
        case Bounded():
            inner = facts_of(matrix.term, rows, sparsities)
            if inner is None or any(getattr(matrix, name) is not None for name in SPARSITIES):
                return None
            given = _sharper(_declared(matrix), inner)
        case _:
            return None
    return sharpen(given, rows, rows, at_most=at_most, at_least=at_least)


def _declared(matrix: Declared | Bounded) -> Facts:
    bounds = {name: getattr(matrix, name) for name in NAMES}
    return Facts(**bounds, hermitian=matrix.hermitian, real=matrix.real)


def _sharper(given: Facts, known: Facts) -> Facts:
    bounds = {name: at_most(getattr(given, name), getattr(known, name)) for name in UPPER_BOUNDS}
    bounds |= {name: at_least(getattr(given, name), getattr(known, name)) for name in LOWER_BOUNDS}
    return Facts(**bounds, hermitian=given.hermitian or known.hermitian, real=given.real or known.real)


def at_most(*candidates: Fact | None) -> Fact | None:
    """As `structure.facts.at_most`, and of symbols the least."""
    return _choice(candidates, minimum, plain.at_most)


def at_least(*candidates: Fact | None) -> Fact | None:
    """As `structure.facts.at_least`, and of symbols the largest."""
    return _choice(candidates, maximum, plain.at_least)


def _choice(candidates: tuple[Fact | None, ...], extreme: Any, of_numbers: Choice) -> Fact | None:
    known = [fact for fact in candidates if fact is not None]
    values = [fact.value for fact in known]
    if not is_symbolic(*values) or any(fact.source is Source.EXACT for fact in known):
        return of_numbers(*known)
    return Fact(extreme(*values), weakest_source(fact.source for fact in known))
