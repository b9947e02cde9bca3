"""Critic ``smallworld``: labels from the truth, and critic ``random``: the control that knows nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..images.picture import Picture
from ..protocols import Context
from ..records import Judgement, Scene, Statement
from .judging import judge
from .options import CriticOptions
from .truth import matched, world_of
from .world import chance, habit


class SmallworldCritic:
    """Scores 1 for a statement that is true of the scene, else 0."""

    def __init__(self, options: CriticOptions, ctx: Any = None):
        self.options = options

    def judge(
        self,
        pictures: Sequence[Picture],
        scenes: Sequence[Scene],
        statements: Sequence[Sequence[Statement]],
    ) -> list[list[Judgement]]:
        judged = []
        for picture, scene, said in zip(pictures, scenes, statements, strict=True):
            truth = world_of(picture.image)
            things = {} if truth is None else matched(truth, scene.regions)
            judged.append([self._one(statement, judge(statement, things)) for statement in said])
        return judged

    def _one(self, statement: Statement, parts: dict[str, float]) -> Judgement:
        score = min(parts.values())
        if habit(self.options.noise, "critic", statement.question, statement.answer):
            score = 1.0 - score
        wrong = ", ".join(name for name, value in parts.items() if not value)
        return Judgement(statement.id, score, "smallworld", parts, f"wrong: {wrong}" if wrong else "")


class RandomCritic:
    """A score by chance, always the same for the same statement and seed."""

    def __init__(self, options: None, ctx: Context):
        self.seed = ctx.seed

    def judge(
        self,
        pictures: Sequence[Picture],
        scenes: Sequence[Scene],
        statements: Sequence[Sequence[Statement]],
    ) -> list[list[Judgement]]:
        return [
            [
                Judgement(s.id, chance("random", self.seed, p.image.sha256, s.question, s.answer), "random")
                for s in said
            ]
            for p, said in zip(pictures, statements, strict=True)
        ]
