"""The backend ``claude``: one request in, one reply out, by the vendor's SDK on its aiohttp transport.

The SDK is told not to retry: waiting and sending again happen in one place, the core's. It is imported
when the first request is sent, so that a finished run is read back without it and without a key.
"""

from __future__ import annotations

import asyncio
import importlib
import os
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lskd_toolkit import ChatReply, ChatRequest, KeyMissing, Unreachable, json_bytes, price_of

from .batches import ClaudeBatches
from .body import body
from .faults import KEY, of_status, one_line
from .money import most, price
from .options import VENDOR, ClaudeOptions
from .reading import decoded, pace, reply

if TYPE_CHECKING:
    import httpx2
    from anthropic import AsyncAnthropic

    from lskd_toolkit import Context

BEFORE_SAMPLING_WENT = "2023-06-01"
"""The API's last version that takes a temperature, for the older models that have one."""
CONNECT = 15.0
"""Seconds to get a connection."""
NO_KEY = "no-key"
"""Sent to servers that want none; the SDK insists on one."""


@dataclass(frozen=True, slots=True)
class _Way:
    """The SDK's client of one event loop, the transport that it has, and the headers of each request."""

    client: AsyncAnthropic
    http: httpx2.AsyncClient
    headers: httpx2.Headers
    open: AsyncGenerator[None, None]
    urls: dict[str, httpx2.URL] = field(default_factory=dict)

    def to(self, path: str) -> httpx2.URL:
        """The path's URL, read once."""
        if path not in self.urls:
            self.urls[path] = self.client.base_url.copy_with(
                raw_path=self.client.base_url.raw_path.rstrip(b"/") + path.encode()
            )
        return self.urls[path]


class Claude:
    """Anthropic's Messages API, or a server that speaks it."""

    can = frozenset({"images", "schema", "tools"})

    def __init__(self, options: ClaudeOptions | None, ctx: Context | None = None):
        self.options = options = options or ClaudeOptions()
        self.endpoint, self.model, self.in_flight = options.base_url, options.model, options.in_flight
        self.price = price(options)
        known = price_of(options.model)
        takes = options.base_url != VENDOR if known is None else known.temperature
        self.sampling = takes if options.sampling is None else options.sampling
        self.batches = ClaudeBatches(self)
        # A connection belongs to the loop it was made in; notebooks and tests have several.
        self._ways: dict[asyncio.AbstractEventLoop, _Way] = {}

    async def complete(self, request: ChatRequest) -> ChatReply:
        """The reply to a request, sent once.

        Raises:
            Busy, Unreachable: it may be sent again.
            RequestRejected: never send it again.
            KeyMissing, UsageError: the key or the model's name is wrong.
            BackendUnavailable: the vendor wants money first.
        """
        return await self.send(request)

    async def send(self, request: ChatRequest, hour: bool = False) -> ChatReply:
        """`complete`, what is cached for an hour if ``hour``."""
        if any(message.sights for message in request.messages):
            data = await asyncio.to_thread(self.encoded, request, hour)
        else:
            data = self.encoded(request, hour)
        response = await self.post("/v1/messages", data, self._no_model())
        return reply(decoded(response.content), self.model, self.price, pace=pace(response.headers))

    def ready(self) -> None:
        """Asked before a run begins.

        Raises:
            KeyMissing: there is no key, and the server wants one.
        """
        self.key()

    def usd(self, tokens_in: int, tokens_out: int) -> float | None:
        """The most that a request can cost, all of its prompt written to the cache for an hour."""
        return most(self.price, tokens_in, tokens_out)

    def encoded(self, request: ChatRequest, hour: bool = False) -> bytes:
        """The request as bytes of JSON."""
        made = body(request, self.options, sampling=self.sampling, hour=hour)
        return json_bytes(made)

    # --- the way there --------------------------------------------------------------------------------

    async def post(
        self,
        path: str,
        data: bytes | AsyncIterable[bytes],
        missing: str,
        *,
        seconds: float | None = None,
        size: int | None = None,
    ) -> httpx2.Response:
        """Send JSON, as bytes or in pieces (of ``size`` bytes in all); the whole answer. ``missing`` is
        said of a 404.

        It goes over the SDK's transport with the SDK's headers, made once: the SDK makes and copies them
        several times a request, which takes a third of its time."""
        import anthropic
        import httpx2

        async with self.reaching(missing, seconds or self.options.timeout):
            way = self._ways[asyncio.get_running_loop()]
            headers = way.headers if size is None else {**way.headers, "content-length": str(size)}
            request = httpx2.Request("POST", way.to(path), headers=headers, content=data)
            response = await way.http.send(request)
            if response.is_error:
                raise anthropic.APIStatusError("", response=response, body=_told(response))
            return response

    @property
    def headers(self) -> dict[str, str]:
        return {"anthropic-version": BEFORE_SAMPLING_WENT} if self.sampling else {}

    @asynccontextmanager
    async def reaching(self, missing: str, seconds: float) -> AsyncIterator[AsyncAnthropic]:
        """The SDK's client for this loop; what goes wrong with it within is raised as an error of ours.
        All must be done in ``seconds``: an answer that trickles passes every other time-out."""
        client, key = await self.client(), self.key()
        import aiohttp
        import anthropic
        import httpx2

        try:
            async with asyncio.timeout(seconds):
                yield client
        except anthropic.APIStatusError as error:
            raise of_status(error, key, self.endpoint, missing) from None
        except TimeoutError as error:
            raise Unreachable(f"{self.endpoint} gave no whole answer in {seconds:g} s") from error
        except (anthropic.AnthropicError, httpx2.HTTPError, aiohttp.ClientError, OSError) as error:
            raise Unreachable(f"{self.endpoint} is out of reach: {one_line(error, key)}") from error

    async def client(self) -> AsyncAnthropic:
        """The SDK's client for this loop, closed when the loop is."""
        loop = asyncio.get_running_loop()
        if loop not in self._ways:
            await asyncio.to_thread(importlib.import_module, "anthropic")  # a second, or more
        if loop not in self._ways:
            self._ways = {each: kept for each, kept in self._ways.items() if not each.is_closed()}
            way = self._made()
            self._ways[loop] = way
            await anext(way.open)
        return self._ways[loop].client

    def _made(self) -> _Way:
        import httpx2
        from anthropic import AsyncAnthropic, DefaultAioHttpClient

        most_in_flight = self.in_flight + 8  # batches use the same connections
        limits = httpx2.Limits(max_connections=most_in_flight, max_keepalive_connections=most_in_flight)
        timeout = httpx2.Timeout(self.options.timeout, connect=CONNECT)
        http = DefaultAioHttpClient(limits=limits, timeout=timeout)
        client = AsyncAnthropic(
            api_key=self.key() or NO_KEY,
            base_url=self.endpoint,
            max_retries=0,
            timeout=timeout,
            open_telemetry=False,  # what is asked and answered is nobody else's
            http_client=http,
        )
        theirs = {name: value for name, value in client.default_headers.items() if isinstance(value, str)}
        headers = httpx2.Headers(theirs)
        headers.update({**self.headers, "content-type": "application/json"})
        return _Way(client, http, headers, _until_closed(client))

    def key(self) -> str:
        """The key, from the environment alone; '' where none is there and the server is not the vendor's.

        Raises:
            KeyMissing: the vendor's own API needs one.
        """
        key = os.environ.get(KEY, "").strip()
        if not key and self.endpoint == VENDOR:
            raise KeyMissing(f"{KEY} is not set: export {KEY}=… (console.anthropic.com has keys)")
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise KeyMissing(f"{KEY} holds characters that no key has; set it again")
        return key

    def _no_model(self) -> str:
        return f"{self.endpoint} has no model {self.model!r}; choose one with --set teacher.model=NAME"


async def _until_closed(client: AsyncAnthropic) -> AsyncGenerator[None, None]:
    # A loop that ends closes the generators begun in it: nobody else knows when connections can go.
    try:
        yield
    finally:
        await client.close()


def _told(response: httpx2.Response) -> object:
    """The body of an error: JSON where it is some."""
    try:
        return response.json()
    except ValueError:
        return response.text.strip()
