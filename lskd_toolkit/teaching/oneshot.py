"""The strategy ``oneshot``: one round of requests about a scene, as the paper did it."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace

from ..llm.door import Door
from ..llm.messages import ChatReply, ChatRequest, Message
from ..records import Rejected, Scene, Statement, Taught
from .options import TeacherOptions
from .parsing import parse
from .prompt import Prompt, lay_out, schema, shots, turn


async def oneshot(scene: Scene, prompt: Prompt, llm: Door, options: TeacherOptions, seed: int) -> Taught:
    """Ask once about the scene, or once about each of its first regions if the prompt says so.

    A function of the scene and the replies alone, so it can be replayed from the ledger.
    """
    if not scene.regions:
        return Taught(rejected=(Rejected("", "no region to speak of"),))
    foci = [r.id for r in scene.regions[: prompt.max_focus]] if prompt.focus == "region" else [None]
    asked = list(_asked(scene, prompt, options, seed, foci))
    # All are waited for even when one fails: a reply on its way is paid for, and belongs in the ledger.
    outcomes = await asyncio.gather(*(llm.complete(request) for request in asked), return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
    replies = [outcome for outcome in outcomes if isinstance(outcome, ChatReply)]
    statements: list[Statement] = []
    rejected: list[Rejected] = []
    for reply in replies:
        found, lost = read(reply, scene, prompt, llm)
        statements += found
        rejected += lost
    numbered = tuple(replace(statement, id=i) for i, statement in enumerate(statements))
    return Taught(numbered, tuple(rejected), replies=tuple(reply.key for reply in replies))


def _asked(
    scene: Scene, prompt: Prompt, options: TeacherOptions, seed: int, foci: list[int] | list[None]
) -> list[ChatRequest]:
    text, ids = lay_out(prompt, scene), [region.id for region in scene.regions]
    n = options.statements or prompt.statements
    # The quota of inference types is drawn for each image, never counted over the run: a row must
    # not depend on which other images there are.
    draw = random.Random(f"inference/{seed}/{scene.image.sha256}")
    types = draw.sample(prompt.inference_types, len(prompt.inference_types))
    requests = []
    for at, focus in enumerate(foci):
        wanted = [types[(at * n + k) % len(types)] for k in range(n)]
        wanted = list(dict.fromkeys(wanted))
        requests.append(
            ChatRequest(
                messages=(
                    *shots(prompt, f"{scene.image.sha256}/{focus}"),
                    Message("user", turn(prompt, text, ids, focus, wanted, n)),
                ),
                system=prompt.system.strip(),
                schema=schema(prompt, ids, focus, wanted, n),
                max_tokens=options.max_tokens or prompt.max_tokens,
                temperature=prompt.temperature if options.temperature is None else options.temperature,
                seed=seed,
            )
        )
    return requests


def read(reply: ChatReply, scene: Scene, prompt: Prompt, llm: Door) -> tuple[list[Statement], list[Rejected]]:
    """What a reply yields, with its key on every statement; the ledger learns if it yields nothing."""
    if reply.status == "refused":
        return [], [Rejected(reply.text[:400], "refused by the teacher")]
    statements, rejected = parse(reply.text, scene, prompt)
    if reply.status == "cut":
        rejected.append(Rejected("", "cut by the token limit; raise it with --set teacher.max_tokens=N"))
    elif rejected and not statements and rejected[0].reason.startswith("unparsable"):
        llm.unparsable(reply)
    return [replace(s, reply=reply.key, teacher=reply.model) for s in statements], rejected
