"""Numbers as people read them; the exact ones are in the JSON."""

from __future__ import annotations

from decimal import Decimal

PARTS = " ▏▎▍▌▋▊▉"  # eighths of a character


def count(n: int | None) -> str:
    """A count: all digits up to a million, four significant ones beyond; any size.

    >>> [count(n) for n in (0, 12345, 10**6, 123456789 * 10**400, None)]
    ['0', '12,345', '1.000e6', '1.235e408', 'n/a']
    """
    if n is None:
        return "n/a"
    if abs(n) < 10**6:
        return f"{n:,}"
    mantissa, exponent = f"{Decimal(n):.3e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def real(x: float | None, digits: int = 4) -> str:
    """A measured or computed number, four significant digits.

    >>> [real(x) for x in (0.01, 1.0, 1.00014, -0.0144793, 1234567.0, 3e-9, 12, None)]
    ['0.01', '1', '1', '-0.01448', '1.235e6', '3e-9', '12', 'n/a']
    """
    if x is None:
        return "n/a"
    if isinstance(x, int):
        return count(x)
    text = f"{x:.{digits}g}"
    if "e" not in text:
        return text
    mantissa, exponent = text.split("e")
    return f"{mantissa}e{int(exponent)}"


def near_one(x: float) -> str:
    """A number whose distance from 1 matters: enough digits to see it.

    >>> [near_one(x) for x in (1.0001448, 0.9999, 0.25, 1.0)]
    ['1.0001448', '0.9999', '0.25', '1']
    """
    return f"{x:.8g}"


def percent(share: float) -> str:
    """A share of a whole.

    >>> [percent(x) for x in (1.0, 0.5, 0.0123, 0.00001, 0.0)]
    ['100 %', '50.0 %', '1.2 %', '<0.1 %', '0 %']
    """
    if share == 0:
        return "0 %"
    if share == 1:
        return "100 %"
    if share < 0.001:
        return "<0.1 %"
    return f"{100 * share:.1f} %"


def bar(share: float, width: int = 16) -> str:
    """A horizontal bar, `width` characters for the whole, drawn to an eighth of a character.

    >>> bar(0.5, 4), bar(0.3, 4), bar(0.0, 4)
    ('██', '█▎', '')
    """
    eighths = round(min(max(share, 0.0), 1.0) * width * 8)
    full, rest = divmod(eighths, 8)
    return "█" * full + (PARTS[rest] if rest else "")
