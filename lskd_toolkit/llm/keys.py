"""A request's key: all that decides its reply, and nothing that does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..canonical import digest
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


def request_key(
    request: ChatRequest, endpoint: str, model: str, settings: Mapping[str, Any] | None = None
) -> str:
    """The sha256 of the canonical form: what a reply is stored under."""
    return digest(canonical_request(request, endpoint, model, settings))
