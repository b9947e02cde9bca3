"""What a request may cost at most, and what a reply did cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from lskd_toolkit import Price, price_of

from .models import length_factors
from .options import ChatGptOptions

MOST_TOKENS = 10**12


def price(options: ChatGptOptions) -> Price | None:
    """The prices that hold for the options' model; None when nobody knows them. Prices that the user gives
    hold for cached tokens too: what a cache saves there is not known."""
    known = price_of(options.model)
    usd_in, usd_out = options.usd_per_million_in, options.usd_per_million_out
    if usd_in is None or usd_out is None:
        return known
    line = known or Price(options.model, 0.0, 0.0, datetime.now(UTC).date(), "options")
    return replace(
        line, usd_in=usd_in, usd_out=usd_out, cache_read=None, cache_write=None, cache_write_hour=None,
        source="options",
    )  # fmt: skip


def most(line: Price | None, tokens_in: int, tokens_out: int) -> float | None:
    """US dollars that a request of so many tokens costs at most."""
    if line is None:
        return None
    times_in, times_out = length_factors(line.model, tokens_in)
    bound: float = line.most(tokens_in, 0) * times_in + line.most(0, tokens_out) * times_out
    return bound


def cost(line: Price | None, usage: Mapping[str, Any], batch: bool = False) -> float | None:
    """US dollars of a reply with this ``usage``; None when the price is not known, or what was used."""
    if line is None or not isinstance(usage.get("prompt_tokens"), int):
        return None
    total, cached, written, out = tokens(usage)
    times_in, times_out = length_factors(line.model, total)
    usd: float = line.usd(total, 0, cached, written) * times_in + line.usd(0, out) * times_out
    share: float = line.batch if batch else 1.0
    return usd * share


def tokens(usage: Mapping[str, Any]) -> tuple[int, int, int, int]:
    """Tokens of the prompt, of those the ones read from the cache and written to it, and of the reply."""
    details = usage.get("prompt_tokens_details")
    details = details if isinstance(details, Mapping) else {}
    return (
        _count(usage.get("prompt_tokens")),
        _count(details.get("cached_tokens")),
        _count(details.get("cache_write_tokens")),
        _count(usage.get("completion_tokens")),
    )


def _count(told: Any) -> int:
    """A number of tokens; 0 for what is none: the reply is paid for, however oddly it is counted."""
    return told if isinstance(told, int) and 0 <= told < MOST_TOKENS else 0
