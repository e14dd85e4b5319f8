r"""Block-encoding of a Toeplitz or circulant matrix by arithmetic, α = Σ|v_o| exactly, ε = 0.

A[i, i+o] = v_o for a few offsets o takes |j> to Σ_o v_o |j−o>: select a band with amplitude √(|v_o|/α), add
o' = −o mod n to the row number modulo n, undo the selection. In the modulus

    z = j + o' in one more bit;  wrap = [z >= n];  z −= n where it wrapped;  wrap ^= [z < o']

a band of a Toeplitz matrix stays inside where wrap = [o > 0]; otherwise a flag, made before wrap is cleared, removes
it. In a circulant matrix every place is inside. So the row number stays below n, forwards and backwards. For n a
power of two one addition will do, modulo n or, with the bit [o > 0] and the flag on top, modulo 2n.

The words (o', [o > 0], sign) of the bands differ between neighbours of the selection, so CNOTs alone write them;
under a control from a copy of the selection that is 0 where it is off. Where all bands come in pairs v_o = v_−o, a
pair is one term and a qubit in |+> picks its side, for one AND per term in place of two rotations per band. With the
control off the circuit is the identity for all rows and ancillas, also for those that another term of a sum has left
behind. O(log n) Toffolis at any n.

Source: circulant matrices as sums of shifts, e.g. Camps, Lin, Van Beeumen, Yang, arXiv:2203.10236; the selection in
unary and its words are ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from qgd_compiler.algorithms.composites.chain import prepare_chain
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.kinds import Kind
from qgd_compiler.program.builder import Builder, Handle
from qgd_compiler.program.primitives import Add, And, Gate, GreaterEqual, GreaterEqualConstant
from qgd_compiler.scalars import (
    Scalar,
    ceil_log2,
    is_integer,
    is_symbolic,
    minimum,
    power,
    trailing_zeros,
)

NAME = "banded arithmetic"


@dataclass(frozen=True, eq=False)
class BandedArithmetic:
    """A[i, i+o] = v_o, offsets modulo the rows if `periodic`; real values, not 0."""

    rows: Scalar
    offsets: tuple[int, ...]
    values: tuple[Scalar, ...]
    periodic: bool = False

    def encode(self, controlled: bool) -> Encoding:
        """Where the control is off no band is selected and nothing is added. ValueError for no bands or one row."""
        if not self.offsets or (is_integer(self.rows) and self.rows < 2):
            raise ValueError("banded arithmetic needs a band and two rows")
        n_bits, gap = ceil_log2(self.rows), no_power_of_two(self.rows)
        outside = 0 if self.periodic else 1
        terms = self._terms()
        mirrored = int(any(t.mirrored for t in terms))
        chosen = len(terms) - 1
        builder = Builder(NAME, "hessian")
        control = builder.register("control", 1) if controlled else None
        system = builder.register("system", n_bits)
        ancilla = builder.register("ancilla", chosen + mirrored + outside)
        builder.register("gradient", 0)
        chain = [ancilla.part(i, 1) for i in range(chosen)]
        side = ancilla.part(chosen, mirrored)

        weights = [t.weight for t in terms]
        prepare_chain(builder, chain, weights, adjoint=False)
        builder.call(Gate(kind="H", bits=mirrored), side, times=mirrored)
        shown = chain if control is None else _both(builder, control, chain)
        turned = _both(builder, side, shown) if mirrored else []
        turned_first = [side] if control is None or not mirrored else _both(builder, control, [side])
        sources: list[Handle | None] = [control, *(turned_first if mirrored else []), *shown, *turned]
        word = builder.allocate("band", gap + n_bits + 2)
        words = self._words(terms, mirrored)
        self._write_words(builder, sources, words, word)
        offset, sign = word.part(0, gap + n_bits), word.part(gap + n_bits + 1, 1)
        builder.call(Gate(kind="Z"), sign)
        inside = word.part(gap + n_bits, 1)
        outside_of = None if self.periodic else (inside, ancilla.part(chosen + mirrored, 1))
        self._add_modulo(builder, control, system, offset, gap, outside_of)
        self._write_words(builder, sources, words, word)
        builder.release(word)
        if control is not None and mirrored:
            _not_both(builder, control, [side], turned_first)
        if mirrored:
            _not_both(builder, side, shown, turned)
        if control is not None:
            _not_both(builder, control, chain, shown)
        builder.call(Gate(kind="H", bits=mirrored), side, times=mirrored)
        prepare_chain(builder, chain, weights, adjoint=True)
        return Encoding(
            name=NAME,
            access="arithmetic",
            routine=builder.routine(),
            alpha=sum(weights),
            epsilon=0,
            kind=Kind.EXACT,
            system=n_bits,
            ancilla=ancilla.size,
            gradient=0,
            controlled=controlled,
            word_bits=0,
        )

    def realised(self) -> np.ndarray | None:
        """The matrix itself."""
        if not is_integer(self.rows) or is_symbolic(*self.values):
            return None
        n = int(self.rows)
        found = np.zeros((n, n))
        for offset, value in zip(self.offsets, self.values, strict=True):
            for i in range(n):
                if self.periodic or 0 <= i + offset < n:
                    found[i, (i + offset) % n] += value
        return found

    def _add_modulo(
        self,
        builder: Builder,
        control: Handle | None,
        system: Handle,
        offset: Handle,
        gap: Scalar,
        outside: tuple[Handle, Handle] | None,
    ) -> None:
        """Add modulo n; for a power of two the carry is dropped, or is the flag.

        outside   of a Toeplitz matrix: the bit [o > 0], and the flag that is flipped unless wrap = [o > 0]
        """
        if outside is not None:
            low = offset.part(offset.size - system.size, system.size)
            joined = outside[0] + low, outside[1] + system
            builder.call(Add(bits=1 + system.size), *joined, times=1 - gap)
        top, wrap = builder.allocate("top", gap), builder.allocate("wrap", gap)
        z = top + system
        builder.call(Add(bits=offset.size), offset, z, times=gap if outside else 1)
        on = () if control is None else (control,)
        compare = GreaterEqualConstant(bits=z.size, constant=self.rows, controlled=control is not None)
        builder.call(compare, *on, z, wrap, times=gap)
        self._take_off(builder, z, wrap, gap)
        if outside is not None:
            inside, flag = outside
            builder.call(Gate(kind="CNOT"), wrap, flag, times=gap)
            builder.call(Gate(kind="CNOT"), inside, flag, times=gap)
        # It wrapped just where the sum is now below the offset.
        low = offset.part(offset.size - system.size, system.size)
        builder.call(GreaterEqual(bits=system.size), system, low, wrap, times=gap)
        builder.call(Gate(kind="X"), wrap, times=gap)
        builder.release(wrap, top)

    def _take_off(self, builder: Builder, z: Handle, wrap: Handle, gap: Scalar) -> None:
        """Subtract n where `wrap` is 1."""
        if is_integer(gap) and gap == 0:
            return
        rows = builder.allocate("rows", z.size * gap)
        self._write_rows(builder, wrap, rows, z.size, gap)
        builder.call(Add(bits=z.size), rows, z, adjoint=True, times=gap)
        self._write_rows(builder, wrap, rows, z.size, gap)
        builder.release(rows)

    def _write_rows(self, builder: Builder, wrap: Handle, rows: Handle, size: Scalar, gap: Scalar) -> None:
        if is_integer(self.rows):
            _write(builder, wrap, rows, int(self.rows))
        else:
            builder.call(Gate(kind="CNOT", bits=size, fan=True), wrap, rows, times=gap)

    def _terms(self) -> list[_Term]:
        """The bands; those at ±o with one value as one term, where that holds for all beside the diagonal."""
        bands = dict(zip(self.offsets, self.values, strict=True))
        beside = [o for o in bands if o]
        pairs = all(bands.get(-o) == bands[o] for o in beside)
        if not beside or not pairs or any(is_symbolic(bands[o]) for o in beside):
            return [_Term(o, v, False) for o, v in bands.items()]
        found = [_Term(0, bands[0], False)] if 0 in bands else []
        return found + [_Term(o, bands[o], True) for o in beside if o > 0]

    def _words(self, terms: Sequence[_Term], mirrored: int) -> list[int]:
        """What each source of `encode` writes: XORs of the words (o', [o > 0], sign) of neighbouring terms."""
        if not is_integer(self.rows):
            return []
        n = int(self.rows)

        def word(t: _Term, offset: int) -> int:
            negative = int(not is_symbolic(t.value) and t.value < 0)
            return ((-offset % n) << 2) | (int(offset > 0) << 1) | negative

        plain = [word(t, t.offset) for t in terms]
        if not mirrored:
            return [plain[0], *(a ^ b for a, b in pairwise(plain))]
        turn = [w ^ word(t, -t.offset) for w, t in zip(plain, terms, strict=True)]
        return [plain[0], turn[0], *(a ^ b for a, b in pairwise(plain)), *(a ^ b for a, b in pairwise(turn))]

    def _write_words(
        self, builder: Builder, sources: Sequence[Handle | None], words: Sequence[int], word: Handle
    ) -> None:
        """XOR the word of the selected band; with symbolic rows every bit, which is a bound on the Cliffords."""
        if is_integer(self.rows):
            for source, value in zip(sources, words, strict=True):
                _write(builder, source, word, value)
            return
        for source in sources:
            if source is None:
                builder.call(Gate(kind="X", bits=word.size), word)
            else:
                builder.call(Gate(kind="CNOT", bits=word.size, fan=True), source, word)


@dataclass(frozen=True)
class _Term:
    """One band, or the two at ±offset."""

    offset: int
    value: Scalar
    mirrored: bool

    @property
    def weight(self) -> Scalar:
        """What the bands add to α."""
        return abs(self.value) * (2 if self.mirrored else 1)


def _both(builder: Builder, control: Handle, qubits: Sequence[Handle]) -> list[Handle]:
    """A qubit for each of `qubits` that is 1 where it and the control are: one AND each."""
    made = [builder.allocate("selected", 1) for _ in qubits]
    for qubit, copy in zip(qubits, made, strict=True):
        builder.call(And(), control, qubit, copy)
    return made


def _not_both(builder: Builder, control: Handle, qubits: Sequence[Handle], made: Sequence[Handle]) -> None:
    for qubit, copy in zip(qubits, made, strict=True):
        builder.call(And(), control, qubit, copy, adjoint=True)
        builder.release(copy)


def _write(builder: Builder, source: Handle | None, target: Handle, value: int) -> None:
    """XOR a number into `target` where `source` is 1 (None: always)."""
    size = int(target.size)
    for i in range(size):
        if value >> (size - 1 - i) & 1:
            bit = target.part(i, 1)
            if source is None:
                builder.call(Gate(kind="X"), bit)
            else:
                builder.call(Gate(kind="CNOT"), source, bit)


def no_power_of_two(n: Scalar) -> Scalar:
    """1 unless n is a power of two, then 0."""
    if is_integer(n):
        return int(n & (n - 1) != 0)
    return minimum(n / power(2, trailing_zeros(n)) - 1, 1)
