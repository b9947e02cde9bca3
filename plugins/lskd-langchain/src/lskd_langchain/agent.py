"""The strategy ``agent``: look with tools, then write. LangChain's agent over a model that asks our door."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from langchain_core.messages import HumanMessage

from lskd_toolkit import Lesson, Taught, Told, ask, first_requests, taught, told_by
from lskd_toolkit.errors import ConfigError
from lskd_toolkit.teaching.gathering import gathered

from .bridge import TALK, graph
from .quiet import quiet
from .talk import Talk


async def agent(lesson: Lesson) -> Taught:
    """Let the model look with the lesson's tools, at most ``steps`` times, and read what it writes then.

    Every answer is durable before the model is asked on, and becomes a descriptor; called again, the whole
    conversation comes from the ledger. A scene that no tool can say more of is asked about at once. What a
    scene may cost is shared out evenly among its samples and their conversations.

    Raises:
        ConfigError: the backend cannot call tools, or its money is to be bounded and has no known price.
    """
    if "tools" not in lesson.llm.can:
        raise ConfigError(
            f"{lesson.llm.model!r} cannot call tools, as an agent has to; use --strategy reflect"
        )
    most = lesson.options.max_usd_a_scene
    if most is not None and lesson.llm.backend.usd(1, 1) is None:
        raise ConfigError(
            f"max_usd_a_scene needs a price and {lesson.llm.model!r} has none; use --set teacher.steps=N"
        )
    requests = first_requests(lesson)
    if not lesson.toolbox.specs:
        return taught(await gathered(ask(lesson, request) for request in requests))
    share = None if most is None else most / (len(requests) * lesson.options.samples)
    talks = [Talk(lesson, request, share) for request in requests]
    told = await _all([_taught_by(talk) for talk in talks])
    made = taught(told, dict.fromkeys(found for talk in talks for found in talk.descriptors))
    asked = (reply.key for talk in talks for reply in talk.replies)
    return Taught(
        made.statements, made.rejected, made.descriptors, tuple(dict.fromkeys([*asked, *made.replies]))
    )


async def _all(work: list[Coroutine[Any, Any, Told]]) -> list[Told]:
    """`gathered`, and without a task of its own where there is only one, as there mostly is."""
    return [await work[0]] if len(work) == 1 else await gathered(work)


async def _taught_by(talk: Talk) -> Told:
    """Hold the conversation to its end, and read what was written there. Conversations held at once are in
    tasks of their own, so that each has its own context."""
    names = tuple(spec.name for spec in talk.lesson.toolbox.specs)
    # A look is two steps of the graph; calls made together in one turn are one of them.
    limit = 2 * talk.lesson.options.steps + 8
    outer = TALK.set(talk)
    try:
        with quiet():
            await graph(names).ainvoke(
                {"messages": [HumanMessage("begin", id="begin")]}, {"recursion_limit": limit}
            )
    finally:
        TALK.reset(outer)
    return await told_by(talk.lesson, talk.last, talk.replies[-1])
