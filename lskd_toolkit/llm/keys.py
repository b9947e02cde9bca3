"""A request's key: all that decides its reply, and nothing that does not."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from ..canonical import canonical, digest
from .messages import ChatRequest


def canonical_request(
    request: ChatRequest, endpoint: str, model: str, settings: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The request as plain JSON, as it is stored and digested. Pictures stand as (sha256, recipe).
    ``settings`` are the backend's own options that its replies depend on (effort, thinking)."""
    form: dict[str, Any] = {
        "endpoint": endpoint,
        "model": model,
        "system": request.system,
        "messages": [
            {
                "role": m.role,
                "text": m.text,
                "sights": [[s.sha256, s.recipe] for s in m.sights],
                **({"calls": [[c.name, dict(c.arguments)] for c in m.calls]} if m.calls else {}),
            }
            for m in request.messages
        ],
        "schema": None if request.schema is None else dict(request.schema),
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "stop": list(request.stop),
        "seed": request.seed,
        "draw": request.draw,
        "options": dict(request.options),
    }
    if request.tools:
        form["tools"] = [[t.name, t.description, dict(t.parameters)] for t in request.tools]
    if request.tool_choice != "auto":
        form["tool_choice"] = request.tool_choice
    if settings:
        form["settings"] = dict(settings)
    return form


def written(form: Mapping[str, Any], shared: int) -> bytes:
    """``canonical`` of a request's form, as bytes; how its first ``shared`` messages are written is kept for
    the next request, since worked examples are most of thousands."""
    messages = [
        _kept(m["role"], m["text"]) if at < shared and not m["sights"] and "calls" not in m else canonical(m)
        for at, m in enumerate(form["messages"])
    ]
    # Of the names before it in the order no value can hold this: inside a text its quotes are escaped.
    text = canonical({**form, "messages": 0})
    whole = text.replace('"messages":0', f'"messages":[{",".join(messages)}]', 1)
    return whole.encode("utf-8", "surrogatepass")


@functools.lru_cache(maxsize=1024)
def _kept(role: str, text: str) -> str:
    return canonical({"role": role, "text": text, "sights": []})


def request_key(
    request: ChatRequest, endpoint: str, model: str, settings: Mapping[str, Any] | None = None
) -> str:
    """The sha256 of the canonical form: what a reply is stored under."""
    return digest(canonical_request(request, endpoint, model, settings))
