"""From a spec to all that is known of its run: data, spectrum, recursion, class, sizes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.problem import Problem
from qgd_compiler.analysis.lanczos_quadrature import density_of, lanczos_density
from qgd_compiler.analysis.power_norms import heavy_ball_powers
from qgd_compiler.analysis.recursion import OrderSearch, Recursion
from qgd_compiler.analysis.regime import Regime
from qgd_compiler.analysis.spectrum import DENSE_LIMIT, Extremes, measure_extremes
from qgd_compiler.backends.document import Assumption
from qgd_compiler.frontends.spectrum_file import read_spectrum
from qgd_compiler.frontends.structure_of import (
    VectorOf,
    derivatives_of,
    hessian_of,
    minibatches_of,
    parameters,
    shifted,
    vector_of,
)
from qgd_compiler.kinds import Source
from qgd_compiler.spec.loader import Loaded
from qgd_compiler.spectra import Atoms, Density
from qgd_compiler.structure.facts import Facts
from qgd_compiler.structure.matrix import Matrix
from qgd_compiler.structure.simplify import simplify
from qgd_compiler.structure.sparse import Sparse
from qgd_compiler.structure.tensor import Tensor
from qgd_compiler.study.assumptions import Progress, from_spec
from qgd_compiler.study.dynamics import is_about_minimum, judged, recursion_of, refuse_overshoot
from qgd_compiler.study.extremes import extremes_of, over_all
from qgd_compiler.study.hessian import entries_of, identity_of, unbounded
from qgd_compiler.study.provenance import digest_of, from_measurement, sources_of
from qgd_compiler.study.refusals import refuse_what_is_absent
from qgd_compiler.study.runs import Data, Followed, follow_run

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Study:
    """A spec with everything measured that the lowering needs.

    shift       what is added to the Hessian as a multiple of I: damping, weight decay, and forced damping
    entries     the Hessian with its shift, sparse; None without data
    matrix      the Hessian with its shift as a tree of structure nodes, simplified; `batches` those of minibatches
    tensors     F_2 … F_q
    recursion   the run in numbers; `orders` what Carleman orders can do for it
    priced      the run that is priced: `recursion`, or its first window where the whole is not certified
    powers      K_t >= ‖G_1^t‖ with momentum, where they were followed
    written     data are written into the circuits, so that they can be run (else they can only be counted)
    """

    loaded: Loaded
    digest: str
    shift: float
    entries: Any
    matrix: Matrix
    batches: tuple[Matrix, ...] | None
    tensors: tuple[Tensor, ...]
    facts: Facts
    extremes: Extremes
    recursion: Recursion
    orders: OrderSearch
    regime: Regime
    data: Data
    powers: Array | None
    progress: Progress
    assumptions: tuple[Assumption, ...]
    sources: tuple[Source, ...]
    written: bool = False

    @property
    def parameters(self) -> int:
        """Rows of the Hessian."""
        return parameters(self.loaded)

    @property
    def reference_entries(self) -> int | None:
        """Entries of the vector of an overlap that are not zero, at most; None: none is given, any may be."""
        given = self.loaded.spec.output.reference
        if given is None:
            return None
        return max(1, int(vector_of(self.loaded, given, "output.reference").nonzeros.value))

    @cached_property
    def priced(self) -> Recursion:
        """The whole run, or the first window of it."""
        window = self.regime.window
        if self.recursion.linear or window is None or window >= self.recursion.iterations:
            return self.recursion
        return replace(self.recursion, rates=self.recursion.rates[:window])

    @cached_property
    def transform(self) -> Array | None:
        """The coordinates in which momentum is lowered; None: those of (u, v) themselves."""
        pair = self.recursion.pair
        return None if pair is None or (self.powers is not None and self.recursion.linear) else pair.transform

    @cached_property
    def run(self) -> Followed:
        """The run that is priced."""
        self.progress("following the run")
        known = self.loaded.spec.solution
        declared = (
            None if known is None or known.final_over_max is None else float(known.final_over_max.value)
        )
        return follow_run(self.data, self.priced, self.transform, declared, self.progress, self._lifted)

    @property
    def _lifted(self) -> bool:
        """Whether the spec asks for a Carleman lift, also of a linear run."""
        return self.loaded.spec.dynamics.expansion.carleman_order is not None

    @cached_property
    def declared_density(self) -> Density | None:
        """The eigenvalues with damping, of a file or list of the spec. A file may hold bounds only at its step."""
        given = self.loaded.spec.spectrum
        found: Density | None = None
        if given is not None and given.file is not None:
            found = read_spectrum(self.loaded.base_dir / given.file).entry(given.step).density
        if found is None and given is not None and given.eigenvalues is not None:
            found = Atoms.equal([float(v.value) for v in given.eigenvalues], given.eigenvalues[0].source)
        return found if found is None or not self.shift else found.shifted(self.shift)

    @cached_property
    def density(self) -> Density | None:
        """The same, or else that of the data (sampled if it is large)."""
        if self.declared_density is not None:
            return self.declared_density
        if self.entries is None:
            return None
        self.progress("sampling the density")
        if self.entries.shape[0] <= DENSE_LIMIT:
            return density_of(self.entries)
        return lanczos_density(self.entries).density

    def problem(self) -> Problem:
        """What lowering needs to know."""
        from qgd_compiler.study.quadratic import quadratics_of
        from qgd_compiler.study.systems import systems_of

        return Problem(
            parameters=self.parameters,
            iterations=self.priced.iterations,
            epsilon=float(self.loaded.spec.target.epsilon.value),
            systems=systems_of(self),
            as_quadratics=lambda: quadratics_of(self),
        )

    @property
    def run_assumptions(self) -> Iterator[Assumption]:
        """What is known of the run."""
        sums = self.run.sums
        if sums is not None:
            yield Assumption(
                name="|u_T|² over the sum of all squares",
                value=sums.wanted[0] / sums.total[1],
                source=self.run.source,
                ref="the run was followed classically"
                if self.run.source is Source.MEASURED
                else "a lower bound",
            )


def study(loaded: Loaded, progress: Progress = lambda _: None, *, written: bool = False) -> Study:
    """Read and measure everything a spec names; raises before any lowering if the spec cannot be served."""
    refuse_what_is_absent(loaded)
    spec = loaded.spec
    progress("reading the Hessian")
    measured: list[Extremes] = []

    def measure(data: Any) -> Extremes:
        progress("measuring the spectrum")
        measured.append(
            measure_extremes(
                data,
                progress=lambda done, most: progress(
                    f"measuring the spectrum: step {done} of at most {most}"
                ),
            )
        )
        return measured[-1]

    read = hessian_of(loaded, measure)
    entries = entries_of(read.bare)
    if isinstance(unbounded(read.bare), Sparse) and measured:
        bare = measured[0]  # the whole Hessian is the one matrix that was measured on reading
    else:
        progress("measuring the spectrum")
        bare = extremes_of(loaded, read.bare, entries)
    batches = minibatches_of(loaded, measure)
    bare = over_all(loaded, bare, batches)
    gradient = None if spec.gradient is None else vector_of(loaded, spec.gradient, "gradient")
    displacement = None if spec.displacement is None else vector_of(loaded, spec.displacement, "displacement")
    tensors = derivatives_of(loaded)
    about_minimum = is_about_minimum(loaded)

    shift = float(read.shift)
    recursion = recursion_of(loaded, bare, shift, gradient, displacement, tensors)
    refuse_overshoot(loaded, recursion)
    recursion, orders, regime, shift = judged(loaded, recursion, shift, progress)

    extremes = replace(bare, lambda_min=bare.lambda_min + shift, lambda_max=bare.lambda_max + shift)
    matrix = simplify(shifted(read.bare, shift))
    whole = unbounded(matrix)
    if isinstance(whole, Sparse):
        entries = whole.shared()
    elif entries is not None and shift:
        entries = entries + shift * identity_of(entries.shape[0])
    moved = None if batches is None else tuple(simplify(shifted(b, shift)) for b in batches)
    data = Data(
        hessians=_all_entries(entries, moved, spec.dynamics.minibatches is not None),
        gradients=None if about_minimum else _gradients(loaded, gradient),
        displacement=displacement.vector if about_minimum and displacement is not None else None,
        tensors=tensors,
    )
    known = whole if isinstance(whole, Sparse) or entries is None else Sparse.from_scipy(entries)
    facts = (matrix if entries is None else known).facts()
    powers = None
    if recursion.pair is not None and recursion.constant_rate:
        powers = heavy_ball_powers(
            recursion.lambda_min,
            recursion.lambda_max,
            float(recursion.rates[0]),
            recursion.momentum,
            recursion.iterations,
        )
    return Study(
        loaded=loaded,
        digest=digest_of(loaded, read),
        shift=shift,
        entries=entries,
        matrix=matrix,
        batches=moved,
        tensors=tensors,
        facts=facts,
        extremes=extremes,
        recursion=recursion,
        orders=orders,
        regime=regime,
        data=data,
        powers=powers,
        progress=progress,
        assumptions=(*from_spec(loaded), *from_measurement(read, bare, tensors, shift)),
        sources=tuple(sources_of(loaded, bare, facts, read, tensors, entries)),
        written=written,
    )


def _all_entries(
    entries: Any, batches: tuple[Matrix, ...] | None, in_batches: bool
) -> tuple[Any, ...] | None:
    """The Hessians entry by entry; None if one is only bounded."""
    if not in_batches:
        return None if entries is None else (entries,)
    if batches is None:
        return None
    found = [entries_of(b) for b in batches]
    return None if any(e is None for e in found) else tuple(found)


def _gradients(loaded: Loaded, gradient: VectorOf | None) -> tuple[Array, ...] | None:
    batches = loaded.spec.dynamics.minibatches
    if batches is None:
        return None if gradient is None or gradient.vector is None else (gradient.vector,)
    if batches.gradients is None:
        return None
    found = [
        vector_of(loaded, g, f"dynamics.minibatches.gradients.{i}").vector
        for i, g in enumerate(batches.gradients)
    ]
    known = [v for v in found if v is not None]
    return tuple(known) if len(known) == len(found) else None
