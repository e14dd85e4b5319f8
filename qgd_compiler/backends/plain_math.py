r"""LaTeX of the cost rules as one line of text: what a terminal can show."""

from __future__ import annotations

import re

SIGNS = {
    r"\left": "",
    r"\right": "",
    r"\qquad": " ",
    r"\quad": " ",
    r"\,": " ",
    r"\cdot": "·",
    r"\lceil": "⌈",
    r"\rceil": "⌉",
    r"\lfloor": "⌊",
    r"\rfloor": "⌋",
    r"\prod": "∏",
    r"\sum": "Σ",
    r"\log": "log",
    r"\ln": "ln",
    r"\max": "max",
    r"\min": "min",
    r"\varepsilon": "ε",
    r"\epsilon": "ε",
    r"\kappa": "κ",
    r"\alpha": "α",
    r"\pi": "π",
}
_FRACTION = re.compile(r"\\[td]?frac(?:\{(.+?)\}\{(.+?)\}|(\w)(\w))")
_ROOT = re.compile(r"\\sqrt(?:\{(.+?)\}|(\w))")


def plain_math(latex: str) -> str:
    r"""The formula with the signs that it names.

    >>> plain_math(r"\max(E-2,0) + b\,(K-1), \qquad E = \prod_i \lceil L_i/K_i\rceil")
    'max(E-2,0) + b (K-1), E = ∏_i ⌈L_i/K_i⌉'
    """
    text = _FRACTION.sub(lambda m: f"({m[1] or m[3]}/{m[2] or m[4]})", latex)
    text = _ROOT.sub(lambda m: f"√({m[1]})" if m[1] else f"√{m[2]}", text)
    for name in sorted(SIGNS, key=len, reverse=True):
        text = text.replace(name, SIGNS[name])
    return re.sub(r"(?<=[⌈⌊]) | (?=[⌉⌋])", "", " ".join(text.split()))
