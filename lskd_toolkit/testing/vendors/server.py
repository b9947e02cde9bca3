"""The server: routes of both vendors on one loopback port."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import asdict, replace
from types import TracebackType
from typing import Any

from . import anthropic, openai
from .anthropic_batches import MessageBatches
from .bill import Bill, Call
from .desk import Desk
from .http import Answer, Connection, Request, as_json
from .openai_batches import OpenAIBatches
from .openai_files import Files
from .options import VendorOptions
from .tongue import Denied, Tongue

_ID = r"([\w-]+)"
Route = tuple[str, re.Pattern[str], Tongue, str, Callable[..., Answer]]


class FakeVendors:
    """Anthropic and OpenAI on a loopback port, for as long as the ``async with`` lasts.

        async with FakeVendors(latency=0.2, script=[{"match": {"nth": 3}, "fault": "529"}]) as vendors:
            client = anthropic.AsyncAnthropic(base_url=vendors.anthropic_url, api_key="any")
            ...
            assert len(vendors.calls) == 1

    Takes a `VendorOptions`, or its fields. The state (batches, files, caches) is the object's own.
    """

    def __init__(self, options: VendorOptions | None = None, *, port: int = 0, **fields: Any):
        self.options = replace(options or VendorOptions(), **fields)
        self.port = port
        self._bill = Bill(self.options.log)
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None
        self._desk = desk = Desk(self.options, self._bill)
        messages = MessageBatches(desk)
        files = Files(self.options)
        batches = OpenAIBatches(desk, files)
        self._chats = {
            ("POST", "/v1/messages"): anthropic.TONGUE,
            ("POST", "/v1/chat/completions"): openai.TONGUE,
        }
        one = f"/{_ID}"
        self._routes = [
            _route(verb, tongue, path, name, serve)
            for tongue, path, served in (
                (anthropic.TONGUE, "/v1/messages/batches", messages),
                (openai.TONGUE, "/v1/batches", batches),
            )
            for verb, path, name, serve in (
                ("POST", path, "batches.create", served.create),
                ("GET", path, "batches.list", served.page),
                ("GET", path + one, "batches.get", served.get),
                ("POST", f"{path}{one}/cancel", "batches.cancel", served.cancel),
            )
        ]
        self._routes += [
            _route(
                "GET",
                anthropic.TONGUE,
                f"/v1/messages/batches{one}/results",
                "batches.results",
                messages.results,
            ),
            _route("POST", openai.TONGUE, "/v1/files", "files.create", files.create),
            _route("GET", openai.TONGUE, "/v1/files", "files.list", files.page),
            _route("GET", openai.TONGUE, f"/v1/files{one}", "files.get", files.get),
            _route("GET", openai.TONGUE, f"/v1/files{one}/content", "files.content", files.content),
            _route("DELETE", openai.TONGUE, f"/v1/files{one}", "files.delete", files.delete),
        ]

    @property
    def calls(self) -> list[Call]:
        """Every billed request so far, in order."""
        return self._bill.calls

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def anthropic_url(self) -> str:
        """What ``base_url`` and ANTHROPIC_BASE_URL take."""
        return self.url

    @property
    def openai_url(self) -> str:
        """What ``base_url`` and OPENAI_BASE_URL take."""
        return f"{self.url}/v1"

    async def __aenter__(self) -> FakeVendors:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self.handle, self._connections), "127.0.0.1", self.port, backlog=2048
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for connection in tuple(self._connections):
            connection.close()
        await self._server.wait_closed()
        self._desk.close()
        self._bill.close()

    def handle(self, request: Request) -> Answer:
        """The answer to any request."""
        chat = self._chats.get((request.method, request.path))
        if chat is not None:
            return self._desk.serve(chat, request)
        if (request.method, request.path) == ("GET", "/calls"):
            return Answer(200, as_json([asdict(call) for call in self.calls]))
        for method, pattern, tongue, name, serve in self._routes:
            found = pattern.fullmatch(request.path) if method == request.method else None
            if found:
                return self._desk.guarded(tongue, name, request, serve, *found.groups())
        tongue = anthropic.TONGUE if "anthropic-version" in request.headers else openai.TONGUE
        return self._desk.refused(tongue, Denied(404, f"Invalid URL ({request.method} {request.path})"))


def _route(method: str, tongue: Tongue, path: str, name: str, serve: Callable[..., Answer]) -> Route:
    return method, re.compile(path), tongue, name, serve
