"""Requests that go to the vendor together, at half the price, and come back when they come back.

`defer` spools a request to a file and raises `Deferred`: its scene is taught again when the batch has
come back, and finds the replies in the ledger. A full spool, and at the end of each round what is left,
is sealed: it becomes a batch. Which requests a batch holds is durable before it is submitted, and what
the vendor calls it right after; between the two the process may die, and then the vendor's own list says
whether the batch arrived.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from ..errors import BackendUnavailable, Busy, Deferred, LskdError, RequestRejected, Stopped, Unreachable
from ..protocols import Backend, Batches
from ..store.durable import fsync, rename
from .budget import Budget
from .finding import found_again
from .ledger import Ledger
from .messages import BatchSeen, ChatReply, ChatRequest
from .rate import Rate

TOGETHER = 500
"""Replies of a batch that are stored in one commit."""
TRIES = 3
"""How often a request is put into a batch that comes back without a reply to it."""
WORTH_WARMING = 8
"""Requests of one batch with the same beginning from which on it pays to warm the vendor's cache."""
FIRST_POLL, SLOWEST_POLL = 1.0, 60.0
"""Seconds between two looks at a batch; half as long again each time."""


@dataclass
class Spool:
    """What is gathered for the next batch. The first line of each shared beginning is held back: it may
    be sent at once, to warm the vendor's cache for the others."""

    path: Path
    file: IO[bytes]
    keys: list[str] = field(default_factory=list)
    size: int = 0
    bound: float = 0.0
    held: dict[str, tuple[str, str, bytes, ChatRequest]] = field(default_factory=dict)
    sharing: dict[str, int] = field(default_factory=dict)


class Batcher:
    """The batches of one backend in one run. ``folder`` is where spools lie until their batch is done."""

    def __init__(
        self,
        backend: Backend,
        batches: Batches,
        ledger: Ledger,
        budget: Budget,
        rate: Rate,
        folder: Path,
        *,
        say: Callable[[str], None] | None = None,
        stopped: Callable[[], BaseException | None] = lambda: None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now: Callable[[], float] = time.time,
        first_poll: float = FIRST_POLL,
    ):
        self.backend, self.vendor, self.ledger, self.budget, self.rate = (
            backend,
            batches,
            ledger,
            budget,
            rate,
        )
        self.folder, self._say, self._stopped = folder, say or (lambda text: None), stopped
        self._sleep, self._now, self._first_poll = sleep, now, first_poll
        self._spool: Spool | None = None
        self._tries: dict[str, int] = {}
        self._refused: dict[str, LskdError] = {}
        self._sending = asyncio.Lock()
        self._coming: set[str] = set()
        self._known = False

    async def defer(self, key: str, text: str, request: ChatRequest) -> None:
        """Put a request on its way, if it is not yet, and raise.

        Raises:
            Deferred: the request waits for its batch.
            BudgetReached: it could pass the cap.
            RequestRejected, Unreachable: batches have come back without a reply to it.
        """
        if not self._known:
            self._recover()
        if key in self._refused:
            raise self._refused[key]
        if not (self.ledger.batched(key) or key in self._coming):
            self._coming.add(key)
            try:
                await self._spooled(key, text, request)
            finally:
                self._coming.discard(key)
        raise Deferred("waits for its batch")

    async def _spooled(self, key: str, text: str, request: ChatRequest) -> None:
        # Drawing and encoding pictures takes its time, so not on the loop.
        line = await asyncio.to_thread(self.vendor.line, key, request)
        if len(line) + 2 > self.vendor.max_bytes:
            raise RequestRejected(f"a request of {len(line)} bytes is larger than a whole batch may be")
        bound = self.budget.bound(self.backend, request) * self.vendor.discount
        self.budget.take(bound)
        await self.ledger.spool(key, text)
        try:
            async with self._sending:
                if self._full(len(line)):
                    await self._seal()
                self._add(key, text, line, bound, request)
        except BaseException:
            self.ledger.unspool(key)
            self.budget.give_back(bound, 0.0)
            raise

    async def settle(self) -> int:
        """Submit what is spooled and wait until every open batch has come back and is in the ledger; how
        many there were.

        Raises:
            Stopped: by the user; the batches go on at the vendor, and the same command collects them.
        """
        if not self._known:
            self._recover()
        async with self._sending:
            if self._spool is not None:
                await self._seal()
        open_batches = self.ledger.batches(self.backend.endpoint, self.backend.model)
        if open_batches:
            count = sum(batch[3] for batch in open_batches)
            self._say(f"{self.backend.model}: waiting for {len(open_batches)} batches with {count} requests")
        for tag, vendor_id, status, requests, bound, at in open_batches:
            if status == "intended":
                vendor_id = await self._submitted_after_all(tag, requests, at)  # noqa: PLW2901
            await self._collect(tag, vendor_id, requests, bound)
        return len(open_batches)

    # --- gathering ------------------------------------------------------------------------------------

    def _recover(self) -> None:
        """What earlier processes have under way is reserved for again."""
        self._known = True
        self.ledger.unspool()
        for left in self.folder.glob("*.part"):
            left.unlink()
        for _, _, _, requests, bound, _ in self.ledger.batches(self.backend.endpoint, self.backend.model):
            self.budget.requests += requests
            self.budget.reserved += bound

    def _full(self, more: int) -> bool:
        spool = self._spool
        return spool is not None and (
            len(spool.keys) + len(spool.held) >= self.vendor.max_requests
            or spool.size + more + 1 > self.vendor.max_bytes
        )

    def _add(self, key: str, text: str, line: bytes, bound: float, request: ChatRequest) -> None:
        spool = self._spool = self._spool or self._opened()
        spool.size += len(line) + 1
        spool.bound += bound
        if hasattr(self.vendor, "warm") and request.shared:
            beginning = _beginning(request)
            spool.sharing[beginning] = spool.sharing.get(beginning, 0) + 1
            if beginning not in spool.held:
                spool.held[beginning] = (key, text, line, request)
                return
        spool.keys.append(key)
        spool.file.write(line + b"\n")

    def _opened(self) -> Spool:
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{secrets.token_hex(8)}.part"
        return Spool(path, path.open("wb"))

    async def _seal(self) -> None:
        """Make the spool a batch and submit it."""
        spool, self._spool = self._spool, None
        assert spool is not None
        warmed = []
        for beginning, (key, text, line, request) in spool.held.items():
            if spool.sharing[beginning] >= WORTH_WARMING:
                warmed.append(self._warm(key, text, request))
            else:
                spool.keys.append(key)
                spool.file.write(line + b"\n")
        await asyncio.gather(*warmed)
        spool.file.flush()
        fsync(spool.file.fileno())
        spool.file.close()
        if not spool.keys:
            spool.path.unlink()
            return
        tag = spool.path.stem
        rename(spool.path, self._place(tag))
        self.ledger.intend_batch(
            tag, self.backend.endpoint, self.backend.model, spool.keys, spool.bound, self._now()
        )
        try:
            await self._submit(tag)
        except Unreachable as error:
            # It may have arrived all the same: settling finds out.
            self._say(f"{self.backend.model}: submitting a batch failed ({error}); looking for it later")

    async def _warm(self, key: str, text: str, request: ChatRequest) -> None:
        """Send the first of many at once: its reply is wanted anyway, and the others find their beginning
        in the vendor's cache."""
        bound = self.budget.bound(self.backend, request)

        async def send() -> ChatReply:
            await self.ledger.intend(key)
            reply: ChatReply = await self.vendor.warm(request)  # type: ignore[attr-defined]
            return reply

        try:
            reply = await self.ledger.once(key, lambda: self.rate.through(send), text)
        except RequestRejected as error:
            self._refused[key] = error
            reply = ChatReply("")
        self.ledger.unspool(key)
        self.budget.give_back(bound * self.vendor.discount, reply.usd or 0.0)

    def _place(self, tag: str) -> Path:
        return self.folder / f"{tag}.jsonl"

    # --- the vendor -----------------------------------------------------------------------------------

    async def _submit(self, tag: str) -> str:
        vendor_id: str = await self._patiently(
            lambda: self.vendor.submit(self._place(tag), tag), busy_alone=True
        )
        self.ledger.submitted(tag, vendor_id)
        self._say(f"{self.backend.model}: submitted the batch {vendor_id}")
        return vendor_id

    async def _submitted_after_all(self, tag: str, requests: int, at: float) -> str:
        """The vendor's id of a batch that an earlier process may or may not have submitted."""
        keys = self.ledger.keys_in(tag)
        while True:
            found = await found_again(
                self.vendor, tag, requests, at, keys, self.ledger.vendor_ids(),
                patiently=self._patiently, sleep=self._waited, now=self._now,
            )  # fmt: skip
            if found:
                self._say(f"{self.backend.model}: found the batch {found} again")
                self.ledger.submitted(tag, found)
                return found
            try:
                return await self._submit(tag)
            except Unreachable:
                at = self._now()

    async def _collect(self, tag: str, vendor_id: str, requests: int, bound: float) -> None:
        """Wait for a batch and store what it brought."""
        seen = await self._ended(vendor_id, requests)
        spent = 0.0

        async def read() -> None:
            nonlocal spent
            some: list[ChatReply] = []
            async for key, outcome in self.vendor.results(vendor_id):
                if isinstance(outcome, ChatReply):
                    some.append(replace(outcome, key=key, pace=None))
                elif isinstance(outcome, RequestRejected):
                    self._refused[key] = outcome
                if len(some) == TOGETHER:
                    spent += self._bring(some)
            spent += self._bring(some)

        if not seen.failed:
            await self._patiently(read)
        lost = self.ledger.keys_in(tag)
        for key in lost - set(self._refused):
            self._tries[key] = self._tries.get(key, 0) + 1
            if self._tries[key] >= TRIES:
                why = seen.failed or "it expired or failed there"
                self._refused[key] = Unreachable(f"{TRIES} batches came back without a reply ({why})")
        self.ledger.close_batch(tag)
        self.budget.give_back(bound, spent)
        self._place(tag).unlink(missing_ok=True)
        without = f", {len(lost)} without{f' ({seen.failed})' if seen.failed else ''}" if lost else ""
        self._say(
            f"{self.backend.model}: the batch {vendor_id} has brought {requests - len(lost)} replies{without}"
        )

    def _bring(self, some: list[ChatReply]) -> float:
        """Store these replies and forget them; what they cost."""
        spent = sum(reply.usd or 0.0 for reply in some)
        self.ledger.bring(some)
        some.clear()
        return spent

    async def _ended(self, vendor_id: str, requests: int) -> BatchSeen:
        wait, told = self._first_poll, -1
        while True:
            seen: BatchSeen = await self._patiently(lambda: self.vendor.look(vendor_id))
            if seen.ended:
                return seen
            if seen.done != told and told >= 0:
                self._say(f"{self.backend.model}: the batch {vendor_id} is at {seen.done} of {requests}")
            told = seen.done
            await self._waited(wait)
            wait = min(SLOWEST_POLL, wait * 1.5)

    async def _waited(self, seconds: float) -> None:
        """Wait, in short steps, so that the user's stop is heard."""
        while seconds > 0:
            stop = self._stopped()
            if stop is not None:
                raise stop if isinstance(stop, Stopped) else Stopped("stopped; the same command goes on")
            await self._sleep(min(0.5, seconds))
            seconds -= 0.5

    async def _patiently(self, work: Callable[[], Awaitable[Any]], busy_alone: bool = False) -> Any:
        """Call the vendor again while it is busy or out of reach. ``busy_alone``: not when it is out of
        reach, for what may have arrived although it failed."""
        wait, waited = self._first_poll, 0.0
        while True:
            try:
                return await work()
            except Busy as error:
                pause = error.retry_after or wait
            except Unreachable as error:
                if busy_alone:
                    raise
                pause = error.retry_after or wait
                if waited > self.rate.patience:
                    raise BackendUnavailable(
                        f"{self.backend.model} is out of reach ({error}); the same command goes on"
                    ) from error
            waited += pause
            await self._waited(pause)
            wait = min(SLOWEST_POLL, wait * 1.5)


def _beginning(request: ChatRequest) -> str:
    """The part of a request that a vendor's cache may hold, as a digest."""
    told = [request.system, *(m.text for m in request.messages[: request.shared])]
    return hashlib.sha256("\x00".join(told).encode("utf-8", "surrogatepass")).hexdigest()
