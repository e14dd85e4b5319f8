"""Deep shared graphs, rewrites by name, and the printed tree. Work is counted in visits, not in seconds."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import sympy

from qgd_compiler.kinds import Source
from qgd_compiler.nodes import Node
from qgd_compiler.structure import (
    Adjoint,
    Banded,
    BlockDiagonal,
    Bounded,
    Declared,
    Dense,
    Diagonal,
    Fact,
    Gram,
    Identity,
    Kronecker,
    Matrix,
    Product,
    Scaled,
    Step,
    Sum,
    simplify,
)

A = Dense(entries=np.array([[1.0, 2.0], [0.5, -1.0]]))
B = Dense(entries=np.array([[0.0, 1.0], [3.0, 4.0]]))
H = Declared(rows=2, columns=2, norm=Fact(2.0, Source.ASSUMED), hermitian=True)


def doubled(depth: int, leaf: Matrix, rate: float = 0.5) -> Matrix:
    """A graph of 3·depth nodes that is a tree of 2^depth leaves."""
    for _ in range(depth):
        leaf = Scaled(factor=rate, term=Sum(terms=(leaf, Product(factors=(leaf, leaf)))))
    return leaf


def test_facts_of_a_shared_graph_of_depth_200_visit_every_node_once(monkeypatch: pytest.MonkeyPatch) -> None:
    visits = 0
    for kind in (Scaled, Sum, Product, Declared):
        original = kind._derive

        def counted(self: Matrix, parts: object, original: object = original) -> object:
            nonlocal visits
            visits += 1
            return original(self, parts)  # type: ignore[operator]

        monkeypatch.setattr(kind, "_derive", counted)
    graph = doubled(200, H, 2.0**-8)
    first = graph.facts()
    assert visits == 3 * 200 + 1
    assert graph.facts() is first
    assert visits == 3 * 200 + 1
    graph.parts[0].facts()
    assert visits == 3 * 200 + 1


def test_two_graphs_of_depth_200_are_compared_without_opening_them(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two, other = doubled(200, H), doubled(200, H), doubled(200, A)
    monkeypatch.setattr("qgd_compiler.nodes._token", lambda value: pytest.fail("a node was opened again"))
    assert one == two and hash(one) == hash(two)
    assert one != other
    assert len({one, two, other}) == 2


def test_a_shared_graph_prints_each_node_once_and_refers_to_it_afterwards() -> None:
    text = str(doubled(200, H))
    lines = text.splitlines()
    # Each level prints itself, its sum and its product in full, and its operand again twice.
    assert len(lines) < 6 * 200
    assert sum("Declared" in line and "2 x 2" in line for line in lines) <= 3
    assert sum("(above)" in line for line in lines) >= 2 * 199
    assert len(repr(doubled(200, H))) < 200


def test_a_shared_graph_of_depth_200_is_simplified_node_by_node() -> None:
    graph: Matrix = A
    for _ in range(200):
        graph = Scaled(factor=0.5, term=Sum(terms=(graph, graph)))
    assert simplify(graph) == A
    simple = simplify(doubled(200, H))
    assert (simple.rows, simple.columns) == (2, 2)


def test_a_dense_matrix_of_a_shared_graph_of_depth_200_is_built_node_by_node() -> None:
    graph: Matrix = A
    for _ in range(200):
        graph = Scaled(factor=0.5, term=Sum(terms=(graph, graph)))
    np.testing.assert_array_equal(graph.matrix(), A.entries)


def test_sizes_of_a_tensor_power_are_exact_integers_beyond_any_float() -> None:
    graph: Matrix = Identity(size=3)
    for _ in range(10):
        graph = Kronecker(factors=(graph, graph))
    assert graph.rows == 3**1024
    norm = graph.facts().norm
    assert norm is not None and norm.value == 1


def test_the_tree_shows_shapes_notes_and_shared_parts() -> None:
    shared = Sum(terms=(A, Scaled(factor=0.25, term=Identity(size=2))))
    text = str(Product(factors=(shared, Adjoint(term=shared)))).splitlines()
    assert text[0].startswith("Product#") and text[0].endswith(": 2 x 2")
    assert text[1].startswith("├── Sum#")
    assert text[2].startswith("│   ├── Dense#")
    assert text[3].startswith("│   └── Scaled#") and text[3].endswith("factor 0.25")
    assert text[4].startswith("│       └── Identity#")
    assert text[5].startswith("└── Adjoint#")
    assert text[6].startswith("    └── Sum#") and text[6].endswith("(above)")
    assert len(text) == 7


def eye(factor: object = 1, size: int = 2) -> Matrix:
    return Scaled(factor=factor, term=Identity(size=size))


REWRITES: list[tuple[str, Matrix, Matrix]] = [
    ("nested sums", Sum(terms=(Sum(terms=(A, H)), B)), Sum(terms=(A, H, B))),
    (
        "scaled sums inside a sum",
        Sum(terms=(A, Scaled(factor=2, term=Sum(terms=(B, H))))),
        Sum(terms=(A, Scaled(factor=2, term=B), Scaled(factor=2, term=H))),
    ),
    ("equal terms", Sum(terms=(H, H, Scaled(factor=3, term=H))), Scaled(factor=5, term=H)),
    ("terms that cancel", Sum(terms=(H, A, Scaled(factor=-1, term=H))), A),
    ("identities", Sum(terms=(H, eye(2), eye(0.5))), Sum(terms=(H, eye(2.5)))),
    ("identity into data", Sum(terms=(A, eye(2))), Dense(entries=np.array([[3.0, 2.0], [0.5, 1.0]]))),
    (
        "identity into measured data",
        Sum(
            terms=(
                Bounded(term=Diagonal(values=np.array([1.0, 2.0])), lambda_max=Fact(3.0, Source.MEASURED)),
                eye(2),
            )
        ),
        Bounded(term=Diagonal(values=np.array([3.0, 4.0])), lambda_max=Fact(5.0, Source.MEASURED)),
    ),
    ("a factor of one", Scaled(factor=1, term=H), H),
    ("nested factors", Scaled(factor=2, term=Scaled(factor=3j, term=A)), Scaled(factor=6j, term=A)),
    ("an adjoint of an adjoint", Adjoint(term=Adjoint(term=A)), A),
    ("an adjoint of a Hermitian matrix", Adjoint(term=H), H),
    (
        "an adjoint of a multiple",
        Adjoint(term=Scaled(factor=2j, term=A)),
        Scaled(factor=-2j, term=Adjoint(term=A)),
    ),
    ("products with the identity", Product(factors=(Identity(size=2), A, Identity(size=2))), A),
    ("a product of identities", Product(factors=(eye(2), eye(3))), eye(6)),
    (
        "numbers in a product",
        Product(factors=(Scaled(factor=2, term=A), Product(factors=(B, Scaled(factor=3, term=H))))),
        Scaled(factor=6, term=Product(factors=(A, B, H))),
    ),
    (
        "the mixed product",
        Product(factors=(Kronecker(factors=(A, B)), Kronecker(factors=(B, Identity(size=2))))),
        Kronecker(factors=(Product(factors=(A, B)), B)),
    ),
    (
        "identities side by side",
        Kronecker(factors=(Kronecker(factors=(A, Identity(size=3))), Identity(size=4))),
        Kronecker(factors=(A, Identity(size=12))),
    ),
    (
        "a multiple in a Gram matrix",
        Gram(factor=Scaled(factor=3j, term=A)),
        Scaled(factor=9.0, term=Gram(factor=A)),
    ),
    ("one block", BlockDiagonal(blocks=(A,)), A),
    (
        "inside a step",
        Step(hessian=Sum(terms=(A, Sum(terms=(H,)))), learning_rate=0.1),
        Step(hessian=Sum(terms=(A, H)), learning_rate=0.1),
    ),
]


@pytest.mark.parametrize(("before", "after"), [r[1:] for r in REWRITES], ids=[r[0] for r in REWRITES])
def test_a_rewrite_gives_the_simpler_expression(before: Matrix, after: Matrix) -> None:
    assert simplify(before) == after
    assert simplify(after) == after


def test_a_mixed_product_with_unequal_inner_sizes_is_left_alone() -> None:
    wide, tall = Declared(rows=2, columns=6), Declared(rows=6, columns=2)
    left, right = Kronecker(factors=(wide, A)), Kronecker(factors=(tall, B))
    crossed = Product(factors=(Kronecker(factors=(wide, A)), Kronecker(factors=(A, tall))))
    assert simplify(crossed) == crossed
    assert isinstance(simplify(Product(factors=(left, right))), Kronecker)


def test_symbols_stay_in_simplified_factors() -> None:
    mu = sympy.Symbol("mu")
    simple = simplify(Sum(terms=(H, eye(mu), eye(mu))))
    assert simple == Sum(terms=(H, eye(2 * mu)))


def test_a_node_survives_a_pickle() -> None:
    graph = doubled(3, A)
    copy = pickle.loads(pickle.dumps(graph))
    assert copy == graph
    np.testing.assert_array_equal(copy.matrix(), graph.matrix())


def test_a_field_of_a_node_cannot_be_set() -> None:
    with pytest.raises(AttributeError):
        A.entries = np.eye(2)  # type: ignore[misc]
    assert isinstance(A, Node)


def test_bands_and_diagonals_take_a_multiple_and_a_shift_into_their_entries() -> None:
    from qgd_compiler.structure.fold_identity import affine

    band = Banded(rows=5, offsets=(-1, 0, 1), values=(-0.25, 0.5, -0.3))
    moved = affine(band, -0.9, 1)
    assert isinstance(moved, Banded)
    assert moved.matrix() == pytest.approx(np.eye(5) - 0.9 * band.matrix())
    diagonal = Diagonal(values=np.array([0.5, -0.25, 2.0]))
    other = affine(diagonal, -0.9, 1)
    assert other is not None
    assert other.matrix() == pytest.approx(np.eye(3) - 0.9 * diagonal.matrix())
    assert affine(Identity(size=3), -0.9, 1) is None
