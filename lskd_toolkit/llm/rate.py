"""How many requests are in flight: more while it goes well, half when the vendor objects.

Additive increase and multiplicative decrease, as TCP does it, one pace for each endpoint and model. It
begins by doubling until something objects. Waiting and sending again happen here and nowhere else: the
vendors' own libraries are told not to.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable

from ..errors import BackendUnavailable, Busy, Stopped, Unreachable
from .messages import ChatReply, Pace

START = 32
"""Requests in flight at first, or half of the most if that is more: whoever allows hundreds knows a vendor
who takes them, and each doubling from far below costs all a round trip."""
TRIES = 6
"""How often one request is sent that fails while others get through."""
FIRST_WAIT, LONGEST_WAIT = 0.5, 60.0
"""Seconds before a request is sent again; doubled each time, with jitter."""
BREAKER = 10
"""So many failures in a row, with nothing getting through between, open the circuit."""
PATIENCE = 900.0
"""Seconds without a single reply after which the backend counts as unavailable."""
HEARD = 1.0
"""Seconds after which a stop is heard at the latest, however long the vendor makes everybody wait."""
LOW, EMPTY = 0.1, 0.005
"""Shares of the vendor's limit left: below LOW no more are sent at once than now, at EMPTY none until
the limit is whole again."""


class Rate:
    """The pace of one endpoint and model. ``most`` bounds the requests in flight; ``say`` tells the user
    when it has to pause; ``stopped`` gives the user's wish to stop."""

    def __init__(
        self,
        most: int,
        *,
        name: str = "",
        say: Callable[[str], None] | None = None,
        patience: float = PATIENCE,
        stopped: Callable[[], BaseException | None] = lambda: None,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        seed: int = 0,
    ):
        self.most, self.name, self.patience = max(1, most), name, patience
        self.limit = float(min(self.most, max(START, self.most // 2)))
        self.flying = 0
        self._say, self._stopped = say or (lambda text: None), stopped
        self._now, self._sleep, self._random = now, sleep, random.Random(seed)
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._resume = 0.0
        self._threshold = float("inf")
        self._cuts = 0
        self._failures = 0
        self._failing_since: float | None = None
        self._pauses = 0

    async def through(self, send: Callable[[], Awaitable[ChatReply]]) -> ChatReply:
        """The reply to one request, sent again as often as makes sense.

        Raises:
            Stopped: by the user, before it was sent.
            BackendUnavailable: nothing has got through for longer than the patience.
            Unreachable: this request fails again and again while others get through.
        """
        tries = waits = 0
        while True:
            await self._enter()
            cuts = self._cuts
            try:
                reply = await send()
            except (Busy, Unreachable) as error:
                tries += isinstance(error, Unreachable)
                waits += 1
                self._failed(error, cuts)
                if tries >= TRIES and self._failures < BREAKER:
                    raise
                wait = error.retry_after
            else:
                self._succeeded(reply.pace)
                return reply
            finally:
                self._leave()
            if wait is None:
                wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(waits - 1, 10))
                wait *= self._random.uniform(0.5, 1.0)
            await self._paused(wait)

    # --- room ---------------------------------------------------------------------------------------

    async def _enter(self) -> None:
        while True:
            await self._room()
            pause, stop = self._resume - self._now(), self._stopped()
            if pause <= 0 and stop is None:
                return
            self._leave()
            if stop is not None:
                raise stop if isinstance(stop, Stopped) else Stopped("stopped; the same command goes on")
            # Given back while all pause: afterwards there may be room for one alone. A little jitter, so
            # that those who waited do not come back in the same instant.
            await self._paused(pause + self._random.uniform(0, min(1.0, pause / 4)))

    async def _paused(self, seconds: float) -> None:
        """Sleep, in short steps, so that the user's stop is heard."""
        while seconds > 0 and self._stopped() is None:
            await self._sleep(min(HEARD, seconds))
            seconds -= HEARD

    async def _room(self) -> None:
        """Take a place; those who came first go first."""
        if not self._waiting and self.flying < int(self.limit):
            self.flying += 1
            return
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self._leave()
            raise

    def _leave(self) -> None:
        self.flying -= 1
        self._wake()

    def _wake(self) -> None:
        """Give places to as many as there is room for."""
        while self._waiting and self.flying < int(self.limit):
            future = self._waiting.popleft()
            if not future.done():
                self.flying += 1
                future.set_result(None)

    # --- what happened --------------------------------------------------------------------------------

    def _succeeded(self, pace: Pace | None) -> None:
        if self._failures >= BREAKER:
            self._say(f"{self.name}: answers again")
        self._failures, self._failing_since, self._pauses = 0, None, 0
        left = min((v for v in (pace.requests, pace.tokens) if v is not None), default=1.0) if pace else 1.0
        if left <= EMPTY and pace is not None and pace.reset:
            self._resume = max(self._resume, self._now() + min(pace.reset, LONGEST_WAIT))
        if left > LOW:
            # Doubled in each round trip up to half of what was too much, one more in each after that.
            grown = self.limit + (1.0 if self.limit < self._threshold else 1.0 / self.limit)
            self.limit = min(float(self.most), grown)

    def _failed(self, error: Busy | Unreachable, cuts: int) -> None:
        now = self._now()
        self._failures += 1
        self._failing_since = now if self._failing_since is None else self._failing_since
        if now - self._failing_since > self.patience:
            raise BackendUnavailable(
                f"{self.name} has not answered for {self.patience / 60:.0f} minutes ({error}); "
                "the same command goes on when it does"
            ) from error
        if isinstance(error, Busy):
            if cuts == self._cuts:
                # Those that were in flight together tell of one overload: it cuts once.
                self._cuts += 1
                if self._threshold == float("inf"):
                    self._say(
                        f"{self.name}: asks to slow down ({error}); fewer requests at once from here on"
                    )
                self.limit = self._threshold = max(1.0, self.limit / 2)
            if error.retry_after is not None:
                self._resume = max(self._resume, now + error.retry_after)
        if self._failures >= BREAKER and self._resume <= now:
            pause = min(LONGEST_WAIT, 5.0 * 2 ** min(self._pauses, 4))
            self._pauses += 1
            self._cuts += 1
            self._threshold = min(self._threshold, max(1.0, self.limit / 2))
            self._resume, self.limit = now + pause, 1.0
            self._say(
                f"{self.name}: {self._failures} requests in a row failed ({error}); "
                f"pausing {pause:.0f} s, then trying one"
            )
