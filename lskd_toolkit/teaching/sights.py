"""What a sighted teacher sees: the picture with its regions drawn on it, no larger than is read well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..canonical import canonical, digest
from ..geometry.shapes import region_outline
from ..images.picture import Picture
from ..llm.messages import Sight
from ..records import Image, Region, Shape

if TYPE_CHECKING:
    from ..drawing.pointed import Pointed


@dataclass(frozen=True, slots=True)
class Shown:
    """What goes with a request: its pictures, and words about them where they show no numbers."""

    sights: tuple[Sight, ...] = ()
    words: str = ""


def shown_by(visual_prompt: Any, picture: Picture, regions: Sequence[Region], side: int) -> Shown:
    """The picture as a visual prompt of the run shows it, each side at most ``side`` pixels, drawn when it is
    really sent.

    It is made smaller before it is drawn on, so that marks are as large as they are meant to be.
    """
    point, gives = visual_prompt.plainly("point"), visual_prompt.gives
    small, factor = _within(picture, side)
    placed = [_scaled(region, factor) for region in regions]
    drawn = [placed_at(region) for region in regions]
    recipe = {"drawn_by": visual_prompt.key, "side": side, "regions": drawn}

    def sight(at: int) -> Sight:
        which = {"picture": at} if at else {}  # the first is the whole picture, whoever draws
        return Sight(picture.image.sha256, canonical({**recipe, **which}), lambda: draw().images[at])

    def draw() -> Pointed:
        pointed: Pointed = point(small, placed)
        return pointed

    count = 1 + len(regions) if "images" in gives else 1
    words = [_listed(regions)] if count > 1 else []
    if "text" in gives:
        words.append(draw().text)
    return Shown(tuple(sight(at) for at in range(count)), "\n".join(words))


def _listed(regions: Sequence[Region]) -> str:
    """Which of several pictures shows what."""
    each = "; ".join(f"picture {at}: region [{region.id}]" for at, region in enumerate(regions, 2))
    return f"Several pictures are attached. Picture 1: the whole image; {each}."


def placed_at(region: Region) -> list[Any]:
    """Where a region is, as part of a key: its id, its box, and its outline by digest."""
    shape = region.shape
    outline = [] if shape is None else [shape.type, digest(dict(shape.values))]
    return [region.id, *(round(v, 2) for v in region.box), *outline]


def _scaled(region: Region, factor: float) -> Region:
    """The region in the smaller picture; any shape but a box as its outline."""
    x1, y1, x2, y2 = (value * factor for value in region.box)
    shape = None
    if region.shape is not None:
        outline = [[[x * factor, y * factor] for x, y in line] for line in region_outline(region)]
        shape = Shape("polygon", {"polygons": outline})
    return replace(region, box=(x1, y1, x2, y2), shape=shape)


def _within(picture: Picture, side: int) -> tuple[Picture, float]:
    image = picture.image
    factor = min(1.0, side / max(image.width, image.height))
    if factor == 1.0:
        return picture, factor
    width, height = max(1, round(image.width * factor)), max(1, round(image.height * factor))

    def pixels() -> np.ndarray:
        # Decoded near that size, no smaller: of a JPEG of many megapixels most is never made.
        return np.array(picture.small(min(width, height)).resize((width, height), resample=1))

    return Picture(Image(image.id, image.uri, image.sha256, width, height), pixels), factor
