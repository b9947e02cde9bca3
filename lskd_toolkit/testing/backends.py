"""Contracts of backends. They ask, so a paid one is tested against a fake of its vendor's edge."""

from __future__ import annotations

import json
import typing
from dataclasses import replace
from typing import Any

from ..llm.messages import ChatReply, ChatRequest, Message, Status
from .subject import Subject, call, together

PARTS = ("question", "answer", "rationale")
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "statements": {
            "type": "array",
            "maxItems": 1,
            "items": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in PARTS},
                "required": list(PARTS),
            },
        }
    },
    "required": ["statements"],
}


def request(colour: str = "red") -> ChatRequest:
    text = f"Regions:\n[0] star: a {colour} star\n[1] cup: a blue cup\nRelations:\n- [0] is left of [1]\n"
    text += "Write at most 1 statement.\n"  # in words too: not every vendor's schemas know bounds
    return ChatRequest((Message("user", text),), schema=SCHEMA, max_tokens=160, temperature=0.0)


def has_an_address_and_a_price(subject: Subject) -> None:
    """``endpoint`` and ``model`` are part of every reply's key; more tokens never cost less."""
    backend = subject.instance
    for name in ("endpoint", "model"):
        value = getattr(backend, name, None)
        subject.require(isinstance(value, str) and value, f"lacks {name!r}, part of every reply's key")
    prices = [backend.usd(*tokens) for tokens in ((0, 0), (1000, 0), (1000, 1000))]
    if None in prices:
        subject.require(prices == [None] * 3, "usd() knows some prices and not others; give None for all")
    else:
        subject.require(
            0 <= prices[0] <= prices[1] <= prices[2], f"usd() gave {prices}; bound the price from above"
        )


def replies_are_whole(subject: Subject) -> None:
    """A reply has text, a known status and counts of tokens."""
    reply = _reply(subject)
    subject.require(isinstance(reply, ChatReply), f"complete gave {type(reply).__name__}; give ChatReply")
    subject.require(isinstance(reply.text, str), "a reply's text must be text")
    subject.require(reply.status in typing.get_args(Status), f"unknown status {reply.status!r}")
    subject.require(
        min(reply.tokens_in, reply.tokens_out) >= 0 and (reply.usd is None or reply.usd >= 0),
        f"tokens {reply.tokens_in}, {reply.tokens_out}, usd {reply.usd}: none may be negative",
    )
    bound = subject.instance.usd(reply.tokens_in, reply.tokens_out)
    subject.require(
        bound is None or reply.usd is None or reply.usd <= bound + 1e-9,
        f"the reply cost {reply.usd}, more than usd() said ({bound}); a cap on money would be passed",
    )


def follows_the_schema(subject: Subject) -> None:
    """A whole reply to a request with a schema is JSON of that schema."""
    reply = _reply(subject)
    if reply.status != "ok":
        return
    try:
        told = json.loads(reply.text)
    except ValueError:
        subject.fail(f"the reply is no JSON though a schema was given: {reply.text[:80]!r}")
    items = told.get("statements") if isinstance(told, dict) else None
    subject.require(isinstance(items, list), f"the reply does not follow the schema: {reply.text[:80]!r}")
    subject.require(len(items or []) <= 1, "the reply has more items than the schema's maxItems")
    whole = all(
        isinstance(item, dict) and all(isinstance(item.get(name), str) for name in PARTS)
        for item in items or []
    )
    subject.require(whole, f"an item lacks what the schema requires, {', '.join(PARTS)}: {reply.text[:80]!r}")


def equal_requests_have_equal_replies(subject: Subject) -> None:
    """As far as it can be seeded: at temperature 0 the same request is answered alike."""
    again = call(subject.instance, "complete", request())
    subject.require(_reply(subject).text == again.text, "the same request got two replies; seed it")


def many_may_ask_at_once(subject: Subject) -> None:
    """Requests that are in the air together get their own replies."""
    asked = [request(), request("green"), replace(request(), schema=None, max_tokens=16)]
    alone = [call(subject.instance, "complete", each) for each in asked]
    at_once = together([subject.instance.complete(each) for each in asked])
    subject.require(
        [r.text for r in at_once] == [r.text for r in alone],
        "requests in the air together get other replies than one by one; share no state between them",
    )


def _reply(subject: Subject) -> Any:
    return subject.once("reply", lambda: call(subject.instance, "complete", request()))


CHECKS = (
    has_an_address_and_a_price,
    replies_are_whole,
    follows_the_schema,
    equal_requests_have_equal_replies,
    many_may_ask_at_once,
)
