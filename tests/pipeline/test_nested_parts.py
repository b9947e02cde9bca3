"""A part of a part is built off the event loop, where it may call parts of its own plainly."""

from __future__ import annotations

import asyncio
from typing import Any

from lskd_toolkit.components import Component
from lskd_toolkit.config import Part
from lskd_toolkit.pipeline.workers import Host, PartProxy


def part(name: str, kind: str = "critic") -> Part:
    component = Component(kind, name, "", "tests:none")
    return Part(kind=kind, alias=name, component=component, distribution="tests", version="0", options=None)


class Models:
    """No models to share."""

    import threading

    lock = threading.RLock()


class Prompt:
    def point(self, picture: Any, regions: Any) -> str:
        return "drawn"


class Inner:
    """Asks its visual prompt while it is set up, as plain code does."""

    def __init__(self, prompt: PartProxy):
        self.drawn = prompt.point(None, ())

    def judge(self, pictures: list[Any], scenes: list[Any], statements: list[Any]) -> list[str]:
        return [f"{self.drawn} {each}" for each in statements]


def test_a_part_that_is_first_asked_in_async_code_is_set_up_in_plain_code() -> None:
    prompt = PartProxy(Host(part("numbered", "visual_prompt"), lambda: (Prompt(), None), Models()))
    inner = PartProxy(Host(part("inner"), lambda: (Inner(prompt), None), Models()))

    async def outer() -> Any:
        return await inner.judge(["p", "p"], ["s", "s"], ["one", "two"])

    assert asyncio.run(outer()) == ["drawn one", "drawn two"]
