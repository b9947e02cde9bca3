"""Critic ``llm``: a chat model that judges by a rubric, blind or sighted.

It grades the answer and the rationale; the score is their geometric mean, so that neither makes up for the
other. All statements of a scene go into one request, in an order that the seed shuffles; of several samples
every second has the order of the one before reversed, so that no statement gains by its place.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from statistics import fmean

from ...errors import ConfigError, PluginError
from ...images.picture import Picture
from ...llm.messages import ChatReply, ChatRequest, Message
from ...protocols import Context
from ...records import Judgement, Scene, Statement
from ...teaching.gathering import gathered
from ...teaching.sights import Shown, shown_by
from .options import LlmJudgeOptions
from .replies import SCHEMA, Graded, read
from .rubric import listed, load_rubric, tagless

NAME = "llm"


class LlmJudge:
    """Asks the backend that its part ``backend`` names, or the teacher's."""

    def __init__(self, options: LlmJudgeOptions | None, ctx: Context):
        self.options = options or LlmJudgeOptions()
        self.rubric = load_rubric(self.options.prompt)
        self.seed = ctx.seed
        self.llm = ctx.llm()
        if self.options.input != "text" and "images" not in self.llm.can:
            raise ConfigError(
                f"the backend {self.llm.model!r} takes no pictures; judge by words: --set llm.input=text"
            )
        self.drawn_by = ctx.part("visual_prompt") if self.options.input != "text" else None

    async def judge(
        self,
        pictures: Sequence[Picture],
        scenes: Sequence[Scene],
        statements: Sequence[Sequence[Statement]],
    ) -> list[list[Judgement]]:
        """A judgement of every statement: the score, and in ``parts`` answer, rationale and accept.

        Raises:
            PluginError: a statement was not judged by any sample; says why.
        """
        return await gathered(self._one(*each) for each in zip(pictures, scenes, statements, strict=True))

    async def _one(self, picture: Picture, scene: Scene, said: Sequence[Statement]) -> list[Judgement]:
        if not said:
            return []
        scene = self.rubric.scene(scene, said)
        shown = Shown()
        if self.drawn_by is not None:
            shown = shown_by(self.drawn_by, picture, scene.regions, self.options.picture_side)
        asked = [
            (order, self._request(scene, shown, [said[at] for at in order], draw))
            for draw, orders in enumerate(self._orders(len(said), scene.image.sha256))
            for order in orders
        ]
        told = await gathered(self._graded(request, len(order)) for order, request in asked)
        grades: dict[int, list[Graded]] = {}
        problems = []
        for (order, _), (found, problem) in zip(asked, told, strict=True):
            problems += [problem] if problem else []
            for number, graded in found.items():
                grades.setdefault(order[number - 1], []).append(graded)
        missing = [said[at].id for at in range(len(said)) if at not in grades]
        if missing:
            raise PluginError(f"no judgement of statements {', '.join(map(str, missing))}: {problems[-1]}")
        return [_judgement(statement, grades[at]) for at, statement in enumerate(said)]

    def _orders(self, n: int, sha256: str) -> Iterator[list[list[int]]]:
        """For every sample the places of the statements, in the order in which it lists them, request by
        request. At temperature 0 an order is not asked for again: the reply would be the same."""
        shuffle = random.Random(f"judging/{self.seed}/{sha256}/{n}")
        order: list[int] = []
        known = set()
        for sample in range(self.options.samples):
            order = order[::-1] if sample % 2 else shuffle.sample(range(n), n)
            size = self.options.statements
            requests = [order[at : at + size] for at in range(0, n, size)]
            if self._temperature() > 0 or str(requests) not in known:
                known.add(str(requests))
                yield requests

    def _request(self, scene: Scene, shown: Shown, statements: Sequence[Statement], draw: int) -> ChatRequest:
        o, rubric = self.options, self.rubric
        pointing = (tagless(shown.words) or rubric.render(rubric.sight)) if shown.sights else ""
        text = rubric.render(
            rubric.instruction,
            scene=rubric.laid_out(scene, blind=o.input != "image"),
            pointing=pointing,
            statements=listed(statements),
            n=len(statements),
        )
        return ChatRequest(
            messages=(Message("user", text, shown.sights),),
            system=rubric.system.strip(),
            schema=SCHEMA,
            max_tokens=o.max_tokens or rubric.max_tokens + rubric.max_tokens_each * len(statements),
            temperature=self._temperature(),
            seed=self.seed,
            draw=draw,
        )

    def _temperature(self) -> float:
        return self.rubric.temperature if self.options.temperature is None else self.options.temperature

    async def _graded(self, request: ChatRequest, n: int) -> tuple[Mapping[int, Graded], str]:
        """The grades of statements 1 to ``n`` of a request, those that are missing asked for once more; and
        what was wrong, if some still are."""
        reply = await self.llm.complete(request)
        if reply.status == "refused":
            return {}, _failure(reply)
        found = read(reply.text, n)
        if len(found) == n:
            return found, ""
        if not found:
            self.llm.unparsable(reply)
        missing = [number for number in range(1, n + 1) if number not in found]
        repair = self.rubric.render(self.rubric.repair, problem=_problem(reply, missing, n), numbers=missing)
        again = replace(
            request,
            messages=(
                *request.messages,
                Message("assistant", reply.text or "(nothing)"),
                Message("user", repair),
            ),
        )
        second = await self.llm.complete(again)
        mended = read(second.text, n) if second.status != "refused" else {}
        found = {**mended, **found}
        if len(found) == n:
            return found, ""
        self.llm.unparsable(second)  # also where some of it is of use: a retry has to ask for the rest
        return found, _failure(second)


def _judgement(statement: Statement, grades: Sequence[Graded]) -> Judgement:
    """The mean over samples, with the shortest of the reasons."""
    reasons = sorted((graded.reason for graded in grades if graded.reason), key=len)
    parts = {
        name: fmean(getattr(graded, name) for graded in grades) for name in ("answer", "rationale", "accept")
    }
    score = fmean(math.sqrt(graded.answer * graded.rationale) for graded in grades)
    return Judgement(statement.id, score, NAME, parts, reasons[0] if reasons else "")


def _problem(reply: ChatReply, missing: Sequence[int], n: int) -> str:
    """What to tell the model about a reply that lacks judgements."""
    if reply.status == "cut":
        return "it ended before it was whole"
    if len(missing) == n:
        return "there is no JSON of the form asked for in it"
    return "these are not judged by it, or twice and differently, or by grades other than 1, 2, 3, 4 and 5"


def _failure(reply: ChatReply) -> str:
    """What to tell the user about the reply that left judgements missing, and what to do."""
    text = " ".join(reply.text.split())[:200]
    if reply.status == "refused":
        return f"refused: {text!r}; ask again with --retry refused"
    if reply.status == "cut":
        return "cut by the token limit; raise it with --set llm.max_tokens=N"
    return f"nothing to be read of them in {text!r}; ask again with --retry unparsable"
