"""Along the training of a pruned network: where would quantum gradient descent be allowed, and what would it cost?

    pip install "qgd-compiler[digits]"
    python examples/digits_training.py

Trains a 64-32-10 network on scikit-learn's digits, prunes 90 % of its weights, trains on, and measures the loss at
several steps of that: the exact Hessian over the kept parameters, its spectrum, the norm of the third derivative. At
each step the run of gradient descent that starts there is judged and priced. It is the experiment of Liu et al., Nature
Communications 15, 434 (2024), Figs. 2 and 3, on a laptop, in three or four minutes.

Everything goes into a folder (default: digits-training): measurements, a spec for each step, the series of spectra with
a spec that names it, a figure, and a table.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch.nn.utils import prune

import qgd_compiler
from qgd_compiler.backends.figures import count, real
from qgd_compiler.backends.plots import plot
from qgd_compiler.frontends.torch import Measured, measure
from qgd_compiler.spec.dump import to_yaml

STEPS = (0, 5, 20, 100, 300, 1000)
RATE = 0.1  # of the training, and of the run that is priced
RUN = 100  # steps of that run
PRUNED = 0.9
IMAGES = 1437  # of 1,797; the others are for the accuracy
DENSE_STEPS = 1000

cross_entropy = torch.nn.functional.cross_entropy


@dataclass(frozen=True)
class Step:
    """One step of the training: the measurement, and what the compiler says of a run that starts there."""

    number: int
    accuracy: float
    measured: Measured
    report: Any


def digits() -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """Images for training and images for the accuracy, entries between 0 and 1."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    x, y = torch.tensor(images / 16.0, dtype=torch.float32), torch.tensor(labels)
    return (x[:IMAGES], y[:IMAGES]), (x[IMAGES:], y[IMAGES:])


def train(model: Any, data: tuple[Any, Any], steps: int) -> None:
    """Plain gradient descent on all images."""
    optimiser = torch.optim.SGD(model.parameters(), lr=RATE)
    for _ in range(steps):
        optimiser.zero_grad()
        cross_entropy(model(data[0]), data[1]).backward()
        optimiser.step()


def accuracy(model: Any, data: tuple[Any, Any]) -> float:
    """Share of images that are recognised."""
    with torch.no_grad():
        return float((model(data[0]).argmax(dim=1) == data[1]).double().mean())


def pruned_network(data: tuple[Any, Any], seed: int) -> Any:
    """A trained network of which the tenth of the weights with the largest size is kept."""
    torch.manual_seed(seed)
    model = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.Tanh(), torch.nn.Linear(32, 10))
    train(model, data, DENSE_STEPS)
    weights = [(model[0], "weight"), (model[2], "weight")]
    prune.global_unstructured(weights, pruning_method=prune.L1Unstructured, amount=PRUNED)
    return model


def along(model: Any, data: Any, tests: Any, steps: tuple[int, ...], folder: Path) -> Iterator[Step]:
    """Train on and measure at each of `steps`."""
    done = 0
    for number in steps:
        train(model, data, number - done)
        done = number
        measured = measure(
            model,
            cross_entropy,
            data,
            path=folder / f"step{number}.npz",
            name=f"64-32-10 network on digits, 90 % pruned, step {number}",
            learning_rate=RATE,
            iterations=RUN,
            progress=partial(tell_progress, number),
        )
        tell(f"step {number}: compiling")
        report = qgd_compiler.compile(measured.save_spec(folder / f"step{number}.yaml"))
        yield Step(number, accuracy(model, tests), measured, report)


def series(found: list[Step], folder: Path) -> Path:
    """The spectra of all steps in one file, and a spec that names it."""
    spectra = {str(s.number): json.loads(s.measured.spectrum_path.read_text()) for s in found}
    for entry in spectra.values():
        entry.pop("source")
    content = {"source": "examples/digits_training.py", "steps": spectra}
    (folder / "spectra.json").write_text(json.dumps(content))
    first = found[0].measured.spec
    assert first.spectrum is not None
    spectrum = first.spectrum.model_copy(update={"file": "spectra.json", "step": found[0].number})
    spec = first.model_copy(
        update={"spectrum": spectrum, "name": "64-32-10 network on digits along its training"}
    )
    path = folder / "training.yaml"
    path.write_text(to_yaml(spec), encoding="utf-8")
    return path


def table(found: list[Step], analysis: Any) -> str:
    """One line for each step."""
    head = (
        "step",
        "accuracy",
        "λ_min",
        "λ_max",
        "growth over run",
        "longest run",
        "allowed",
        "norm of T",
        "T gates",
    )
    lines = [head]
    for step, point in zip(found, analysis.training.points, strict=True):
        third = step.measured.third
        lines.append(
            (
                str(step.number),
                f"{100 * step.accuracy:.1f} %",
                real(point.lambda_min, 3),
                real(point.lambda_max, 3),
                real(point.growth_over_run, 3),
                str(point.window),
                "yes" if point.allowed else "no",
                "" if third is None else real(third.norm, 3),
                count(step.report.total.t_count),
            )
        )
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    return "\n".join("  ".join(cell.rjust(w) for cell, w in zip(line, widths, strict=True)) for line in lines)


def tell_progress(number: int, what: str, done: int, total: int) -> None:
    """What is being measured."""
    tell(f"step {number}: {what} {done}/{total}")


def tell(text: str) -> None:
    """Progress, on a screen only."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--folder", type=Path, default=Path("digits-training"), help="where everything goes")
    parser.add_argument("--steps", type=int, nargs="+", default=list(STEPS), help="when to measure")
    parser.add_argument("--seed", type=int, default=0, help="of the network's start")
    given = parser.parse_args(arguments)
    start = time.monotonic()
    torch.set_num_threads(1)  # the products are small: sharing one out takes longer than doing it
    given.folder.mkdir(parents=True, exist_ok=True)
    data, tests = digits()
    model = pruned_network(data, given.seed)
    found = list(along(model, data, tests, tuple(sorted(set(given.steps))), given.folder))
    analysis = qgd_compiler.analyze(series(found, given.folder), proxy=True, training=True)
    figure = given.folder / "training.svg"
    figure.write_bytes(plot(analysis, figure))
    text = table(found, analysis)
    (given.folder / "training.txt").write_text(text + "\n", encoding="utf-8")
    tell("")
    print(text)
    first, last = analysis.training.first_allowed, analysis.training.last_allowed
    if first is None:
        print(f"\nAt none of these steps is a run of {RUN} steps allowed.")
    else:
        print(
            f"\nA run of {RUN} steps is allowed from step {first} to step {last} of those that were measured."
        )
    print(f"figure: {figure}; specs: {given.folder}/step*.yaml; {time.monotonic() - start:.0f} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
