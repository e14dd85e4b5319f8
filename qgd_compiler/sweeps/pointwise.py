"""The evaluator that is right by construction: every point is a spec of its own, priced as `qgd compile` does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from qgd_compiler.errors import QgdError
from qgd_compiler.spec.fields import field_of, with_values
from qgd_compiler.spec.loader import validate
from qgd_compiler.sweeps.columns import OUTPUTS, Array, Column
from qgd_compiler.sweeps.row import Row

# The row of a spec in plain data, with the folder of its files. A function at the top of a module: other processes
# have to find it.
Price = Callable[[Mapping[str, Any], Path], Row]


@dataclass(frozen=True)
class Pointwise:
    """Prices one point after the other with `price`."""

    price: Price
    mode: str = "choice"
    chunk: int = 16

    def evaluate(
        self,
        document: Mapping[str, Any],
        base_dir: str,
        names: Sequence[str],
        columns: Mapping[str, Array],
    ) -> Mapping[str, Column]:
        """See `evaluator.Evaluator`."""
        loaded = validate(dict(document), base_dir)
        fields = [field_of(loaded, name) for name in names]
        rows = [
            self._row(with_values(document, dict(zip(fields, point, strict=True))), Path(base_dir))
            for point in zip(*(columns[name].tolist() for name in names), strict=True)
        ]
        return {
            output.name: np.array(
                [row.get(output.name) for row in rows],
                dtype=object if output.kind == "word" else np.float64,
            )
            for output in OUTPUTS
        }

    def _row(self, document: Mapping[str, Any], base_dir: Path) -> Row:
        try:
            return self.price(document, base_dir)
        except QgdError as error:
            reason = "; ".join(mistake.what for mistake in error.mistakes)
            return {"status": type(error).__name__, "reason": reason}
        except (ArithmeticError, ValueError, AssertionError, LookupError) as error:
            # one point that the compiler trips over must not cost the others
            return {"status": type(error).__name__, "reason": str(error)}
