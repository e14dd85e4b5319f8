"""A figure as one page that needs nothing else: the picture, and its numbers below."""

from __future__ import annotations

import math
import re
from html import escape
from typing import Any

from qgd_compiler.sweeps.manifest import Manifest
from qgd_compiler.sweeps.plots import Drawn

MOST_ROWS = 400
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 15px/1.45 system-ui, sans-serif; color: #222; background: #fff; max-width: 56rem;
  margin: 2rem auto; padding: 0 1rem }}
svg {{ width: 100%; height: auto }}
table {{ border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13px }}
th, td {{ padding: .15rem .8rem .15rem 0; text-align: left; border-bottom: 1px solid #ddd }}
td.number {{ text-align: right }}
footer {{ color: #666; font-size: 12px; margin-top: 1.5rem; overflow-wrap: anywhere }}
</style>
</head>
<body>
<h1>{title}</h1>
<figure role="img" aria-label="{title}">
{picture}
</figure>
<details open><summary>{count}</summary>
<table>
<thead><tr>{heads}</tr></thead>
<tbody>
{rows}
</tbody>
</table>
</details>
<footer>{points:,} points by qgd {compiler}; spec {spec}; rules {rules}</footer>
</body>
</html>
"""


def page(drawn: Drawn, manifest: Manifest) -> str:
    """The page of a figure."""
    svg = drawn.to_bytes("svg").decode("utf-8")
    picture = re.sub(r"^.*?(?=<svg)", "", svg, flags=re.DOTALL)
    shown = drawn.rows[:MOST_ROWS]
    of = f"the first {len(shown):,} of {len(drawn.rows):,} points" if len(drawn.rows) > len(shown) else ""
    return PAGE.format(
        title=escape(drawn.title),
        picture=picture,
        count=of or f"{len(shown):,} points",
        heads="".join(f"<th>{escape(name)}</th>" for name in drawn.columns),
        rows="\n".join(f"<tr>{''.join(_cell(value) for value in row)}</tr>" for row in shown),
        points=manifest.points,
        compiler=escape(manifest.compiler),
        spec=manifest.spec_digest[:12],
        rules=manifest.rules[:12],
    )


def _cell(value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f'<td class="number">{value:.6g}</td>' if math.isfinite(value) else "<td></td>"
    return f"<td>{'' if value is None else escape(str(value))}</td>"
