"""What the choice asks of every family of solvers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.menu.offer import Offer
from qgd_compiler.algorithms.plan import Candidate, Lowered, Shares
from qgd_compiler.kinds import Kind


@dataclass(frozen=True)
class Line:
    """A line of the menu.

    kind    of its queries
    reason  why it is not worth a plan ("" where it is)
    beside  a solver that asks for less of everything: the line is priced once, to be listed, and cannot win
    """

    candidate: Candidate
    kind: Kind
    reason: str = ""
    beside: str = ""


@dataclass(frozen=True)
class Least:
    """What every plan of a line costs at least, by the names of `Plan`."""

    t_count: float
    toffoli_count: float
    depth: float = 0.0
    qubits: int = 1


class Route(Protocol):
    """A family of solvers for one problem, and the encodings that it can use."""

    @property
    def offers(self) -> Sequence[Offer]: ...

    def lines(self, accesses: Sequence[Access]) -> Iterable[Line]:
        """Every line of the menu, valid or not; the subjects of two routes differ."""

    def knobs(self, candidate: Candidate) -> Sequence[int]:
        """The values of the free number that are tried first: (0,) where there is none."""

    def near(self, knob: int) -> Sequence[int]:
        """Values around one, to be tried once more at the end."""

    def least(self, candidate: Candidate) -> Least | None:
        """What every plan of a line costs at least, without working one out; None where nothing is known."""

    def lowered(self, candidate: Candidate, knob: int, shares: Shares) -> Lowered:
        """A line as a program at one split of the error; InfeasibleError where the budget cannot be met."""
