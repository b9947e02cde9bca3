"""A loopback server that answers as a test says, and a backend that asks it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from lskd_anthropic.claude import Claude
from lskd_anthropic.options import ClaudeOptions


@dataclass
class Asked:
    """One request as it came over the wire."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Told:
    """One answer. ``trickle`` sends a byte each so many seconds; ``cut`` ends in the middle of the body."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    trickle: float = 0.0
    cut: bool = False

    def data(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class Vendor:
    """``answer`` gives the fields of what is `Told` next; ``asked`` holds what has come; ``key`` is what
    the environment holds."""

    key = "sk-ant-the-secret-of-this-test"

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answer: Callable[[Asked], dict[str, Any]] = lambda asked: {"body": Vendor.message()}
        self.url = ""
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        self._ready.wait()

    @staticmethod
    def message(text: str = "Hello.", **more: Any) -> dict[str, Any]:
        """A reply of the vendor's, as its API reference shows one."""
        return {
            "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-5-5",
            "content": [{"type": "text", "text": text}], "stop_reason": "end_turn", "stop_sequence": None,
            "usage": {"input_tokens": 100, "output_tokens": 20}, **more,
        }  # fmt: skip

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._ready.set()
        await self._stop.wait()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                first, *lines = head.strip().split("\r\n")
                headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                method, target, _ = first.split(" ")
                asked = Asked(method, target, headers, body)
                self.asked.append(asked)
                await self._tell(writer, Told(**self.answer(asked)))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _tell(self, writer: asyncio.StreamWriter, told: Told) -> None:
        data = told.data()
        headers = {"content-type": "application/json", "content-length": str(len(data)), **told.headers}
        lines = [f"HTTP/1.1 {told.status} so", *(f"{name}: {value}" for name, value in headers.items())]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        if told.cut:
            writer.write(data[: len(data) // 2])
            await writer.drain()
            raise ConnectionResetError
        for at in range(len(data) if told.trickle else 0):
            writer.write(data[at : at + 1])
            await writer.drain()
            await asyncio.sleep(told.trickle)
        writer.write(b"" if told.trickle else data)
        await writer.drain()


@pytest.fixture(scope="session")
def _vendor() -> Iterator[Vendor]:
    vendor = Vendor()
    yield vendor
    vendor.close()


@pytest.fixture
def vendor(_vendor: Vendor) -> Vendor:
    _vendor.asked.clear()
    _vendor.answer = lambda asked: {"body": Vendor.message()}
    return _vendor


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTHROPIC_BASE_URL", "ANTHROPIC_CUSTOM_HEADERS", "LSKD_PRICES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ANTHROPIC_API_KEY", Vendor.key)


@pytest.fixture
def claude(vendor: Vendor) -> Callable[..., Claude]:
    """Makes a backend of these options that asks the loopback server."""

    def make(**options: Any) -> Claude:
        return Claude(ClaudeOptions(base_url=vendor.url, **options), None)

    return make
