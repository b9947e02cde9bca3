"""What a teacher was asked about an image and what it answered, laid out as a conversation.

A request repeats all that was said before it. Here each is told once: the worked examples apart, and of a
request that goes on from an earlier one only what it adds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..llm.messages import ChatReply

SETTINGS = ("model", "temperature", "max_tokens", "seed", "draw", "options", "settings")
NOTHING = "(nothing)"
"""How an empty reply is repeated to the model."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its reply, as the ledger keeps them. ``request`` is the canonical form: empty, and
    ``reply`` None, where the ledger has them no longer (a retry set them aside)."""

    key: str
    request: Mapping[str, Any]
    reply: ChatReply | None


@dataclass(frozen=True, slots=True)
class Turn:
    """One message: ``calls`` are tool calls as ``name {arguments}``, ``pictures`` say how they were drawn."""

    role: str
    text: str
    pictures: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """One exchange as it is read. ``number`` counts from 1; ``follows`` is the earlier one that it goes on
    from, or repeats when ``again``, 0 for none: then schema and tools are only there where they differ from
    its, and the turns are those after its reply. ``system_again``: an earlier one had the same."""

    number: int
    key: str
    follows: int
    again: bool
    settings: Mapping[str, Any]
    system: str
    system_again: bool
    examples: tuple[Turn, ...]
    turns: tuple[Turn, ...]
    schema: Mapping[str, Any] | None
    tools: tuple[tuple[str, str, Mapping[str, Any]], ...]
    reply: ChatReply | None


def conversation(exchanges: Iterable[Exchange]) -> list[Asked]:
    """The exchanges about one image in order, each with what is new in it."""
    told: list[Asked] = []
    before: list[Exchange] = []
    for number, exchange in enumerate(exchanges, start=1):
        told.append(_asked(number, exchange, before))
        before.append(exchange)
    return told


def _asked(number: int, exchange: Exchange, before: Sequence[Exchange]) -> Asked:
    request = exchange.request
    messages, system = list(request.get("messages", ())), str(request.get("system", ""))
    follows, past = _followed(messages, before)
    earlier: Mapping[str, Any] = before[follows - 1].request if follows else {}
    replies = {(each.reply.text or NOTHING) for each in before if each.reply is not None}
    examples = 0 if follows else _examples(messages, replies)
    turns = messages[past or examples :]
    last = before[follows - 1].reply if follows else None
    if turns and last is not None and _repeats(turns[0], last):
        turns = turns[1:]

    def new(field: str, empty: Any) -> Any:
        return empty if follows and request.get(field) == earlier.get(field) else request.get(field) or empty

    return Asked(
        number, exchange.key, follows, bool(follows) and past == len(messages),
        {name: request[name] for name in SETTINGS if name in request},
        system, system in {each.request.get("system") for each in before},
        tuple(map(_turn, messages[:examples])), tuple(map(_turn, turns)),
        new("schema", None), tuple((name, about, form) for name, about, form in new("tools", ())),
        exchange.reply,
    )  # fmt: skip


def _repeats(message: Mapping[str, Any], reply: ChatReply) -> bool:
    """Whether a message is the reply that stands above it."""
    calls = [[call.name, dict(call.arguments)] for call in reply.calls]
    same = message["text"] in (reply.text, reply.text or NOTHING) and list(message.get("calls", ())) == calls
    return bool(message["role"] == "assistant" and same)


def _followed(messages: list[Any], before: Sequence[Exchange]) -> tuple[int, int]:
    """The number of the earlier exchange whose messages this one begins with, and how many they are. Of
    several draws of one request it is the one whose reply comes next."""
    best = (0, False, 0)
    for number, exchange in enumerate(before, start=1):
        theirs = list(exchange.request.get("messages", ()))
        past = len(theirs)
        if past and messages[:past] == theirs:
            rest, reply = messages[past:], exchange.reply
            answered = bool(rest) and reply is not None and _repeats(rest[0], reply)
            best = max(best, (past, answered, -number))
    return -best[2], best[0]


def _examples(messages: list[Any], replies: set[str]) -> int:
    """How many messages at the beginning are worked examples: answered turns whose answer is no reply."""
    at = 0
    while (
        at + 2 < len(messages)
        and [m["role"] for m in messages[at : at + 3]] == ["user", "assistant", "user"]
        and not messages[at + 1].get("calls")
        and messages[at + 1]["text"] not in replies
    ):
        at += 2
    return at


def _turn(message: Mapping[str, Any]) -> Turn:
    calls = (f"{name} {json.dumps(given, ensure_ascii=False)}" for name, given in message.get("calls", ()))
    pictures = (_drawn(recipe) for _, recipe in message.get("sights", ()))
    return Turn(message["role"], message["text"], tuple(pictures), tuple(calls))


def _drawn(recipe: str) -> str:
    """A picture's recipe in words."""
    try:
        read = json.loads(recipe)
        drawn_by = str(read["drawn_by"]["component"]).rpartition(":")[2]
        return f"the picture, its regions drawn by {drawn_by}, at most {read['side']} pixels wide and high"
    except (ValueError, KeyError, TypeError):
        return "a picture"
