"""The strategy ``agent``: look with tools, then write. LangChain's agent over a model that asks our door."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from langchain_core.messages import HumanMessage

from lskd_toolkit import ChatRequest, Descriptor, Lesson, Taught, ask, first_requests, taught, told_by
from lskd_toolkit.errors import ConfigError

from .bridge import TALK, graph
from .quiet import quiet
from .talk import Talk


async def agent(lesson: Lesson) -> Taught:
    """Let the model look with the lesson's tools, at most ``steps`` times, and read what it writes then.

    Every answer is durable before the model is asked on, and becomes a descriptor; called again, the whole
    conversation comes from the ledger. A scene that no tool can say more of is asked about at once.

    Raises:
        ConfigError: the backend cannot call tools.
    """
    if "tools" not in lesson.llm.can:
        raise ConfigError(
            f"{lesson.llm.model!r} cannot call tools, as an agent has to; use --strategy reflect"
        )
    requests = first_requests(lesson)
    if not lesson.toolbox.specs:
        return taught([await ask(lesson, request) for request in requests])
    talks = await _all(lesson, requests)
    told = [await told_by(lesson, talk.last, talk.replies[-1]) for talk in talks]
    made = taught(told, _once(talk.descriptors for talk in talks))
    asked = (reply.key for talk in talks for reply in talk.replies)
    return Taught(
        made.statements, made.rejected, made.descriptors, tuple(dict.fromkeys([*asked, *made.replies]))
    )


async def _all(lesson: Lesson, requests: Sequence[ChatRequest]) -> list[Talk]:
    """A conversation for each request, at once. All are waited for even when one fails: what is on its way
    is paid for."""
    talks = [Talk(lesson, request) for request in requests]
    outcomes = await asyncio.gather(*map(_held, talks), return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
    return talks


async def _held(talk: Talk) -> None:
    """Hold the conversation to its end, in a task of its own: each has its own context."""
    TALK.set(talk)
    names = tuple(spec.name for spec in talk.lesson.toolbox.specs)
    # A look is two steps of the graph; calls made together in one turn are one of them.
    limit = 2 * talk.lesson.options.steps + 8
    with quiet():
        await graph(names).ainvoke(
            {"messages": [HumanMessage("begin", id="begin")]}, {"recursion_limit": limit}
        )


def _once(several: Iterable[Sequence[Descriptor]]) -> list[Descriptor]:
    found: dict[Descriptor, None] = {}
    for descriptors in several:
        found.update(dict.fromkeys(descriptors))
    return list(found)
