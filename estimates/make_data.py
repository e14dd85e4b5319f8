"""The data of the made-up estimates, always the same: `python estimates/make_data.py` writes them anew.

ridge.npz          ridge regression, 32 features, 256 samples: the Hessian XᵀX/m + 0.1 I and the gradient −Xᵀy/m
least-squares.npz  least squares with 24 parameters and 48 residuals: the Jacobian, with singular values from 1 down to
                   0.05, and the gradient; the Hessian is never written out
sgd.npz            logistic regression about θ = 0, 16 features, in four minibatches of 64 samples: the Hessian and the
                   gradient of each (`h0` … `h3`, `g0` … `g3`) and of all together (`h`, `g`)
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

DATA = Path(__file__).parent / "data"
SEED = 20240515


def ridge(random: np.random.Generator) -> dict[str, np.ndarray]:
    """Correlated features, a sparse truth and noise."""
    samples, features, penalty = 256, 32, 0.1
    x = random.normal(size=(samples, features)) @ np.diag(np.linspace(1.0, 0.2, features))
    truth = np.where(np.arange(features) % 4 == 0, 1.0, 0.0)
    y = x @ truth + 0.1 * random.normal(size=samples)
    return {"h": x.T @ x / samples + penalty * np.eye(features), "g": -x.T @ y / samples}


def least_squares(random: np.random.Generator) -> dict[str, np.ndarray]:
    """A Jacobian with singular values from 1 down to 0.05, in bases drawn at random."""
    residuals, parameters = 48, 24
    left, _ = np.linalg.qr(random.normal(size=(residuals, parameters)))
    right, _ = np.linalg.qr(random.normal(size=(parameters, parameters)))
    j = left @ np.diag(np.geomspace(1.0, 0.05, parameters)) @ right.T
    return {"j": j, "g": -j.T @ random.normal(size=residuals)}


def sgd(random: np.random.Generator) -> dict[str, np.ndarray]:
    """Logistic loss at θ = 0: every sample has the weight 1/4 in the Hessian."""
    batches, samples, features = 4, 64, 16
    truth = random.normal(size=features)
    found: dict[str, np.ndarray] = {}
    for batch in range(batches):
        x = random.normal(size=(samples, features))
        labels = (x @ truth + random.logistic(size=samples) > 0).astype(float)
        found[f"h{batch}"] = x.T @ x / (4 * samples)
        found[f"g{batch}"] = -x.T @ (labels - 0.5) / samples
    for name in "hg":
        found[name] = sum(found[f"{name}{batch}"] for batch in range(batches)) / batches
    return found


def write(name: str, arrays: dict[str, np.ndarray]) -> None:
    """A file of float32; matrices that should be symmetric are so to the last bit."""
    exact = {
        key: ((a + a.T) / 2 if a.ndim == 2 and a.shape[0] == a.shape[1] else a).astype(np.float32)
        for key, a in arrays.items()
    }
    np.savez(DATA / name, **exact)


def main() -> None:
    """Write all files."""
    random = np.random.default_rng(SEED)
    write("ridge.npz", ridge(random))
    write("least-squares.npz", least_squares(random))
    write("sgd.npz", sgd(random))


if __name__ == "__main__":
    main()
