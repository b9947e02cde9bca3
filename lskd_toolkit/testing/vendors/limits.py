"""Rate limits: how many requests and tokens a window has room for, and the headers that say so."""

from __future__ import annotations

import time
from datetime import UTC, datetime

UNLIMITED_REQUESTS, UNLIMITED_TOKENS = 10_000, 10_000_000
"""What the headers say when there is no limit."""


class Window:
    """Fixed windows, counted from the first request in each; one for each vendor and model."""

    def __init__(self, requests: int, tokens: int, seconds: float):
        self._limits = (requests, tokens)
        self._seconds = seconds
        self._ends = 0.0
        self._used = [0, 0]

    def admit(self, tokens: int) -> bool:
        """If there is room for a request of so many tokens; it is counted if so."""
        now = time.monotonic()
        if now >= self._ends:
            self._ends, self._used = now + self._seconds, [0, 0]
        for limit, used, more in zip(self._limits, self._used, (1, tokens), strict=True):
            if limit and used + more > limit:
                return False
        self._used[0] += 1
        self._used[1] += tokens
        return True

    @property
    def reset(self) -> float:
        """Seconds until the window ends."""
        return max(0.0, self._ends - time.monotonic())

    def left(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """``(limit, remaining)`` of requests and of tokens."""
        (requests, tokens), (sent, spent) = self._limits, self._used
        return (
            (requests or UNLIMITED_REQUESTS, requests - sent if requests else UNLIMITED_REQUESTS - 1),
            (tokens or UNLIMITED_TOKENS, tokens - spent if tokens else UNLIMITED_TOKENS - 1),
        )


def anthropic_headers(window: Window) -> dict[str, str]:
    reset = datetime.fromtimestamp(time.time() + window.reset, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    headers = {}
    requests, tokens = window.left()
    for name, (limit, left) in (("requests", requests), ("tokens", tokens), ("input-tokens", tokens)):
        headers[f"anthropic-ratelimit-{name}-limit"] = str(limit)
        headers[f"anthropic-ratelimit-{name}-remaining"] = str(left)
        headers[f"anthropic-ratelimit-{name}-reset"] = reset
    return headers


def openai_headers(window: Window) -> dict[str, str]:
    reset = window.reset
    minutes, seconds = divmod(reset, 60)
    said = (
        f"{int(minutes)}m{seconds:.3g}s"
        if minutes
        else f"{reset:.3f}s"
        if reset >= 1
        else f"{int(reset * 1000)}ms"
    )
    headers = {}
    for name, (limit, left) in zip(("requests", "tokens"), window.left(), strict=True):
        headers[f"x-ratelimit-limit-{name}"] = str(limit)
        headers[f"x-ratelimit-remaining-{name}"] = str(left)
        headers[f"x-ratelimit-reset-{name}"] = said
    return headers
