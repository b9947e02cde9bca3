"""How far regions of one image overlap: by their pixels where two have them, else by their boxes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ..records import Box, Region
from . import overlaps
from .boxes import area, areas, as_boxes
from .masks import encode
from .packing import Packed, pack
from .shapes import region_mask

FILLED = ("mask", "polygon", "rotated box")
"""The types of shape that say which pixels are a region's. A box says no more than where they end, and
points say where some are."""

Hopeful = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""``(shared, a, b)`` areas to bool: whether two may matter that share no more than that."""


@dataclass(frozen=True, slots=True)
class Extents:
    """``N`` regions: ``boxes`` ``(N, 4)`` float xyxy and their areas ``box_areas`` ``(N,)``; ``masks`` are
    those of the regions that have pixels, region ``i`` at ``at[i]``, which is -1 for one that has none."""

    boxes: np.ndarray
    box_areas: np.ndarray
    masks: Packed
    at: np.ndarray

    @property
    def areas(self) -> np.ndarray:
        """``(N,)`` pixels; of a region that has none the area of its box."""
        own = np.append(self.masks.areas, 0)[self.at]
        found: np.ndarray = np.where(self.at >= 0, own, self.box_areas)
        return found


def lay_out(regions: Sequence[Region], width: int, height: int, by: Literal["shape", "box"]) -> Extents:
    """The regions of an image of that size in pixels, ready to be compared by shape or by box alone.

    Raises:
        ValueError: a box is none, or a mask's runs do not fill its size.
    """
    boxes = as_boxes(region.box for region in regions)
    filled = [
        by == "shape" and region.shape is not None and region.shape.type in FILLED for region in regions
    ]
    stored = [runs(region, width, height) for region, one in zip(regions, filled, strict=True) if one]
    at = np.where(filled, np.cumsum(filled) - 1, -1) if regions else np.zeros(0, np.int64)
    return Extents(boxes, areas(boxes), pack(stored), at)


def runs(region: Region, width: int, height: int) -> Mapping[str, Any]:
    """The region's pixels in an image of that size as a stored mask."""
    shape = region.shape
    if shape is None or shape.type not in FILLED:
        return box_runs(region.box, width, height)
    if shape.type == "mask" and tuple(shape.values["size"]) == (height, width):
        return shape.values
    return encode(region_mask(region, width, height))


def box_runs(box: Box, width: int, height: int) -> dict[str, Any]:
    """The pixels that a box touches as a stored mask, without ever drawing them."""
    x1, x2 = (min(max(v, 0), width) for v in (math.floor(box[0]), math.ceil(box[2])))
    y1, y2 = (min(max(v, 0), height) for v in (math.floor(box[1]), math.ceil(box[3])))
    high, wide = y2 - y1, x2 - x1
    if high <= 0 or wide <= 0:
        counts = [width * height]
    elif high == height:
        counts = [x1 * height, wide * height, (width - x2) * height]
    else:
        between = [high, height - high] * (wide - 1)
        counts = [x1 * height + y1, *between, high, height - y2 + (width - x2) * height]
    return {"size": [height, width], "counts": counts}


def candidates(extents: Extents, among: np.ndarray, hopeful: Hopeful) -> tuple[np.ndarray, np.ndarray]:
    """Every two of ``among`` that may matter, the lower number first, in order: ``(K,)`` int64 twice.
    ``among`` are numbers of regions, rising."""
    own = among[extents.at[among] >= 0]
    at = extents.at[own]
    first, second = overlaps.pairs(extents.masks.boxes[at], extents.masks.areas[at].astype(float), hopeful)
    first, second = own[first], own[second]
    if len(own) < len(among):
        one, other = overlaps.pairs(extents.boxes[among], extents.box_areas[among], hopeful)
        one, other = among[one], among[other]
        bare = (extents.at[one] < 0) | (extents.at[other] < 0)
        first, second = np.append(first, one[bare]), np.append(second, other[bare])
        order = np.lexsort((second, first))
        first, second = first[order], second[order]
    return first, second


def measured(
    extents: Extents, first: np.ndarray, second: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What region ``first[k]`` and region ``second[k]`` share, and the area of each: ``(K,)`` float three
    times. By pixels where both have them, else by boxes, areas too."""
    x1, y1 = np.maximum(extents.boxes[first, :2], extents.boxes[second, :2]).T
    x2, y2 = np.minimum(extents.boxes[first, 2:], extents.boxes[second, 2:]).T
    shared = np.maximum(x2 - x1, 0) * np.maximum(y2 - y1, 0)
    a, b = extents.box_areas[first], extents.box_areas[second]
    both = np.flatnonzero((extents.at[first] >= 0) & (extents.at[second] >= 0))
    one, other = extents.at[first[both]], extents.at[second[both]]
    shared[both] = overlaps.shared(extents.masks, one, other)
    a[both], b[both] = extents.masks.areas[one], extents.masks.areas[other]
    return shared, a, b


def pixels(region: Region, width: int, height: int) -> float:
    """The region's pixels; the area of its box where it has none of its own.

    Raises:
        ValueError: its mask cannot be read.
    """
    if region.shape is None or region.shape.type not in FILLED:
        return area(region.box)
    return float(pack([runs(region, width, height)]).areas[0])
