"""What a request may cost at most, and what a reply did cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from lskd_toolkit import Price, price_of

from .models import length_factor
from .options import ClaudeOptions

CACHE_READ, CACHE_WRITE, CACHE_WRITE_HOUR = 0.1, 1.25, 2.0
"""Of the price of a plain prompt token, where the user gives only that."""

MOST_TOKENS = 10**12


def price(options: ClaudeOptions) -> Price | None:
    """The prices that hold for the options' model; None when nobody knows them."""
    known = price_of(options.model)
    usd_in, usd_out = options.usd_per_million_in, options.usd_per_million_out
    if usd_in is None or usd_out is None:
        return known
    given = known or Price(options.model, 0.0, 0.0, datetime.now(UTC).date(), "options")
    return replace(
        given, usd_in=usd_in, usd_out=usd_out, cache_read=usd_in * CACHE_READ,
        cache_write=usd_in * CACHE_WRITE, cache_write_hour=usd_in * CACHE_WRITE_HOUR, source="options",
    )  # fmt: skip


def most(line: Price | None, tokens_in: int, tokens_out: int) -> float | None:
    """US dollars that a request of so many tokens costs at most."""
    if line is None:
        return None
    bound: float = line.most(tokens_in, tokens_out)
    return bound * length_factor(line.model, tokens_in)


def cost(line: Price | None, usage: Mapping[str, Any], batch: bool = False) -> float | None:
    """US dollars of a reply with this ``usage``, as the vendor counts it: ``input_tokens`` is what neither
    came from the cache nor went into it."""
    if line is None:
        return None
    plain, read, written, out = tokens(usage)
    kinds = usage.get("cache_creation")
    hour = _count(kinds.get("ephemeral_1h_input_tokens")) if isinstance(kinds, Mapping) else 0
    total = plain + read + written
    usd: float = line.usd(total, out, read, written)
    if hour and line.cache_write_hour is not None:
        five_minutes = line.usd_in if line.cache_write is None else line.cache_write
        usd += hour * (line.cache_write_hour - five_minutes) / 1e6
    share: float = line.batch if batch else 1.0
    return usd * length_factor(line.model, total) * share


def tokens(usage: Mapping[str, Any]) -> tuple[int, int, int, int]:
    """Prompt tokens: plain, read from the cache, written to it; and those of the reply."""
    return (
        _count(usage.get("input_tokens")),
        _count(usage.get("cache_read_input_tokens")),
        _count(usage.get("cache_creation_input_tokens")),
        _count(usage.get("output_tokens")),
    )


def _count(told: Any) -> int:
    """A number of tokens; 0 for what is none: the reply is paid for, however oddly it is counted."""
    return told if isinstance(told, int) and 0 <= told < MOST_TOKENS else 0
