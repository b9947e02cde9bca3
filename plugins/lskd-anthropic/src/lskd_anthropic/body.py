"""A request in the words of the vendor's Messages API."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from lskd_toolkit import ChatRequest, Message, Sight, jpeg

from .models import no_thinking
from .options import ClaudeOptions
from .schema import fitted

NOTHING = "(nothing)"
"""Stands where a turn has no text: the vendor refuses an empty one."""

Block = dict[str, Any]


def body(request: ChatRequest, options: ClaudeOptions, *, sampling: bool, hour: bool = False) -> Block:
    """The request as plain JSON. Pictures are drawn and encoded here, which takes its time.

    Arguments:
        sampling: the model takes a temperature.
        hour: what is cached stays for an hour, not five minutes: a batch takes longer than those.

    The vendor takes no seed. The request's own ``options`` go in last, over everything else.
    """
    blocks = [_blocks(index, request.messages) for index in range(len(request.messages))]
    made: Block = {
        "model": options.model,
        "max_tokens": request.max_tokens,
        "messages": list(_turns(request.messages, blocks)),
    }
    if request.system.strip():
        made["system"] = [{"type": "text", "text": request.system}]
    if request.tools:
        made["tools"] = [
            {"name": t.name, "description": t.description, "input_schema": dict(t.parameters)}
            for t in request.tools
        ]
        if request.tool_choice == "none":
            made["tool_choice"] = {"type": "none"}
    if request.stop:
        made["stop_sequences"] = list(request.stop)
    if sampling and options.thinking == "off":
        made["temperature"] = request.temperature
    if options.thinking == "adaptive":
        made["thinking"] = {"type": "adaptive"}
    else:
        made |= {name: dict(value) for name, value in no_thinking(options.model).items()}
    if options.effort:
        made["output_config"] = {"effort": options.effort}
    if request.schema is not None:
        form = {"type": "json_schema", "schema": fitted(request.schema, options.schema_detail == "full")}
        made["output_config"] = {**made.get("output_config", {}), "format": form}
    if options.cache:
        for block in _remembered(request, made, blocks, hour):
            block["cache_control"] = {"type": "ephemeral", "ttl": "1h"} if hour else {"type": "ephemeral"}
    return {**made, **request.options}


def _remembered(request: ChatRequest, made: Block, blocks: list[list[Block]], hour: bool) -> Iterator[Block]:
    """The blocks up to which the vendor shall cache: the end of what many requests share, and, while tools
    are used, the end of the talk so far, which the next step begins with. Not in a batch, where the next
    step comes too late."""
    if "system" in made:
        yield made["system"][-1]
    elif "tools" in made:
        yield made["tools"][-1]
    shared = min(request.shared, len(blocks))
    if shared:
        yield blocks[shared - 1][-1]
    if request.tools and not hour and len(blocks) > shared:
        yield blocks[-1][-1]


def _turns(messages: tuple[Message, ...], blocks: list[list[Block]]) -> Iterator[Block]:
    """Turns of ``user`` and ``assistant`` in alternation: what follows from the same side is one turn."""
    turn: Block = {}
    for message, content in zip(messages, blocks, strict=True):
        role = "assistant" if message.role == "assistant" else "user"
        if turn.get("role") == role:
            turn["content"] += content
        else:
            if turn:
                yield turn
            turn = {"role": role, "content": list(content)}
    if turn:
        yield turn


def _blocks(index: int, messages: tuple[Message, ...]) -> list[Block]:
    """One message's content. Pictures come before the text that speaks of them."""
    message = messages[index]
    content: list[Block] = [_picture(sight) for sight in message.sights]
    if message.text.strip():
        content.append({"type": "text", "text": message.text})
    content += [
        {"type": "tool_use", "id": _id(index, at), "name": call.name, "input": dict(call.arguments)}
        for at, call in enumerate(message.calls)
    ]
    content = content or [{"type": "text", "text": NOTHING}]
    if message.role == "tool":
        return [{"type": "tool_result", "tool_use_id": _answered(index, messages), "content": content}]
    return content


def _answered(index: int, messages: tuple[Message, ...]) -> str:
    """The id of the call that this answer belongs to: the answers after a turn answer its calls in order."""
    first = index
    while first > 0 and messages[first - 1].role == "tool":
        first -= 1
    return _id(first - 1, index - first)


def _id(message: int, call: int) -> str:
    return f"call-{message}-{call}"


def _picture(sight: Sight) -> Block:
    data = base64.b64encode(jpeg(sight.render())).decode("ascii")
    return {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": data}}
