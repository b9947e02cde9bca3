"""Visual prompts ``mask`` and ``contour``: regions by colour alone, filled or outlined.

Nothing is written on the picture, so a model has to be taught which colour is which id.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..records import Region
from .numbered import usual_edge, usual_line
from .options import ContourOptions, MaskOptions
from .palette import colour
from .pointed import Pictured, Pointed
from .strokes import fill, largest_first, stroke


def draw_masks(pixels: np.ndarray, regions: Sequence[Region], strength: float = 0.5) -> np.ndarray:
    """A copy of the picture with every region filled with the colour of its id, small ones over large ones.

    Arguments:
        pixels: uint8 RGB ``(H, W, 3)``.
        strength: how much of a region's pixels is the colour, 0 to 1.

    Returns:
        uint8 RGB ``(H, W, 3)``.
    """
    canvas = np.array(pixels, order="C")
    for region in map(regions.__getitem__, largest_first(regions)):
        fill(canvas, region, colour(region.id), round(255 * strength))
    return canvas


def draw_contours(pixels: np.ndarray, regions: Sequence[Region], width: int = 0) -> np.ndarray:
    """A copy of the picture with every region's outline in the colour of its id, between thin dark edges.

    Arguments:
        pixels: uint8 RGB ``(H, W, 3)``.
        width: of the outlines in pixels; 0 follows the image's size (2 at 480).

    Returns:
        uint8 RGB ``(H, W, 3)``.
    """
    canvas = np.array(pixels, order="C")
    size = canvas.shape[1], canvas.shape[0]
    line = width or usual_line(*size)
    for region in map(regions.__getitem__, largest_first(regions)):
        stroke(canvas, region, colour(region.id), line, usual_edge(line, *size))
    return canvas


class Mask:
    """Shows regions as coloured areas."""

    def __init__(self, options: MaskOptions | None = None, ctx: Any = None):
        self.options = options or MaskOptions()

    def point(self, picture: Pictured, regions: Sequence[Region]) -> Pointed:
        return Pointed.of(draw_masks(picture.pixels, regions, self.options.strength), regions)


class Contour:
    """Shows regions by their outlines."""

    def __init__(self, options: ContourOptions | None = None, ctx: Any = None):
        self.options = options or ContourOptions()

    def point(self, picture: Pictured, regions: Sequence[Region]) -> Pointed:
        return Pointed.of(draw_contours(picture.pixels, regions, self.options.line_width), regions)
