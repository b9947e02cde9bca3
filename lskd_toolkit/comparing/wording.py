"""Numbers as people read them: the same in the terminal and on the page."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

UNKNOWN = "unknown"


def number(value: float | None) -> str:
    """A count in full, a fraction with the digits that matter; a dash where there is none."""
    if value is None:
        return "-"
    if isinstance(value, int):
        return f"{value:,}".replace(",", "\u202f")
    return f"{value:.2f}" if abs(value) < 100 else f"{value:.0f}"


def percent(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{100 * value:.1f} %" if 0 < abs(value) < 0.1 else f"{100 * value:.0f} %"


def money(usd: float | None) -> str:
    """Dollars with two digits that matter; what is not known is never 0."""
    if usd is None:
        return UNKNOWN
    if usd >= 1:
        return f"${usd:,.2f}"
    digits = max(4, 1 - math.floor(math.log10(usd))) if usd else 4
    return f"${usd:.{digits}f}"


def with_interval(found: Mapping[str, Any] | None, form: Callable[[float], str] = number) -> str:
    """``0.63 (0.46 to 0.80)``"""
    if found is None:
        return "-"
    if found["low"] is None:
        return form(found["value"])
    return f"{form(found['value'])} ({form(found['low'])} to {form(found['high'])})"


def signed(found: Mapping[str, Any] | None, form: Callable[[float], str] = number) -> str:
    """A difference with its sign and interval."""
    return with_interval(found, lambda value: f"{'+' if value > 0 else ''}{form(value)}".replace("-", "−"))


def points(value: float | None) -> str:
    """A difference of two shares in percentage points."""
    return "-" if value is None else f"{100 * value:.0f}"


def chance(p: float) -> str:
    """A p-value; below a ten-thousandth its digits mean nothing."""
    return f"{p:.2g}" if p >= 0.0001 else "<0.0001"
