"""Teacher ``smallworld``: rules over descriptors. It is blind: it reads words and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..images.picture import Picture
from ..mentions import find
from ..records import Scene, Statement, Taught
from .grammar import read
from .options import TeacherOptions
from .teaching import TYPES, statements


class SmallworldTeacher:
    def __init__(self, options: TeacherOptions, ctx: Any = None):
        self.options = options

    def teach(self, pictures: Sequence[Picture], scenes: Sequence[Scene]) -> list[Taught]:
        return [self._one(scene) for scene in scenes]

    def _one(self, scene: Scene) -> Taught:
        knowledge = read(
            [(d.regions[0], d.text) for d in scene.descriptors if d.scope == "local" and d.regions],
            [d.text for d in scene.descriptors if d.scope == "relation"],
        )
        said = statements(knowledge, TYPES, self.options.hallucinated)
        return Taught(
            tuple(
                Statement(
                    number, s.question, s.answer, s.rationale,
                    tuple(find(f"{s.question} {s.answer} {s.rationale}")), s.inference, "smallworld",
                )
                for number, s in enumerate(said[: self.options.statements])
            )
        )  # fmt: skip
