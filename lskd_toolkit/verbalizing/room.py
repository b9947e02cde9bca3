"""How many drawn pictures a part holds at once: a chunk's regions, all drawn, would fill the memory."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

PICTURES = 96
"""Enough to fill the next batches of a model while it works on one, and a vendor's 64 requests in flight. At
1024 x 768 pixels some 230 MB."""


class Room:
    """Room for so many pictures, given out in the order in which it is asked for."""

    def __init__(self, pictures: int = PICTURES):
        self._free = self._most = pictures
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def of(self, pictures: int) -> AsyncIterator[None]:
        """Wait for the room and hold it. Who wants more than there is at all gets all of it."""
        wanted = min(pictures, self._most)
        await self._take(wanted)
        try:
            yield
        finally:
            self._free += wanted
            self._hand_out()

    async def _take(self, wanted: int) -> None:
        turn = (wanted, asyncio.get_running_loop().create_future())
        self._waiting.append(turn)
        self._hand_out()
        try:
            await turn[1]
        except asyncio.CancelledError:
            if turn in self._waiting:
                self._waiting.remove(turn)
            else:  # it was given at the same moment
                self._free += wanted
            self._hand_out()
            raise

    def _hand_out(self) -> None:
        while self._waiting and self._waiting[0][0] <= self._free:
            wanted, future = self._waiting.popleft()
            if not future.done():
                self._free -= wanted
                future.set_result(None)
