"""How a price changes with the size of the problem: kernel reflection on declared bounds, priced anew at every size.

Bounded work: one solver that serves every run, the encoding that is cheapest at the size of the spec and sparse
access, one access model, a uniform split of the error, half as much padding as steps, one size a decade. Only the
ratio to the size of the spec is used.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.plan import Shares
from qgd_compiler.algorithms.planner import Planner
from qgd_compiler.algorithms.routes.menu import routes_of
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.fold import Folder
from qgd_compiler.costing.prices import price_of
from qgd_compiler.errors import QgdError
from qgd_compiler.spec.loader import validate
from qgd_compiler.structure.facts import best_norm

if TYPE_CHECKING:
    from qgd_compiler.study.classical import Size
    from qgd_compiler.study.reading import Study

FARTHEST = 300.0  # growth of a run, as a power of e: beyond it no condition number is a float
SPARSE = "sparse access"  # whose tables grow least with the rows
LAW = "kernel reflection, norm unknown"


@dataclass(eq=False)
class Scaling:
    """Prices of one run at other sizes, with tables read by `access`; `encoding` is settled at the first."""

    study: Study
    exchange: Exchange
    access: Access
    encoding: str | None = None
    _known: dict[tuple[int, int, int], float] = field(default_factory=dict)

    def t_count(self, size: Size) -> float:
        """T gates until one state is there; infinite where there is no plan."""
        key = (size.rows, size.steps, math.ceil(size.per_row))
        if key not in self._known:
            try:
                self._known[key] = self._priced(*key)
            except QgdError:
                self._known[key] = math.inf
        return self._known[key]

    def _priced(self, rows: int, steps: int, per_row: int) -> float:
        if steps * math.log(max(self.study.recursion.growth, 1e-300)) > FARTHEST:
            return math.inf
        from qgd_compiler.study.reading import study

        loaded = validate(self._spec(rows, steps, per_row))
        # settings that have no size: how tables are read, what gates are worth, what is minimised
        kept = ("access", "exchange")
        given = {name: getattr(self.study.loaded.spec, name) for name in kept}
        loaded = replace(loaded, spec=loaded.spec.model_copy(update=given))
        folder = Folder(price_of)
        routes = routes_of(study(loaded).problem(), self.exchange, folder, ["kernel_reflection"])
        planner = Planner(routes, self.exchange, folder)
        found, cheapest = math.inf, None
        for route in planner.routes.values():
            for line in route.lines((self.access,)):
                candidate = line.candidate
                if line.reason or candidate.solver != LAW:
                    continue
                if self.encoding is not None and candidate.encoding not in (self.encoding, SPARSE):
                    continue
                count = planner.plan(candidate, steps // 2, Shares.uniform()).t_count
                if count < found:
                    found, cheapest = count, candidate.encoding
        if self.encoding is None:
            self.encoding = cheapest
        return float(found)

    def _spec(self, rows: int, steps: int, per_row: int) -> dict[str, object]:
        facts, recursion = self.study.facts, self.study.recursion
        at = self.study.parameters
        size = max(abs(recursion.lambda_min), abs(recursion.lambda_max))
        norm = best_norm(facts)
        entry = facts.max_entry
        frobenius = facts.frobenius
        largest = size if entry is None else float(entry.value)
        whole = math.sqrt(at) * size if frobenius is None else float(frobenius.value)
        return {
            "qgd": 1,
            "name": "another size",
            "model": {"parameters": rows},
            "dynamics": {"learning_rate": recursion.rate, "iterations": steps, "allow_divergence": True},
            "hessian": {
                "kind": "sparse",
                "n": rows,
                "row_sparsity": min(per_row, rows),
                "max_entry": min(largest, size if norm is None else float(norm.value)),
                # the same spectrum on more rows: the sum of squares grows with them
                "frobenius_norm": max(whole * math.sqrt(rows / at), size),
                "lambda_min": recursion.lambda_min,
                "lambda_max": recursion.lambda_max,
            },
            "gradient": {"norm": 1.0},
            "solution": {"final_over_max": self._final_over_largest()},
            "target": {"epsilon": float(self.study.loaded.spec.target.epsilon.value)},
            "solvers": ["kernel_reflection"],
        }

    def _final_over_largest(self) -> float:
        run = self.study.run
        if run.final is not None and run.largest:
            return min(run.final / run.largest, 1.0)
        known = self.study.loaded.spec.solution
        if known is not None and known.final_over_max is not None:
            return float(known.final_over_max.value)
        return 1.0
