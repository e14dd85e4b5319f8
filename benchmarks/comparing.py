"""What the comparisons with Qualtran share: their T gates by our exchange, and the printed table."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from qualtran import Bloq
from qualtran.resource_counting import QECGatesCost, get_cost_value
from rich.console import Console
from rich.table import Table

from qgd_compiler.costing.exchange import Exchange

ROTATION_EPSILON = 1e-10


def their_t(bloq: Bloq) -> int:
    """T gates of a Qualtran bloq: 4 per Toffoli, AND and controlled swap, rotations as ours."""
    g = get_cost_value(bloq, QECGatesCost())
    each = int(Exchange().rotation_t(ROTATION_EPSILON))
    return int(4 * (g.toffoli + g.cswap + g.and_bloq) + g.t + g.rotation * each)


def wants_markdown(description: str | None) -> bool:
    """Whether the command line asks for a Markdown table."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--markdown", action="store_true", help="as a Markdown table")
    return bool(parser.parse_args().markdown)


def print_table(heads: Sequence[str], rows: Sequence[Sequence[str]], as_markdown: bool) -> None:
    """Print the rows under their heads."""
    if as_markdown:
        for row in (heads, ["---"] * len(heads), *rows):
            print(f"| {' | '.join(row)} |")
        return
    table = Table(*heads)
    for row in rows:
        table.add_row(*row)
    Console().print(table)
