"""Visual prompt ``coordinates``: the picture as it is, and in words where each region is.

For models that were taught places as numbers. Location tokens are those of Florence-2
(https://huggingface.co/microsoft/Florence-2-large): thousand bins on each axis, ``<loc_0>`` to ``<loc_999>``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..records import Region
from .options import CoordinatesOptions
from .pointed import Pictured, Pointed

OUTSIDE = "outside the picture"
"""Stands for the place of a region of which nothing is in the image."""


def place_in_words(
    region: Region, width: int, height: int, form: str = "thousand", order: str = "xyxy"
) -> str:
    """Where the region's box is, cut off at the image's edge.

    Arguments:
        width, height: of the image in pixels.
        form: ``fraction`` (``(0.250, 0.100, 0.500, 0.900)``), ``thousand`` (``(250, 100, 500, 900)``) or
            ``location`` (``<loc_250><loc_100><loc_499><loc_899>``).
        order: ``xyxy`` or ``yxyx``.
    """
    if not all(math.isfinite(edge) for edge in region.box):
        return OUTSIDE
    x1, x2 = (min(max(edge / width, 0.0), 1.0) for edge in region.box[::2])
    y1, y2 = (min(max(edge / height, 0.0), 1.0) for edge in region.box[1::2])
    if x1 >= x2 or y1 >= y2:
        return OUTSIDE
    edges = (x1, y1, x2, y2) if order == "xyxy" else (y1, x1, y2, x2)
    if form == "location":
        return "".join(f"<loc_{min(999, int(edge * 1000))}>" for edge in edges)
    if form == "thousand":
        return f"({', '.join(str(round(edge * 1000)) for edge in edges)})"
    return f"({', '.join(f'{edge:.3f}' for edge in edges)})"


class Coordinates:
    """The plain picture, and a sentence on each region."""

    def __init__(self, options: CoordinatesOptions | None = None, ctx: Any = None):
        self.options = options or CoordinatesOptions()

    def point(self, picture: Pictured, regions: Sequence[Region]) -> Pointed:
        height, width = picture.pixels.shape[:2]
        places = (place_in_words(r, width, height, self.options.form, self.options.order) for r in regions)
        told = "; ".join(f"[{r.id}] {place}" for r, place in zip(regions, places, strict=True))
        return Pointed.of(
            np.array(picture.pixels), regions, text=f"{self._legend()}: {told}." if told else ""
        )

    def _legend(self) -> str:
        """What the numbers mean, for a model that was not taught it."""
        order = "left, top, right, bottom" if self.options.order == "xyxy" else "top, left, bottom, right"
        most = {"fraction": "1", "thousand": "1000", "location": "<loc_999>"}[self.options.form]
        return f"Where the regions are ({order}; the picture's far edges are {most})"
