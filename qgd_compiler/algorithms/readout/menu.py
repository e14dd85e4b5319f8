"""Every way to read what a spec asks for."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from qgd_compiler.algorithms.readout.norm import norm
from qgd_compiler.algorithms.readout.overlap import overlap
from qgd_compiler.algorithms.readout.parameters import in_norm, parameters
from qgd_compiler.algorithms.readout.sampling import balance_of
from qgd_compiler.algorithms.readout.top_k import top_k
from qgd_compiler.algorithms.readout.ways import Circuit, Phase, Way
from qgd_compiler.kinds import Kind
from qgd_compiler.spec.output import Output


@dataclass(frozen=True)
class Question:
    """What is to be read, in plain numbers.

    kind             state, parameters, top_k, overlap, or vector: what a segment hands to the next one
    entries          entries of the result that may be non-zero (count)
    precision        error of each entry, or of the overlap, or 2-norm error of the vector, in units of the norm
    failure          probability that anything read is off by more
    k, threshold     of top_k
    norm_precision   relative error of the norm; None: it is not read
    """

    kind: str
    entries: int
    precision: float = 0.0
    failure: float = 0.0
    k: int = 0
    threshold: float = 0.0
    norm_precision: float | None = None

    def words(self) -> str:
        """What is on paper in the end, in plain language."""
        entries = f"{self.entries:,} entries of the normalised result"
        told = {
            "state": "the state itself, which stays on the machine",
            "parameters": f"{entries}, each within {self.precision:g}",
            "top_k": f"the {self.k:,} largest of {entries}, each within {self.precision:g}",
            "overlap": f"one overlap of the normalised result, within {self.precision:g}, sign included",
            "vector": f"{entries}, the vector within {self.precision:.3g} in the 2-norm",
        }[self.kind]
        if self.norm_precision is None:
            return told
        return f"{told}; its norm within a relative {self.norm_precision:.3g}"


def question(output: Output, active: int) -> Question:
    """What the `output` of a spec asks for, of a result with `active` entries."""
    return Question(
        kind=output.kind,
        entries=min(active, int(output.sparsity.value)) if output.sparsity else active,
        precision=float(output.error.value),
        failure=float(output.allowed_failure.value),
        k=int(output.k.value) if output.k else 0,
        threshold=float(output.not_missed.value),
        norm_precision=None if output.norm_precision is None else float(output.norm_precision.value),
    )


def ways(asked: Question, success: tuple[float, float], alone: float | None = None) -> tuple[Way, ...]:
    """All ways to answer, cheapest first; with the norm, where it is asked for.

    success   one run's success probability, between two values; the lower one is paid for
    alone     of a run without amplification, at least: the norm is read from such runs, because sin((2m+1)θ) near 1
              says nothing of θ. None: `success` is already that of a run without
    """
    least, most = success
    spread = math.sqrt(most / least)
    if asked.kind == "state":
        one = Phase("the state", Circuit.PLAIN, kept=1, kind=Kind.EXACT, source="by definition")
        return (Way("one run", (one,), 0.0, "by definition", "the state itself, which stays on the machine"),)
    balance = balance_of(spread)
    share = asked.failure if asked.norm_precision is None else asked.failure / 2
    if asked.kind == "parameters":
        found = parameters(asked.entries, asked.precision, share, least, balance, spread)
    elif asked.kind == "vector":
        found = in_norm(asked.entries, asked.precision, share, least, balance)
    elif asked.kind == "top_k":
        found = top_k(asked.entries, asked.k, asked.threshold, asked.precision, share, least, balance)
    else:
        found = overlap(asked.precision, share, least, spread)
    if asked.norm_precision is None:
        return found
    full = tuple(_with_norm(way, asked.norm_precision, asked.failure - share, least, alone) for way in found)
    return tuple(sorted(full, key=lambda w: (bool(w.unavailable), w.unavailable or w.expected_runs(least))))


def _with_norm(way: Way, relative: float, failure: float, success: float, alone: float | None) -> Way:
    """The same with the norm; the circuits of its plain runs count for the norm too, if they are not amplified."""
    if way.unavailable:
        return way
    paid = 0
    if alone is None:
        paid = sum(math.ceil(p.expected_circuits(success)) for p in way.phases if p.circuit is Circuit.PLAIN)
    cheapest = norm(relative, failure, success if alone is None else alone, paid=paid)[0]
    known = None if way.failure is None else way.failure + failure
    return replace(
        way,
        phases=(*way.phases, *(p for p in cheapest.phases if p.circuits)),
        failure=known,
        source=f"{way.source}; norm: {cheapest.source}",
        returns=f"{way.returns}; {cheapest.returns}",
    )
