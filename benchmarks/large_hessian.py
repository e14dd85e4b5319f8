"""A symmetric matrix with ten million entries, read and measured: time and peak memory.

Prints the time of reading and measuring (all bounds, both ends of the spectrum) as a ratio to SciPy's `load_npz` and
`eigsh` for both ends at 1e-6 beside it, and the peak memory of each, less that of an interpreter with the same
imports, as a multiple of the matrix in memory.

    python benchmarks/large_hessian.py [ROWS]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy import sparse

PER_ROW = 10
SPEC = """\
qgd: 1
name: a large matrix
model: {{parameters: {rows}}}
dynamics: {{learning_rate: 0.01, iterations: 10}}
hessian: {{kind: sparse, file: h.npz}}
gradient: {{norm: 1}}
"""
# the high-water mark of this process alone: ru_maxrss starts at that of the parent
PEAK = "print(next(1024 * int(s.split()[1]) for s in open('/proc/self/status') if s.startswith('VmHWM')))"
OURS = f"from qgd_compiler import api; a = api.analyze('s.yaml'); print(a.spectrum.lambda_min.value); {PEAK}"
EMPTY = f"from qgd_compiler import api; import qgd_compiler.study, scipy.sparse.linalg; {PEAK}"
THEIRS = f"""
import numpy as np
from scipy.sparse import load_npz
from scipy.sparse.linalg import eigsh
h = load_npz('h.npz')
ends = [eigsh(h, k=1, which=w, tol=1e-6, v0=np.ones(h.shape[0]))[0][0] for w in ('SA', 'LA')]
print(ends[0]); {PEAK}
"""


def matrix(rows: int) -> sparse.csr_array:
    """Random, symmetric, with a negative smallest eigenvalue."""
    rng = np.random.default_rng(11)
    half = rows * (PER_ROW - 1) // 2
    place = rng.integers(0, rows, (2, half))
    upper = sparse.csr_array(sparse.coo_array((rng.standard_normal(half), place), shape=(rows, rows)))
    return sparse.csr_array(upper + upper.T + sparse.diags_array(rng.uniform(0.1, 2, rows), format="csr"))


def run(code: str, folder: Path) -> tuple[float, list[float]]:
    """Seconds of a fresh interpreter, and the numbers that it prints."""
    before = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )
    return time.perf_counter() - before, [float(line) for line in done.stdout.split()]


def main(rows: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = matrix(rows)
        held = made.data.nbytes + made.indices.nbytes + made.indptr.nbytes
        sparse.save_npz(folder / "h.npz", made, compressed=False)
        (folder / "s.yaml").write_text(SPEC.format(rows=rows))
        print(f"{rows} rows, {made.nnz} entries, {held / 1e6:.0f} MB with {made.indices.dtype} indices")
        del made
        _, (idle,) = run(EMPTY, folder)
        ours, (low, peak) = run(OURS, folder)
        theirs, (low_too, peak_too) = run(THEIRS, folder)
        print(f"time: {ours / theirs:.2f} times that of load_npz and eigsh ({ours:.0f} s, {theirs:.0f} s)")
        own, other = (peak - idle) / held, (peak_too - idle) / held
        print(f"peak memory: {own:.2f} times the matrix (load_npz and eigsh {other:.2f})")
        print(f"smallest eigenvalue: {low:.9g}, theirs {low_too:.9g}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
