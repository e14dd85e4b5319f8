"""From a spec and its plan to instances that may fit the simulator: same structure, dynamics, solver and encoding.

Smaller are the number of parameters (two or four), the steps, and the words (a coarser error). Explicit matrices become
principal blocks of their data; what is only declared becomes a matrix with the declared ends of the spectrum.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.kernel_reflection import NORM_KNOWN, NORM_UNKNOWN
from qgd_compiler.algorithms.plan import Plan
from qgd_compiler.algorithms.routes.stationary import STATIONARY
from qgd_compiler.algorithms.subjects import HistorySubject, PolynomialSubject
from qgd_compiler.proof.descent import Descent
from qgd_compiler.proof.instance import Instance, Pin
from qgd_compiler.proof.making import Entry, instance
from qgd_compiler.study import Study
from qgd_compiler.study.hessian import identity_of

Array = NDArray[np.float64]
THIRD: tuple[Entry, ...] = ((0, 0, 1, 0.2), (1, 1, 1, -0.3))
SMALL_STEP = 0.07  # of the first step of a lifted run, in which nonlinear terms are small and not nothing
OWN_PARAMETERS, OWN_STEPS = 8, 8  # up to which the spec itself is tried


@dataclass(frozen=True)
class _Part:
    """A small matrix: as a node of a spec, as numbers, and the files that the node names."""

    node: Mapping[str, Any]
    dense: Array
    files: Mapping[str, Array]


def instances(study: Study, plan: Plan) -> Iterator[Instance]:
    """Instances for the plan of a spec, the largest first."""
    own = _own(study, plan)
    if own is not None:
        yield own
    lifted = isinstance(plan.facts, HistorySubject) and plan.facts.system.lift != "none"
    for size in (2,) if lifted else (4, 2):
        for epsilon in (0.3, 0.6, 0.9):
            yield _smaller(study, plan, size, epsilon, lifted)


def _own(study: Study, plan: Plan) -> Instance | None:
    """The spec as it is, where its data are known and few."""
    data, recursion = study.data, study.recursion
    if study.parameters > OWN_PARAMETERS or recursion.iterations > OWN_STEPS or recursion.noise > 0:
        return None
    if study.loaded.spec.dynamics.expansion.about == "cheaper":
        return None
    if data.hessians is None or (data.gradients is None and data.displacement is None):
        return None
    if any(t.indices is None for t in study.tensors) or len(study.tensors) > 1:
        return None
    n = study.parameters
    third = None
    if study.tensors:
        third = _derivative(study)
    truth = Descent(
        hessians=tuple(np.asarray(h.toarray(), dtype=float) for h in data.hessians),
        gradients=tuple(data.gradients) if data.gradients is not None else (np.zeros(n),),
        rates=tuple(float(r) for r in recursion.rates),
        momentum=recursion.momentum,
        third=third,
        start=data.displacement,
    )
    pin = _pin(plan, plan.candidate.subject, plan.candidate.encoding)
    return Instance(
        study.loaded.spec.name,
        {},
        {},
        truth,
        replace(pin, knob=plan.knob),
        ("The spec itself was run, with an even split of its error.",),
        study.loaded,
    )


def _derivative(study: Study) -> Array:
    """The third derivative of the data: the spec's entries, each in all of its places."""
    found = np.zeros((study.parameters,) * 3)
    tensor = study.tensors[0]
    assert tensor.indices is not None and tensor.values is not None
    np.add.at(found, tuple(np.asarray(tensor.indices).T), np.asarray(tensor.values))
    return found


def _smaller(study: Study, plan: Plan, size: int, epsilon: float, lifted: bool) -> Instance:
    recursion, spec = study.recursion, study.loaded.spec
    low, high = recursion.lambda_min - study.shift, recursion.lambda_max - study.shift
    part, said = _matrix(study, size, low, high)
    n = len(part.dense)
    how = [said]
    norm = float(np.linalg.norm(part.dense, 2))
    stretch = min(max(float(recursion.rates.max()) * recursion.lambda_max, 0.1), 0.9)
    subject, steps = _subject(plan), _steps(plan)
    if isinstance(plan.facts, PolynomialSubject) and plan.facts.polynomial == "LCHS":
        stretch = 0.02
    if subject == STATIONARY:
        stretch = 0.9
    rate = stretch / norm
    push = _push(study, n)
    displaced = (
        plan.facts.system.name.endswith("displacement") if isinstance(plan.facts, HistorySubject) else False
    )
    displaced = displaced or "about the minimum" in subject
    if lifted:
        push = push * (SMALL_STEP / float(np.linalg.norm(push)) / (1 if displaced else rate))
    changing = not recursion.constant_rate
    more: dict[str, Any] = {}
    if recursion.momentum:
        more["momentum"] = recursion.momentum
    if study.shift:
        more["damping"] = study.shift / max(recursion.lambda_max - study.shift, 1e-300) * norm
    if changing:
        last = float(recursion.rates[-1]) / float(recursion.rates.max())
        more["rates"] = tuple(rate * (1 + (last - 1) * t / max(steps - 1, 1)) for t in range(steps))
        how.append(f"The schedule has {steps} rates, from the largest to the last.")
    hessians, pushes = [part.dense], [push]
    if spec.dynamics.minibatches is not None and int(spec.dynamics.minibatches.count.value) > 1:
        other = np.asarray(np.flip(part.dense)) * 0.9
        hessians, pushes = [part.dense, other], [push, np.roll(push, 1) * 0.8]
        how.append("There are two minibatches.")
    if recursion.noise > 0:
        how.append("There is no noise: what is random has no run to compare with.")
    if not recursion.linear:
        more |= {"third": THIRD, "order": 2}
        how.append("The Carleman order is 2, with two entries of the third derivative.")
    elif isinstance(plan.facts, HistorySubject) and plan.facts.system.lift != "none":
        more["order"] = 1
    if displaced:
        more["start"] = push
    solver = _runnable(plan.candidate.solver)
    if solver != plan.candidate.solver:
        how.append(f"{plan.candidate.solver} is an expected count: {solver} was run in its place.")
    how.append(f"{n} parameters, {steps} steps, an error of {epsilon:g}.")
    pin = replace(_pin(plan, subject, _encoding(plan, lifted)), solver=solver)
    single = len(hessians) == 1
    return instance(
        spec.name,
        pin,
        hessians,
        pushes,
        rate=rate,
        steps=steps,
        epsilon=epsilon,
        node=part.node if single else None,
        files=part.files if single else None,
        how=tuple(how),
        **more,
    )


def _pin(plan: Plan, subject: str, encoding: str) -> Pin:
    access = plan.candidate.access.name
    return Pin(
        subject=subject,
        solver=plan.candidate.solver,
        encoding=encoding,
        access=access if access in ("qrom", "qroam") else "qrom",
    )


def _runnable(solver: str) -> str:
    """The solver with a circuit that runs the queries of one that is an expected count, or a bound beyond reach."""
    if solver == NORM_UNKNOWN:
        return NORM_KNOWN
    if solver.startswith("randomised adiabatic") or ", bound" in solver:
        return "discrete adiabatic, fit"
    return solver


def _subject(plan: Plan) -> str:
    """The subject at the sizes that are run: lifts of order 2 (of order 1 for a quadratic run)."""
    facts, subject = plan.facts, plan.candidate.subject
    if isinstance(facts, HistorySubject) and facts.system.lift != "none":
        order = min(facts.system.order, 2)
        return subject.replace(f"of order {facts.system.order}", f"of order {order}")
    return subject


def _steps(plan: Plan) -> int:
    if plan.candidate.subject == STATIONARY:
        return 40  # enough to come near the end; the circuit does not depend on it
    if isinstance(plan.facts, PolynomialSubject):
        return 20 if plan.facts.polynomial == "LCHS" else 4
    return 2


def _encoding(plan: Plan, lifted: bool) -> str:
    """The words of the encoding's name that do not depend on sizes; a lift takes the parts with the fewest qubits."""
    if lifted:
        return "x Frobenius norm tree"
    return plan.candidate.encoding


def _push(study: Study, size: int) -> Array:
    """The first entries of the gradient (or of the displacement) that are not 0, else numbers that all differ."""
    known = study.data.displacement
    if known is None and study.data.gradients is not None:
        known = study.data.gradients[0]
    if known is not None and np.count_nonzero(known) >= size:
        return np.asarray(known[np.flatnonzero(known)[:size]], dtype=float)
    return np.array([0.3, -0.2, 0.1, 0.25, -0.15, 0.05, 0.2, -0.1])[:size]


def _matrix(study: Study, size: int, low: float, high: float) -> tuple[_Part, str]:
    """The Hessian of the spec, made small."""
    node = study.loaded.spec.hessian.model_dump(mode="json", exclude_none=True)
    if node["kind"] in ("sparse", "dense"):
        known = study.entries
        if known is not None:
            whole = known if not study.shift else known - study.shift * identity_of(known.shape[0])
            places = np.argsort(-np.abs(whole.diagonal()), kind="stable")[:size]
            places = np.sort(places)
            block = np.asarray(whole[places][:, places].toarray(), dtype=float)
            return _dense(
                block
            ), f"A principal block of the Hessian: parameters {', '.join(map(str, places))}."
        return _dense(_like(size, low, high)), "A matrix with the declared ends of the spectrum."
    part = _node(node, size, [0])
    return part, f"The structure {node['kind']} with small parts."


def _like(size: int, low: float, high: float) -> Array:
    """A symmetric matrix without zeros whose eigenvalues lie between the two ends, which are among them."""
    least = low if low < 0 else max(low, 0.2 * high)
    turn, _ = np.linalg.qr(np.cos(np.outer(np.arange(1, size + 1), np.arange(1, size + 1) ** 1.5)))
    return np.asarray(turn @ np.diag(np.linspace(least, high, size)) @ turn.T)


def _dense(array: Array, name: str = "h0.npz") -> _Part:
    return _Part(
        {"kind": "dense", "file": name, "key": "a", "symmetric": bool(np.allclose(array, array.T))},
        array,
        {name: array},
    )


def _node(node: Mapping[str, Any], size: int, serial: list[int]) -> _Part:
    """One node with its parts; `serial` numbers the files."""
    kind = node["kind"]
    serial[0] += 1
    name = f"p{serial[0]}.npz"
    if kind in ("sparse", "dense"):
        return _dense(_like(size, 0.3 + 0.05 * serial[0], 1.0), name)
    if kind == "diagonal":
        given = [float(v["value"] if isinstance(v, dict) else v) for v in node.get("values", [])][:size]
        values = given if len(given) == size else [0.9, 0.35, 0.6, 0.5][:size]
        return _Part({"kind": "diagonal", "values": values}, np.diag(values), {})
    if kind == "banded":
        return _banded(node, size)
    if kind == "identity":
        return _Part({"kind": "identity", "n": size}, np.eye(size), {})
    if kind == "low_rank":
        factor = _like(size, 0.4, 1.0)[:, :1]
        made = {"kind": "low_rank", "file": name, "key": "a"}
        return _Part(made, factor @ factor.T, {name: factor})
    if kind in ("kronecker", "block_diagonal"):
        field = "factors" if kind == "kronecker" else "blocks"
        parts = [_node(p, 2, serial) for p in node[field][:2]]
        dense = parts[0].dense
        for p in parts[1:]:
            both = np.kron(dense, p.dense) if kind == "kronecker" else _beside(dense, p.dense)
            dense = np.asarray(both, dtype=float)
        return _Part({"kind": kind, field: [p.node for p in parts]}, dense, _files(parts))
    if kind == "gram":
        inner = _node(node["factor"], size, serial)
        return _Part({"kind": kind, "factor": inner.node}, inner.dense.T @ inner.dense, inner.files)
    if kind == "scaled":
        inner = _node(node["term"], size, serial)
        factor = node["factor"]
        number = float(factor["value"] if isinstance(factor, dict) else factor)
        return _Part({"kind": kind, "factor": number, "term": inner.node}, number * inner.dense, inner.files)
    if kind == "adjoint":
        inner = _node(node["term"], size, serial)
        return _Part({"kind": kind, "term": inner.node}, inner.dense.T, inner.files)
    field = "terms" if kind == "sum" else "factors"
    parts = [_node(p, size, serial) for p in node[field]]
    dense = parts[0].dense
    for p in parts[1:]:
        dense = dense + p.dense if kind == "sum" else dense @ p.dense
    return _Part({"kind": kind, field: [p.node for p in parts]}, dense, _files(parts))


def _banded(node: Mapping[str, Any], size: int) -> _Part:
    kept = [(o, v) for o, v in zip(node["offsets"], node["values"], strict=True) if abs(o) < size]
    values = [float(v["value"] if isinstance(v, dict) else v) for _, v in kept]
    dense = np.zeros((size, size))
    for (offset, _), value in zip(kept, values, strict=True):
        dense += value * np.eye(size, k=offset)
    made = {"kind": "banded", "n": size, "offsets": [o for o, _ in kept], "values": values}
    return _Part(made, dense, {})


def _beside(a: Array, b: Array) -> Array:
    found = np.zeros((len(a) + len(b),) * 2)
    found[: len(a), : len(a)], found[len(a) :, len(a) :] = a, b
    return found


def _files(parts: list[_Part]) -> dict[str, Array]:
    return {name: array for p in parts for name, array in p.files.items()}
