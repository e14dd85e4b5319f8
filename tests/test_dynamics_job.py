"""Whole jobs on nonlinear, scheduled and published models: what users ask of `qgd analyze` and `qgd compile`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

import qgd_compiler
from qgd_compiler.analysis.recursion import Recursion, search_orders
from qgd_compiler.analysis.regime import RegimeName
from qgd_compiler.analysis.verdict import judge
from qgd_compiler.cli.main import main
from qgd_compiler.errors import QgdError, SpecError, UsageError

SMALL: dict[str, Any] = {
    "qgd": 1,
    "name": "four",
    "model": {"parameters": 4},
    "dynamics": {"learning_rate": 0.1, "iterations": 8, "expansion": {"order": 2}},
    "hessian": {"kind": "diagonal", "values": [1.0, 0.5, 0.8, 2.0]},
    "gradient": {"norm": 0.1},
    "third_derivative": {"norm": 0.2, "sparsity": 2, "max_entry": 0.2},
    "target": {"epsilon": 0.05},
}


def changed(**changes: Any) -> dict[str, Any]:
    """SMALL with fields set; `a__b` is a field of a section."""
    data: dict[str, Any] = json.loads(json.dumps(SMALL))
    for path, value in changes.items():
        *parents, last = path.split("__")
        here = data
        for name in parents:
            here = here.setdefault(name, {})
        here[last] = value
    return data


def test_the_published_proxy_comes_out_of_the_command(estimates: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.json"
    code = main(["analyze", str(estimates / "resnet-7m.yaml"), "--proxy", "--format", "json", "-o", str(out)])
    assert code == 0
    proxy = json.loads(out.read_text())["proxy"]
    assert proxy["t"] == list(range(101)) and len(proxy["value"]) == 101
    assert proxy["value"][0] == pytest.approx(1)
    assert min(proxy["value"]) == pytest.approx(0.9786, abs=0.002)
    assert int(np.argmin(proxy["value"])) == 24
    assert proxy["value"][90] == pytest.approx(1.117, abs=0.002)


@pytest.mark.parametrize(("name", "kept"), [("resnet-7m", 777_101), ("resnet-103m", 10_752_827)])
def test_the_published_models_are_not_dissipative_and_a_density_certifies_nothing(
    name: str, kept: int, estimates: Path
) -> None:
    found = qgd_compiler.analyze(estimates / f"{name}.yaml")
    assert found.hessian.parameters == kept
    assert found.regime.name == "not dissipative -> window"
    assert found.weakest_source == "estimated"
    assert "certifies nothing" in found.spectrum.method


def test_the_series_of_the_paper_is_never_allowed_and_that_of_digits_at_the_end(estimates: Path) -> None:
    paper = qgd_compiler.analyze(estimates / "resnet-7m.yaml", training=True).training
    assert paper is not None and [p.step for p in paper.points] == list(range(0, 101, 10))
    assert paper.first_allowed is None and not any(p.allowed for p in paper.points)
    for point in paper.points:
        assert point.growth > 1.02 and point.window < 40
    digits = qgd_compiler.analyze(estimates / "digits-training.yaml", training=True).training
    assert digits is not None
    assert [p.allowed for p in digits.points] == [False, False, True]
    assert (digits.first_allowed, digits.last_allowed) == (200, 200)


def test_a_figure_is_drawn_and_is_the_same_twice(estimates: Path, tmp_path: Path) -> None:
    for name in ("a.svg", "b.svg"):
        words = ["analyze", str(estimates / "resnet-7m.yaml"), "--proxy", "--training", "--plot"]
        assert main([*words, str(tmp_path / name), "-o", str(tmp_path / "x.txt")]) == 0
    first, second = ((tmp_path / name).read_text() for name in ("a.svg", "b.svg"))
    assert first.startswith("<?xml") and "error proxy" in first

    def plain(text: str) -> list[str]:  # the figure's own names of clips and markers are drawn at random
        return [
            line
            for line in text.splitlines()
            if "id=" not in line and "href" not in line and "url(" not in line
        ]

    assert plain(first) == plain(second)
    assert main(["analyze", str(estimates / "resnet-7m.yaml"), "--plot", str(tmp_path / "c.svg")]) == 2
    assert (
        main(["analyze", str(estimates / "resnet-7m.yaml"), "--proxy", "--plot", str(tmp_path / "c.gif")])
        == 2
    )
    assert not (tmp_path / "c.svg").exists()


def run_of(h: np.ndarray, gradient: np.ndarray, rate: float, steps: int, damping: float) -> float:
    """‖u_T‖ by squaring one affine step, [[A, b], [0, 1]]^T."""
    n = len(h)
    step = np.eye(n + 1)
    step[:n, :n] -= rate * (h + damping * np.eye(n))
    step[:n, n] = -rate * gradient
    return float(np.linalg.norm(np.linalg.matrix_power(step, steps)[:n, n]))


def test_every_digits_network_with_measured_f2_is_classified_as_gradient_descent_behaves(
    estimates: Path,
) -> None:
    content = json.loads((estimates / "data" / "digits-checkpoints.json").read_text())
    measured = [c for c in content["checkpoints"] if "F2_mat" in c]
    assert len(measured) == 20
    for c in measured:
        run = Recursion(
            c["lmin"],
            c["lmax"],
            np.full(100, c["lr"]),
            gradient=c["gnorm"],
            higher=(c["F2_mat"], c["F3_mat"]),
        )
        found = judge(run, search_orders(run, 2.5e-3))
        assert found.name is RegimeName.WINDOW
        assert found.growth == pytest.approx(1 - c["lr"] * c["lmin"])
        assert found.damping is not None and found.damping > -c["lmin"]
    for name, rate in (("tanh_ce_p90_t0", 0.01), ("tanh_ce_p99_t0", 0.01), ("square_mse_p90_t0", 0.005)):
        h = sparse.load_npz(estimates / "data" / f"mlp64-32-10_{name}.npz").toarray().astype(float)
        values, vectors = np.linalg.eigh(h)
        u = vectors[:, 0]
        for _ in range(100):
            u = u - rate * (h @ u)
        found = judge(
            Recursion(values[0], values[-1], np.full(100, rate)),
            search_orders(Recursion(values[0], values[-1], np.full(100, rate)), 1e-2),
        )
        assert found.name is RegimeName.WINDOW
        assert np.linalg.norm(u) == pytest.approx(found.growth_over_run, rel=1e-6)
        # the run of the data itself: it grows for ever, and with the damping that is named it stays bounded
        aux = estimates / "data" / f"mlp64-32-10_{name}.aux.npz"
        if aux.exists():
            gradient = np.load(aux)["grad"].astype(float)
            assert found.damping is not None
            damped = run_of(h, gradient, rate, 40_000, found.damping)
            assert run_of(h, gradient, rate, 40_000, 0.0) > 1e6 * damped
            assert damped <= 40_000 * rate * np.linalg.norm(gradient)


def test_a_nonlinear_spec_compiles_with_its_certificate() -> None:
    report = qgd_compiler.compile(changed(gradient__norm=0.3, target__epsilon=0.02))
    assert report.carleman.order >= 2 and report.carleman.gamma is not None
    assert report.regime.name == "dissipative R < 1" and report.regime.ratio is not None
    names = {share.name for share in report.error_budget}
    assert "truncation" in names
    whole = sum(share.epsilon for share in report.error_budget)
    assert whole <= 0.02 * (1 + 1e-9)
    systems = {a.subject for a in report.alternatives}
    assert any("exact" in s for s in systems) and any("first-order" in s for s in systems)
    assert any("level 0" in s for s in systems) and any("right-hand side" in s for s in systems)
    assert report.total.t_count > 0


def test_a_run_that_is_not_certified_is_priced_for_its_first_window() -> None:
    spec = changed(
        hessian__values=[1.0, -0.5, 0.8, 2.0], gradient__norm=1.0, dynamics__iterations=60,
        solution={"final_over_max": 0.9}, third_derivative__norm=1.0, third_derivative__max_entry=1.0,
    )  # fmt: skip
    analysis = qgd_compiler.analyze(spec)
    assert analysis.nonlinearity is not None and 0 < analysis.nonlinearity.window < 60
    report = qgd_compiler.compile(spec)
    assert report.regime.name == "not dissipative -> window"
    assert report.linear_system.rows - report.linear_system.padding - 1 == analysis.nonlinearity.window
    assert any("first window" in line for line in report.verdict)


def test_damping_makes_a_growing_nonlinear_run_contract() -> None:
    spec = changed(
        hessian__values=[1.0, -0.5, 0.8, 2.0],
        gradient__norm=0.3,
        dynamics__on_not_dissipative="damp",
        dynamics__iterations=40,
    )
    found = qgd_compiler.analyze(spec)
    assert found.regime.name == "not dissipative -> damped"
    assert found.regime.growth < 1 and found.regime.ratio is not None and found.regime.ratio < 1


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"third_derivative": None}, SpecError, "third derivative"),
        ({"dynamics__expansion": {"order": 3}}, SpecError, "fourth derivative"),
        ({"third_derivative": {"norm": 0}}, SpecError, "vanishes"),
        (
            {
                "dynamics__expansion": {"order": 2, "about": "minimum"},
                "dynamics__noise": {"norm": 0.1},
                "displacement": {"norm": 1},
            },
            SpecError,
            "noise have one",
        ),
        ({"dynamics__expansion": {"order": 2, "about": "minimum"}}, SpecError, "displacement"),
        ({"dynamics__expansion": {"order": 2, "about": "cheaper"}}, SpecError, "quadratic"),
        ({"dynamics__schedule": {"kind": "list", "rates": [0.1]}}, SpecError, "8 iterations"),
        ({"dynamics__schedule": {"kind": "step", "every": 2}}, SpecError, "factor"),
        ({"third_derivative": {"entries": [[0, 1, 9, 1.0]]}}, QgdError, "outside"),
        ({"third_derivative": {"entries": [[0, 1, 1.0]]}}, QgdError, "3 indices"),
    ],
)
def test_what_cannot_be_served_says_why(changes: dict[str, Any], error: type[QgdError], words: str) -> None:
    spec = changed(**changes)
    if spec.get("third_derivative", 1) is None:
        del spec["third_derivative"]
    with pytest.raises(error, match=words):
        qgd_compiler.compile(spec)


def test_a_vanishing_third_derivative_passes_with_a_remainder() -> None:
    spec = changed(third_derivative={"norm": 0}, dynamics__expansion={"order": 2, "remainder": 0.3})
    found = qgd_compiler.analyze(spec)
    assert found.regime.name == "linear dissipative"


@pytest.mark.parametrize("kind", [".csv", ".npz"])
def test_a_derivative_from_a_file_is_the_same_as_in_the_spec(kind: str, tmp_path: Path) -> None:
    entries = [[0, 0, 1, 0.2], [1, 2, 3, -0.3], [3, 3, 3, 0.1]]
    if kind == ".csv":
        (tmp_path / "t.csv").write_text("i,j,k,value\n" + "\n".join(",".join(map(str, e)) for e in entries))
    else:
        np.savez(tmp_path / "t.npz", indices=[e[:3] for e in entries], values=[e[3] for e in entries])
    written = qgd_compiler.analyze(changed(third_derivative={"entries": entries}))
    read = qgd_compiler.analyze(changed(third_derivative={"file": str(tmp_path / f"t{kind}")}))
    assert written.nonlinearity is not None and read.nonlinearity is not None
    assert written.nonlinearity.norms == read.nonlinearity.norms
    assert written.nonlinearity.norms[2] == pytest.approx(0.1 * 0.2345, rel=1e-2)


def test_schedules_momentum_minibatches_and_noise_have_a_price() -> None:
    base = {**changed(), "dynamics": {"learning_rate": 0.1, "iterations": 6}}
    del base["third_derivative"]
    plain = qgd_compiler.compile(base).total.t_count
    for extra in (
        {"schedule": {"kind": "step", "every": 3, "factor": 0.5}},
        {"momentum": 0.5},
        {"minibatches": {"count": 3}},
        {"noise": {"norm": 0.001}},
    ):
        spec = {**base, "dynamics": {**base["dynamics"], **extra}, "solution": {"final_over_max": 0.9}}
        report = qgd_compiler.compile(spec)
        assert report.total.t_count > plain / 10, extra
        assert report.logical.qubits > 0


def test_a_file_without_a_series_is_refused_for_training(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text('{"eigenvalue": [0.5, 2], "density": [1, 1]}')
    spec = changed(spectrum={"file": str(tmp_path / "s.json")})
    with pytest.raises(SpecError, match="training steps"):
        qgd_compiler.analyze(spec, training=True)
    with pytest.raises(SpecError, match="no density"):
        qgd_compiler.analyze(
            changed(
                hessian={"kind": "sparse", "row_sparsity": 2, "max_entry": 1}, spectrum={"lambda_min": 0.1}
            ),
            proxy=True,
        )
    with pytest.raises(UsageError, match="nothing to plot"):
        from qgd_compiler.backends.plots import plot

        plot(qgd_compiler.analyze(SMALL), Path("x.svg"))


@pytest.mark.parametrize(
    "extra",
    [
        {"momentum": 0.3, "schedule": {"kind": "step", "every": 2, "factor": 0.5}},
        {"minibatches": {"count": 3}, "noise": {"norm": 0.001}, "schedule": {"kind": "cosine"}},
    ],
)
def test_nonlinear_runs_that_change_from_step_to_step_have_a_price(extra: dict[str, Any]) -> None:
    expansion = {"order": 2, "carleman_order": 2, "lift": "exact"}
    dynamics = {"learning_rate": 0.1, "iterations": 4, "expansion": expansion}
    spec = changed(
        dynamics=dynamics | extra,
        solution={"final_over_max": 0.9},
        target__epsilon=0.1,
        access={"models": ["qrom"]},
    )
    report = qgd_compiler.compile(spec)
    constant = qgd_compiler.compile({**spec, "dynamics": dynamics})
    assert report.carleman.order == 2
    if "minibatches" in extra:  # three Hessians, three tensors and four gradients are loaded instead of one
        assert report.total.t_count > 1.5 * constant.total.t_count
    else:  # levels 1 and 2 of eight rows instead of four
        assert (report.carleman.width, constant.carleman.width) == (8 + 64, 4 + 16)


def test_minibatches_of_a_nonlinear_run_cost_what_loading_their_data_costs() -> None:
    """Twice as many data sets are twice as many entries to load; nothing else in a query grows so."""
    from qgd_compiler.algorithms.access import Qrom
    from qgd_compiler.algorithms.menu.offer import Words
    from qgd_compiler.algorithms.menu.offers import offers
    from qgd_compiler.costing.fold import fold
    from qgd_compiler.costing.prices import price_of
    from qgd_compiler.kinds import Source
    from qgd_compiler.structure import CarlemanSteps, Declared, Fact, Tensor

    few, entry = Fact(5, Source.ASSUMED), Fact(0.5, Source.ASSUMED)
    h = Declared(
        rows=64, columns=64, row_sparsity=few, column_sparsity=few, max_entry=entry, hermitian=True, real=True
    )
    tensor = Tensor(size=64, inputs=2, row_sparsity=few, max_entry=entry)
    toffolis = []
    for sets in (4, 8, 16):
        steps = CarlemanSteps(rates=np.full(16, 0.1), hessians=(h,) * sets, seconds=(tensor,) * sets, order=2)
        offer = next(o for o in offers(steps) if "(sparse access, sparse access" in o.name)
        step = offer.prepared(Words(bits=12), Qrom()).encoding(True)
        toffolis.append(int(fold(step.routine, price_of).gates.toffoli))
    assert 1.9 < (toffolis[2] - toffolis[1]) / (toffolis[1] - toffolis[0]) < 2.1


def test_a_lift_too_large_to_be_measured_reaches_its_precision_from_measured_parts(tmp_path: Path) -> None:
    """Order 4 of eight rows: the bounds on the roundings of its row-weighted part ask for what no words give."""
    np.savez(
        tmp_path / "h.npz",
        H=[[1.0, 0.25, 0.0, 0.1], [0.25, 0.6, 0.1, 0.0], [0.0, 0.1, 0.8, 0.2], [0.1, 0.0, 0.2, 1.5]],
    )
    np.save(tmp_path / "g.npy", [0.1, -0.05, 0.08, 0.02])
    from qgd_compiler.algorithms.access import Qrom
    from qgd_compiler.algorithms.menu.offer import Words
    from qgd_compiler.spec.loader import validate
    from qgd_compiler.study import study

    expansion = {"order": 2, "carleman_order": 4, "lift": "exact"}
    spec = changed(
        dynamics={"learning_rate": 0.2, "iterations": 14, "momentum": 0.5, "expansion": expansion},
        hessian={"kind": "dense", "file": "h.npz", "key": "H"},
        gradient={"file": "g.npy"},
        third_derivative={"entries": [[0, 0, 1, 0.4], [1, 2, 2, -0.6], [2, 2, 3, 0.2]]},
    )
    system = study(validate(spec, tmp_path)).problem().systems[0]
    for offer in system.offers:
        assert offer.prepared(Words(epsilon=2.6e-5), Qrom()).epsilon <= 2.6e-5


def test_growth_beyond_any_window_is_priced_and_said() -> None:
    spec = changed(hessian__values=[1.0, -20.0, 0.8, 2.0], dynamics__iterations=4)
    del spec["third_derivative"], spec["dynamics"]["expansion"]
    spec["solution"] = {"final_over_max": 0.9}
    report = qgd_compiler.compile(spec)
    assert report.regime.name == "infeasible" and report.regime.growth == pytest.approx(3)
    assert any("no window is short enough" in line for line in report.verdict)
    assert report.linear_system.inverse_norm > 3**3


def test_a_hessian_that_is_only_a_product_is_measured_and_analysed(estimates: Path, tmp_path: Path) -> None:
    from scipy.sparse.linalg import aslinearoperator

    h = sparse.load_npz(estimates / "data" / "mlp64-32-10_tanh_ce_p90_t0.npz").toarray().astype(float)
    told: list[int] = []
    found = qgd_compiler.spectrum_of(
        aslinearoperator(h), probes=4, steps=50, progress=lambda done, most: told.append(done)
    )
    assert told[-1] == 200
    (tmp_path / "s.json").write_text(json.dumps(found))
    analysis = qgd_compiler.analyze(
        changed(
            model={"parameters": 279},
            dynamics={"learning_rate": 0.01, "iterations": 60},
            hessian={"kind": "dense", "norm": 3},
            spectrum={"file": str(tmp_path / "s.json"), "cut": 0.1},
        )
        | {"third_derivative": None},
        proxy=True,
    )
    values = np.linalg.eigvalsh(h)
    assert analysis.spectrum.lambda_min.value == pytest.approx(values[0], rel=1e-6)
    assert analysis.spectrum.lambda_max.value == pytest.approx(values[-1], rel=1e-6)
    assert analysis.cuts is not None and analysis.cuts.fully == pytest.approx(-values[0], rel=1e-6)
    assert analysis.proxy is not None
    kept = values[np.abs(values) > 0.1]
    assert analysis.proxy.value[60] == pytest.approx(np.mean(np.abs(1 - 0.01 * kept) ** 60), rel=0.05)


def test_a_cut_says_which_share_of_the_modes_it_leaves() -> None:
    spec = changed(spectrum={"eigenvalues": [-1.0, -0.2, 0.5, 2.0, 3.0]}, dynamics__iterations=40)
    del spec["third_derivative"], spec["dynamics"]["expansion"]
    spec["hessian"] = {"kind": "dense", "norm": 3}
    cuts = qgd_compiler.analyze(spec).cuts
    assert cuts is not None and cuts.fully == 1.0 and cuts.fully_share == pytest.approx(2 / 5)
