"""Visual prompt ``numbered``: outlines, each with its region's id painted on a badge.

Any model that reads numbers can be pointed at ``[3]`` without being taught which colour is which.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..records import Region
from .badges import middle, paint_badge, place_badges, text_size
from .options import NumberedOptions
from .palette import colour
from .pointed import Pictured, Pointed
from .strokes import fill, largest_first, raster, shaped, stroke, visible


def draw_numbered(
    pixels: np.ndarray,
    regions: Sequence[Region],
    line_width: int = 0,
    size: int = 0,
    tint: float = 0.2,
) -> np.ndarray:
    """A copy of the picture with its regions outlined and numbered.

    Arguments:
        pixels: uint8 RGB ``(H, W, 3)``.
        regions: each in the colour of its id; small ones over large ones; what is outside is left out.
        line_width: of the outlines in pixels; 0 follows the image's size (2 at 480).
        size: height of the numbers in pixels; 0 follows the image's size (17 at 480).
        tint: how strongly shapes other than boxes are filled, 0 to 1.

    Returns:
        uint8 RGB ``(H, W, 3)``. An image too small for a readable number has the outlines alone.
    """
    canvas = np.array(pixels, order="C")
    height, width = canvas.shape[:2]
    line = line_width or usual_line(width, height)
    size = size or text_size(width, height)
    edge = usual_edge(line, width, height)
    seen = [region for region in regions if visible(region, width, height)]
    middles = {}
    for index in largest_first(seen):
        region, inside = seen[index], None
        if shaped(region):
            inside = raster(region, width, height)
            fill(canvas, region, colour(region.id), round(255 * tint), inside)
            middles[index] = middle(region, inside)  # at once, so that one raster is held at a time
        stroke(canvas, region, colour(region.id), line, edge, inside)
    for index, place in place_badges(seen, size, width, height, middles).items():
        region = seen[index]
        paint_badge(canvas, place, str(region.id), colour(region.id), size)
    return canvas


def usual_line(width: int, height: int) -> int:
    """Of outlines on an image of that size, in pixels: 2 at 480 x 480."""
    wanted = round(0.0045 * math.sqrt(width * height))
    return max(wanted, 2 if min(width, height) >= 64 else 1)


def usual_edge(line: int, width: int, height: int) -> int:
    """Of the dark edges to both sides of such a line, in pixels: without them a bright line is lost on a
    bright ground. None on images that have no room for them."""
    return max(1, line // 2) if min(width, height) >= 64 else 0


class Numbered:
    """Shows regions by outline and painted id; a region is called by its id in brackets."""

    def __init__(self, options: NumberedOptions | None = None, ctx: Any = None):
        self.options = options or NumberedOptions()

    def point(self, picture: Pictured, regions: Sequence[Region]) -> Pointed:
        chosen = self.options
        drawn = draw_numbered(picture.pixels, regions, chosen.line_width, chosen.text_size, chosen.tint)
        return Pointed.of(drawn, regions)
