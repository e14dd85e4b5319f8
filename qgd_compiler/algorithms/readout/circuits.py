r"""The circuits around a run: interfered with a reference, the Hadamard test of an overlap, amplitude estimation.

`run` is any routine that prepares the result from |0…0> and can be undone, with registers `system`, `gradient` and
others that are 0 on success. `preparation` prepares the reference on the data qubits. Under the switch a run is the
identity where the switch is off (`program/control.py`), and acts on |0…0> there.

A run or a reference that is right up to a phase puts that phase between the two; `phase` takes it back by one
rotation of the switch (radians; None: a count).
"""

from __future__ import annotations

import math

from qgd_compiler.algorithms.amplification import sign_on_zero
from qgd_compiler.algorithms.readout.answer import Answer, gradient_size, reference
from qgd_compiler.program.builder import NOTHING, Builder, Handle
from qgd_compiler.program.control import controlled
from qgd_compiler.program.ir import Routine
from qgd_compiler.program.primitives import Gate, Rotation
from qgd_compiler.scalars import Scalar


def interfered_run(
    run: Routine, answer: Answer, preparation: Routine, angle: Scalar = None, phase: Scalar = None
) -> Routine:
    """(|0>|reference> + |1>|result>)/√2 after success, then a Hadamard on the switch.

    Registers: `switch` and those of the run. Measured after success, switch 0 (1) and entry i have probability
    (x_i ± φ_i)²/4. `angle` is `ways.switch_angle`, radians; None: a count.
    """
    builder, switch, handles = _open("interfered run", run, preparation)
    builder.call(Rotation(axis="Y", angle=angle), switch)
    _run(builder, run, switch, handles)
    builder.call(Gate(kind="X"), switch)
    _reference(builder, run, answer, preparation, switch, handles, undo=False)
    builder.call(Gate(kind="X"), switch)
    builder.call(Rotation(axis="Z", angle=phase), switch)
    builder.call(Gate(kind="H"), switch)
    return builder.routine()


def overlap_test(run: Routine, answer: Answer, preparation: Routine, phase: Scalar = None) -> Routine:
    """|0…0> to a state whose amplitude on |0…0> is (1 + √P <w|x>)/2, up to a phase.

    Registers: `switch` and those of the run.
    """
    builder, switch, handles = _open("overlap test", run, preparation)
    builder.call(Gate(kind="H"), switch)
    _run(builder, run, switch, handles)
    _reference(builder, run, answer, preparation, switch, handles, undo=True)
    builder.call(Rotation(axis="Z", angle=phase), switch)
    builder.call(Gate(kind="H"), switch)
    return builder.routine()


def iterate_on_zero(test: Routine) -> Routine:
    """−1 times the Grover iterate of `test` with |0…0> as the good outcome: two uses of it, two signs on zero."""
    builder = Builder("Grover iterate", "amplitude estimation")
    handles = [builder.register(r.name, r.size) for r in test.registers]
    everything = NOTHING
    for register, handle in zip(test.registers, handles, strict=True):
        if register.name != "gradient":
            everything = everything + handle
    sign_on_zero(builder, everything)
    builder.call(test, *handles, adjoint=True)
    sign_on_zero(builder, everything)
    builder.call(test, *handles)
    return builder.routine()


def estimation(test: Routine, iterate: Routine, bits: int) -> Routine:
    """Amplitude estimation of `test` with a phase register of `bits` qubits, by Brassard, Høyer, Mosca, Tapp.

    Registers: `phase` and those of `test`. `iterate` is −1 times the Grover iterate; the sign is put on the phase
    register. The number y in `phase`, measured, estimates the amplitude |sin(πy/2^bits)|.
    """
    builder = Builder("amplitude estimation", "amplitude estimation")
    phase = builder.register("phase", bits)
    handles = [builder.register(r.name, r.size) for r in test.registers]
    builder.call(Gate(kind="H", bits=bits), phase)
    builder.call(test, *handles)
    once = controlled(iterate)
    for i in range(bits):
        builder.call(once, phase.part(i, 1), *handles, times=2 ** (bits - 1 - i))
    builder.call(Gate(kind="Z"), phase.part(bits - 1, 1))
    builder.call(inverse_fourier(bits), phase)
    return builder.routine()


def powered(test: Routine, iterate: Routine, power: int) -> Routine:
    """`test` and `power` iterates: one circuit of an iterative estimation, 2·power + 1 uses of the run."""
    builder = Builder(f"test and {power} iterates", "amplitude estimation")
    handles = [builder.register(r.name, r.size) for r in test.registers]
    builder.call(test, *handles)
    builder.call(iterate, *handles, times=power)
    return builder.routine()


def inverse_fourier(bits: int) -> Routine:
    """Σ_k e^{2πi k y/2^b}|k>/√2^b to |y>, up to a phase that depends on y: for a register that is measured next.

    Register: `x`. bits(bits−1) rotations; the phases of the controls are left out, which no measurement sees.
    """
    builder = Builder(f"inverse Fourier transform of {bits} qubits", "amplitude estimation")
    x = builder.register("x", bits)
    for i in range(bits):
        target = x.part(i, 1)
        for known in range(i):  # qubit `known` holds the bit of weight 2^known by now
            angle = -2 * math.pi / 2 ** (i - known + 1)
            builder.call(Rotation(axis="Z", angle=angle, controlled=True), x.part(known, 1), target)
        builder.call(Gate(kind="H"), target)
    for i in range(bits // 2):
        builder.call(Gate(kind="SWAP"), x.part(i, 1), x.part(bits - 1 - i, 1))
    return builder.routine()


def _open(title: str, run: Routine, preparation: Routine) -> tuple[Builder, Handle, dict[str, Handle]]:
    builder = Builder(title, "read-out")
    switch = builder.register("switch", 1)
    sizes = {r.name: r.size for r in run.registers}
    sizes["gradient"] = gradient_size(run, preparation)
    return builder, switch, {name: builder.register(name, size) for name, size in sizes.items()}


def _run(builder: Builder, run: Routine, switch: Handle, handles: dict[str, Handle]) -> None:
    own = [handles[r.name].part(0, r.size) for r in run.registers]
    builder.call(controlled(run), switch, *own)


def _reference(
    builder: Builder,
    run: Routine,
    answer: Answer,
    preparation: Routine,
    switch: Handle,
    handles: dict[str, Handle],
    *,
    undo: bool,
) -> None:
    routine = reference(answer, int(run.register("system").size), preparation)
    gradient = handles["gradient"].part(0, routine.register("gradient").size)
    builder.call(controlled(routine), switch, handles["system"], gradient, adjoint=undo)
