"""A request in the words of Chat Completions, which vLLM, Ollama, llama.cpp and many others speak too."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from typing import Any

from lskd_toolkit import ChatRequest, Message, Sight, jpeg, json_bytes

from .models import Manner
from .schema import fitted

SCHEMA_NAME = "reply"
NOTHING = "(nothing)"
"""Stands where a turn has neither text nor calls: an empty one is refused."""

Json = dict[str, Any]


def encoded(request: ChatRequest, model: str, manner: Manner) -> bytes:
    """The request as bytes of JSON."""
    made = body(request, model, manner)
    return json_bytes(made)


def body(request: ChatRequest, model: str, manner: Manner) -> Json:
    """The request as plain JSON. Pictures are drawn and encoded here, which takes its time.

    The number of the draw goes into the seed: each draw is another sample. The request's own ``options``
    go in last, over everything else.
    """
    made: Json = {
        "model": model,
        "messages": list(_messages(request)),
        manner.limit: request.max_tokens + manner.thoughts,
        "seed": request.seed + request.draw,
    }
    if manner.temperature:
        made["temperature"] = request.temperature
    if manner.effort:
        made["reasoning_effort"] = manner.effort
    if request.stop:
        made["stop"] = list(request.stop)
    if request.tools:
        made["tools"] = [
            {
                "type": "function",
                "function": {"name": t.name, "description": t.description, "parameters": dict(t.parameters)},
            }
            for t in request.tools
        ]
        if request.tool_choice == "none":
            made["tool_choice"] = "none"
    # Servers that bind the decoding to a schema from the first token on would never call a tool.
    if request.schema is not None and (manner.strict or not _may_call(request)):
        made["response_format"] = _form(request, manner)
    return {**made, **request.options}


def _may_call(request: ChatRequest) -> bool:
    return bool(request.tools) and request.tool_choice == "auto"


def _form(request: ChatRequest, manner: Manner) -> Json:
    assert request.schema is not None
    schema = fitted(request.schema, manner.shape) if manner.strict or manner.shape else dict(request.schema)
    form: Json = {"name": SCHEMA_NAME, "schema": schema}
    if manner.strict:
        form["strict"] = True
    return {"type": "json_schema", "json_schema": form}


def _messages(request: ChatRequest) -> Iterator[Json]:
    if request.system.strip():
        yield {"role": "system", "content": request.system}
    messages = request.messages
    shown: list[Sight] = []  # by tools: their answers are text, so the pictures come after the last of them
    for index, message in enumerate(messages):
        if message.role == "tool":
            yield {"role": "tool", "tool_call_id": _answered(index, messages), "content": message.text}
            shown += message.sights
            if shown and (index + 1 == len(messages) or messages[index + 1].role != "tool"):
                yield {"role": "user", "content": [_picture(sight) for sight in shown]}
                shown = []
        elif message.role == "assistant":
            yield _said(index, message)
        elif message.sights:
            parts = [_picture(sight) for sight in message.sights]
            if message.text:
                parts.append({"type": "text", "text": message.text})
            yield {"role": "user", "content": parts}
        else:
            yield {"role": "user", "content": message.text}


def _said(index: int, message: Message) -> Json:
    """An assistant's turn. Its calls have no ids of their own, so they get them from where they stand."""
    if not message.calls:
        return {"role": "assistant", "content": message.text or NOTHING}
    calls = [
        {
            "id": _id(index, at),
            "type": "function",
            "function": {
                "name": call.name,
                "arguments": json.dumps(dict(call.arguments), ensure_ascii=False),
            },
        }
        for at, call in enumerate(message.calls)
    ]
    return {"role": "assistant", "content": message.text or None, "tool_calls": calls}


def _answered(index: int, messages: Sequence[Message]) -> str:
    """The id of the call that this answer belongs to: the answers after a turn answer its calls in order."""
    first = index
    while first > 0 and messages[first - 1].role == "tool":
        first -= 1
    return _id(first - 1, index - first)


def _id(message: int, call: int) -> str:
    return f"call-{message}-{call}"


def _picture(sight: Sight) -> Json:
    data = base64.b64encode(jpeg(sight.render())).decode("ascii")
    return {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{data}"}}
