"""Verbalizer ``region-caption``: each region pointed at in a picture of its own, and said what it is."""

from __future__ import annotations

from collections.abc import Sequence

from ..images.picture import Picture
from ..protocols import Context
from ..records import Ask, Descriptor, Region, Scene
from .options import RegionCaptionOptions
from .room import Room
from .said import told
from .showing import each_region


class RegionCaption:
    """A sentence about each region, as the run's vision-language model says it of what the visual prompt
    points at. One region is shown at a time, so that the model cannot speak of another."""

    def __init__(self, options: RegionCaptionOptions | None, ctx: Context):
        self.options = options or RegionCaptionOptions()
        self.vlm, self.visual_prompt = ctx.part("vlm"), ctx.part("visual_prompt")
        self._room = Room()

    async def verbalize(self, pictures: Sequence[Picture], scenes: Sequence[Scene]) -> list[list[Descriptor]]:
        """At most one descriptor of scope ``local`` a region, ``[id] …``, in the order of the regions."""
        return [await self._one(p, s.regions) for p, s in zip(pictures, scenes, strict=True)]

    async def _one(self, picture: Picture, regions: Sequence[Region]) -> list[Descriptor]:
        if not regions:
            return []
        o = self.options
        async with self._room.of(len(regions)):
            places = await each_region(self.visual_prompt, self.vlm, picture, regions, o.picture_side)
            asks = [Ask("region", o.text, place.box, max_tokens=o.max_tokens) for place in places]
            said = await self.vlm.say([place.shown for place in places], asks)
        made = [
            told(text, "local", "region-caption", region.id)
            for region, texts in zip(regions, said, strict=True)
            for text in texts[:1]
        ]
        return [each for each in made if each is not None]
