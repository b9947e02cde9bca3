"""Prices change: whoever is about to spend by an old table should know."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from ..config import Part
from .prices import STALE_DAYS, price_of


def stale_prices(parts: Iterable[Part], today: date | None = None) -> list[str]:
    """A line for each backend among the parts whose price was read too long ago."""
    told = []
    for part in parts:
        model = getattr(part.options, "model", "") if part.kind == "backend" else ""
        price = price_of(model) if model else None
        if price is not None and price.stale(today) and not getattr(part.options, "usd_per_million_in", None):
            told.append(
                f"the price of {model} was read on {price.read}, more than {STALE_DAYS} days ago; look it up "
                f"and set it with --set teacher.usd_per_million_in=… and usd_per_million_out, or with a file "
                "that LSKD_PRICES names"
            )
        told += stale_prices(part.parts.values(), today)
    return told
