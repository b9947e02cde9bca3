"""What was asked and answered about an image, for its card: bounded, and what images share told once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from markupsafe import escape

from ..corpus.exchanges import Asked, conversation

if TYPE_CHECKING:
    from ..corpus.exchanges import Exchange, Turn
    from ..llm.messages import ChatReply

LONGEST = 6_000
"""Characters of one text; the whole stands in the ledger."""
LONGEST_SHARED = 20_000
"""Of one that stands once for all images."""
REQUESTS = 24
"""Requests of one image that are shown."""
MARKUP = 700
"""Bytes that a request and its reply take in the page beside their texts."""


class Shared:
    """The texts that many requests have in common: systems and worked examples, each kept once and within
    ``limit`` bytes in all."""

    def __init__(self, limit: int):
        self._left = limit
        self._texts: dict[str, tuple[str, list[dict[str, Any]]]] = {}

    def keep(self, kind: str, parts: Sequence[tuple[str, str]]) -> str:
        """A reference to this text, made of parts ``(title, text)``; '' where there is no room for it."""
        whole = json.dumps([kind, *parts]).encode()
        reference = hashlib.sha256(whole).hexdigest()[:12]
        if reference not in self._texts:
            made = [{"title": title, **_cut(text, LONGEST_SHARED)} for title, text in parts]
            cost = sum(_bytes(part["text"]) for part in made)
            if cost > self._left:
                return ""
            self._left -= cost
            self._texts[reference] = (kind, made)
        return reference

    def named(self, cards: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
        """The texts that these cards refer to, in the order in which they do, numbered by kind."""
        found: dict[str, dict[str, Any]] = {}
        counts: dict[str, int] = {}
        for card in cards:
            for reference in card["asked"]["refers"] if card["asked"] else ():
                if reference not in found:
                    kind, parts = self._texts[reference]
                    counts[kind] = counts.get(kind, 0) + 1
                    found[reference] = {"name": f"{kind} {counts[kind]}", "kind": kind, "parts": parts}
        return found


def asked(exchanges: Iterable[Exchange], shared: Shared, room: int) -> dict[str, Any] | None:
    """The conversation about one image in about ``room`` bytes of page; None when no backend was asked."""
    told = conversation(exchanges)
    if not told:
        return None
    budget = [room]
    shown: list[dict[str, Any]] = []
    for each in told[:REQUESTS]:
        if budget[0] < 2 * MARKUP:
            break
        budget[0] -= MARKUP
        shown.append(_exchange(each, shared, budget))
    replies = [each.reply for each in told if each.reply is not None]
    money = [reply.usd for reply in replies]
    return {
        "count": len(told),
        "tokens_in": sum(reply.tokens_in for reply in replies),
        "tokens_out": sum(reply.tokens_out for reply in replies),
        "usd": None if None in money else sum(usd for usd in money if usd is not None),
        "exchanges": shown,
        "left_out": len(told) - len(shown),
        "numbers": {each["key"]: each["number"] for each in shown},
        "refers": [r for each in shown for r in (each["system"], *each["examples"]) if r],
    }


def _exchange(each: Asked, shared: Shared, budget: list[int]) -> dict[str, Any]:
    pairs = [each.examples[at : at + 2] for at in range(0, len(each.examples), 2)]
    settings = {"draw": 0, "options": {}, **each.settings}
    return {
        "key": each.key,
        "number": each.number,
        "follows": each.follows,
        "again": each.again,
        "gone": not each.settings,
        "settings": settings,
        "has_system": bool(each.system) and not each.follows,
        "system": shared.keep("system", [("", each.system)]) if each.system and not each.follows else "",
        "examples": [shared.keep("example", [(turn.role, turn.text) for turn in pair]) for pair in pairs],
        "turns": [_turn(turn, budget) for turn in each.turns],
        "schema": _bounded(_json(each.schema), budget) if each.schema is not None else None,
        "tools": [
            {"name": name, "about": about, "form": _bounded(_json(form), budget)}
            for name, about, form in each.tools
        ],
        "reply": _reply(each.reply, budget),
    }


def _turn(turn: Turn, budget: list[int]) -> dict[str, Any]:
    role = {"tool": "the tool answered"}.get(turn.role, turn.role)
    return {
        "role": role,
        "pictures": turn.pictures,
        "calls": [_bounded(call, budget) for call in turn.calls],
        **_bounded(turn.text, budget),
    }


def _reply(reply: ChatReply | None, budget: list[int]) -> dict[str, Any] | None:
    if reply is None:
        return None
    calls = (f"{call.name} {_json(call.arguments)}" for call in reply.calls)
    return {
        "status": reply.status, "model": reply.model, "tokens_in": reply.tokens_in, "cached": reply.cached,
        "tokens_out": reply.tokens_out, "usd": reply.usd, "calls": [_bounded(call, budget) for call in calls],
        **_bounded(reply.text, budget),
    }  # fmt: skip


def _bounded(text: str, budget: list[int]) -> dict[str, Any]:
    """As much of a text as there is room for, and how many characters that leaves out."""
    part = _cut(text, LONGEST)
    cost = _bytes(part["text"])
    if cost > budget[0]:
        part = _cut(text, len(part["text"]) * max(0, budget[0]) // cost)
        cost = _bytes(part["text"])
    budget[0] -= cost
    return part


def _cut(text: str, most: int) -> dict[str, Any]:
    return {"text": text[:most], "left_out": max(0, len(text) - most)}


def _bytes(text: str) -> int:
    """What a text takes in the page, its quotes and brackets escaped."""
    return len(str(escape(text)).encode("utf-8", "replace"))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
