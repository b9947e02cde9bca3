"""A cap on money and requests: reserve before sending, give the difference back after."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ..canonical import canonical
from ..errors import BudgetReached, Busy, UsageError
from ..protocols import Backend
from .messages import ChatReply, ChatRequest

BYTES_PER_TOKEN = 2.0
"""A bound from below, so that the price is bounded from above; English text has about four."""
TOKENS_PER_SIGHT = 2000
"""Above what today's vendors count for one picture at their default sizes."""


class Budget:
    """What may still be spent. ``spent`` and ``requests`` start from what the ledger already holds."""

    def __init__(
        self,
        max_usd: float | None = None,
        max_requests: int | None = None,
        spent: float | None = 0.0,
        requests: int = 0,
    ):
        if max_usd is not None and spent is None:
            raise UsageError("--max-usd needs prices, and the ledger holds replies of unknown price")
        self.max_usd, self.max_requests = max_usd, max_requests
        self.spent, self.requests, self.reserved = spent or 0.0, requests, 0.0

    def bound(self, backend: Backend, request: ChatRequest, size: int | None = None) -> float:
        """The most that a request can cost, in US dollars. ``size`` is that of its text in bytes, where it
        is known already.

        Raises:
            UsageError: a money cap is set and the backend does not know its price.
        """
        if size is None:
            texts = [request.system, canonical(request.schema or {}), *(m.text for m in request.messages)]
            texts += [f"{tool.description}{canonical(dict(tool.parameters))}" for tool in request.tools]
            size = sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
        sights = sum(len(m.sights) for m in request.messages)
        tokens = int(size / BYTES_PER_TOKEN) + sights * TOKENS_PER_SIGHT + 64
        price = backend.usd(tokens, request.max_tokens)
        if price is None and self.max_usd is not None:
            raise UsageError(
                f"--max-usd needs a price and {backend.model!r} has none; use --max-requests instead"
            )
        return price or 0.0

    def take(self, bound: float, requests: int = 1) -> None:
        """Reserve for what is sent later, in a batch.

        Raises:
            BudgetReached: it could pass the cap.
        """
        self._check(bound, requests)
        self.requests += requests
        self.reserved += bound

    def give_back(self, bound: float, spent: float) -> None:
        """What was reserved for a batch has become money, or nothing."""
        self.reserved -= bound
        self.spent += spent

    async def within(
        self,
        backend: Backend,
        request: ChatRequest,
        send: Callable[[], Awaitable[ChatReply]],
        size: int | None = None,
    ) -> ChatReply:
        """Send if the cap allows it. ``size``: see `bound`.

        Raises:
            BudgetReached: the request could pass the cap; it was not sent.
        """
        bound = 0.0 if self.max_usd is None else self.bound(backend, request, size)
        self._check(bound, 1)
        self.requests += 1
        self.reserved += bound
        try:
            reply = await send()
        except Busy:
            self.requests -= 1  # turned away at the door, and not counted there either
            raise
        finally:
            self.reserved -= bound
        self.spent += reply.usd or 0.0
        return reply

    def _check(self, bound: float, requests: int) -> None:
        if self.max_requests is not None and self.requests + requests > self.max_requests:
            raise BudgetReached(
                f"stopped at --max-requests {self.max_requests}; raise it and run the same command to go on"
            )
        if self.max_usd is not None and self.spent + self.reserved + bound > self.max_usd + 1e-12:
            raise BudgetReached(
                f"stopped before --max-usd {self.max_usd:g} (spent {self.spent:.4f}); "
                "raise it and run the same command to go on"
            )
