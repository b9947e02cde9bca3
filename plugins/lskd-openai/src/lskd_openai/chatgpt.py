"""The backend ``chatgpt``: one request in, one reply out, by Chat Completions."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from lskd_toolkit import ChatReply, ChatRequest

from .batches import ChatGptBatches
from .body import encoded
from .models import manner
from .money import most, price
from .options import ChatGptOptions
from .reading import decoded, pace, reply
from .wire import Wire

if TYPE_CHECKING:
    from lskd_toolkit import Context

PATH = "/chat/completions"


class ChatGpt:
    """OpenAI's Chat Completions, or a server that speaks them."""

    def __init__(self, options: ChatGptOptions | None, ctx: Context | None = None):
        self.options = options = options or ChatGptOptions()
        self.endpoint, self.model, self.in_flight = options.base_url, options.model, options.in_flight
        self.price, self.manner, self.wire = price(options), manner(options), Wire(options)
        self.can = frozenset({"images", "schema", *(["tools"] if self.manner.tools else [])})
        self.batches = ChatGptBatches(self.wire, self.model, self.manner, self.price, options.batch_settles)

    async def complete(self, request: ChatRequest) -> ChatReply:
        """The reply to a request, sent once.

        Raises:
            Busy, Unreachable: it may be sent again.
            RequestRejected: never send it again.
            KeyMissing, UsageError: the key or the model's name is wrong.
            BackendUnavailable: the vendor wants money first.
        """
        if any(message.sights for message in request.messages):
            data = await asyncio.to_thread(self.encoded, request)
        else:
            data = self.encoded(request)
        response = await self.wire.post(PATH, data, self._missing)
        return reply(decoded(response.content), self.model, self.price, pace=pace(response.headers))

    def ready(self) -> None:
        """Asked before a run begins.

        Raises:
            KeyMissing: there is no key, and the server wants one.
        """
        self.wire.key()

    def usd(self, tokens_in: int, tokens_out: int) -> float | None:
        """The most that a request can cost, all of its thoughts thought."""
        return most(self.price, tokens_in, tokens_out + self.manner.thoughts)

    def encoded(self, request: ChatRequest) -> bytes:
        """The request as bytes of JSON."""
        return encoded(request, self.model, self.manner)

    @property
    def _missing(self) -> str:
        return (
            f"{self.endpoint} has no model {self.model!r}, or no Chat Completions; choose with "
            "--set teacher.model=NAME or --set teacher.base_url=URL"
        )
