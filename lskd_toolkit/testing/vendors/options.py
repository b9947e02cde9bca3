"""What can be set of the fake vendors, in one record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class VendorOptions:
    """How the fake vendors behave. Times are seconds.

    ``latency`` is what an answer to a chat request takes, or a pair between which each request's own
    digest chooses. ``script`` are the rules of faults (see `faults`). ``tool_turns`` is how often a
    conversation that is offered tools calls them before it answers, ``tool_calls`` how many calls it makes
    at once. ``style`` is how statements name regions; ``auto`` reads it off the prompt.

    A batch is done ``batch_seconds`` after its making and stands in its vendor's list only after
    ``list_delay``. A limit on requests or tokens within each ``window`` answers 429 beyond it; 0 is none.
    The rest are the vendors' own limits, settable so that tests need not send 256 MB.
    """

    latency: float | tuple[float, float] = 0.0
    log: str = ""
    script: Sequence[Mapping[str, Any]] = ()
    seed: int = 0
    tool_turns: int = 2
    tool_calls: int = 1
    style: Literal["auto", "id", "description"] = "auto"
    batch_seconds: float = 0.2
    list_delay: float = 0.0
    requests_per_window: int = 0
    tokens_per_window: int = 0
    window: float = 60.0
    cache_min_tokens: int = 1024
    cache_seconds: float = 300.0
    anthropic_batch_requests: int = 100_000
    anthropic_batch_bytes: int = 256_000_000
    openai_batch_requests: int = 50_000
    openai_batch_bytes: int = 200_000_000
    strict_schemas: bool = True
