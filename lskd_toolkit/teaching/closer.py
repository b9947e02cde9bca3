"""A region from close by: the part of the picture around it, made larger."""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace

import numpy as np

from ..images.picture import Picture
from ..records import Box, Image, Region, Scene

MARGIN = 0.15
"""Of the region's sides that is shown around it, so that its edges are seen."""
SIDE = 448
"""Pixels that the longer side has at least: small things are made larger for models to see."""


def closer(picture: Picture, scene: Scene, region: Region) -> tuple[Picture, Scene]:
    """The picture of one region, and the scene in it: that region alone, under its own id, without words.

    The image's sha256 is that of the whole image and the cut: its identity, not that of any bytes.
    """
    image = picture.image
    x1, y1, x2, y2 = _cut(region.box, image.width, image.height)
    factor = max(1.0, SIDE / max(x2 - x1, y2 - y1))
    width, height = max(1, round((x2 - x1) * factor)), max(1, round((y2 - y1) * factor))
    name = f"{image.sha256}#{x1},{y1},{x2},{y2}"
    cut = Image(
        f"{image.id}#[{region.id}]", f"{image.uri}#[{region.id}]", hashlib.sha256(name.encode()).hexdigest(),
        width, height,
    )  # fmt: skip

    def pixels() -> np.ndarray:
        return np.array(picture.pil.crop((x1, y1, x2, y2)).resize((width, height), resample=3))

    box = tuple(
        min(max(0.0, (value - start) * factor), float(most))
        for value, start, most in zip(region.box, (x1, y1, x1, y1), (width, height) * 2, strict=True)
    )
    alone = replace(region, box=(box[0], box[1], box[2], box[3]), shape=None)
    return Picture(cut, pixels), Scene(cut, (alone,))


def _cut(box: Box, width: int, height: int) -> tuple[int, int, int, int]:
    x1, y1, x2, y2 = box
    dx, dy = (x2 - x1) * MARGIN, (y2 - y1) * MARGIN
    left, top = max(0, math.floor(x1 - dx)), max(0, math.floor(y1 - dy))
    right, bottom = min(width, math.ceil(x2 + dx)), min(height, math.ceil(y2 + dy))
    return left, top, max(right, left + 1), max(bottom, top + 1)
