"""The way to the vendor: the SDK's client on its aiohttp transport, its errors told as ours.

The SDK is told not to retry: waiting and sending again happen in one place, the core's. It is imported when
the first request is sent, so that a finished run is read back without it and without a key. Its plain
``post`` is used, which gives the answer as it came: the SDK's own records would cost as much again.
"""

from __future__ import annotations

import asyncio
import importlib
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lskd_toolkit import KeyMissing, Unreachable

from .faults import KEY, of_answer, one_line
from .options import ChatGptOptions

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

CONNECT = 15.0
"""Seconds to get a connection."""
UPLOAD_SECONDS = 3600.0
NO_KEY = "no-key"
"""Sent to servers that want none; the SDK insists on one."""
JSON = {"content-type": "application/json"}
FORM = {"content-type": "multipart/form-data"}


class Wire:
    """Requests to one endpoint. ``missing``, where a method has it, is what is said of a 404.

    All methods raise: Busy, Unreachable (it may be sent again), RequestRejected, KeyMissing, UsageError and
    BackendUnavailable (it is of no use).
    """

    def __init__(self, options: ChatGptOptions):
        self.endpoint, self._options = options.base_url, options
        # A connection belongs to the loop it was made in; notebooks and tests have several.
        self._clients: dict[asyncio.AbstractEventLoop, tuple[Any, AsyncOpenAI]] = {}

    def key(self) -> str:
        """The key, from the environment alone; '' where none is there and the server is not the vendor's.

        Raises:
            KeyMissing: the vendor's own API needs one.
        """
        key = os.environ.get(KEY, "").strip()
        if not key and self._options.at_vendor:
            raise KeyMissing(f"{KEY} is not set: export {KEY}=… (platform.openai.com/api-keys has keys)")
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise KeyMissing(f"{KEY} holds characters that no key has; set it again")
        return key

    async def post(self, path: str, data: bytes, missing: str) -> httpx2.Response:
        """Send JSON; the whole answer."""
        import httpx2

        async with self._reaching(missing) as client:
            return await client.post(path, content=data, cast_to=httpx2.Response, options={"headers": JSON})

    async def get(self, path: str, missing: str) -> httpx2.Response:
        """The whole answer."""
        import httpx2

        async with self._reaching(missing) as client:
            return await client.get(path, cast_to=httpx2.Response)

    async def delete(self, path: str, missing: str) -> None:
        """Delete what lies there."""
        import httpx2

        async with self._reaching(missing) as client:
            await client.delete(path, cast_to=httpx2.Response)

    async def upload(self, path: str, file: Path, fields: dict[str, str], missing: str) -> httpx2.Response:
        """Send a file in a form, piece by piece; the whole answer."""
        import httpx2

        with await asyncio.to_thread(file.open, "rb") as opened:
            async with self._reaching(missing, max(UPLOAD_SECONDS, self._options.timeout)) as client:
                return await client.post(
                    path,
                    body=fields,
                    files={"file": (f"{file.stem}.jsonl", opened, "application/jsonl")},
                    cast_to=httpx2.Response,
                    options={"headers": FORM},
                )

    async def lines(self, path: str, missing: str) -> AsyncIterator[bytes]:
        """The lines of an answer, as they come. Only a line feed ends one: JSON may hold every other
        separator as it is."""
        import httpx2

        async with self._reaching(missing) as client:
            response = await client.get(path, cast_to=httpx2.Response, stream=True)
        pieces = response.aiter_bytes()
        rest = b""
        try:
            while True:
                async with self._reaching(missing):
                    piece = await anext(pieces, None)
                if piece is None:
                    break
                *lines, rest = (rest + piece).split(b"\n")
                for line in lines:
                    yield line
        finally:
            await response.aclose()
        if rest:
            yield rest

    # --- the client -----------------------------------------------------------------------------------

    @asynccontextmanager
    async def _reaching(self, missing: str, seconds: float | None = None) -> AsyncIterator[AsyncOpenAI]:
        """The client for this loop; what goes wrong with it within is raised as an error of ours. All must
        be done in time: an answer that trickles passes every other time-out."""
        client, key = await self._client(), self.key()
        import aiohttp
        import httpx2
        import openai

        seconds = seconds or self._options.timeout
        try:
            async with asyncio.timeout(seconds):
                yield client
        except openai.APIStatusError as error:
            raise of_answer(
                error.status_code, error.body, endpoint=self.endpoint, key=key, missing=missing,
                headers=error.response.headers,
            ) from None  # fmt: skip
        except TimeoutError as error:
            raise Unreachable(f"{self.endpoint} gave no whole answer in {seconds:g} s") from error
        except (openai.OpenAIError, httpx2.HTTPError, aiohttp.ClientError, OSError) as error:
            raise Unreachable(f"{self.endpoint} is out of reach: {one_line(error, key)}") from None

    async def _client(self) -> AsyncOpenAI:
        """The SDK's client for this loop, closed when the loop is."""
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            await asyncio.to_thread(importlib.import_module, "openai")  # a second, or more
        if loop not in self._clients:
            self._clients = {each: kept for each, kept in self._clients.items() if not each.is_closed()}
            opened = _opened(self._made())
            self._clients[loop] = (opened, await anext(opened))
        return self._clients[loop][1]

    def _made(self) -> AsyncOpenAI:
        import httpx2
        from openai import AsyncOpenAI, DefaultAioHttpClient

        most = self._options.in_flight + 8  # batches use the same connections
        limits = httpx2.Limits(max_connections=most, max_keepalive_connections=most)
        timeout = httpx2.Timeout(self._options.timeout, connect=CONNECT)
        return AsyncOpenAI(
            api_key=self.key() or NO_KEY,
            base_url=self.endpoint,
            max_retries=0,
            timeout=timeout,
            http_client=DefaultAioHttpClient(limits=limits, timeout=timeout),
        )


async def _opened(client: AsyncOpenAI) -> AsyncGenerator[AsyncOpenAI, None]:
    """The client, closed when this generator is: a loop that ends closes the generators begun in it, and so
    does one in which they are dropped. Nobody else knows when connections can go."""
    try:
        yield client
    finally:
        await client.close()
