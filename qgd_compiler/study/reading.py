"""From a spec to all that is known of its run: data, spectrum, recursion, class, sizes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.problem import Problem
from qgd_compiler.analysis import learning_rates
from qgd_compiler.analysis.lanczos_quadrature import density_of, lanczos_density
from qgd_compiler.analysis.power_norms import heavy_ball_powers
from qgd_compiler.analysis.recursion import OrderSearch, Recursion, search_orders
from qgd_compiler.analysis.regime import Regime, RegimeName
from qgd_compiler.analysis.spectrum import DENSE_LIMIT, Extremes, measure_extremes
from qgd_compiler.analysis.verdict import judge
from qgd_compiler.backends.document import Assumption
from qgd_compiler.errors import InfeasibleError, SpecError
from qgd_compiler.frontends.spectrum_file import read_spectrum
from qgd_compiler.frontends.structure_of import (
    HessianOf,
    VectorOf,
    derivatives_of,
    hessian_of,
    minibatches_of,
    parameters,
    shifted,
    vector_of,
)
from qgd_compiler.kinds import Source, weakest_source
from qgd_compiler.spec.digest import spec_digest
from qgd_compiler.spec.loader import Loaded
from qgd_compiler.spectra import Atoms, Density
from qgd_compiler.structure.facts import Facts, best_norm
from qgd_compiler.structure.matrix import Matrix
from qgd_compiler.structure.simplify import simplify
from qgd_compiler.structure.sparse import Sparse
from qgd_compiler.structure.tensor import Tensor
from qgd_compiler.study.assumptions import Progress, from_spec, sha256
from qgd_compiler.study.hessian import entries_of, identity_of, unbounded
from qgd_compiler.study.refusals import refuse_what_is_absent
from qgd_compiler.study.runs import Data, Followed, follow_run

Array = NDArray[np.float64]
TOLERANCE = 1e-9
MOST_ORDER = 5  # Carleman order up to which plans are worked out: windows are cut for it
TRUNCATION_SHARE = 0.25  # of the error that a truncation may take


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
        return follow_run(self.data, self.priced, self.transform, declared, self.progress)

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

        quadratics, why_not = quadratics_of(self)
        return Problem(
            parameters=self.parameters,
            iterations=self.priced.iterations,
            epsilon=float(self.loaded.spec.target.epsilon.value),
            systems=systems_of(self),
            quadratics=quadratics,
            why_not=why_not,
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
        bare = _extremes(loaded, read.bare, entries)
    batches = minibatches_of(loaded, measure)
    bare = _over_all(loaded, bare, batches)
    gradient = None if spec.gradient is None else vector_of(loaded, spec.gradient, "gradient")
    displacement = None if spec.displacement is None else vector_of(loaded, spec.displacement, "displacement")
    tensors = derivatives_of(loaded)
    about_minimum = _about_minimum(loaded)

    shift = float(read.shift)
    recursion = _recursion(loaded, bare, shift, gradient, displacement, tensors)
    _refuse_overshoot(loaded, recursion)
    recursion, orders, regime, shift = _judged(loaded, recursion, shift, progress)

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
        digest=_digest(loaded, read),
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
        assumptions=(*from_spec(loaded), *_from_measurement(read, bare, tensors, shift)),
        sources=tuple(_sources(loaded, bare, facts, read, tensors, entries)),
        written=written,
    )


def _about_minimum(loaded: Loaded) -> bool:
    return loaded.spec.dynamics.expansion.about == "minimum"


def _extremes(loaded: Loaded, matrix: Matrix, entries: Any) -> Extremes:
    """Eigenvalue bounds of the Hessian without its shift: measured where there is data, else as declared."""
    if entries is not None:
        return measure_extremes(entries)
    facts = matrix.facts()
    lowest, highest = facts.lambda_min, facts.lambda_max
    if lowest is None or highest is None:
        raise SpecError(
            "nothing bounds the eigenvalues of the Hessian",
            at=loaded.where("hessian"),
            remedy="spectrum: {lambda_min: …, lambda_max: …}, or a norm of the Hessian",
        )
    return Extremes(
        lambda_min=float(lowest.value),
        lambda_max=float(highest.value),
        lambda_min_error=0.0,
        lambda_max_error=0.0,
        source=weakest_source((lowest.source, highest.source)),
        method="extent of a density, which certifies nothing" if _from_density(loaded) else "declared bounds",
    )


def _from_density(loaded: Loaded) -> bool:
    """Whether the ends of the spectrum are only those of a density."""
    given = loaded.spec.spectrum
    if given is None or given.file is None:
        return False
    entry = read_spectrum(loaded.base_dir / given.file).entry(given.step)
    return entry.lambda_min is None or entry.lambda_max is None


def _over_all(loaded: Loaded, bare: Extremes, batches: tuple[Matrix, ...] | None) -> Extremes:
    """The worst over all minibatches."""
    if batches is None:
        return bare
    found = [_extremes(loaded, b, entries_of(b)) for b in batches]
    return replace(
        bare,
        lambda_min=min(e.lambda_min for e in found),
        lambda_max=max(e.lambda_max for e in found),
        source=weakest_source(e.source for e in found),
        method=f"{found[0].method}; the worst of {len(found)} minibatches",
    )


def rates_of(loaded: Loaded) -> Array:
    """η_0 … η_{T−1} of a spec."""
    dynamics = loaded.spec.dynamics
    rate, steps = float(dynamics.learning_rate.value), int(dynamics.iterations.value)
    given = dynamics.schedule
    if given is None:
        return learning_rates.constant(rate, steps)
    if given.kind == "step":
        assert given.every is not None and given.factor is not None
        return learning_rates.stepwise(rate, steps, int(given.every.value), float(given.factor.value))
    if given.kind == "cosine":
        return learning_rates.cosine(rate, steps, 0.0 if given.final is None else float(given.final.value))
    assert given.rates is not None
    rates = np.array([float(r.value) for r in given.rates])
    if not rates.max() > 0:
        raise SpecError(
            "every learning rate of the schedule is 0",
            at=loaded.where("dynamics.schedule.rates"),
            remedy="at least one rate above 0",
        )
    return rates


def _recursion(
    loaded: Loaded,
    bare: Extremes,
    shift: float,
    gradient: VectorOf | None,
    displacement: VectorOf | None,
    tensors: tuple[Tensor, ...],
) -> Recursion:
    dynamics = loaded.spec.dynamics
    norms = []
    for power, tensor in enumerate(tensors, 2):
        norm = best_norm(tensor.facts())
        assert norm is not None  # a tensor has entries or bounds
        norms.append(float(norm.value))
        if power == 2 and norms == [0.0] and len(tensors) == 1 and dynamics.expansion.remainder is None:
            raise SpecError(
                "the third derivative vanishes, so an expansion of order 2 says nothing of the nonlinear terms",
                at=loaded.where("third_derivative"),
                remedy="dynamics.expansion.order: 3 with a fourth_derivative, or dynamics.expansion.remainder",
            )
    about_minimum = _about_minimum(loaded)
    pushes = 0.0 if about_minimum or gradient is None else float(gradient.norm.value)
    batches = dynamics.minibatches
    if batches is not None and batches.gradients is not None and not about_minimum:
        pushes = max(
            float(vector_of(loaded, g, f"dynamics.minibatches.gradients.{i}").norm.value)
            for i, g in enumerate(batches.gradients)
        )
    remainder = dynamics.expansion.remainder
    return Recursion(
        lambda_min=bare.lambda_min + shift,
        lambda_max=bare.lambda_max + shift,
        rates=rates_of(loaded),
        momentum=float(dynamics.momentum.value),
        gradient=pushes,
        noise=0.0 if dynamics.noise is None else float(dynamics.noise.norm.value),
        start=float(displacement.norm.value) if about_minimum and displacement is not None else 0.0,
        higher=tuple(norms),
        remainder=None if remainder is None else float(remainder.value),
    )


def _refuse_overshoot(loaded: Loaded, recursion: Recursion) -> None:
    """A rate at which the steepest direction diverges is a mistake unless the spec wants it."""
    if loaded.spec.dynamics.allow_divergence:
        return
    eta, high = recursion.rate, recursion.lambda_max
    limit = 2 * (1 + recursion.momentum)
    if eta * high > limit * (1 + TOLERANCE):
        overshoot = abs(1 - eta * high)
        raise SpecError(
            f"learning_rate is {eta:g}; |1 - {eta:g}*{high:.6g}| = {overshoot:.4g} > 1, so gradient descent diverges",
            at=loaded.where("dynamics.learning_rate"),
            remedy=f"learning_rate < {limit / high:.4g} ({limit:g}/lambda_max), "
            "or set dynamics.allow_divergence: true",
        )


def _judged(
    loaded: Loaded, recursion: Recursion, shift: float, progress: Progress
) -> tuple[Recursion, OrderSearch, Regime, float]:
    """The class of the run as it will be priced, with damping forced by the spec."""
    policy = loaded.spec.dynamics.on_not_dissipative
    known = loaded.spec.solution
    share = 1.0 if known is None or known.final_over_max is None else float(known.final_over_max.value)
    budget = (
        TRUNCATION_SHARE * float(loaded.spec.target.epsilon.value) * share
    )  # relative to the largest size
    progress("searching the Carleman order")
    orders = search_orders(recursion, budget, highest=MOST_ORDER)
    regime = judge(recursion, orders, policy)
    # a quadratic run has a price however much it grows; only what the spec rules out, or no order certifies, has none
    priced = recursion.linear and policy == "window"
    if regime.name is RegimeName.INFEASIBLE and not priced:
        raise InfeasibleError(
            regime.verdict + " " + "; ".join(regime.reasons),
            at=loaded.where("dynamics.on_not_dissipative"),
            remedy="; ".join(f"{w.change} {w.value:.6g}" for w in regime.ways_out if w.value is not None),
        )
    if regime.name is not RegimeName.DAMPED or not regime.damping:
        return recursion, orders, regime, shift
    damped = replace(
        recursion,
        lambda_min=recursion.lambda_min + regime.damping,
        lambda_max=recursion.lambda_max + regime.damping,
    )
    orders = search_orders(damped, budget, highest=MOST_ORDER)
    after = judge(damped, orders, "window")
    kept = replace(
        after,
        name=RegimeName.DAMPED,
        reasons=regime.reasons,
        verdict=regime.verdict,
        ways_out=regime.ways_out,
    )
    return damped, orders, kept, shift + regime.damping


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


def _digest(loaded: Loaded, read: HessianOf) -> str:
    """The spec and the content of every file that it names."""
    spec = loaded.spec
    files = {path.name: sha256(path) for path in read.files}
    named: list[Any] = [spec.gradient, spec.displacement, spec.third_derivative, spec.fourth_derivative]
    named.append(spec.spectrum)
    batches = spec.dynamics.minibatches
    if batches is not None:
        named += [*(batches.gradients or ()), *(h for h in batches.hessians or () if hasattr(h, "file"))]
    for part in named:
        name = getattr(part, "file", None)
        if name is not None:
            files[name] = sha256(loaded.base_dir / name)
    return spec_digest(spec, files)


def _sources(
    loaded: Loaded,
    bare: Extremes,
    facts: Facts,
    read: HessianOf,
    tensors: tuple[Tensor, ...],
    entries: Any,
) -> Iterator[Source]:
    yield bare.source
    for fact in (facts.row_sparsity, facts.max_entry, facts.frobenius):
        if fact is not None:
            yield fact.source
    for tensor in tensors:
        norm = best_norm(tensor.facts())
        if norm is not None:
            yield norm.source
    if read.model_error is not None:
        yield read.model_error.source
    if entries is None:
        yield (loaded.spec.model.active or loaded.spec.model.parameters).source


def _from_measurement(
    read: HessianOf, bare: Extremes, tensors: tuple[Tensor, ...], shift: float
) -> Iterator[Assumption]:
    for name in ("lambda_min", "lambda_max"):
        yield Assumption(
            name=f"{name} of the Hessian", value=getattr(bare, name), source=bare.source, ref=bare.method
        )
    for power, tensor in enumerate(tensors, 2):
        norm = best_norm(tensor.facts())
        if norm is not None:
            yield Assumption(
                name=f"norm of F_{power}",
                value=float(norm.value),
                source=norm.source,
                ref=f"derivative {power + 1} over {math.factorial(power)}",
            )
    if read.model_error is not None:
        yield Assumption(
            name="model error: 2-norm of what the declared Hessian leaves out",
            value=read.model_error.value,
            source=read.model_error.source,
            ref="not part of the error budget: the counts are for the declared Hessian",
        )
    if shift > read.shift:
        yield Assumption(
            name="damping added by on_not_dissipative: damp",
            value=shift - float(read.shift),
            source=bare.source,
            ref="it changes the problem that is solved",
        )
