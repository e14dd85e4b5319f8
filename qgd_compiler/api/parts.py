"""What a report rests on, asked for alone: spectrum and regime, encodings, closed forms, solvers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qgd_compiler.algorithms.menu.leaves import absent
from qgd_compiler.algorithms.ranking import rank
from qgd_compiler.algorithms.solver_menu import Case, history_kappa, solver_menu
from qgd_compiler.backends.analysis_report import Analysis
from qgd_compiler.backends.encodings_report import EncodingsReport, encodings_of
from qgd_compiler.backends.solvers_report import SolversReport, solvers_of
from qgd_compiler.chosen import SpecLike, accesses_of, exchange_of, loaded_of
from qgd_compiler.costing.fold import Folder
from qgd_compiler.costing.prices import price_of
from qgd_compiler.errors import SpecError, UsageError
from qgd_compiler.structure.facts import best_norm
from qgd_compiler.study import Progress, study, study_hessian
from qgd_compiler.study.analysis import analysis_of


def analyze(
    spec: SpecLike, progress: Progress = lambda _: None, *, proxy: bool = False, training: bool = False
) -> Analysis:
    """Spectrum, regime, growth and what would change the verdict; nothing is lowered or counted.

    proxy     with the error proxy E(t) for t = 0 … T of the density of eigenvalues
    training  with the class, growth and proxy at every step of the spectrum file
    """
    return analysis_of(study(loaded_of(spec), progress), proxy=proxy, training=training)


def encodings(
    spec: SpecLike, *, epsilon: float | None = None, progress: Progress = lambda _: None
) -> EncodingsReport:
    """Every encoding of the Hessian of a spec at one precision, best α·T per query first.

    epsilon  spectral error of the block, relative to the norm of the Hessian; default: target.epsilon
    """
    loaded = loaded_of(spec)
    found = study_hessian(loaded, progress)
    content = loaded.spec
    relative = float(content.target.epsilon.value) if epsilon is None else epsilon
    if not 0 < relative < 1:
        raise UsageError(f"the relative error {relative:g} is not between 0 and 1", remedy="such as 0.01")
    norm = best_norm((found.explicit or found.matrix).facts())
    if norm is None or not norm.value > 0:
        raise SpecError(
            "no norm of the Hessian is known, so no precision can be relative to it",
            at=loaded.where("hessian"),
            remedy="norm: …, or row_sparsity and max_entry",
        )
    exchange = exchange_of(content)
    ranked, refused = rank(
        found.offers(), accesses_of(content), relative * float(norm.value), exchange, Folder(price_of)
    )
    absences = absent(found.explicit or found.matrix)
    return encodings_of(
        content.name, found.digest, found.matrix, found.sources, ranked, refused, absences, relative, norm
    )


def formula(spec: SpecLike, quantity: str, symbols: Sequence[str], *, encoding: str | None = None) -> Any:
    """The closed form of a quantity of one encoding query in `symbols`, a SymPy expression.

    See `qgd_compiler.algorithms.formulas` for the quantities and symbols.
    """
    from qgd_compiler.algorithms import formulas

    loaded = loaded_of(spec)
    content = loaded.spec
    found = study_hessian(loaded)
    return formulas.formula(
        found.matrix, accesses_of(content), exchange_of(content), quantity, symbols, encoding=encoding
    )


def solvers(
    kappa: float | None, epsilon: float, steps: int | None = None, *, norm_spread: float = 1.0
) -> SolversReport:
    """Every solver of linear systems at one κ and ε, fewest queries first.

    kappa        α‖L⁻¹‖; None: that of the history of `steps` neutral steps
    steps        T, for the solvers that need one and for the κ of its history
    norm_spread  the factor by which the norm of the solution may be off, either way
    """
    if steps is not None and steps < 1:
        raise UsageError(f"a run of {steps} steps", remedy="at least one step")
    of_history = None if steps is None else history_kappa(steps)
    found = of_history if kappa is None else float(kappa)
    if found is None:
        raise UsageError(
            "neither a κ nor a number of steps was given", remedy="--kappa 2548, or --steps 1000"
        )
    case = Case(found, float(epsilon), steps, float(norm_spread))
    return solvers_of(case, solver_menu(case), of_history)
