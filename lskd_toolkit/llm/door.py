"""The one door to a chat model: ledger, then budget, then a bound on how many are in flight."""

from __future__ import annotations

import asyncio

from ..canonical import digest
from ..protocols import Backend
from .budget import Budget
from .keys import canonical_request
from .ledger import Ledger
from .messages import ChatReply, ChatRequest


class Door:
    """A backend as components see it: `complete` never pays for the same request twice."""

    def __init__(self, backend: Backend, ledger: Ledger, budget: Budget, in_flight: int = 128):
        self.backend = backend
        self.ledger = ledger
        self.budget = budget
        self.endpoint, self.model = backend.endpoint, backend.model
        self._room = asyncio.Semaphore(in_flight)

    async def complete(self, request: ChatRequest) -> ChatReply:
        """The reply, from the ledger if it is there.

        Raises:
            BudgetReached: the request would pass the cap.
            BackendUnavailable: the backend cannot be reached; nothing was stored.
        """
        form = canonical_request(request, self.endpoint, self.model)
        return await self.ledger.once(digest(form), form, lambda: self._send(request))

    async def _send(self, request: ChatRequest) -> ChatReply:
        async with self._room:
            return await self.budget.within(self.backend, request, lambda: self.backend.complete(request))

    def unparsable(self, reply: ChatReply) -> None:
        """Note that nothing could be made of a reply, so that ``--retry unparsable`` finds it."""
        if reply.status == "ok":
            self.ledger.mark(reply.key, "unparsable")
