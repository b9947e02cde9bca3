"""The one door to a chat model: ledger, then pace, then budget, then the backend."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ..canonical import canonical, digest
from ..errors import Busy, RequestRejected
from ..protocols import Backend
from .batcher import Batcher
from .budget import Budget
from .keys import canonical_request, written
from .ledger import Ledger
from .messages import ChatReply, ChatRequest
from .rate import Rate


class Door:
    """A backend as components see it: `complete` never pays for the same request twice."""

    def __init__(
        self,
        backend: Backend,
        ledger: Ledger,
        budget: Budget,
        rate: Rate | None = None,
        batcher: Batcher | None = None,
        settings: Mapping[str, Any] | None = None,
    ):
        """``settings``: the backend's options that its replies depend on, part of every request's key."""
        self.settings = dict(settings or {})
        self.backend, self.ledger, self.budget, self.batcher = backend, ledger, budget, batcher
        self.endpoint, self.model = backend.endpoint, backend.model
        self.can: frozenset[str] = getattr(backend, "can", frozenset({"schema"}))
        self.rate = rate or Rate(getattr(backend, "in_flight", 16), name=self.model)

    async def complete(self, request: ChatRequest) -> ChatReply:
        """The reply, from the ledger if it is there.

        Raises:
            BudgetReached: the request would pass the cap.
            BackendUnavailable: the backend cannot be reached; nothing was stored.
            Unreachable, RequestRejected: this request cannot be answered.
            Deferred: the request waits for its batch.
        """
        form = canonical_request(request, self.endpoint, self.model, self.settings)
        text = written(form, request.shared)
        key = hashlib.sha256(text).hexdigest()
        if self.batcher is not None and self.batcher.takes(key):
            found = self.ledger.find(key)
            if found is not None:
                return found
            await self.batcher.defer(key, form, request)
        return await self.ledger.once(key, lambda: self._send(key, len(text), request), form)

    async def _send(self, key: str, size: int, request: ChatRequest) -> ChatReply:
        async def attempt() -> ChatReply:
            await self.ledger.intend(key)
            try:
                return await self.backend.complete(request)
            except (Busy, RequestRejected):
                await self.ledger.withdraw(key)
                raise

        return await self.rate.through(lambda: self.budget.within(self.backend, request, attempt, size))

    async def answer(
        self, question: Mapping[str, Any], look: Callable[[], Awaitable[dict[str, Any]]]
    ) -> dict[str, Any]:
        """A tool's answer to ``question`` (plain JSON of all it depends on), from the ledger if it is there;
        durable when this returns."""
        return await self.ledger.answer(digest(dict(question)), canonical(dict(question)), look)

    def unparsable(self, reply: ChatReply) -> None:
        """Note that nothing could be made of a reply, so that ``--retry unparsable`` finds it."""
        if reply.status == "ok":
            self.ledger.mark(reply.key, "unparsable")
