"""Visual prompt ``blur-background``: the picture, and then for each region the picture with all else blurred.

Blurred, and not taken away, what is around a region still tells where it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from ..records import Region
from .options import BlurBackgroundOptions
from .pointed import Pictured, Pointed
from .strokes import covered, put

SHARE = 0.02
"""The blur's radius where none is given, as a share of the image's side."""


def blurred(pixels: np.ndarray, radius: float = 0) -> np.ndarray:
    """The whole picture blurred.

    Arguments:
        pixels: uint8 RGB ``(H, W, 3)``.
        radius: of the Gaussian in pixels; 0 follows the image's size.
    """
    height, width = pixels.shape[:2]
    sigma = radius or max(2.0, SHARE * math.sqrt(width * height))
    return np.array(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(sigma)))


def blur_background(pixels: np.ndarray, region: Region, radius: float = 0) -> np.ndarray:
    """A copy of the picture that is sharp within the region alone.

    Arguments:
        pixels: uint8 RGB ``(H, W, 3)``.
        radius: of the blur in pixels; 0 follows the image's size.
    """
    return _with_sharp(np.ascontiguousarray(pixels), blurred(pixels, radius), region)


def _with_sharp(pixels: np.ndarray, ground: np.ndarray, region: Region) -> np.ndarray:
    height, width = pixels.shape[:2]
    drawn = ground.copy()
    put(drawn, pixels, covered(region, width, height))
    return drawn


class BlurBackground:
    """The whole picture, then one for each region."""

    def __init__(self, options: BlurBackgroundOptions | None = None, ctx: Any = None):
        self.options = options or BlurBackgroundOptions()

    def point(self, picture: Pictured, regions: Sequence[Region]) -> Pointed:
        pixels = np.array(picture.pixels, order="C")
        ground = blurred(pixels, self.options.radius) if regions else pixels
        return Pointed.of(pixels, regions, *(_with_sharp(pixels, ground, region) for region in regions))
