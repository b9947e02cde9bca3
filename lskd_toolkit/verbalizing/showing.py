"""What a vision-language model is shown: the whole picture, or a picture that points at regions."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..drawing.pointed import Pointed
from ..images.picture import Picture
from ..images.shrinking import shrunk
from ..records import Box, Region


@dataclass(frozen=True, slots=True)
class Place:
    """What a model is shown of a region: ``box`` is where it is in the first picture, or None where that
    picture is the region's own, or there are several. ``unmarked``: the regions cannot be told apart by what
    is shown, for a model that is given one picture where each has its own."""

    shown: Pointed
    box: Box | None
    unmarked: bool = False


async def whole(picture: Picture, side: int) -> Pointed:
    """The plain picture, no side longer than ``side`` pixels."""
    small, _ = shrunk(picture, (), side)
    # Decoded on a thread: the loop has replies to take in.
    return Pointed.of(await asyncio.to_thread(lambda: small.pixels), ())


async def each_region(
    visual_prompt: Any, vlm: Any, picture: Picture, regions: Sequence[Region], side: int
) -> list[Place]:
    """Each region in a picture that points at it alone, as this model can be shown it."""
    small, placed = shrunk(picture, regions, side)
    if "images" not in visual_prompt.gives or "text" in visual_prompt.gives:
        return [_seen(vlm, await visual_prompt.point(small, [region]), [region]) for region in placed]
    # Each has a picture of its own, whoever else is pointed at: what they share is drawn once.
    pointed: Pointed = await visual_prompt.point(small, placed)
    first, *own = pointed.images
    return [
        _seen(vlm, Pointed((first, image), {region.id: pointed.names[region.id]}), [region])
        for region, image in zip(placed, own, strict=True)
    ]


async def these_regions(
    visual_prompt: Any, vlm: Any, picture: Picture, regions: Sequence[Region], side: int
) -> Place:
    """Several regions in one picture, or one picture of each where the model looks at several at once."""
    small, placed = shrunk(picture, regions, side)
    return _seen(vlm, await visual_prompt.point(small, placed), placed)


def _seen(vlm: Any, pointed: Pointed, regions: Sequence[Region]) -> Place:
    """What this model is given of what a visual prompt points at."""
    box = regions[0].box if len(regions) == 1 else None
    if len(pointed.images) == 1 or "images" in vlm.takes:
        return Place(pointed, box)
    if len(regions) > 1:  # one picture has to do for all of them
        return Place(replace(pointed, images=pointed.images[:1]), None, unmarked=True)
    own = pointed.images[-1]
    whole_too = own.shape[:2] == pointed.images[0].shape[:2]
    return Place(replace(pointed, images=(own,)), box if whole_too else None)
