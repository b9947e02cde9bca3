"""Visual prompt ``paper-overlay``: translucent fill and a thin outline, no number; a model learns which
colour is which id.

Source: ``draw_region`` and ``highlight_bbox`` in the paper's ``lavis/datasets/vc_utils.py``: regions are
laid over the image one after another in the order given. Two of its faults are not followed: ids from 5
on have colours of their own instead of one grey, and the parts of a polygon stay apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..records import Region
from .options import PaperOverlayOptions
from .palette import paper_colours
from .pointed import Pictured, Pointed
from .strokes import fill, raster, shaped, stroke

PAPER_SIDE = 480
"""The side in pixels of the images that the paper's models see."""


def draw_overlay(
    pixels: np.ndarray, regions: Sequence[Region], line_width: int = 2, scale_lines: bool = False
) -> np.ndarray:
    """A copy of the picture with its regions laid over it in the paper's manner.

    Arguments:
        pixels: uint8 RGB ``(H, W, 3)``.
        regions: drawn in this order, each in the colours of its id; what is outside is left out.
        line_width: of the outlines in pixels.
        scale_lines: whether ``line_width`` is meant for an image whose shorter side is 480 pixels, and
            larger images have wider lines.

    Returns:
        uint8 RGB ``(H, W, 3)``.
    """
    canvas = np.array(pixels, order="C")
    height, width = canvas.shape[:2]
    if scale_lines:
        line_width = max(line_width, round(line_width * min(width, height) / PAPER_SIDE))
    for region in regions:
        (red, green, blue, alpha), outline = paper_colours(region.id)
        inside = raster(region, width, height) if shaped(region) else None
        fill(canvas, region, (red, green, blue), alpha, inside)
        stroke(canvas, region, outline, line_width, inside=inside)
    return canvas


class PaperOverlay:
    """Shows regions as the paper does; a region is called by its id in brackets."""

    def __init__(self, options: PaperOverlayOptions | None = None, ctx: Any = None):
        self.options = options or PaperOverlayOptions()

    def point(self, picture: Pictured, regions: Sequence[Region]) -> Pointed:
        drawn = draw_overlay(picture.pixels, regions, self.options.line_width, self.options.scale_lines)
        return Pointed.of(drawn, regions)
