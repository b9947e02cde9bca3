"""Proposer ``smallworld``: the exact regions, or with habits of error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..geometry.boxes import clip
from ..geometry.masks import region_from_mask
from ..images.picture import Picture
from ..records import Region
from .options import ProposerOptions
from .render import mask
from .truth import world_of
from .world import SHAPES, Thing, chance, habit


class SmallworldProposer:
    def __init__(self, options: ProposerOptions, ctx: Any = None):
        self.options = options

    def propose(self, pictures: Sequence[Picture]) -> list[list[Region]]:
        """Regions in the order of the scene's things; none for an image of another world."""
        proposed = []
        for picture in pictures:
            scene = world_of(picture.image)
            things = scene.things if scene is not None else ()
            seen = [t for t in things if not habit(self.options.missed, "missed", t.shape, t.colour)]
            size = picture.image.width
            proposed.append([self._region(i, thing, size) for i, thing in enumerate(seen)])
        return proposed

    def _region(self, number: int, thing: Thing, size: int) -> Region:
        options = self.options
        label = thing.shape
        if habit(options.confused, "confused", thing.shape, thing.colour):
            label = SHAPES[(SHAPES.index(label) + 3) % len(SHAPES)]
        if options.masks:
            region = region_from_mask(mask(thing, size), id=number, label=label, proposer="smallworld")
            return replace(region, score=1.0)
        box = thing.box
        if options.jitter:
            # Off in the same direction for every thing of a shape: a habit, not an accident.
            off = options.jitter * (2 * chance("jitter", thing.shape) - 1)
            box = clip((box[0] + off, box[1] + off, box[2] + off, box[3] + off), size, size)
        return Region(number, box, label=label, proposer="smallworld")
