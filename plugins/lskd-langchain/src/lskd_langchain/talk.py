"""One conversation of an agent about one scene: what it asks next, how often it may look, what it found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage

from lskd_toolkit import ChatReply, ChatRequest, Descriptor, Lesson, Message, ToolCall
from lskd_toolkit.teaching.prompt import render

from .talking import call_id


class Talk:
    """The conversation behind a run of the graph. LangChain says what comes next; this makes requests and
    answers of it in our form, without ids or words of anybody's. ``most`` is the money in US dollars after
    which the model has to write, None for no bound."""

    def __init__(self, lesson: Lesson, first: ChatRequest, most: float | None = None):
        self.lesson, self._most = lesson, most
        self.last = self._first = _opened(lesson, first)
        self.replies: list[ChatReply] = []
        self._answers: dict[str, Descriptor | Exception | None] = {}
        """By the call's id, in the order the calls were made in, whatever the order they are answered in;
        None for one that is not answered yet."""

    @property
    def descriptors(self) -> list[Descriptor]:
        """What the looks found; not what was wrong with calls."""
        return [told for told in self._answers.values() if isinstance(told, Descriptor) and told.score > 0]

    async def asked(self, messages: Sequence[BaseMessage]) -> AIMessage:
        """The model's next turn, after what LangChain has gathered since the first."""
        turns = [await self._ours(message) for message in messages[1:]]
        looks = sum(turn.role == "tool" for turn in turns)
        request = self._first
        if turns and self._must_write(looks):
            enough = Message("user", render(self.lesson.prompt, self.lesson.prompt.enough))
            request = replace(request, messages=(*request.messages, *turns, enough), tool_choice="none")
        elif turns:
            request = replace(request, messages=(*request.messages, *turns))
        reply = await self.lesson.llm.complete(request)
        self.last = request
        self.replies.append(reply)
        # Whoever has to write and calls a tool all the same is heard no further: what it wrote is read. And
        # of calls made together no more are heard than looks are left.
        heard = reply.status == "ok" and request.tool_choice == "auto"
        calls = reply.calls[: self.lesson.options.steps - looks] if heard else ()
        ids = [call_id(len(request.messages), i) for i in range(len(calls))]
        self._answers.update(dict.fromkeys(ids))
        return AIMessage(
            reply.text,
            tool_calls=[
                {"name": call.name, "args": dict(call.arguments), "id": each, "type": "tool_call"}
                for each, call in zip(ids, calls, strict=True)
            ],
        )

    async def looked(self, name: str, arguments: Mapping[str, Any], call: str) -> str:
        """A tool's answer, durable before it is told. What does not fit is told too. What fails is raised
        when all that was asked at once is answered: nothing on its way is lost."""
        try:
            told = self._answers[call] = await self.lesson.toolbox.use(name, arguments)
        except Exception as error:
            self._answers[call] = error
            return ""
        return str(told.text)

    def _must_write(self, looks: int) -> bool:
        """Whether the looks or the money are spent."""
        spent = sum(reply.usd or 0.0 for reply in self.replies)
        return looks >= self.lesson.options.steps or (self._most is not None and spent >= self._most)

    async def _ours(self, message: BaseMessage) -> Message:
        """A turn that LangChain keeps, as it was in our form: its ids tell nothing that order does not."""
        if isinstance(message, AIMessage):
            calls = tuple(ToolCall(call["name"], call["args"]) for call in message.tool_calls)
            return Message("assistant", str(message.content), calls=calls)
        assert isinstance(message, ToolMessage)
        told = self._answers[message.tool_call_id]
        if isinstance(told, Exception):
            raise told
        if told is None:
            # LangChain has answered by itself, as it does where there is no such tool: in words of its own,
            # which another version may change, and the requests' keys with them.
            return Message("tool", await self.looked(message.name or "", {}, message.tool_call_id))
        return Message("tool", told.text)


def _opened(lesson: Lesson, first: ChatRequest) -> ChatRequest:
    """The scene's first request, with the tools and how often they may be used."""
    *before, last = first.messages
    look = render(lesson.prompt, lesson.prompt.look, steps=lesson.options.steps)
    asked = replace(last, text=f"{last.text}\n\n{look}")
    return replace(first, messages=(*before, asked), tools=lesson.toolbox.specs)
