"""VQA ``smallworld``: answers about colour, kind, place and cause, from the truth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..images.picture import Picture
from ..mentions import find
from ..records import Answer, Question, Scene
from .grammar import tell_local, tell_relation
from .options import VqaOptions
from .truth import direction, known, matched, world_of
from .world import COLOURS, Thing, beside, habit


class SmallworldVqa:
    def __init__(self, options: VqaOptions, ctx: Any = None):
        self.options = options

    def answer(
        self, pictures: Sequence[Picture], scenes: Sequence[Scene], questions: Sequence[Question]
    ) -> list[Answer]:
        """An answer each; ``unknown`` with score 0 where the question is not understood."""
        answers = []
        for picture, scene, question in zip(pictures, scenes, questions, strict=True):
            truth = world_of(picture.image)
            things = {} if truth is None else matched(truth, scene.regions)
            ids = [i for i in (question.regions or find(question.text)) if i in things]
            answers.append(self._answer(question.text.casefold(), ids, things))
        return answers

    def _answer(self, text: str, ids: list[int], things: dict[int, Thing]) -> Answer:
        if not ids:
            return Answer("unknown", 0.0)
        first = things[ids[0]]
        if "colour" in text or "color" in text:
            colours = list(COLOURS)
            wrong = habit(self.options.noise, "vqa", first.shape, first.colour)
            at = colours.index(first.colour) + wrong
            return Answer(colours[at % len(colours)])
        if "where" in text and len(ids) > 1:
            return Answer(tell_relation(ids[0], direction(first, things[ids[1]]), ids[1]))
        if "why" in text:
            wanted = {"door": "key", "figure": "cup"}.get(first.shape)
            cause = next((i for i, t in things.items() if t.shape == wanted and beside(first, t)), None)
            return Answer("nobody knows" if cause is None else f"[{cause}] is beside it")
        if "what" in text:
            return Answer(tell_local(known(first)))
        return Answer("unknown", 0.0)
