"""Requests that go to the vendor together, at half the price, and come back when they come back.

`defer` spools a request to a file and raises `Deferred`: its scene is taught again when the batch has
come back, and finds the replies in the ledger. A full spool, and at the end of each round what is left,
is sealed: it becomes a batch. Which requests a batch holds is durable before it is submitted, and what
the vendor calls it right after; between the two the process may die, and then the vendor's own list says
whether the batch arrived.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from ..errors import BudgetReached, Busy, Deferred, RequestRejected, Unreachable
from ..protocols import Backend, Batches
from ..store.durable import fsync, rename
from .abridging import Form
from .budget import Budget
from .finding import found_again
from .ledger import Ledger
from .messages import BatchSeen, ChatReply, ChatRequest
from .patience import FIRST_POLL, Patience, longer
from .rate import Rate
from .spool import WORTH_WARMING, Line, Returned, Spool

TOGETHER = 500
"""Replies of a batch that are stored in one commit."""
TRIES = 3
"""How often a request is put into a batch that comes back without a reply to it."""


class Batcher:
    """The batches of one backend in one run. ``folder`` is where spools lie until their batch is done.
    ``returned`` is shared by all batchers of the run. One that does not gather waits for the batches of
    an earlier process, and makes none."""

    def __init__(
        self,
        backend: Backend,
        batches: Batches,
        ledger: Ledger,
        budget: Budget,
        rate: Rate,
        folder: Path,
        *,
        returned: Returned | None = None,
        gathers: bool = True,
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
        self.folder, self.gathers, self._say, self._now = folder, gathers, say or (lambda text: None), now
        self._patience = Patience(backend.model, rate.patience, stopped, sleep, first_poll)
        self._returned = returned or Returned()
        self._spool: Spool | None = None
        self._sending = asyncio.Lock()
        self._coming: dict[str, asyncio.Event] = {}
        self._done = 0

    def takes(self, key: str) -> bool:
        """Whether the request of that key goes into a batch, or is in one already."""
        self._recover()
        return self.gathers or self.ledger.batched(key)

    async def defer(self, key: str, form: Form, request: ChatRequest) -> None:
        """Put a request on its way, if it is not yet, and raise.

        Raises:
            Deferred: the request waits for its batch.
            BudgetReached: it could pass the cap.
            RequestRejected, Unreachable: batches have come back without a reply to it.
        """
        self._recover()
        while not self.ledger.batched(key) and self.ledger.find(key) is None:
            if key in self._returned.refused:
                raise self._returned.refused[key]
            if key in self._coming:
                await self._coming[key].wait()
                continue
            self._coming[key] = asyncio.Event()
            try:
                await self._spooled(key, form, request)
            finally:
                self._coming.pop(key).set()
        raise Deferred("waits for its batch")

    async def _spooled(self, key: str, form: Form, request: ChatRequest) -> None:
        # Drawing and encoding pictures takes its time, so not on the loop.
        data = await asyncio.to_thread(self.vendor.line, key, request)
        if len(data) + 2 > self.vendor.max_bytes:
            raise RequestRejected(f"a request of {len(data)} bytes is larger than a whole batch may be")
        bound = self.budget.bound(self.backend, request) * self.vendor.discount
        self.budget.take(bound)
        try:
            await self.ledger.spool(key, form)
            async with self._sending:
                if self._full(len(data)):
                    await self._seal()
                self._spool = self._spool or self._opened()
                self._spool.add(Line(key, form, data, bound, request), hasattr(self.vendor, "warm"))
        except BaseException:
            self.ledger.unspool(key)
            self.budget.give_back(bound, 0.0)
            self.budget.requests -= 1
            raise

    async def settle(self) -> int:
        """Submit what is spooled and wait until every open batch has come back and is in the ledger; how
        many there were.

        Raises:
            Stopped: by the user; the batches go on at the vendor, and the same command collects them.
        """
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
                vendor_id = await self._submitted_after_all(tag, requests, bound, at)  # noqa: PLW2901
            if vendor_id:
                await self._collect(tag, vendor_id, requests, bound)
        done, self._done = self._done, 0
        return done

    # --- gathering ------------------------------------------------------------------------------------

    def _recover(self) -> None:
        """What earlier processes have under way is reserved for again; done once in a run for each model."""
        model = (self.backend.endpoint, self.backend.model)
        if model in self._returned.recovered:
            return
        if not self._returned.recovered:
            self.ledger.unspool()
            for left in self.folder.glob("*.part"):
                left.unlink()
        self._returned.recovered.add(model)
        for tag, _, _, requests, bound, _ in self.ledger.batches(*model):
            waiting = len(self.ledger.keys_in(tag))
            self.budget.requests += waiting
            self.budget.reserved += bound * waiting / max(1, requests)

    def _full(self, more: int) -> bool:
        spool = self._spool
        return spool is not None and (
            len(spool.keys) + len(spool.held) >= self.vendor.max_requests
            or spool.size + more + 1 > self.vendor.max_bytes
        )

    def _opened(self) -> Spool:
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{secrets.token_hex(8)}.part"
        return Spool(path, path.open("wb"))

    async def _seal(self) -> None:
        """Make the spool a batch and submit it."""
        spool, self._spool = self._spool, None
        assert spool is not None
        first = [line for beginning, line in spool.held.items() if spool.sharing[beginning] >= WORTH_WARMING]
        warmed = {
            line.key
            for line, sent in zip(first, await asyncio.gather(*map(self._warm, first)), strict=True)
            if sent
        }
        for line in spool.held.values():
            if line.key not in warmed:
                spool.write(line)
        spool.file.flush()
        fsync(spool.file.fileno())
        spool.file.close()
        if not spool.keys:
            spool.path.unlink()
            return
        tag = spool.path.stem
        self.ledger.intend_batch(
            tag, self.backend.endpoint, self.backend.model, spool.keys, spool.bound, self._now()
        )
        rename(spool.path, self._place(tag))
        try:
            await self._submit(tag)
        except Unreachable as error:
            # It may have arrived all the same: settling finds out.
            self._say(f"{self.backend.model}: submitting a batch failed ({error}); looking for it later")
        except RequestRejected as error:
            self._turned_away(tag, spool.bound, error)

    async def _warm(self, line: Line) -> bool:
        """Send the first of many at once: its reply is wanted anyway, and the others find their beginning
        in the vendor's cache. Whether it was: not if the full price could pass the cap."""
        extra = self.budget.bound(self.backend, line.request) - line.bound

        async def send() -> ChatReply:
            await self.ledger.intend(line.key)
            try:
                reply: ChatReply = await self.vendor.warm(line.request)  # type: ignore[attr-defined]
            except (Busy, RequestRejected):
                await self.ledger.withdraw(line.key)
                raise
            return reply

        try:
            self.budget.take(extra, 0)
        except BudgetReached:
            return False
        try:
            reply = await self.ledger.once(line.key, lambda: self.rate.through(send), line.form)
        except RequestRejected as error:
            self._returned.refused[line.key] = error
            reply = ChatReply("")
        except Unreachable:
            self.budget.give_back(extra, 0.0)
            return False
        self._done += 1
        self.ledger.unspool(line.key)
        self.budget.give_back(line.bound + extra, reply.usd or 0.0)
        return True

    def _place(self, tag: str) -> Path:
        return self.folder / f"{tag}.jsonl"

    # --- the vendor -----------------------------------------------------------------------------------

    async def _submit(self, tag: str) -> str:
        vendor_id: str = await self._patience.tried(
            lambda: self.vendor.submit(self._place(tag), tag), busy_alone=True
        )
        self.ledger.submitted(tag, vendor_id)
        self._say(f"{self.backend.model}: submitted the batch {vendor_id}")
        return vendor_id

    async def _submitted_after_all(self, tag: str, requests: int, bound: float, at: float) -> str:
        """The vendor's id of a batch that an earlier process may or may not have submitted; '' if it was
        turned away, or has nothing left to submit."""
        keys = self.ledger.keys_in(tag)
        while True:
            found = await found_again(
                self.vendor, tag, requests, at, keys, self.ledger.vendor_ids(),
                patiently=self._patience.tried, sleep=self._patience.waited, now=self._now,
            )  # fmt: skip
            if found:
                self._say(f"{self.backend.model}: found the batch {found} again")
                self.ledger.submitted(tag, found)
                return found
            if not self._place(tag).exists():
                self._close(tag, bound, 0.0)
                return ""
            try:
                return await self._submit(tag)
            except Unreachable as error:
                self._say(f"{self.backend.model}: submitting a batch failed ({error}); looking for it")
            except RequestRejected as error:
                self._turned_away(tag, bound, error)
                return ""

    def _turned_away(self, tag: str, bound: float, error: RequestRejected) -> None:
        """The vendor takes a batch not even in: that is what becomes of each of its requests."""
        keys = self.ledger.keys_in(tag)
        self._returned.refused |= {key: RequestRejected(f"refused with its batch: {error}") for key in keys}
        self._close(tag, bound, 0.0)
        self._say(f"{self.backend.model}: a batch with {len(keys)} requests is refused ({error})")

    async def _collect(self, tag: str, vendor_id: str, requests: int, bound: float) -> None:
        """Wait for a batch and store what it brought."""
        seen = await self._ended(vendor_id, requests)
        waiting, spent = self.ledger.keys_in(tag), 0.0
        reserved = bound * len(waiting) / max(1, requests)

        async def read() -> None:
            nonlocal spent
            some: list[ChatReply] = []
            async for key, outcome in self.vendor.results(vendor_id):
                if key not in waiting:
                    continue  # stored before the results broke off, or by an earlier process
                if isinstance(outcome, ChatReply):
                    some.append(replace(outcome, key=key, pace=None))
                elif isinstance(outcome, RequestRejected):
                    self._returned.refused[key] = outcome
                if len(some) == TOGETHER:
                    spent += self._bring(some, waiting)
            spent += self._bring(some, waiting)

        if not seen.failed:
            await self._patience.tried(read)
        for key in waiting - set(self._returned.refused):
            tries = self._returned.tries[key] = self._returned.tries.get(key, 0) + 1
            if tries >= TRIES:
                why = seen.failed or "it expired or failed there"
                self._returned.refused[key] = Unreachable(
                    f"{TRIES} batches came back without a reply ({why})"
                )
        self._close(tag, reserved, spent)
        failed = f" ({seen.failed})" if seen.failed else ""
        without = f", {len(waiting)} without{failed}" if waiting else ""
        self._say(
            f"{self.backend.model}: the batch {vendor_id} has brought {requests - len(waiting)} replies"
            f"{without}"
        )

    def _close(self, tag: str, reserved: float, spent: float) -> None:
        """A batch is done with; what it brought no reply for may be asked again."""
        self.ledger.close_batch(tag)
        self.budget.give_back(reserved, spent)
        self._place(tag).unlink(missing_ok=True)
        self._done += 1

    def _bring(self, some: list[ChatReply], waiting: set[str]) -> float:
        """Store these replies and forget them; what they cost."""
        spent = sum(reply.usd or 0.0 for reply in some)
        self.ledger.bring(some)
        waiting.difference_update(reply.key for reply in some)
        some.clear()
        return spent

    async def _ended(self, vendor_id: str, requests: int) -> BatchSeen:
        wait, told = self._patience.first, -1
        while True:
            seen: BatchSeen = await self._patience.tried(lambda: self.vendor.look(vendor_id))
            if seen.ended:
                return seen
            if seen.done != told and told >= 0:
                self._say(f"{self.backend.model}: the batch {vendor_id} is at {seen.done} of {requests}")
            told = seen.done
            await self._patience.waited(wait)
            wait = longer(wait)
