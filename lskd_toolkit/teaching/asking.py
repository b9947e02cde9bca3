"""The steps that strategies are made of: the scene's requests, and replies that become statements."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..llm.messages import ChatReply, ChatRequest, Message
from ..records import Descriptor, Rejected, Statement, Taught
from .layout import lay_out
from .lesson import Lesson
from .parsing import parse
from .prompt import render, schema, shots, turn


@dataclass(frozen=True, slots=True)
class Told:
    """What one request came to: statements, what was rejected, the keys of its replies."""

    statements: tuple[Statement, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    replies: tuple[str, ...] = ()


def first_requests(lesson: Lesson) -> list[ChatRequest]:
    """The requests that open a lesson: one about the scene, or one about each of its first regions if the
    prompt says so. None for a scene without regions: there is nothing to point at."""
    scene, prompt, options = lesson.scene, lesson.prompt, lesson.options
    if not scene.regions:
        return []
    foci: list[int] | list[None] = [None]
    if prompt.focus == "region":
        foci = [region.id for region in scene.regions[: prompt.max_focus]]
    text = lay_out(prompt, scene, blind=options.input != "image")
    ids = [region.id for region in scene.regions]
    n = options.statements or prompt.statements
    # The quota of inference types is drawn for each image, never counted over the run: a row must
    # not depend on which other images there are.
    draw = random.Random(f"inference/{lesson.seed}/{scene.image.sha256}")
    types = draw.sample(prompt.inference_types, len(prompt.inference_types))
    requests = []
    for at, focus in enumerate(foci):
        wanted = list(dict.fromkeys(types[(at * n + k) % len(types)] for k in range(n)))
        examples = shots(prompt, f"{scene.image.sha256}/{focus}")
        asked = turn(prompt, text, ids, focus, wanted, n)
        if lesson.sights:
            pointing = lesson.pointing or (render(prompt, prompt.sight) if prompt.sight else "")
            asked = f"{pointing}\n\n{asked}" if pointing else asked
        requests.append(
            ChatRequest(
                messages=(*examples, Message("user", asked, lesson.sights)),
                system=prompt.system.strip(),
                schema=schema(prompt, ids, focus, wanted, n),
                max_tokens=options.max_tokens or prompt.max_tokens,
                temperature=prompt.temperature if options.temperature is None else options.temperature,
                seed=lesson.seed,
                draw=lesson.draw,
                shared=len(examples),
            )
        )
    return requests


async def ask(lesson: Lesson, request: ChatRequest) -> Told:
    """Send a request and read its reply, with one repair round."""
    return await told_by(lesson, request, await lesson.llm.complete(request))


async def told_by(lesson: Lesson, request: ChatRequest, reply: ChatReply) -> Told:
    """Statements of a reply to ``request``. A reply that cannot be read, or of which nothing is usable for
    its form alone, is sent back once with what is wrong with it."""
    statements, rejected = read(lesson, reply)
    problem = _mendable(reply, statements, rejected)
    if not problem:
        return Told(tuple(statements), tuple(rejected), (reply.key,))
    again = replace(
        request,
        messages=(
            *request.messages,
            Message("assistant", reply.text or "(nothing)"),
            Message("user", render(lesson.prompt, lesson.prompt.repair, problem=problem)),
        ),
        tool_choice="none" if request.tools else "auto",
    )
    second = await lesson.llm.complete(again)
    mended, lost = read(lesson, second)
    return Told(tuple(mended), (*rejected, *lost), (reply.key, second.key))


def taught(tolds: Iterable[Told], descriptors: Iterable[Descriptor] = ()) -> Taught:
    """What all requests of a lesson came to, the statements numbered."""
    tolds = list(tolds)
    return Taught(
        numbered(statement for told in tolds for statement in told.statements),
        tuple(rejected for told in tolds for rejected in told.rejected),
        tuple(descriptors),
        tuple(dict.fromkeys(key for told in tolds for key in told.replies)),
    )


def numbered(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    """The statements numbered through from 0."""
    return tuple(s if s.id == i else replace(s, id=i) for i, s in enumerate(statements))


def read(lesson: Lesson, reply: ChatReply) -> tuple[list[Statement], list[Rejected]]:
    """What a reply yields, with its key on every statement; the ledger learns if it cannot be read."""
    if reply.status == "refused":
        return [], [Rejected(reply.text[:400], "refused by the teacher")]
    statements, rejected = parse(
        reply.text, lesson.scene, lesson.prompt, teacher=reply.model, reply=reply.key, draw=lesson.draw
    )
    if reply.status == "cut":
        rejected.append(Rejected("", "cut by the token limit; raise it with --set teacher.max_tokens=N"))
    elif _unparsable(statements, rejected):
        lesson.llm.unparsable(reply)
    return statements, rejected


def _unparsable(statements: list[Statement], rejected: list[Rejected]) -> bool:
    return bool(rejected) and not statements and rejected[0].reason.startswith("unparsable")


def _mendable(reply: ChatReply, statements: list[Statement], rejected: list[Rejected]) -> str:
    """What to tell the model about a reply of which nothing is left, or '' when telling would not help."""
    if reply.status not in ("ok", "unparsable") or statements or not rejected:
        return ""
    return "; ".join(dict.fromkeys(r.reason.removeprefix("unparsable: ") for r in rejected))[:400]
