"""What a sighted teacher sees: the picture with its regions drawn on it, no larger than is read well."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..canonical import canonical, digest
from ..geometry.shapes import region_outline
from ..images.picture import Picture
from ..llm.messages import Sight
from ..records import Image, Region, Shape

if TYPE_CHECKING:
    from ..drawing.pointed import Pointed

    Point = Callable[[Picture, Sequence[Region]], Pointed]


def sight_of(
    picture: Picture, regions: Sequence[Region], point: Point, recipe: Mapping[str, Any], side: int
) -> Sight:
    """The picture as one sight, drawn when it is really sent.

    It is made smaller before it is drawn on, so that marks are as large as they are meant to be. ``recipe``
    is what the drawing depends on: the visual prompt's key; ``point`` is its verb.
    """

    def render() -> np.ndarray:
        small, factor = _within(picture, side)
        placed = [_scaled(region, factor) for region in regions]
        return point(small, placed).images[0]

    drawn = [placed_at(region) for region in regions]
    return Sight(picture.image.sha256, canonical({**recipe, "side": side, "regions": drawn}), render)


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
        return np.array(picture.pil.resize((width, height), resample=1))

    return Picture(Image(image.id, image.uri, image.sha256, width, height), pixels), factor
