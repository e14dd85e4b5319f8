"""What plans cost, many at once: lines of the menu at paddings and splits, by the formula of their solver.

Whatever depends on a line alone is worked out in the shape of the lines; paddings and shares may vary along axes of
their own behind it. Arrays are taken in pieces that stay in the cache of a core.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.arrays.form import SHARES, Form, Subject
from qgd_compiler.algorithms.arrays.formula import FUNCTIONS, PRICES, Prices, formula
from qgd_compiler.algorithms.arrays.slots import Slots
from qgd_compiler.algorithms.linear_solvers import LinearSolver
from qgd_compiler.algorithms.plan import Shares
from qgd_compiler.algorithms.polynomial_plan import Method
from qgd_compiler.algorithms.problem import HistorySums
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.scalars import Scalar

Array = NDArray[np.float64]
Index = NDArray[np.int64]
PIECE = 2**14  # elements at once


class Lines(Protocol):
    """Lines of the menu by number, of quadratic runs at one rate each.

    `subject`, `normed`, `marks`, `layers`, `in_t`: see `Form`. Histories and stationary points are of runs from
    u_0 = 0.
    """

    @property
    def subject(self) -> Subject: ...

    @property
    def normed(self) -> bool: ...

    @property
    def marks(self) -> tuple[tuple[int, int], ...]: ...

    @property
    def layers(self) -> bool: ...

    @property
    def in_t(self) -> bool: ...

    def given(self, line: Index) -> Mapping[str, Scalar]:
        """What the formula asks of each line, by name; numbers for all of them, or arrays like `line`."""

    def norms(self, line: Index, padding: Array) -> Array:
        """‖L⁻¹‖ of the history, infinite beyond all use; `line` broadcasts against `padding`."""

    def encodings(self, line: Index, epsilon: Array, names: Sequence[str]) -> Slots:
        """The controlled encoding of each H to an error, as `names` of `OF_ENCODING`; `line` broadcasts."""

    def states(self, line: Index, epsilon: Array, names: Sequence[str]) -> Slots:
        """The preparation of each −g (or u_0) to an error, as `names` of `OF_STATE`."""


class PolynomialLines(Lines, Protocol):
    """Those of polynomials."""

    def queries(self, line: Index, epsilon: Array, names: Sequence[str]) -> Slots:
        """The costs of the encodings without a control, as `names` of `BOTH_WAYS`."""

    def series(self, line: Index, relative: Array, names: Sequence[str]) -> Slots:
        """`names` of `OF_SERIES` at an error relative to c; NaN where there is no polynomial of mixed parity."""


def of_sums(sums: HistorySums) -> dict[str, Scalar]:
    """Squared norms of a solution as the formula of a history asks for them."""
    found: dict[str, Scalar] = {"right_hand_sides": np.nan}
    if sums.right_hand_side is not None:
        found["right_hand_sides"] = sums.right_hand_side
    for name in ("wanted", "last", "total"):
        found[f"{name}_low"], found[f"{name}_high"] = getattr(sums, name)
    return found


@dataclass(frozen=True)
class Worth:
    """What is minimised, and qubits where they are asked for, ways to amplify on the last axis; shares without it."""

    value: Array
    qubits: Array | None
    shares: Shares


@dataclass(frozen=True)
class Pricer:
    """Lines with one solver in one exchange of gates.

    Lines are numbers, shape (lines,). Paddings, norms and shares have shapes that broadcast to (lines, …).
    bound  the shares add up to more than 1, and the prices are lower bounds
    tight  what words do not use of their shares goes to the solver
    """

    lines: Lines
    solver: LinearSolver | Method
    exchange: Exchange

    def norms(self, line: Index, padding: Array) -> Array:
        """‖L⁻¹‖ at paddings of shape (lines, …)."""
        return self.lines.norms(_column(line, padding.ndim), padding)

    def prices(
        self, line: Index, padding: Array, shares: Shares, *, bound: bool = False, tight: bool = False
    ) -> Prices:
        """All counts, shape (lines, …, ways)."""
        padding = np.asarray(padding, dtype=float)
        parts = self._parts(self._form(bound, tight), line, padding, self.norms(line, padding), shares)
        *found, solver, encoding, right_hand_side, synthesis = _joined(parts)
        shape = found[0].shape[:-1]
        given = (np.broadcast_to(s[..., 0], shape) for s in (solver, encoding, right_hand_side, synthesis))
        return Prices(**dict(zip(PRICES, found, strict=True)), shares=Shares(*given))

    def worth(
        self,
        value: Callable[[Any], Any],
        line: Index,
        padding: Array,
        norm: Array,
        shares: Shares,
        *,
        bound: bool = False,
        tight: bool = False,
        sized: bool = True,
    ) -> Worth:
        """What a search asks for; `norm` as `norms` gives it for these paddings."""
        form = self._form(bound, tight, value, sized)
        found, *rest = _joined(self._parts(form, line, padding, norm, shares))
        qubits = rest.pop(0) if sized else None
        return Worth(found, qubits, Shares(*(share[..., 0] for share in rest)))

    def _form(
        self, bound: bool, tight: bool, value: Callable[[Any], Any] | None = None, sized: bool = True
    ) -> Form:
        lines = self.lines
        return Form(
            subject=lines.subject,
            solver=self.solver,
            exchange=self.exchange,
            normed=lines.normed,
            marks=lines.marks,
            layers=lines.layers,
            bound=bound,
            tight=tight,
            in_t=lines.in_t,
            value=value,
            sized=sized,
        )

    def _parts(
        self, form: Form, line: Index, padding: Array, norm: Array, shares: Shares
    ) -> Iterator[list[Array]]:
        asked = {
            "padding": padding,
            "inverse_norm": norm,
            **{n: np.asarray(getattr(shares, n)) for n in SHARES},
        }
        axes = max(value.ndim for value in asked.values())
        tries = np.broadcast_shapes(*(v.shape[1:] for v in asked.values() if v.ndim))
        step = max(1, PIECE // max(1, int(np.prod(tries))))
        for start in range(0, len(line), step):
            piece = slice(start, start + step)
            here = {n: v if v.ndim == 0 or len(v) == 1 else v[piece] for n, v in asked.items()}
            yield self._piece(form, line[piece], {n: v[..., None] for n, v in here.items()}, axes + 1)

    def _piece(self, form: Form, line: Index, asked: Mapping[str, Array], axes: int) -> list[Array]:
        lines, column = self.lines, _column(line, axes)
        given = {
            name: _column(value, axes) if isinstance(value, np.ndarray) and value.ndim else value
            for name, value in lines.given(line).items()
        }

        def usable(epsilon: Array) -> Array:
            there = np.isfinite(epsilon) & (epsilon > 0)
            return np.where(there, epsilon, np.nan)

        rule = formula(form)

        def asked_for(function: str, answer: Callable[..., Slots]) -> Callable[[Array], tuple[Scalar, ...]]:
            names = rule.looks_at[function]

            def slots(epsilon: Array) -> tuple[Scalar, ...]:
                found = answer(column, usable(epsilon), names)
                return tuple(found.get(name) for name in FUNCTIONS[function])

            return slots

        functions = {
            "encoding": asked_for("encoding", lines.encodings),
            "state": asked_for("state", lines.states),
        }
        if form.subject == "polynomial":
            of_polynomials = cast(PolynomialLines, lines)
            functions["query"] = asked_for("query", of_polynomials.queries)
            functions["series"] = asked_for("series", of_polynomials.series)
        known = {**given, **asked}
        with np.errstate(all="ignore"):
            found = rule.function(*(known[name] for name in form.inputs), functions)
        tried = (*(v.shape for v in asked.values()), column.shape)
        whole = np.broadcast_shapes(*(np.shape(v) for v in found[: -len(SHARES)]), *tried)
        shapes = [
            *(whole for _ in found[: -len(SHARES)]),
            *(np.broadcast_shapes(np.shape(v), column.shape) for v in found[-len(SHARES) :]),
        ]
        return [np.broadcast_to(v, shape) for v, shape in zip(found, shapes, strict=True)]


def _column(values: NDArray[Any], axes: int) -> NDArray[Any]:
    """One value per line, with axes of length 1 behind them."""
    return values.reshape(len(values), *(1,) * (axes - 1))


def _joined(parts: Iterator[list[Array]]) -> list[Array]:
    whole = list(parts)
    if len(whole) == 1:
        return whole[0]
    return [np.concatenate(same) for same in zip(*whole, strict=True)]
