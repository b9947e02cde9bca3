"""What the desk needs of a vendor: how it reads a request, words its replies and errors, and says its
limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .answers import Ask, Said
from .faults import Fault
from .limits import Window
from .tokens import tokens_of

OFF_SCHEMA = Said('Here is what I make of it: {"observations": ["a thing", "another thing"]}')


class Denied(Exception):
    """A request that the vendor does not take. ``code`` is OpenAI's."""

    def __init__(self, status: int, message: str, code: str | None = None):
        super().__init__(message)
        self.status, self.message, self.code = status, message, code


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was read. ``blocks`` are its parts in order, ``(text, tokens, marked)``, an image's
    text being its data; a marked one ends a prefix to be cached."""

    ask: Ask
    model: str
    max_tokens: int
    blocks: Sequence[tuple[str, int, bool]]
    count: int = 1

    @property
    def tokens(self) -> int:
        return sum(tokens for _, tokens, _ in self.blocks)


@dataclass(frozen=True, slots=True)
class Spoken:
    """What was said in one choice, as it is sent: cut where the token limit or a fault cuts it."""

    text: str
    calls: tuple[tuple[str, dict[str, Any]], ...]
    tokens: int
    cut: bool = False
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Tongue:
    """A vendor. ``read(body, sha256)`` raises `Denied`; ``cached`` is tokens written to and read from its
    cache; ``key`` raises `Denied` unless the headers hold one."""

    vendor: str
    route: str
    request_id: str
    key: Callable[[Mapping[str, str]], None]
    read: Callable[[Any, str, bool], Asked]
    reply: Callable[[Asked, Sequence[Spoken], tuple[int, int], Fault | None, bool], dict[str, Any]]
    error: Callable[[int, str, str | None], dict[str, Any]]
    limits: Callable[[Window], dict[str, str]]


def spoken(said: Said, max_tokens: int, fault: Fault | None) -> Spoken:
    """What was said, as the token limit and the fault leave it."""
    kind = fault.kind if fault else ""
    if kind == "refusal":
        return Spoken("", (), tokens_of("I cannot help with that."), refused=True)
    if kind == "empty":
        return Spoken("", (), 1)
    if kind == "wrong_schema":
        calls = tuple((name, {"observation": "a thing"}) for name, _ in said.calls)
        said = Said("" if calls else OFF_SCHEMA.text, calls)
    if said.calls:
        tokens = sum(tokens_of(name + str(given)) + 10 for name, given in said.calls)
        if tokens <= max_tokens and kind != "token_limit":
            return Spoken(said.text, said.calls, tokens)
        # A call that is cut off is not made.
        return Spoken("", (), min(tokens, max_tokens), cut=True)
    tokens = tokens_of(said.text)
    room = min(max_tokens, tokens // 2) if kind == "token_limit" else max_tokens
    if tokens <= room:
        return Spoken(said.text, (), tokens)
    return Spoken(said.text[: room * 4], (), room, cut=True)
