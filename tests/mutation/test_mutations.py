"""Ten wrong formulas and more, each planted alone: the ladder of proof notices every one, and nothing without one."""

from __future__ import annotations

import pytest

from tests.mutation.plant import MUTATIONS, planted


def test_without_a_mutation_nothing_is_noticed() -> None:
    noticed, said = planted(None)
    assert not noticed, said


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda m: m.name)
def test_a_wrong_formula_is_noticed(mutation: object) -> None:
    noticed, said = planted(mutation)  # type: ignore[arg-type]
    assert noticed, said
    assert "ModuleNotFoundError" not in said and "SyntaxError" not in said
