"""A vendor at the edge of the network: the fake one of the core, told what to answer where a test says so."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from lskd_openai.chatgpt import ChatGpt
from lskd_openai.options import ChatGptOptions

from lskd_toolkit import ChatRequest, Message
from lskd_toolkit.testing.vendors import FakeVendors
from lskd_toolkit.testing.vendors.http import Answer, Request, as_json

SECRET = "sk-proj-verySecret0123456789"


class Vendor(FakeVendors):
    """The fake vendors, with ``answers`` given before its own, and every request kept."""

    def __init__(self, answers: tuple[Answer, ...] = (), **fields: Any):
        super().__init__(**fields)
        self.answers, self.requests = list(answers), []

    def handle(self, request: Request) -> Answer:
        self.requests.append(request)
        return self.answers.pop(0) if self.answers else super().handle(request)

    def body(self, at: int = -1) -> dict[str, Any]:
        return json.loads(self.requests[at].body)


@pytest.fixture(autouse=True)
def key(monkeypatch) -> str:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    return SECRET


@pytest.fixture
def with_vendor() -> Callable[..., Any]:
    """Runs ``work(backend, vendor)`` with a backend of these options at a vendor of these answers."""

    def run(
        work: Callable[[ChatGpt, Vendor], Any], *answers: Answer, vendor: dict | None = None, **options: Any
    ):
        async def all_of_it() -> Any:
            async with Vendor(answers, **(vendor or {})) as there:
                backend = ChatGpt(ChatGptOptions(base_url=there.openai_url, **options))
                return await work(backend, there)

        return asyncio.run(all_of_it())

    return run


@pytest.fixture
def completed(with_vendor) -> Callable[..., Any]:
    """The reply to a plain request that is answered so."""

    def run(*answers: Answer, request: ChatRequest | None = None, **options: Any):
        asked = request or ChatRequest((Message("user", "Why?"),))
        return with_vendor(lambda backend, _: backend.complete(asked), *answers, **options)

    return run


@pytest.fixture
def completion() -> Callable[..., Answer]:
    """An answer of Chat Completions."""

    def make(
        headers: dict | None = None, usage: dict | None = None, reason: str = "stop", **message: Any
    ) -> Answer:
        told = {
            "model": "gpt-6.1-terra-2026-10-26",
            "choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": reason}],
            "usage": usage or {"prompt_tokens": 10, "completion_tokens": 5},
        }
        return Answer(200, as_json(told), headers or {})

    return make


@pytest.fixture
def failure() -> Callable[..., Answer]:
    """An answer that tells of an error."""

    def make(status: int, message: str = "it went wrong", headers: dict | None = None, **more: Any) -> Answer:
        return Answer(status, as_json({"error": {"message": message, **more}}), headers or {})

    return make
