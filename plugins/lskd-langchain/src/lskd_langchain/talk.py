"""One conversation of an agent about one scene: what it asks next, how often it may look, what it found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from lskd_toolkit import ChatReply, ChatRequest, Descriptor, Lesson, Message, ToolCall
from lskd_toolkit.teaching.prompt import render

from .talking import call_id


class Talk:
    """The conversation behind a run of the graph. LangChain says what comes next; this makes requests and
    answers of it in our form, without ids of anybody's."""

    def __init__(self, lesson: Lesson, first: ChatRequest):
        self.lesson = lesson
        self.last = self._first = _opened(lesson, first)
        self.replies: list[ChatReply] = []
        self.descriptors: list[Descriptor] = []
        self.looks = 0

    async def asked(self, messages: Sequence[BaseMessage]) -> AIMessage:
        """The model's next turn, after what LangChain has gathered since the first."""
        turns = [_ours(message) for message in messages[1:]]
        self.looks = sum(turn.role == "tool" for turn in turns)
        request = replace(self._first, messages=(*self._first.messages, *turns))
        if turns and self.must_write:
            enough = render(self.lesson.prompt, self.lesson.prompt.enough)
            request = replace(
                request, messages=(*request.messages, Message("user", enough)), tool_choice="none"
            )
        reply = await self.lesson.llm.complete(request)
        self.last = request
        self.replies.append(reply)
        # Whoever has to write and calls a tool all the same is heard no further: what it wrote is read.
        calls = reply.calls if reply.status == "ok" and request.tool_choice == "auto" else ()
        at = len(request.messages)
        return AIMessage(
            reply.text,
            tool_calls=[
                {"name": c.name, "args": dict(c.arguments), "id": call_id(at, i), "type": "tool_call"}
                for i, c in enumerate(calls)
            ],
        )

    async def looked(self, name: str, arguments: Mapping[str, Any]) -> str:
        """A tool's answer, durable before it is told. What does not fit is told too."""
        told = await self.lesson.toolbox.use(name, arguments)
        if told.score > 0 and told not in self.descriptors:
            self.descriptors.append(told)
        return told.text

    @property
    def must_write(self) -> bool:
        """Whether the looks or the money of the scene are spent."""
        options = self.lesson.options
        spent = sum(reply.usd or 0.0 for reply in self.replies)
        most = options.max_usd_a_scene
        return self.looks >= options.steps or (most is not None and spent >= most)


def _opened(lesson: Lesson, first: ChatRequest) -> ChatRequest:
    """The scene's first request, with the tools and how often they may be used."""
    *before, last = first.messages
    look = render(lesson.prompt, lesson.prompt.look, steps=lesson.options.steps)
    asked = replace(last, text=f"{last.text}\n\n{look}")
    return replace(first, messages=(*before, asked), tools=lesson.toolbox.specs)


def _ours(message: BaseMessage) -> Message:
    """A turn that LangChain keeps, as it was in our form: its ids tell nothing that order does not."""
    text = message.content if isinstance(message.content, str) else str(message.text)
    if isinstance(message, AIMessage):
        return Message(
            "assistant", text, calls=tuple(ToolCall(c["name"], c["args"]) for c in message.tool_calls)
        )
    if isinstance(message, ToolMessage):
        return Message("tool", text)
    assert isinstance(message, HumanMessage)
    return Message("user", text)
