"""Our messages as LangChain's, and its replies as ours."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from lskd_toolkit import ChatReply, ChatRequest, Message, Sight, ToolCall, jpeg

REFUSED = frozenset({"refusal", "content_filter", "safety", "prohibited_content", "blocklist", "recitation"})
CUT = frozenset({"length", "max_tokens", "model_context_window_exceeded"})
"""How providers name the reason why a reply ended, in small letters."""


def theirs(request: ChatRequest) -> list[BaseMessage]:
    """The request's messages. Draws and encodes pictures: not for an event loop's thread."""
    told: list[BaseMessage] = [SystemMessage(request.system)] if request.system.strip() else []
    for index, message in enumerate(request.messages):
        if message.role == "assistant":
            told.append(AIMessage(message.text, tool_calls=_calls(index, message.calls)))
        elif message.role == "tool":
            told.append(ToolMessage(message.text, tool_call_id=answered(index, request.messages)))
        elif message.sights:
            pictures = [_picture(sight) for sight in message.sights]
            told.append(HumanMessage(content=[*pictures, {"type": "text", "text": message.text}]))
        else:
            told.append(HumanMessage(message.text))
    return told


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


def ours(reply: BaseMessage, model: str) -> ChatReply:
    """A reply with its text, calls, status and tokens; its price is not known here."""
    assert isinstance(reply, AIMessage)
    usage: Mapping[str, Any] = reply.usage_metadata or {}
    details = usage.get("input_token_details") or {}
    calls = [ToolCall(call["name"], dict(call["args"])) for call in reply.tool_calls]
    for bad in reply.invalid_tool_calls:
        # Arguments that are no JSON go to the tool as they are, and it says what is wrong with them.
        calls.append(ToolCall(bad.get("name") or "", {"unreadable": str(bad.get("args") or "")}))
    text = reply.text
    return ChatReply(
        text if isinstance(text, str) else str(text),
        _status(reply),  # type: ignore[arg-type]
        int(usage.get("input_tokens") or 0),
        int(usage.get("output_tokens") or 0),
        None,
        model,
        calls=tuple(calls),
        cached=int(details.get("cache_read") or 0),
    )


def _status(reply: AIMessage) -> str:
    about = reply.response_metadata
    ended = about.get("finish_reason") or about.get("stop_reason") or about.get("done_reason") or ""
    reason = str(getattr(ended, "value", ended)).casefold()
    if reason in REFUSED or reply.additional_kwargs.get("refusal"):
        return "refused"
    return "cut" if reason in CUT else "ok"


def unfinished(error: Exception, model: str) -> ChatReply | None:
    """The reply in an error that is raised because it ended early, as OpenAI's library does where a schema
    is asked for; None for any other error."""
    completion = getattr(error, "completion", None)
    choice = next(iter(getattr(completion, "choices", None) or ()), None)
    if choice is None:
        return None
    usage = getattr(completion, "usage", None)
    return ChatReply(
        getattr(choice.message, "content", None) or "",
        "refused" if getattr(choice, "finish_reason", "") == "content_filter" else "cut",
        int(getattr(usage, "prompt_tokens", 0) or 0),
        int(getattr(usage, "completion_tokens", 0) or 0),
        None,
        model,
    )
