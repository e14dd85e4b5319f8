"""What a spec says, read and measured: the Hessian with its shift, the spectrum, the regime and the run."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from qgd_compiler.algorithms.menu.leaves import absent
from qgd_compiler.algorithms.menu.offer import Offer
from qgd_compiler.algorithms.menu.offers import offers
from qgd_compiler.algorithms.problem import LinearProblem, Run
from qgd_compiler.analysis.regime import Regime, RegimeName, classify
from qgd_compiler.analysis.run_bounds import final_over_total_bound, final_over_total_from_largest
from qgd_compiler.analysis.run_sums import RunSums
from qgd_compiler.analysis.spectrum import Extremes, measure_extremes
from qgd_compiler.analysis.trajectory import follow
from qgd_compiler.backends.document import Assumption
from qgd_compiler.errors import InfeasibleError, SpecError, UnsupportedError
from qgd_compiler.frontends.structure_of import HessianOf, gradient_of, hessian_of, parameters, shifted
from qgd_compiler.kinds import Source, weakest_source
from qgd_compiler.spec.digest import spec_digest
from qgd_compiler.spec.loader import Loaded
from qgd_compiler.spec.quantity import Quantity
from qgd_compiler.structure.bounded import Bounded
from qgd_compiler.structure.facts import Facts
from qgd_compiler.structure.matrix import Matrix
from qgd_compiler.structure.simplify import simplify
from qgd_compiler.structure.sparse import Sparse

MEASURED_LIMIT = 4096  # rows up to which a structure without one file is written out to be measured
TOLERANCE = 1e-9

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Study:
    """A spec with everything measured that the lowering needs.

    shift     what is added to the Hessian as a multiple of I: damping, weight decay, and forced damping
    entries   the Hessian with its shift, sparse; None without data
    matrix    the Hessian with its shift as a tree of structure nodes, simplified
    facts     of the Hessian with its shift
    """

    loaded: Loaded
    digest: str
    shift: float
    entries: Any
    matrix: Matrix
    facts: Facts
    extremes: Extremes
    regime: Regime
    gradient: np.ndarray | None
    gradient_norm: float | None
    sums: RunSums | None
    run: Run
    assumptions: tuple[Assumption, ...]
    sources: tuple[Source, ...]

    @property
    def parameters(self) -> int:
        """Rows of the Hessian."""
        return parameters(self.loaded)

    def offers(self) -> tuple[Offer, ...]:
        """The encodings of the Hessian with its shift."""
        return offers(self.matrix, entries=None if self.entries is None else Sparse.from_scipy(self.entries))

    def problem(self) -> LinearProblem:
        """What lowering needs to know."""
        spec = self.loaded.spec
        return LinearProblem(
            parameters=self.parameters,
            learning_rate=float(spec.dynamics.learning_rate.value),
            iterations=int(spec.dynamics.iterations.value),
            growth=self.regime.growth,
            offers=self.offers(),
            absent=absent(self.matrix),
            run=self.run,
            epsilon=float(spec.target.epsilon.value),
            gradient=self.gradient,
        )


def study(loaded: Loaded, progress: Progress = lambda _: None) -> Study:
    """Read and measure everything a spec names; raises before any lowering if the spec cannot be served."""
    refuse_what_is_absent(loaded)
    spec = loaded.spec
    progress("reading the Hessian")
    measured: list[Extremes] = []

    def measure(data: Any) -> Extremes:
        progress("measuring the spectrum")
        measured.append(measure_extremes(data))
        return measured[-1]

    read = hessian_of(loaded, measure)
    entries = _entries(read.bare)
    if isinstance(_unbounded(read.bare), Sparse) and measured:
        bare = measured[0]  # the whole Hessian is the one matrix that was measured on reading
    else:
        progress("measuring the spectrum")
        bare = _extremes(loaded, read.bare, entries)
    gradient = gradient_of(loaded)
    files = {f.path.name: _sha256(f.path) for f in read.files}
    if spec.gradient.file is not None:
        files[spec.gradient.file] = _sha256(loaded.base_dir / spec.gradient.file)
    shift = float(read.shift)
    gradient_norm = float(gradient.norm.value)
    regime, shift = _regime(loaded, bare, shift, gradient_norm)

    extremes = replace(bare, lambda_min=bare.lambda_min + shift, lambda_max=bare.lambda_max + shift)
    if entries is not None:
        entries = entries + shift * _identity(entries.shape[0]) if shift else entries
    matrix = simplify(shifted(read.bare, shift))
    progress("following the run")
    sums, run = _run(loaded, entries, gradient.vector, extremes, progress)
    facts = (matrix if entries is None else Sparse.from_scipy(entries)).facts()
    assumptions = (*_from_spec(loaded), *_from_measurement(read, bare, run, shift))
    sources = [bare.source, run.source]
    sources += [f.source for f in (facts.row_sparsity, facts.max_entry, facts.frobenius) if f is not None]
    if read.model_error is not None:
        sources.append(read.model_error.source)
    if entries is None:
        sources.append((spec.model.active or spec.model.parameters).source)
    return Study(
        loaded=loaded,
        digest=spec_digest(spec, files),
        shift=shift,
        entries=entries,
        matrix=matrix,
        facts=facts,
        extremes=extremes,
        regime=regime,
        gradient=gradient.vector,
        gradient_norm=gradient_norm,
        sums=sums,
        run=run,
        assumptions=assumptions,
        sources=tuple(sources),
    )


@dataclass(frozen=True)
class HessianStudy:
    """The Hessian alone, with damping and weight decay: as a tree, and written out where there is data."""

    matrix: Matrix
    explicit: Matrix | None
    digest: str
    sources: tuple[Source, ...]

    def offers(self, *, tables: bool = False) -> tuple[Offer, ...]:
        """Its encodings."""
        return offers(self.matrix, entries=self.explicit, tables=tables)


def study_hessian(loaded: Loaded, progress: Progress = lambda _: None) -> HessianStudy:
    """Read the Hessian of a spec and what is known of it; the dynamics are not looked at."""
    progress("reading the Hessian")
    read = hessian_of(loaded, measure_extremes)
    entries = _entries(read.bare)
    explicit: Matrix | None = None
    if entries is not None:
        moved = entries + float(read.shift) * _identity(entries.shape[0]) if read.shift else entries
        explicit = Sparse.from_scipy(moved)
    matrix = simplify(read.matrix)
    facts = (explicit or matrix).facts()
    known = [f.source for f in (facts.row_sparsity, facts.max_entry, facts.frobenius) if f is not None]
    return HessianStudy(
        matrix=matrix,
        explicit=explicit,
        digest=spec_digest(loaded.spec, {f.path.name: _sha256(f.path) for f in read.files}),
        sources=tuple(known) or (Source.ASSUMED,),
    )


def refuse_what_is_absent(loaded: Loaded) -> None:
    """Raise UnsupportedError for a feature of the spec format that this version does not compile."""
    spec = loaded.spec
    absent = [
        (
            "dynamics.expansion.order",
            spec.dynamics.expansion.order.value > 1,
            "only order 1 (a quadratic model) is compiled",
        ),
        (
            "dynamics.expansion.about",
            spec.dynamics.expansion.about != "start",
            "only expansion about the start is compiled",
        ),
        ("dynamics.momentum", spec.dynamics.momentum.value != 0, "momentum is not compiled; use momentum: 0"),
        ("dynamics.noise", spec.dynamics.noise is not None, "gradient noise is not compiled"),
        (
            "dynamics.segment",
            spec.dynamics.segment is not None,
            "segments are not compiled; the run is one piece",
        ),
        ("third_derivative", spec.third_derivative is not None, "only quadratic models are compiled"),
        ("output", spec.output.kind != "state", "only the output `state` is compiled"),
        ("hardware", spec.hardware is not None, "physical estimates are not made"),
        (
            "spectrum.file",
            spec.spectrum is not None and spec.spectrum.file is not None,
            "densities certify nothing and are not read; give lambda_min and lambda_max",
        ),
    ]
    for path, asked, remedy in absent:
        if asked:
            raise UnsupportedError(
                f"{path} asks for what this version does not have", at=loaded.where(path), remedy=remedy
            )
    for name in spec.access.models:
        if name not in ("qrom", "qroam", "qroam_dirty", "bucket_brigade", "qram"):
            raise UnsupportedError(
                f"the access model {name!r} is not built",
                at=loaded.where("access"),
                remedy="qrom, qroam, qroam_dirty, bucket_brigade or qram",
            )
    if "qram" in spec.access.models and spec.access.price_per_lookup is None:
        raise SpecError(
            "ideal qram has no price of its own",
            at=loaded.where("access"),
            remedy="access: {models: [qram], price_per_lookup: …} in T gates",
        )


def _unbounded(matrix: Matrix) -> Matrix:
    """The matrix under the declared and measured bounds that stand around it."""
    while isinstance(matrix, Bounded):
        matrix = matrix.term
    return matrix


def _entries(matrix: Matrix) -> Any:
    """The matrix as CSR where there is data and it is small enough to write out; else None."""
    from scipy.sparse import csr_array

    inner = _unbounded(matrix)
    if isinstance(inner, Sparse):
        return csr_array(inner.to_scipy())
    if matrix.is_explicit and matrix.rows <= MEASURED_LIMIT:
        return csr_array(np.real_if_close(matrix.matrix()))
    return None


def _identity(size: int) -> Any:
    from scipy.sparse import eye_array

    return eye_array(size, format="csr")


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
        method="declared bounds",
    )


def _regime(
    loaded: Loaded, bare: Extremes, shift: float, gradient_norm: float | None
) -> tuple[Regime, float]:
    """The class of the run as it will be priced, and the whole shift, damping forced by the spec included."""
    dynamics = loaded.spec.dynamics
    eta, steps = float(dynamics.learning_rate.value), int(dynamics.iterations.value)
    low, high = bare.lambda_min + shift, bare.lambda_max + shift
    overshoot = abs(1 - eta * high)
    if eta * high > 2 * (1 + TOLERANCE) and not dynamics.allow_divergence:
        raise SpecError(
            f"learning_rate is {eta:g}; |1 - {eta:g}*{high:.6g}| = {overshoot:.4g} > 1, so gradient descent diverges",
            at=loaded.where("dynamics.learning_rate"),
            remedy=f"learning_rate < {2 / high:.4g} (2/lambda_max), or set dynamics.allow_divergence: true",
        )
    regime = classify(low, high, eta, steps, dynamics.on_not_dissipative, gradient_norm)
    if regime.name is RegimeName.INFEASIBLE:
        raise InfeasibleError(
            regime.verdict + " " + "; ".join(regime.reasons),
            at=loaded.where("dynamics.on_not_dissipative"),
            remedy="; ".join(f"{w.change} {w.value:.6g}" for w in regime.ways_out if w.value is not None),
        )
    if regime.name is RegimeName.DAMPED and regime.damping:
        damped = classify(low + regime.damping, high + regime.damping, eta, steps, "window", gradient_norm)
        kept = replace(
            damped,
            name=RegimeName.DAMPED,
            reasons=regime.reasons,
            verdict=regime.verdict,
            ways_out=regime.ways_out,
        )
        return kept, shift + regime.damping
    return regime, shift


def _run(
    loaded: Loaded, entries: Any, gradient: np.ndarray | None, extremes: Extremes, progress: Progress
) -> tuple[RunSums | None, Run]:
    dynamics = loaded.spec.dynamics
    eta, steps = float(dynamics.learning_rate.value), int(dynamics.iterations.value)
    if entries is not None and gradient is not None:
        sums = follow(entries, gradient, eta, steps, lambda t, total: progress(f"step {t} of {total}"))
        final, total = sums.in_first_steps
        return sums, Run(final, total, Source.MEASURED)
    known = loaded.spec.solution
    if known is not None and known.final_over_max is not None:
        ratio = final_over_total_from_largest(float(known.final_over_max.value), steps)
        return None, Run(ratio, 1.0, _never_exact(known.final_over_max.source))
    ratio = final_over_total_bound(extremes.lambda_max, eta, steps)
    if ratio <= 0:
        raise InfeasibleError(
            "nothing is known of the run, and at this learning rate an iterate may vanish",
            at=loaded.where("gradient"),
            remedy="give a gradient file, or solution.final_over_max, or a learning_rate below 1/lambda_max",
        )
    return None, Run(ratio, 1.0, Source.BOUND)


def _never_exact(source: Source) -> Source:
    """A declared ratio bounds the sums; it does not say what they are."""
    return Source.BOUND if source in (Source.EXACT, Source.MEASURED) else source


def _sha256(path: Path | str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _quantities(value: Any, path: str) -> Iterator[tuple[str, Quantity]]:
    if isinstance(value, Quantity):
        yield path, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _quantities(getattr(value, name), f"{path}.{name}" if path else name)
    elif isinstance(value, tuple):
        for i, inner in enumerate(value):
            yield from _quantities(inner, f"{path}.{i}")


def _from_spec(loaded: Loaded) -> Iterator[Assumption]:
    for path, quantity in _quantities(loaded.spec, ""):
        yield Assumption(
            name=path,
            value=quantity.value,
            source=quantity.source,
            ref=quantity.ref,
            where=loaded.cite(path),
        )


def _from_measurement(read: HessianOf, bare: Extremes, run: Run, shift: float) -> Iterator[Assumption]:
    for name in ("lambda_min", "lambda_max"):
        yield Assumption(
            name=f"{name} of the Hessian", value=getattr(bare, name), source=bare.source, ref=bare.method
        )
    yield Assumption(
        name="|u_T|² over the sum of |u_t|²",
        value=run.final / run.total,
        source=run.source,
        ref="the run was followed classically" if run.exact else "a lower bound",
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
