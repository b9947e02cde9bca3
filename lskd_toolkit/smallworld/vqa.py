"""VQA ``smallworld``: answers about colour, kind, place and cause, from the truth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..images.picture import Picture
from ..mentions import find
from ..records import Answer, Question, Scene
from .grammar import tell_local, tell_relation
from .options import VqaOptions
from .truth import holds, known, matched, world_of
from .world import COLOURS, Thing, beside, chance


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
            asked = [things[i] for i in (question.regions or find(question.text)) if i in things]
            ids = [i for i in (question.regions or find(question.text)) if i in things]
            answers.append(self._answer(question.text.casefold(), ids, asked, things))
        return answers

    def _answer(self, text: str, ids: list[int], asked: list[Thing], things: dict[int, Thing]) -> Answer:
        if not asked:
            return Answer("unknown", 0.0)
        first = asked[0]
        if "colour" in text or "color" in text:
            colours = list(COLOURS)
            wrong = chance("vqa", first.shape, first.colour) < self.options.noise
            at = colours.index(first.colour) + wrong
            return Answer(colours[at % len(colours)])
        if "where" in text and len(asked) > 1:
            for name in ("left of", "right of", "above", "below"):
                if holds(first, name, asked[1]):
                    return Answer(tell_relation(ids[0], name, ids[1]))
        if "why" in text and first.shape == "door":
            key = next((i for i, t in things.items() if t.shape == "key" and beside(first, t)), None)
            return Answer("nobody knows" if key is None else f"[{key}] is beside it")
        if "what" in text:
            return Answer(tell_local(known(first)))
        return Answer("unknown", 0.0)
