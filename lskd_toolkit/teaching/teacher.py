"""The teacher ``llm``: a strategy and a prompt over a chat backend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import ConfigError
from ..images.picture import Picture
from ..plugins import load, plugins
from ..protocols import Context
from ..records import Rejected, Scene, Taught
from .asking import numbered
from .choosing import Chosen, LeftOut, alike, said_once, without
from .gathering import gathered
from .layout import shown
from .lesson import Lesson
from .options import TeacherOptions
from .prompt import load_prompt
from .room import within
from .sights import Shown, shown_by
from .toolbox import Toolbox, identity
from .tools import Lookers, tools_for


class LlmTeacher:
    """Asks the backend that its part ``backend`` names about each scene."""

    def __init__(self, options: TeacherOptions, ctx: Context):
        found = plugins().named("lskd_strategies", "strategy", options.strategy)
        self.options = options
        self.strategy: Any = load(found.record.implementation)
        self.looks = found.record.looks
        self.prompt = load_prompt(options.prompt)
        self.seed = ctx.seed
        self.llm = ctx.llm("backend")
        if options.input != "text" and "images" not in self.llm.can:
            raise ConfigError(f"the backend {self.llm.model!r} takes no pictures; use --teacher-input text")
        self.drawn_by = ctx.part("visual_prompt") if options.input != "text" else None
        self.encoder = next(iter(ctx.part("encoder", "*")), None)
        self.lookers = _lookers(ctx) if self.looks else Lookers()

    async def teach(self, pictures: Sequence[Picture], scenes: Sequence[Scene]) -> list[Taught]:
        """Statements about each scene; pictures are not looked at by a blind teacher without tools."""
        return [await self._one(*each) for each in zip(pictures, scenes, strict=True)]

    async def _one(self, picture: Picture, scene: Scene) -> Taught:
        if not scene.regions:
            return Taught(rejected=(Rejected("", "no region to speak of"),))
        lesson = self.lesson(picture, (await self.choose(scene)).scene)
        samples = (self.strategy(replace(lesson, draw=draw)) for draw in range(self.options.samples))
        return merged(await gathered(samples))

    async def choose(self, scene: Scene) -> Chosen:
        """What of the scene is told, before the prompt's budget, and what is left out and why."""
        chosen = said_once(without(Chosen(scene), self.options.without))
        told = chosen.scene.descriptors
        if self.encoder is None or len(told) < 2 or self.options.input == "image":
            return chosen
        vectors = await self.encoder.encode([f"{d.question} {d.text}".strip() for d in told])
        return alike(chosen, np.stack(vectors), self.options.alike)

    async def untold(self, scene: Scene) -> list[LeftOut]:
        """All of the scene that is not told, and why: what was not chosen, what is said of regions that the
        prompt does not take, what it has no room for."""
        chosen = await self.choose(scene)
        told = shown(self.prompt, chosen.scene)
        kept = set(map(id, told.descriptors))
        beyond = [d for d in chosen.scene.descriptors if id(d) not in kept]
        room = set(within(self.prompt, told)) if self.options.input != "image" else set()
        return [
            *chosen.left_out,
            *(LeftOut(d, f"of a region beyond the first {self.prompt.max_regions}") for d in beyond),
            *(LeftOut(d, "no room") for at, d in enumerate(told.descriptors) if at not in room),
        ]

    def lesson(self, picture: Picture, scene: Scene) -> Lesson:
        """The scene as a strategy is given it."""
        scene = shown(self.prompt, scene)
        tools = tools_for(scene, picture, self.lookers) if self.looks else []
        seen = Shown()
        if self.drawn_by is not None:
            seen = shown_by(self.drawn_by, picture, scene.regions, self.options.picture_side)
        return Lesson(
            scene,
            self.prompt,
            self.llm,
            self.options,
            self.seed,
            Toolbox(self.llm, identity(scene) if self.looks else {}, tools),
            seen.sights,
            seen.words,
        )


def _lookers(ctx: Context) -> Lookers:
    """The parts to look with that are nested in this teacher; the pipeline nests the run's own."""
    vqa, verbalizers = ctx.part("vqa", "*"), ctx.part("verbalizer", "*")
    text = [part for part in verbalizers if part.alias == "text"]
    closer = [part for part in verbalizers if part.alias != "text"]
    keys = {part.alias: part.key for part in (*vqa, *verbalizers)}
    return Lookers(vqa[0] if vqa else None, closer, text, keys)


def merged(samples: Sequence[Taught]) -> Taught:
    """Several samples of one scene as one result, the statements numbered through."""
    if len(samples) == 1:
        return samples[0]
    return Taught(
        numbered(statement for sample in samples for statement in sample.statements),
        tuple(rejected for sample in samples for rejected in sample.rejected),
        tuple(dict.fromkeys(d for sample in samples for d in sample.descriptors)),
        tuple(dict.fromkeys(key for sample in samples for key in sample.replies)),
    )
