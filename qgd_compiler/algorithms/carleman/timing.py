"""What changes from step to step of a lifted run: the rate by a table, the data by the number of their set."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from qgd_compiler.algorithms.access import Access, load, unload
from qgd_compiler.algorithms.encoding import Encoder
from qgd_compiler.program.builder import NOTHING, Builder, Handle
from qgd_compiler.scalars import ceil_log2


@dataclass(frozen=True, eq=False)
class Timing:
    """The lift of step t stands at |t> of a time register.

    iterations  T
    sets        the number k of data sets of each part, by its inputs: step t takes number t mod k
    rates       encodes diag(η_t/η), η the largest rate; None: one rate
    access      how a number is looked up
    """

    iterations: int
    sets: tuple[int, ...]
    rates: Encoder | None
    access: Access

    @property
    def bits(self) -> int:
        """Qubits of the time register."""
        return int(ceil_log2(self.iterations))

    @contextmanager
    def numbers(self, builder: Builder, time: Handle, on: Handle | None) -> Iterator[dict[int, Handle]]:
        """For every k the number t mod k, where `on` is 1 (None: always): qubits of the time itself where they show it.

        A table for the others; cleared on leaving.
        """
        found, loaded = {1: NOTHING}, []
        for k in sorted(set(self.sets) - {1}):
            bits = int(ceil_log2(k))
            if k >= self.iterations or k == 2**bits:
                used = min(bits, self.bits)
                found[k] = time.part(self.bits - used, used)
                continue
            number = builder.allocate("data set", bits)
            table = tuple(t % k for t in range(self.iterations))
            loaded.append(
                (
                    load(builder, self.access, [(self.iterations, time)], number, table=table, control=on),
                    number,
                )
            )
            found[k] = number
        yield found
        for one, number in reversed(loaded):
            unload(builder, one)
            builder.release(number)
