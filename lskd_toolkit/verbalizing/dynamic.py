"""Verbalizer ``dynamic``: a language model reads the scene and asks; who sees the picture answers.

Every reply and every answer is durable before anything is made of it: a run that is taken up again asks the
same questions in the same order, and pays for none of them twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import PluginError
from ..images.picture import Picture
from ..llm.messages import ChatReply, ChatRequest, Message
from ..protocols import Context
from ..records import Answer, Descriptor, Question, Scene
from ..teaching.gathering import gathered
from ..teaching.toolbox import identity
from .asking_prompt import load_asking_prompt
from .options import DynamicOptions
from .questions import read, schema
from .said import line

NAME = "dynamic"
UNANSWERED = "could not be answered"


@dataclass(slots=True)
class Talk:
    """One scene's questions so far: the turns, what was asked and answered, in all and in the last round, and
    what was wrong with replies; ``problem`` is what was wrong with the last."""

    messages: list[Message] = field(default_factory=list)
    asked: dict[Question, Answer] = field(default_factory=dict)
    last: dict[Question, Answer] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    problem: str = ""


class Dynamic:
    """Asks up to ``questions`` questions of a scene, in up to ``rounds`` rounds."""

    def __init__(self, options: DynamicOptions | None, ctx: Context):
        self.options = options or DynamicOptions()
        self.prompt = load_asking_prompt(self.options.prompt)
        self.seed = ctx.seed
        self.llm, self.vqa = ctx.llm(), ctx.part("vqa")

    async def verbalize(self, pictures: Sequence[Picture], scenes: Sequence[Scene]) -> list[list[Descriptor]]:
        """The questions that were answered, as descriptors of scope ``dynamic`` each.

        Raises:
            PluginError: no reply could be read, so that nothing came at all.
        """
        return [await self._one(p, s) for p, s in zip(pictures, scenes, strict=True)]

    async def _one(self, picture: Picture, scene: Scene) -> list[Descriptor]:
        scene = self.prompt.scene(scene)
        if not scene.regions and not scene.descriptors:
            return []  # there is nothing to ask about
        talk, rounds = Talk(), self.options.rounds
        for turn in range(rounds):
            left = self.options.questions - len(talk.asked)
            # Shared out over the rounds, so that later ones can build on answers.
            if left < 1 or not await self._round(picture, scene, talk, -(-left // (rounds - turn))):
                break
        if talk.problems and not talk.asked:
            raise PluginError(f"no question came of {len(talk.problems)} replies: {talk.problems[-1]}")
        return [
            Descriptor("dynamic", answer.text, question.regions, answer.score, NAME, question.text)
            for question, answer in talk.asked.items()
            if answered(answer)
        ]

    async def _round(self, picture: Picture, scene: Scene, talk: Talk, n: int) -> bool:
        """Ask for up to ``n`` questions and have them answered; whether there is more to ask."""
        talk.messages.append(Message("user", self._turn(scene, talk, n)))
        reply = await self.llm.complete(self._request(talk, n))
        talk.messages.append(Message("assistant", reply.text or "(nothing)"))
        talk.last, talk.problem = {}, ""
        ids = {region.id for region in scene.regions}
        questions = None
        if reply.status != "refused":
            questions = read(reply.text, ids, list(talk.asked), self.prompt.words)
        if questions is None:
            talk.problem = _problem(reply)
            talk.problems.append(talk.problem)
            if reply.status == "ok":
                self.llm.unparsable(reply)
            return bool(reply.status != "refused")
        questions = questions[:n]
        answers = await gathered(self._answer(picture, scene, question) for question in questions)
        talk.last = dict(zip(questions, answers, strict=True))
        talk.asked |= talk.last
        return bool(questions)

    def _turn(self, scene: Scene, talk: Talk, n: int) -> str:
        """What is said next: the scene, the answers to the last questions, or what was wrong."""
        if not talk.messages:
            ids = [region.id for region in scene.regions]
            laid_out = self.prompt.laid_out(scene)
            return self.prompt.render(self.prompt.instruction, scene=laid_out, ids=ids, n=n)
        if talk.problem:
            return self.prompt.render(self.prompt.repair, problem=talk.problem)
        told = [
            {"question": q.text, "answer": a.text if answered(a) else UNANSWERED}
            for q, a in talk.last.items()
        ]
        return self.prompt.render(self.prompt.more, answers=told, n=n)

    def _request(self, talk: Talk, n: int) -> ChatRequest:
        o, prompt = self.options, self.prompt
        return ChatRequest(
            messages=tuple(talk.messages),
            system=prompt.system.strip(),
            schema=schema(n),
            max_tokens=o.max_tokens or prompt.max_tokens,
            temperature=prompt.temperature if o.temperature is None else o.temperature,
            seed=self.seed,
        )

    async def _answer(self, picture: Picture, scene: Scene, question: Question) -> Answer:
        """The answer, kept before the model is asked on: else a run that is taken up again might be answered
        in other words, and pay for another conversation. What is not known is not kept: a reply that was
        refused may be asked for again."""
        about = {
            "verbalizer": NAME, "question": question.text, "regions": list(question.regions),
            "about": identity(scene), "vqa": self.vqa.key,
        }  # fmt: skip

        async def look() -> dict[str, Any]:
            (answer,) = await self.vqa.answer([picture], [scene], [question])
            answer = Answer(line(answer.text), answer.score)
            if not answered(answer):
                raise _Unanswered
            return {"text": answer.text, "score": answer.score}

        try:
            told = await self.llm.answer(about, look)
        except _Unanswered:
            return Answer("unknown", 0.0)
        return Answer(told["text"], told["score"])


class _Unanswered(Exception):
    """There is no answer to be kept."""


def answered(answer: Answer) -> bool:
    return answer.score > 0 and bool(answer.text) and answer.text.casefold().strip(" .") != "unknown"


def _problem(reply: ChatReply) -> str:
    """What to tell the model, and in the end the user, about a reply that holds no question."""
    if reply.status == "refused":
        return f"refused: {line(reply.text)[:200]}"
    if reply.status == "cut":
        return "cut by the token limit; raise it with --set dynamic.max_tokens=N"
    return f"there is no JSON with questions in {line(reply.text)[:200]!r}"
