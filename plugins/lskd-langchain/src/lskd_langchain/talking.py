"""Our messages as LangChain's, and its replies as ours."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from lskd_toolkit import ChatReply, ChatRequest, Message, Price, Sight, ToolCall, jpeg

REFUSED = frozenset({
    "refusal", "content_filter", "content_filtered", "guardrail_intervened", "safety", "prohibited_content",
    "blocklist", "recitation", "spii",
})  # fmt: skip
CUT = frozenset({"length", "max_tokens", "model_length", "model_context_window_exceeded", "incomplete"})
"""How providers name the reason why a reply ended, in small letters."""
ENDED = ("finish_reason", "stop_reason", "stopReason", "done_reason", "status")
"""Where they say it."""


def theirs(request: ChatRequest) -> list[BaseMessage]:
    """The request's messages. Draws and encodes pictures: then not for an event loop's thread."""
    told: list[BaseMessage] = [SystemMessage(request.system)] if request.system.strip() else []
    shown: list[Sight] = []  # by tools: their answers are text, so the pictures come after the last of them
    for index, message in enumerate(request.messages):
        if message.role == "assistant":
            told.append(AIMessage(message.text, tool_calls=_calls(index, message.calls)))
        elif message.role == "tool":
            told.append(ToolMessage(message.text, tool_call_id=answered(index, request.messages)))
            shown += message.sights
            if shown and not _answers(request.messages, index + 1):
                told.append(HumanMessage(content=[_picture(sight) for sight in shown]))
                shown = []
        elif message.sights:
            pictures = [_picture(sight) for sight in message.sights]
            words = [{"type": "text", "text": message.text}] if message.text else []
            told.append(HumanMessage(content=[*pictures, *words]))
        else:
            told.append(HumanMessage(message.text))
    return told


def _answers(messages: Sequence[Message], index: int) -> bool:
    return index < len(messages) and messages[index].role == "tool"


def _calls(index: int, calls: Sequence[ToolCall]) -> list[Any]:
    return [
        {"name": call.name, "args": dict(call.arguments), "id": call_id(index, at), "type": "tool_call"}
        for at, call in enumerate(calls)
    ]


def call_id(index: int, at: int) -> str:
    """The id of a call by its place in the conversation: nothing random, so that keys come up again."""
    return f"call-{index}-{at}"


def answered(index: int, messages: Sequence[Message]) -> str:
    """The id of the call that a tool's message answers: they stand in the order of the calls."""
    first = index
    while first > 0 and messages[first - 1].role == "tool":
        first -= 1
    return call_id(first - 1, index - first)


def _picture(sight: Sight) -> dict[str, Any]:
    data = base64.b64encode(jpeg(sight.render())).decode()
    return {"type": "image", "base64": data, "mime_type": "image/jpeg"}


def ours(reply: BaseMessage, model: str, price: Price | None, *, by_tool: bool = False) -> ChatReply:
    """A reply with its text, calls, status, tokens and price.

    Arguments:
        by_tool: the reply was asked for as the arguments of a call, for want of another way to bind it to a
            schema; they are its text.
    """
    assert isinstance(reply, AIMessage)
    usage: Mapping[str, Any] = reply.usage_metadata or {}
    details = usage.get("input_token_details") or {}
    tokens_in, tokens_out = int(usage.get("input_tokens") or 0), int(usage.get("output_tokens") or 0)
    cached, written = int(details.get("cache_read") or 0), int(details.get("cache_creation") or 0)
    calls = [ToolCall(call["name"], dict(call["args"])) for call in reply.tool_calls]
    for bad in reply.invalid_tool_calls:
        # Arguments that are no JSON go to the tool as they are, and it says what is wrong with them.
        calls.append(ToolCall(bad.get("name") or "", {"unreadable": str(bad.get("args") or "")}))
    text = str(reply.text)
    if by_tool and calls:
        text, calls = json.dumps(dict(calls[0].arguments), ensure_ascii=False), []
    usd = price.usd(tokens_in, tokens_out, cached, written) if price is not None and usage else None
    return ChatReply(
        text,
        _status(reply),
        tokens_in,
        tokens_out,
        usd,
        model,
        calls=tuple(calls),
        cached=cached,
    )


def _status(reply: AIMessage) -> Any:
    about = reply.response_metadata
    ended = next((about[name] for name in ENDED if about.get(name)), "")
    reason = str(getattr(ended, "name", ended)).casefold()
    if reason in REFUSED or reply.additional_kwargs.get("refusal"):
        return "refused"
    return "cut" if reason in CUT else "ok"
