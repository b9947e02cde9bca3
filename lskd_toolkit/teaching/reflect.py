"""The strategy ``reflect``: write, check what was written against the scene, revise what does not hold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..llm.messages import ChatReply, ChatRequest, Message
from ..records import Rejected, Taught
from .asking import Told, first_requests, read, taught, told_by
from .gathering import gathered
from .layout import lay_out
from .lesson import Lesson
from .parsing import first_object
from .prompt import render


async def reflect(lesson: Lesson) -> Taught:
    """Two or three requests for each first one: the check costs one, a revision where it found faults
    another. What the parser rejects counts as a fault, so it can be mended too."""
    return taught(await gathered(_reflected(lesson, request) for request in first_requests(lesson)))


async def _reflected(lesson: Lesson, request: ChatRequest) -> Told:
    reply = await lesson.llm.complete(request)
    if reply.status == "refused":
        return await told_by(lesson, request, reply)
    statements, rejected = read(lesson, reply)
    if not statements:
        return await told_by(lesson, request, reply)
    written = json.dumps(
        [{"question": s.question, "answer": s.answer, "rationale": s.rationale} for s in statements],
        ensure_ascii=False, indent=1,
    )  # fmt: skip
    checked = await lesson.llm.complete(_check(lesson, request, written, len(statements)))
    found = _faults(checked, len(statements))
    faults = [*found.values(), *(r.reason for r in rejected)]
    if not faults:
        return Told(tuple(statements), (), (reply.key, checked.key))
    told = [
        *(f"statement {at}: {problem}" for at, problem in found.items()),
        *(f"rejected, {r.reason}: {r.text[:200]}" for r in rejected),
    ]
    revise = render(lesson.prompt, lesson.prompt.revise, problems=told, n=len(statements) + len(rejected))
    second = replace(
        request,
        messages=(*request.messages, Message("assistant", reply.text), Message("user", revise)),
    )
    revised = await told_by(lesson, second, await lesson.llm.complete(second))
    kept = {(s.question, s.answer) for s in revised.statements}
    withdrawn = [
        Rejected(f"{statements[at].question} {statements[at].answer} ({problem})", "withdrawn on reflection")
        for at, problem in found.items()
        if (statements[at].question, statements[at].answer) not in kept
    ]
    return Told(
        revised.statements,
        (*rejected, *withdrawn, *revised.rejected),
        (reply.key, checked.key, *revised.replies),
    )


def _check(lesson: Lesson, request: ChatRequest, written: str, count: int) -> ChatRequest:
    """A request of its own: who checks has not the writer's examples and quota before its eyes."""
    checks = {
        "type": "object",
        "properties": {
            "statement": {"type": "integer"},
            "supported": {"type": "boolean"},
            "problem": {"type": "string"},
        },
        "required": ["statement", "supported", "problem"],
        "additionalProperties": False,
    }
    scene = lay_out(lesson.prompt, lesson.scene, blind=lesson.options.input != "image")
    asked = render(lesson.prompt, lesson.prompt.check, scene=scene, statements=written)
    return replace(
        request,
        messages=(Message("user", asked, lesson.sights),),
        shared=0,
        temperature=0.0,
        schema={
            "type": "object",
            "properties": {"checks": {"type": "array", "items": checks, "maxItems": count}},
            "required": ["checks"],
            "additionalProperties": False,
        },
    )


def _faults(reply: ChatReply, count: int) -> Mapping[int, str]:
    """The problem of each statement that the check does not find supported. A check that cannot be read
    finds none: the critic comes after."""
    found: Any = (first_object(reply.text) or {}).get("checks")
    faults: dict[int, str] = {}
    for check in found if isinstance(found, list) else []:
        at = check.get("statement") if isinstance(check, dict) else None
        if isinstance(at, int) and 0 <= at < count and check.get("supported") is False:
            faults[at] = " ".join(str(check.get("problem") or "not supported").split())[:200]
    return faults
