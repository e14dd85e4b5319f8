"""Products with derivatives of a live model against matrices written out by other means."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.utils import prune

from qgd_compiler.errors import InputFileError, UsageError
from qgd_compiler.frontends.torch.approximations import written_out
from qgd_compiler.frontends.torch.kfac import kronecker_factors
from qgd_compiler.frontends.torch.surface import Surface
from qgd_compiler.frontends.torch.third import third_derivative
from qgd_compiler.kinds import Source

pytestmark = pytest.mark.torch

ce = torch.nn.functional.cross_entropy
mse = torch.nn.functional.mse_loss


def network(*sizes: int) -> Any:
    """Layers with tanh between them, in double precision."""
    torch.manual_seed(3)
    layers: list[Any] = []
    for inputs, outputs in pairwise(sizes):
        layers += [torch.nn.Linear(inputs, outputs), torch.nn.Tanh()]
    return torch.nn.Sequential(*layers[:-1]).double()


def samples(count: int, inputs: int, classes: int) -> tuple[Any, Any]:
    generator = torch.Generator().manual_seed(7)
    x = torch.randn(count, inputs, generator=generator, dtype=torch.float64)
    return x, torch.randint(classes, (count,), generator=generator)


def differences(model: Any, loss: Any, data: tuple[Any, Any], step: float = 1e-5) -> tuple[Any, Any]:
    """Gradient and Hessian over all parameters by central differences of the loss and the gradient."""
    parameters = list(model.parameters())

    def gradient() -> np.ndarray[Any, Any]:
        found = torch.autograd.grad(loss(model(data[0]), data[1]), parameters)
        return np.concatenate([g.numpy().ravel() for g in found])

    flat = [(p, i) for p in parameters for i in range(p.numel())]
    slopes, rows = [], []
    for parameter, place in flat:
        ends = []
        for sign in (1, -1):
            with torch.no_grad():
                parameter.view(-1)[place] += sign * step
            ends.append((float(loss(model(data[0]), data[1]).detach()), gradient()))
            with torch.no_grad():
                parameter.view(-1)[place] -= sign * step
        slopes.append((ends[0][0] - ends[1][0]) / (2 * step))
        rows.append((ends[0][1] - ends[1][1]) / (2 * step))
    return np.array(slopes), np.array(rows)


def test_gradient_and_hessian_are_those_of_finite_differences() -> None:
    model, data = network(3, 4, 3), samples(11, 3, 3)
    slopes, rows = differences(model, ce, data)
    surface = Surface(model, ce, data)
    assert surface.gradient() == pytest.approx(slopes, abs=1e-8)
    assert written_out(surface.hessian(), surface.size) == pytest.approx(rows, abs=1e-7)


def test_a_mask_keeps_its_rows_and_columns_of_the_hessian() -> None:
    model, data = network(3, 4, 3), samples(11, 3, 3)
    mask = {"0.weight": torch.tensor([[1, 0, 1]] * 4), "2.bias": torch.tensor([0, 1, 0])}
    surface = Surface(model, ce, data, mask)
    chosen = [*(i for i in range(12) if i % 3 != 1), *range(12, 16), *range(16, 28), 29]
    assert surface.active.tolist() == chosen
    assert (surface.size, surface.parameters) == (8 + 4 + 12 + 1, 31)
    slopes, rows = differences(model, ce, data)
    assert surface.gradient() == pytest.approx(slopes[chosen], abs=1e-8)
    assert written_out(surface.hessian(), surface.size) == pytest.approx(
        rows[np.ix_(chosen, chosen)], abs=1e-7
    )
    assert surface.theta == pytest.approx(
        np.concatenate([p.detach().numpy().ravel() for p in model.parameters()])[chosen]
    )


def test_masks_of_torch_prune_are_found_and_the_model_is_left_as_it_was() -> None:
    model, data = network(3, 4, 3), samples(11, 3, 3)
    prune.random_unstructured(model[0], "weight", amount=5)
    mask = {"0.weight": model[0].weight_mask.clone()}
    before = {k: v.clone() for k, v in model.state_dict().items()}
    seen = model[0].weight
    model.train()
    own = Surface(model, ce, data)
    found = written_out(own.hessian(), own.size)
    assert model.training
    assert model[0].weight is seen
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
    assert own.size == 26
    prune.remove(model[0], "weight")
    plain = Surface(model, ce, data, mask)
    order = np.argsort(own_order(own, plain))
    assert found[np.ix_(order, order)] == pytest.approx(written_out(plain.hessian(), plain.size), abs=1e-12)


def own_order(own: Surface, plain: Surface) -> list[int]:
    """For each kept parameter of `own` its place in `plain`: pruning moves a weight behind its bias."""
    places = {}
    for number, (tensor, local) in enumerate((t, i) for t in plain.tensors for i in t.places.tolist()):
        places[tensor.name, local] = number
    return [places[t.name, i] for t in own.tensors for i in t.places.tolist()]


def test_batches_weigh_as_much_as_they_have_samples() -> None:
    model, (x, y) = network(3, 4, 3), samples(11, 3, 3)
    whole, parts = Surface(model, ce, (x, y)), Surface(model, ce, [(x[:2], y[:2]), (x[2:], y[2:])])
    vector = np.linspace(-1, 1, whole.size)
    assert parts.loss() == pytest.approx(whole.loss(), rel=1e-12)
    for name in ("hessian_product", "gauss_newton_product"):
        assert getattr(parts, name)(vector) == pytest.approx(getattr(whole, name)(vector), abs=1e-13)
    assert parts.third_product(vector, vector) == pytest.approx(
        whole.third_product(vector, vector), abs=1e-12
    )


def test_the_third_derivative_is_the_change_of_the_hessian_along_a_direction() -> None:
    model, data = network(3, 4, 3), samples(11, 3, 3)
    surface = Surface(model, ce, data)
    rng = np.random.default_rng(0)
    left, right = rng.standard_normal((2, surface.size))
    step, ends = 1e-4, []
    for sign in (1, -1):
        moved = network(3, 4, 3)
        with torch.no_grad():
            first = 0
            for parameter in moved.parameters():
                part = right[first : first + parameter.numel()].reshape(parameter.shape)
                parameter += sign * step * torch.from_numpy(part)
                first += parameter.numel()
        ends.append(Surface(moved, ce, data).hessian_product(left))
    assert surface.third_product(left, right) == pytest.approx((ends[0] - ends[1]) / (2 * step), abs=1e-6)


def test_the_gauss_newton_matrix_of_least_squares_is_the_square_of_the_jacobian() -> None:
    model, (x, _) = network(3, 4, 2), samples(9, 3, 2)
    targets = torch.randn(9, 2, dtype=torch.float64)
    parameters = tuple(model.parameters())
    rows = [torch.autograd.grad(value, parameters, retain_graph=True) for value in model(x).reshape(-1)]
    jacobian = np.array([np.concatenate([g.numpy().ravel() for g in row]) for row in rows])
    surface = Surface(model, mse, (x, targets))
    # mse is a mean over samples and outputs: its Hessian in the outputs is 2/18
    expected = jacobian.T @ jacobian * 2 / 18
    assert written_out(surface.gauss_newton(), surface.size) == pytest.approx(expected, abs=1e-12)


def test_kronecker_factors_are_exact_where_every_sample_has_the_same_inputs() -> None:
    """With equal inputs the mean of the products is the product of the means: KFAC is the Gauss–Newton block."""
    model, (x, y) = network(3, 4, 3), samples(6, 3, 3)
    x[:] = x[0]
    surface = Surface(model, ce, (x, y))
    whole = written_out(surface.gauss_newton(), surface.size)
    factors = kronecker_factors(surface)
    assert [(f.outer.shape, f.inner.shape) for f in factors] == [((4, 4), (4, 4)), ((3, 3), (5, 5))]
    for one in factors:
        block = whole[np.ix_(one.places, one.places)]
        assert np.kron(one.outer, one.inner) == pytest.approx(block, abs=1e-12)
    assert not kronecker_factors(Surface(model, ce, (x, y), {n: torch.eye(4, 3) for n in ("0.weight",)}))[1:]


def test_the_third_derivative_of_a_logistic_model_has_the_norm_of_its_formula() -> None:
    """L = mean of ln(1 + e^{-t}), t = x·θ: the third derivative is the mean of s(1−s)(1−2s) x⊗x⊗x up to sign."""
    x, _ = samples(30, 5, 2)
    model = torch.nn.Linear(5, 1, bias=False).double()
    with torch.no_grad():
        model.weight[:] = torch.tensor([[0.3, -1.2, 0.8, 0.1, 2.0]])
    surface = Surface(model, lambda out, _: torch.nn.functional.softplus(-out).mean(), (x, x[:, 0]))
    points, theta = x.numpy(), model.weight.detach().numpy()[0]
    s = 1 / (1 + np.exp(points @ theta))
    tensor = -np.einsum("a,ai,aj,ak->ijk", s * (1 - s) * (1 - 2 * s), points, points, points) / 30
    expected = float(np.linalg.norm(tensor.reshape(5, 25), 2))
    found = third_derivative(surface.third_product, 5)
    assert found.norm == pytest.approx(expected, rel=1e-3)
    assert found.source is Source.MEASURED
    assert 0 < found.injective <= found.norm * (1 + 1e-9)
    probed = third_derivative(surface.third_product, 5, probes=4)
    assert probed.source is Source.ESTIMATED
    assert 0.7 * expected < probed.norm < 1.6 * expected
    assert "no bound" in probed.method


def test_the_injective_norm_of_a_rank_one_tensor_is_its_norm() -> None:
    axis = np.array([0.6, -0.8, 0.0, 0.0])
    found = third_derivative(lambda u, v: 7 * (axis @ u) * (axis @ v) * axis, 4)
    assert (found.norm, found.injective) == pytest.approx((7, 7), rel=1e-6)


def test_a_model_without_third_derivatives_has_none() -> None:
    x, _ = samples(12, 3, 2)
    surface = Surface(torch.nn.Linear(3, 2).double(), mse, (x, torch.zeros(12, 2, dtype=torch.float64)))
    assert third_derivative(surface.third_product, surface.size).norm == 0


def test_what_does_not_fit_a_model_is_refused_by_name() -> None:
    model, data = network(3, 4, 3), samples(11, 3, 3)
    for mask, words in [
        ({"nothing": torch.ones(2)}, "'nothing', which is no trainable parameter"),
        ({"0.weight": torch.ones(3, 4)}, r"shape \(3, 4\), its parameter \(4, 3\)"),
        ({"0.weight": torch.full((4, 3), 0.5)}, "other entries than 0 and 1"),
        ({n: torch.zeros_like(p) for n, p in model.named_parameters()}, "no parameter of the model is kept"),
    ]:
        with pytest.raises((InputFileError, UsageError), match=words):
            Surface(model, ce, data, mask)
    with pytest.raises(UsageError, match="is no torch"):
        Surface(3, ce, data)
    for wrong in ([], [(data[0][:0], data[1][:0])], [data[0]], ["ab"]):
        with pytest.raises(UsageError):
            Surface(model, ce, wrong)
    with pytest.raises(UsageError, match=r"the loss has shape \(11,\)"):
        Surface(model, lambda out, y: ce(out, y, reduction="none"), data).gradient()
    with pytest.raises(InputFileError, match="the loss is"):
        Surface(model, ce, (data[0] * float("nan"), data[1])).gradient()
    with torch.no_grad():
        model[0].weight[0, 0] = float("inf")
    with pytest.raises(InputFileError, match="not finite"):
        Surface(model, ce, data)


def test_dropout_is_off_and_statistics_stand_still() -> None:
    torch.manual_seed(0)
    model = torch.nn.Sequential(
        torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Dropout(0.5), torch.nn.Linear(4, 3)
    )
    data = samples(11, 3, 3)
    surface = Surface(model.train(), ce, data, dtype="float64")
    mean = model[1].running_mean.clone()
    found = surface.gradient()
    assert model.training
    assert torch.equal(model[1].running_mean, mean)
    assert model[0].weight.dtype == torch.float32
    still = model.eval().double()
    expected = torch.autograd.grad(ce(still(data[0]), data[1]), list(still.parameters()))
    assert found == pytest.approx(np.concatenate([g.numpy().ravel() for g in expected]), abs=1e-12)
