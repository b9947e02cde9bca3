"""Visual prompts ``crop`` and ``focal-crop``: the picture, and then each region in a picture of its own.

A focal crop shows what is around a region, too; the region is outlined in it. Its size is that of
Describe Anything (https://github.com/NVlabs/describe-anything): the box grown by its own size on every side.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..geometry.moving import crop_region
from ..records import Region
from .numbered import usual_edge, usual_line
from .options import CropOptions, FocalCropOptions
from .palette import colour
from .pointed import Pictured, Pointed
from .strokes import Pixels, raster, shaped, stroke, visible

GREY = 127
"""What stands for the pixels around a shape, and for a region outside the image."""


def cut_out(pixels: np.ndarray, region: Region, margin: float = 0.0, shape_only: bool = False) -> np.ndarray:
    """The part of the picture within a region's box.

    Arguments:
        pixels: uint8 RGB ``(H, W, 3)``.
        margin: added on every side, as a share of the box's side.
        shape_only: whether what is outside of a mask or polygon is grey.

    Returns:
        uint8 RGB, at least 1 x 1: one grey pixel for a region outside the image.
    """
    height, width = pixels.shape[:2]
    window = _window(region, width, height, margin, 1)
    if window is None:
        return np.full((1, 1, 3), GREY, np.uint8)
    left, top, right, bottom = window
    part = pixels[top:bottom, left:right].copy()
    if shape_only and shaped(region):
        part[~raster(region, width, height)[top:bottom, left:right]] = GREY
    return part


def focal_crop(
    pixels: np.ndarray, region: Region, factor: float = 3.0, least: int = 48, outlined: bool = True
) -> np.ndarray:
    """A region with what is around it.

    Arguments:
        pixels: uint8 RGB ``(H, W, 3)``.
        factor: sides of the crop in sides of the box, which stays in the middle while the image has room.
        least: the crop's sides in pixels at least, or the image's where it is smaller.
        outlined: whether the region has its outline, in the colour of its id.

    Returns:
        uint8 RGB; one grey pixel for a region outside the image.
    """
    height, width = pixels.shape[:2]
    window = _window(region, width, height, (factor - 1) / 2, least)
    if window is None:
        return np.full((1, 1, 3), GREY, np.uint8)
    left, top, right, bottom = window
    part = pixels[top:bottom, left:right].copy()
    inside = crop_region(region, (left, top, right, bottom)) if outlined else None
    if inside is not None:
        size = part.shape[1], part.shape[0]
        line = usual_line(*size)
        stroke(part, inside, colour(region.id), line, usual_edge(line, *size))
    return part


def _window(region: Region, width: int, height: int, margin: float, least: int) -> Pixels | None:
    """Whole pixels around the region's box, or None if nothing of it is in the image."""
    if visible(region, width, height) is None:
        return None
    x1, y1, x2, y2 = region.box
    (left, right), (top, bottom) = _span(x1, x2, width, margin, least), _span(y1, y2, height, margin, least)
    return left, top, right, bottom


def _span(low: float, high: float, end: int, margin: float, least: int) -> tuple[int, int]:
    grown = (high - low) * margin
    first, last = max(0, math.floor(low - grown)), min(end, math.ceil(high + grown))
    missing = max(0, least - (last - first))  # added on both sides, or where there is room
    first = max(0, min(first - missing // 2, end - least))
    return first, min(end, max(last, first + least))


class Crop:
    """The whole picture, then one of each region."""

    def __init__(self, options: CropOptions | None = None, ctx: Any = None):
        self.options = options or CropOptions()

    def point(self, picture: Pictured, regions: Sequence[Region]) -> Pointed:
        chosen = self.options
        parts = (cut_out(picture.pixels, r, chosen.margin, chosen.shape_only) for r in regions)
        return Pointed.of(np.array(picture.pixels), regions, *parts)


class FocalCrop:
    """The whole picture, then each region with what is around it."""

    def __init__(self, options: FocalCropOptions | None = None, ctx: Any = None):
        self.options = options or FocalCropOptions()

    def point(self, picture: Pictured, regions: Sequence[Region]) -> Pointed:
        chosen = self.options
        parts = (
            focal_crop(picture.pixels, r, chosen.factor, chosen.least_side, chosen.outline) for r in regions
        )
        return Pointed.of(np.array(picture.pixels), regions, *parts)
