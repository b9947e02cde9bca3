"""Waiting for a vendor's batches: longer each time, and never deaf to the user."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from ..errors import BackendUnavailable, Busy, Stopped, Unreachable

FIRST_POLL, SLOWEST_POLL = 1.0, 60.0
"""Seconds between two looks at a batch; half as long again each time."""


@dataclass
class Patience:
    """How long to wait for ``model``: up to ``most`` seconds without an answer. ``stopped`` gives the
    user's wish to stop."""

    model: str
    most: float
    stopped: Callable[[], BaseException | None] = lambda: None
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    first: float = FIRST_POLL

    async def waited(self, seconds: float) -> None:
        """Wait, in short steps, so that the user's stop is heard.

        Raises:
            Stopped: by the user.
        """
        while seconds > 0:
            stop = self.stopped()
            if stop is not None:
                raise stop if isinstance(stop, Stopped) else Stopped("stopped; the same command goes on")
            await self.sleep(min(0.5, seconds))
            seconds -= 0.5

    async def tried(self, work: Callable[[], Awaitable[Any]], busy_alone: bool = False) -> Any:
        """Call the vendor again while it is busy or out of reach. ``busy_alone``: not when it is out of
        reach, for what may have arrived although it failed."""
        wait, waited = self.first, 0.0
        while True:
            try:
                return await work()
            except Busy as error:
                pause = error.retry_after or wait
            except Unreachable as error:
                if busy_alone:
                    raise
                pause = error.retry_after or wait
                if waited > self.most:
                    raise BackendUnavailable(
                        f"{self.model} is out of reach ({error}); the same command goes on"
                    ) from error
            waited += pause
            await self.waited(pause)
            wait = longer(wait)


def longer(wait: float) -> float:
    return min(SLOWEST_POLL, wait * 1.5)
