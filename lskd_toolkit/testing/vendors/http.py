"""HTTP/1.1 on a loopback socket, as much as SDKs speak: keep-alive, bodies by length or in chunks.

A handler is a plain function from request to answer; how the answer is delivered (late, in drips, cut off,
never) is part of the answer. There are no tasks: a timer at most, so that thousands of requests a second and
hundreds in flight cost little.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote

Manner = Literal["whole", "cut", "cut_body", "hang", "trickle"]
PIECES = 20
"""In how many pieces a trickling body comes."""
REASONS = {status.value: status.phrase for status in HTTPStatus}


@dataclass(frozen=True, slots=True)
class Request:
    """One request: header names in lower case, the path without its query."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer and its delivery, ``delay`` seconds after the request came. A ``hang`` closes after
    ``seconds``, a ``trickle`` takes as long for its body; a ``cut_body`` sends half of it."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    manner: Manner = "whole"
    seconds: float = 0.0
    type: str = "application/json"


def as_json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


class Connection(asyncio.Protocol):
    """One client's connection: its requests are answered one after another."""

    def __init__(self, handle: Callable[[Request], Answer], connections: set[Connection]):
        self._handle = handle
        self._connections = connections
        self._loop = asyncio.get_running_loop()
        self._received = bytearray()
        self._busy = False
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)
        if self._timer is not None:
            self._timer.cancel()

    def close(self) -> None:
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._busy:
            self._next()

    def _next(self) -> None:
        """Answer the request that has come in whole, if there is one."""
        try:
            request = _taken(self._received)
        except ValueError as error:
            self._send(Answer(400, as_json({"error": {"message": str(error)}})))
            self._transport.close()
            return
        if request is None:
            return
        self._busy = True
        answer = self._handle(request)
        if answer.delay > 0:
            self._timer = self._loop.call_later(answer.delay, self._deliver, answer)
        else:
            self._deliver(answer)

    def _deliver(self, answer: Answer) -> None:
        if self._transport.is_closing():
            return
        if answer.manner == "cut":
            self._transport.abort()
        elif answer.manner == "hang":
            self._timer = self._loop.call_later(answer.seconds, self._transport.abort)
        elif answer.manner == "cut_body":
            self._transport.write(_head(answer) + answer.body[: len(answer.body) // 2])
            # Sent and then closed, not reset: what was written does arrive.
            self._transport.close()
        elif answer.manner == "trickle":
            self._transport.write(_head(answer))
            self._drip(answer, 0)
        else:
            self._send(answer)
            self._done()

    def _drip(self, answer: Answer, at: int) -> None:
        step = max(1, -(-len(answer.body) // PIECES))
        self._transport.write(answer.body[at : at + step])
        if at + step >= len(answer.body):
            self._done()
        else:
            self._timer = self._loop.call_later(answer.seconds / PIECES, self._drip, answer, at + step)

    def _send(self, answer: Answer) -> None:
        self._transport.write(_head(answer) + answer.body)

    def _done(self) -> None:
        self._busy = False
        if self._received:
            self._loop.call_soon(self._next)


def _head(answer: Answer) -> bytes:
    lines = [f"HTTP/1.1 {answer.status} {REASONS.get(answer.status, 'Overloaded')}"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    lines += [f"content-type: {answer.type}", f"content-length: {len(answer.body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1")


def _taken(received: bytearray) -> Request | None:
    """The first whole request, taken off what was received, or None.

    Raises:
        ValueError: it is not HTTP.
    """
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    first, *lines = received[:end].decode("latin-1").split("\r\n")
    try:
        method, target, _ = first.split(" ")
    except ValueError:
        raise ValueError(f"no request line: {first[:80]!r}") from None
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    if headers.get("transfer-encoding", "").lower() == "chunked":
        found = _unchunked(received, end + 4)
        if found is None:
            return None
        body, after = found
    else:
        after = end + 4 + int(headers.get("content-length", "0"))
        if len(received) < after:
            return None
        body = bytes(received[end + 4 : after])
    del received[:after]
    path, _, query = target.partition("?")
    return Request(method, unquote(path), dict(parse_qsl(query)), headers, body)


def _unchunked(received: bytearray, at: int) -> tuple[bytes, int] | None:
    """A chunked body and where it ends, or None while it is not whole."""
    parts: list[bytes] = []
    while (line := received.find(b"\r\n", at)) >= 0:
        size = int(received[at:line].split(b";")[0], 16)
        at = line + 2 + size + 2
        if len(received) < at:
            return None
        if size == 0:
            return b"".join(parts), at
        parts.append(bytes(received[line + 2 : at - 2]))
    return None
