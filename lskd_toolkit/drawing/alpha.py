"""Visual prompt ``alpha``: a fourth channel that says where to look, for models that were taught to read it.

As in Alpha-CLIP (https://github.com/SunzeY/AlphaCLIP): 255 within the region, 0 elsewhere, the colours
untouched; 255 everywhere for the picture as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from ..records import Region
from .pointed import Pictured, Pointed
from .strokes import covered


def with_alpha(pixels: np.ndarray, region: Region | None = None) -> np.ndarray:
    """The picture with a fourth channel.

    Arguments:
        pixels: uint8 RGB ``(H, W, 3)``.
        region: where the channel is 255; everywhere if None.

    Returns:
        uint8 RGBA ``(H, W, 4)``.
    """
    height, width = pixels.shape[:2]
    where = np.ones((height, width), bool) if region is None else covered(region, width, height)
    # Pillow adds a channel six times as fast as numpy.
    seen = Image.fromarray(pixels)
    seen.putalpha(Image.fromarray(where * np.uint8(255)))
    return np.array(seen)


class Alpha:
    """The whole picture, then one for each region, all of four channels."""

    def __init__(self, options: None = None, ctx: Any = None): ...

    def point(self, picture: Pictured, regions: Sequence[Region]) -> Pointed:
        pixels = picture.pixels
        return Pointed.of(with_alpha(pixels), regions, *(with_alpha(pixels, region) for region in regions))
