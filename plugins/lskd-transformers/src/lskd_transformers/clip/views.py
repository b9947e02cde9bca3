"""What the model looks at: the whole picture, or a square around a region."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from PIL import Image

from lskd_toolkit import Picture, Region
from lskd_toolkit.canonical import digest
from lskd_toolkit.geometry.shapes import region_mask

View = tuple[tuple[object, ...], Callable[[], Image.Image]]
GREY = (124, 116, 104)
"""The mean colour that these models subtract: what is outside of the picture is nothing to them."""


def whole(picture: Picture) -> View:
    """The picture."""
    return ((picture.image.sha256, "whole"), lambda: picture.pil)


def around(picture: Picture, region: Region, margin: float, masked: bool = False) -> View:
    """A square around the region's box, ``margin`` of its longer side larger on every side; of a masked one
    only what belongs to the region, on grey."""
    x1, y1, x2, y2 = region.box
    half = max(x2 - x1, y2 - y1, 1.0) * (0.5 + margin)
    left, top = math.floor((x1 + x2) / 2 - half), math.floor((y1 + y2) / 2 - half)
    side = max(1, math.ceil(2 * half))

    def made() -> Image.Image:
        pixels = picture.pixels
        height, width = pixels.shape[:2]
        canvas = np.empty((side, side, 3), np.uint8)
        canvas[:] = GREY
        u1, v1, u2, v2 = max(left, 0), max(top, 0), min(left + side, width), min(top + side, height)
        if u1 < u2 and v1 < v2:
            seen = pixels[v1:v2, u1:u2]
            if masked:
                seen = np.where(region_mask(region, width, height)[v1:v2, u1:u2, None], seen, canvas[0, 0])
            canvas[v1 - top : v2 - top, u1 - left : u2 - left] = seen
        return Image.fromarray(canvas)

    drawn = region.shape
    shape = digest([region.box, drawn and [drawn.type, drawn.values]]) if masked else ""
    return ((picture.image.sha256, left, top, side, shape), made)
