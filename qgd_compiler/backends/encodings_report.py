"""The encodings of a Hessian side by side: every key of the JSON that `qgd encodings` prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from qgd_compiler.algorithms.ranking import Ranked, Unranked
from qgd_compiler.backends.document import Count, Document, Fact, Part, Positive, schema_of
from qgd_compiler.backends.page import Page
from qgd_compiler.kinds import Kind, Source, weakest_source
from qgd_compiler.structure.facts import Fact as KnownFact
from qgd_compiler.structure.matrix import Matrix
from qgd_compiler.version import __version__


class EncodingLine(Part):
    """One encoding with one access model, under a control, at the precision of the document."""

    name: str = Field(description="Which encoding; of a composed matrix, with those of its parts.")
    access: str = Field(description="How its tables are read.")
    alpha: Positive = Field(description="Subnormalisation, in units of the Hessian.")
    t_per_query: Count = Field(description="T gates of one use, Toffolis and rotations exchanged.")
    alpha_t: Positive | Literal[0] = Field(description="alpha times t_per_query: what the list is sorted by.")
    toffoli_per_query: Count = Field(description="Toffolis of one use; a temporary AND counts once.")
    rotations: Count = Field(description="Rotations by arbitrary angles of one use.")
    rotation_epsilon: float = Field(ge=0, description="What each rotation is synthesised to.")
    clifford: Count = Field(description="Clifford gates of one use (upper bound).")
    measurements: Count = Field(description="Measurements of one use.")
    toffoli_depth: Count = Field(description="Layers of Toffolis, by sequential composition: an upper bound.")
    t_depth: Count = Field(description="Layers of T gates, by sequential composition: an upper bound.")
    system: Count = Field(description="Qubits that the Hessian acts on.")
    ancillas: Count = Field(description="Qubits beyond control and system at the peak.")
    word_bits: Count = Field(description="Bits of the longest word.")
    epsilon: float = Field(ge=0, description="Spectral error of the block, in units of the Hessian.")
    kind: Kind = Field(description="The weakest formula that this line rests on.")


class Refusal(Part):
    """An encoding that is not in the list."""

    name: str = Field(description="Which encoding.")
    access: str = Field(description="With which access model; empty for all of them.")
    reason: str = Field(description="Why.")


class EncodingsReport(Document):
    """All encodings of one Hessian, best alpha·T per query first."""

    qgd: Literal[1] = Field(default=1, description="Version of this format.")
    name: str = Field(description="Name of the spec.")
    compiler: str = Field(description="Version of the compiler.")
    spec_digest: str = Field(description="SHA-256 of the resolved spec.")
    structure: str = Field(description="The Hessian as a tree, on several lines.")
    parameters: Count = Field(description="Rows of the Hessian.")
    norm: Fact = Field(description="2-norm of the Hessian, or a bound on it.")
    epsilon: Positive = Field(description="The error asked for, relative to the norm.")
    weakest_source: Source = Field(description="The weakest input that the list rests on.")
    encodings: tuple[EncodingLine, ...] = Field(description="What there is, best first.")
    refused: tuple[Refusal, ...] = Field(description="What there is not, with the reason.")

    def to_page(self) -> Page:
        """The document laid out for people."""
        from qgd_compiler.backends.encodings_page import encodings_page

        return encodings_page(self)


def encodings_of(
    name: str,
    digest: str,
    matrix: Matrix,
    sources: Sequence[Source],
    ranked: Sequence[Ranked],
    refused: Sequence[Unranked],
    absent: Sequence[tuple[str, str]],
    epsilon: float,
    norm: KnownFact,
) -> EncodingsReport:
    """The document from what was ranked."""
    return EncodingsReport(
        name=name,
        compiler=__version__,
        spec_digest=digest,
        structure=matrix.outline(),
        parameters=int(matrix.rows),
        norm=Fact(value=float(norm.value), source=norm.source),
        epsilon=epsilon,
        weakest_source=weakest_source((norm.source, *sources)),
        encodings=tuple(_line(r) for r in ranked),
        refused=(
            *(Refusal(name=r.name, access=r.access, reason=r.reason) for r in refused),
            *(Refusal(name=what, access="", reason=reason) for what, reason in absent),
        ),
    )


def _line(ranked: Ranked) -> EncodingLine:
    encoding, gates = ranked.encoding, ranked.cost.gates
    return EncodingLine(
        name=ranked.name,
        access=encoding.access,
        alpha=float(encoding.alpha),
        t_per_query=ranked.t_per_query,
        alpha_t=ranked.t_per_norm,
        toffoli_per_query=int(gates.toffoli),
        rotations=int(gates.rotations),
        rotation_epsilon=ranked.rotation_epsilon if gates.rotations else 0.0,
        clifford=int(gates.clifford),
        measurements=int(gates.measurements),
        toffoli_depth=int(gates.toffoli_depth),
        t_depth=ranked.t_depth,
        system=int(encoding.system),
        ancillas=ranked.ancillas,
        word_bits=int(encoding.word_bits),
        epsilon=ranked.epsilon,
        kind=ranked.kind,
    )


def encodings_schema() -> dict[str, Any]:
    """The JSON Schema of the list."""
    return schema_of(EncodingsReport, "encodings.schema")
