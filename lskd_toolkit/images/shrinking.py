"""Pictures made smaller for a model, with their regions: before anything is drawn on them, so that marks are
as large as they are meant to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..geometry.shapes import region_outline
from ..records import Image, Region, Shape
from .picture import Picture


def shrunk(picture: Picture, regions: Sequence[Region], side: int) -> tuple[Picture, list[Region]]:
    """The picture with no side longer than ``side`` pixels, and its regions in it; any shape but a box as its
    outline. Its pixels are made when they are looked at. A picture that is small enough is itself."""
    small, factor = _within(picture, side)
    return small, [_scaled(region, factor) for region in regions]


def _scaled(region: Region, factor: float) -> Region:
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
