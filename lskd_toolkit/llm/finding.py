"""Finding a batch again at the vendor, whose submission nobody lived to note."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Any

from ..protocols import Batches
from .messages import BatchSeen

SKEW = 3600.0
"""Seconds that the vendor's clock may be behind ours: what is looked at in vain costs less than a second
batch."""
POLL = 5.0


async def found_again(
    vendor: Batches,
    tag: str,
    requests: int,
    at: float,
    keys: Collection[str],
    claimed: Collection[str],
    *,
    patiently: Callable[[Callable[[], Awaitable[Any]]], Awaitable[Any]],
    sleep: Callable[[float], Awaitable[None]],
    now: Callable[[], float],
) -> str:
    """The vendor's id of the batch ``tag`` that was about to be submitted at ``at``, or '' if it never
    arrived.

    A vendor that shows our mark settles it at once. From one that shows only times and counts, a batch
    with as many requests, made since then and not known as another of ours, is a candidate; which requests
    it holds is seen when it has ended, by the custom ids of its results. Nothing found counts only once
    a batch that was made just before we began to look would surely be in the list: at ``at`` it was only
    intended, and whoever submitted it may have died a moment ago.
    """
    refuted: set[str] = set()
    began = now()
    while True:
        listed: list[BatchSeen] = list(await patiently(lambda: vendor.listed(at - SKEW)))
        candidates = [b for b in listed if b.id not in claimed and b.id not in refuted]
        marked = [batch for batch in candidates if batch.tag == tag]
        if marked:
            return marked[0].id
        unmarked = [b for b in candidates if not b.tag and b.requests in (requests, None)]
        for candidate in (b for b in unmarked if b.ended):
            if await patiently(lambda batch=candidate.id: _holds(vendor, batch, keys)):  # type: ignore[misc]
                return candidate.id
            refuted.add(candidate.id)
        if not any(not b.ended for b in unmarked) and now() - began > vendor.settles:
            return ""
        await sleep(min(POLL, max(0.1, vendor.settles / 10)))


async def _holds(vendor: Batches, batch: str, keys: Collection[str]) -> bool:
    """Whether an ended batch's results are those of our requests: the first one tells."""
    async for key, _ in vendor.results(batch):
        return key in keys
    return False
