"""Plant one wrong formula at a time into a copy of the compiler, and see whether the ladder of proof notices.

Run it as `python tests/mutation/plant.py`, or one mutation by name; `test_mutations.py` runs them in CI. Each mutation
is a replacement in one source file. What has to notice is a family of `qgd verify`, run end to end, or a named test.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROVE = """
import sys
from qgd_compiler.proof.families import families
from qgd_compiler.proof.prove import prove
for one in families():
    if one.name in sys.argv[1:]:
        proof = prove(one)
        print(f"{one.name}: {proof.verdict} {proof.reason}")
"""


@dataclass(frozen=True)
class Mutation:
    """A wrong formula.

    file, right, wrong   what is replaced where; `right` stands there once
    families   names in the table of `qgd verify`; at least one must not pass
    tests      test ids; at least one must fail
    """

    name: str
    file: str
    right: str
    wrong: str
    families: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()


A = "qgd_compiler/algorithms/"
C = "qgd_compiler/costing/"
TREE = ("Frobenius norm tree",)

MUTATIONS: tuple[Mutation, ...] = (
    Mutation(
        "a missing adjoint",
        A + "kernel_reflection.py",
        "    builder.call(query, extra, data, ancilla, query_gradient, adjoint=True)\n",
        "    builder.call(query, extra, data, ancilla, query_gradient)\n",
        TREE,
    ),
    Mutation(
        "alpha too large by a factor of two",
        A + "history.py",
        "    return 2 + learning_rate * alpha_hessian\n",
        "    return 2 * (2 + learning_rate * alpha_hessian)\n",
        TREE,
    ),
    Mutation(
        "one Toffoli too few in a conjunction",
        C + "rules_logic.py",
        "    return Price(Gates(toffoli=bits - 1, clifford=copies, toffoli_depth=bits - 1))\n",
        "    return Price(Gates(toffoli=bits - 2, clifford=copies, toffoli_depth=bits - 1))\n",
        TREE,
    ),
    Mutation(
        "time and data exchanged in the right-hand side",
        A + "right_hand_sides.py",
        "    time, data = system.part(0, k), system.part(k + unused, n_bits)\n",
        "    data, time = system.part(0, n_bits), system.part(n_bits + unused, k)\n",
        TREE,
    ),
    Mutation(
        "one row of padding too few",
        A + "problem.py",
        "        low = (padding + 1) * self.wanted[0]",
        "        low = (padding + 2) * self.wanted[0]",
        ("history, kernel reflection, padded and amplified",),
    ),
    Mutation(
        "half the degree of the filter",
        A + "kernel_reflection.py",
        "    return maximum(ceil(acosh(2 / eta - 1) / step), 1)\n",
        "    return maximum(ceil(acosh(2 / eta - 1) / step / 2), 1)\n",
        tests=("tests/algorithms/test_kernel_reflection.py",),
    ),
    Mutation(
        "the sign of the shift",
        A + "history.py",
        '    builder.call(Gate(kind="Z"), on)\n    builder.call(Gate(kind="CZ"), on, with_hessian)\n',
        '    builder.call(Gate(kind="Z"), on)\n',
        ("history, kernel reflection, a small error",),
    ),
    Mutation(
        "a phase of QSVT that is left out",
        A + "qsp/phases.py",
        "        phases[[0, -1]] -= math.pi / 4\n",
        "        phases[[0]] -= math.pi / 4\n",
        (*TREE, "power, QSVT"),
    ),
    Mutation(
        "the levels of a lift all weighted as the first",
        "qgd_compiler/study/lifts.py",
        "    found = (sizes[:, None] / gamma) ** levels[None]\n",
        "    found = (sizes[:, None] / gamma) ** np.minimum(levels[None], 1)\n",
        ("exact lift, gradient on the right-hand side",),
    ),
    Mutation(
        "a table of the rates that ends with the rows",
        A + "systems/linear.py",
        "behind = 2 ** int(ceil_log2(rows(self.iterations, padding))) - self.iterations",
        "behind = int(rows(self.iterations, padding)) - self.iterations",
        ("learning-rate schedule",),
    ),
    Mutation(
        "the filter's last angle",
        A + "adiabatic/schedule.py",
        "        last=_angle(total - float(upto[-1]), total),\n",
        "        last=_angle(float(upto[-1]), total),\n",
        ("stationary, discrete adiabatic",),
    ),
    Mutation(
        "the sign of every other term of a Gram polynomial",
        A + "qsp/chebyshev_lcu.py",
        "    if alternating and steps:\n",
        "    if alternating and not steps:\n",
        ("Gram geometric sum, Chebyshev",),
    ),
    Mutation(
        "work qubits that are forgotten",
        C + "fold.py",
        "        self.peak = maximum(self.peak, self.live + work)\n",
        "        self.peak = maximum(self.peak, self.live)\n",
        TREE,
    ),
    Mutation(
        "momentum that turns round",
        "qgd_compiler/analysis/heavy_ball.py",
        "            self.transform @ np.array([[0.0, -beta], [0.0, 1 - beta]])",
        "            self.transform @ np.array([[0.0, beta], [0.0, 1 - beta]])",
        ("momentum",),
    ),
)


def planted(mutation: Mutation | None) -> tuple[bool, str]:
    """Whether the ladder notices, and what it said; without a mutation it must not."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(
            ROOT / "qgd_compiler", folder / "qgd_compiler", ignore=shutil.ignore_patterns("__pycache__")
        )
        families = TREE if mutation is None else mutation.families
        tests = () if mutation is None else mutation.tests
        if mutation is not None:
            path = folder / mutation.file
            text = path.read_text("utf-8")
            if text.count(mutation.right) != 1:
                raise ValueError(
                    f"{mutation.name}: the formula stands {text.count(mutation.right)} times in {path.name}"
                )
            path.write_text(text.replace(mutation.right, mutation.wrong), "utf-8")
        said = ""
        if families:
            done = _run(folder, ["-c", PROVE, *families])
            said = done.stdout + done.stderr
            passed = done.returncode == 0 and all(f"{one}: pass" in done.stdout for one in families)
            if not passed:
                return True, said.strip()
        if tests:
            shutil.copytree(ROOT / "tests", folder / "tests", ignore=shutil.ignore_patterns("__pycache__"))
            done = _run(
                folder,
                ["-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "no:dash", "--tb=line", *tests],
            )
            said += done.stdout + done.stderr
            if done.returncode == 1:
                return True, said.strip()
        return False, said.strip()


def _run(folder: Path, words: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def main() -> int:
    """Every mutation, or those named; 0 where each is noticed."""
    wanted = sys.argv[1:]
    missed = 0
    for mutation in MUTATIONS:
        if wanted and mutation.name not in wanted:
            continue
        noticed, said = planted(mutation)
        missed += not noticed
        last = said.splitlines()[-1] if said else ""
        print(f"{'noticed' if noticed else 'MISSED '}  {mutation.name}: {last[:200]}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
