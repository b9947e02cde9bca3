"""Verbalizers ``caption`` and ``narrative``: the whole picture, in a sentence or told several times."""

from __future__ import annotations

from collections.abc import Sequence

from ..canonical import digest
from ..images.picture import Picture
from ..protocols import Context
from ..records import Ask, Descriptor, Said, Scene
from .options import CaptionOptions, NarrativeOptions
from .room import Room
from .said import told
from .showing import whole


class Caption:
    """One sentence about the picture, as the run's vision-language model says it."""

    def __init__(self, options: CaptionOptions | None, ctx: Context):
        self.options = options or CaptionOptions()
        self.vlm = ctx.part("vlm")
        self._room = Room()

    async def verbalize(self, pictures: Sequence[Picture], scenes: Sequence[Scene]) -> list[list[Descriptor]]:
        """At most one descriptor of scope ``global`` each."""
        return [await self._one(picture) for picture in pictures]

    async def _one(self, picture: Picture) -> list[Descriptor]:
        o = self.options
        async with self._room.of(1):
            shown = await whole(picture, o.picture_side)
            (texts,) = await self.vlm.say([shown], [Ask("caption", o.text, max_tokens=o.max_tokens)])
        made = [told(said, "global", "caption") for said in texts[:1]]
        return [each for each in made if each is not None]


class Narrative:
    """Several tellings of the picture, drawn at a temperature."""

    def __init__(self, options: NarrativeOptions | None, ctx: Context):
        self.options = options or NarrativeOptions()
        self.seed = ctx.seed
        self.vlm = ctx.part("vlm")
        self._room = Room()

    async def verbalize(self, pictures: Sequence[Picture], scenes: Sequence[Scene]) -> list[list[Descriptor]]:
        """Up to ``samples`` descriptors of scope ``global`` each; what is said twice is told once."""
        return [await self._one(picture) for picture in pictures]

    async def _one(self, picture: Picture) -> list[Descriptor]:
        o = self.options
        ask = Ask(
            "narrative", o.text, None, o.samples, o.temperature, seed_of(self.seed, picture), o.max_tokens
        )
        async with self._room.of(1):
            (texts,) = await self.vlm.say([await whole(picture, o.picture_side)], [ask])
        return different(texts)


def different(texts: Sequence[Said]) -> list[Descriptor]:
    """The texts as descriptors, each said once, the surer of two alike."""
    made: dict[str, Descriptor] = {}
    for said in texts:
        each = told(said, "global", "narrative")
        if each is None:
            continue
        known = made.get(each.text.casefold())
        if known is None or known.score < each.score:
            made[each.text.casefold()] = each
    return list(made.values())


def seed_of(seed: int, picture: Picture) -> int:
    """The seed of what is drawn of a picture: by its content, never by its place among others."""
    return int(digest(["narrative", seed, picture.image.sha256])[:8], 16)
