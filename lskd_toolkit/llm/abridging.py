"""Requests as they are kept: a long text that many begin with is stored once.

Worked examples and rules are most of a request, and the same in thousands; an agent's talk begins with all
that was said in the step before.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from ..canonical import json_bytes

LONG = 200
"""Characters from which on a text is kept apart."""

Form = Mapping[str, Any]
"""A request as plain JSON: see `canonical_request`."""


def abridged(form: Form) -> tuple[str, dict[str, str]]:
    """The request as JSON, in which the system's text and those of all messages but the last, where they are
    long, stand as ``{"sha256": …}``; and those texts by that."""
    texts: dict[str, str] = {}

    def kept(text: str) -> Any:
        if len(text) < LONG:
            return text
        sha256 = _sha256(text)
        texts[sha256] = text
        return {"sha256": sha256}

    made = dict(form)
    if "system" in made:
        made["system"] = kept(made["system"])
    if made.get("messages"):
        *before, last = made["messages"]
        made["messages"] = [*({**message, "text": kept(message["text"])} for message in before), last]
    return json_bytes(made).decode(), texts


def unabridged(request: str, find: Callable[[str], str]) -> dict[str, Any]:
    """The request as it was; ``find`` gives a text by its sha256."""
    made: dict[str, Any] = json.loads(request)
    if isinstance(made.get("system"), dict):
        made["system"] = find(made["system"]["sha256"])
    for message in made.get("messages", ()):
        if isinstance(message["text"], dict):
            message["text"] = find(message["text"]["sha256"])
    return made


@functools.lru_cache(maxsize=256)
def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
