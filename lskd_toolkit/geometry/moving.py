"""Regions scaled, flipped and cropped with their image, whatever their shape.

A region comes out with its id, label and score; its box is the hull of its moved shape. A shape of a
type that is not known here is let go: where its box lies is known, where the shape lies is not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..records import Box, Region, Shape
from . import masks
from .clipping import clip_loops
from .rasters import rasterise
from .shapes import region_hull, region_outline

Values = Mapping[str, Any]


def scale_region(region: Region, sx: float, sy: float) -> Region:
    """The region in an image ``sx`` times as wide and ``sy`` times as high.

    A mask gets the rounded size, each pixel that of the place it comes from; one that would vanish
    keeps every pixel it touches. A rotated box that is sheared becomes a polygon.

    Raises:
        ValueError: a factor is not positive and finite.
    """
    if not (0 < sx < float("inf") and 0 < sy < float("inf")):
        raise ValueError(f"regions are scaled by positive factors, not by {sx} and {sy}")
    if sx == sy == 1:
        return region
    x1, y1, x2, y2 = region.box
    scaled = _SCALED.get(region.shape.type) if region.shape else None
    return _with(
        region, (x1 * sx, y1 * sy, x2 * sx, y2 * sy), scaled(region, sx, sy) if scaled else None
    )  # fmt: skip


def flip_region(region: Region, width: float) -> Region:
    """The region in an image of that width, in pixels, mirrored left to right. Doing it twice gives
    the region again (up to rounding of coordinates that are no multiples of a small power of two)."""
    x1, y1, x2, y2 = region.box
    flipped = _FLIPPED.get(region.shape.type) if region.shape else None
    return _with(region, (width - x2, y1, width - x1, y2), flipped(region, width) if flipped else None)


def crop_region(region: Region, box: Box) -> Region | None:
    """What the crop shows of the region, in the crop's coordinates; None where nothing is left.

    ``box`` is xyxy in pixels and is rounded to whole ones. It may reach past the image: there is
    nothing there. A rotated box that is cut becomes a polygon; of points those outside are gone.
    """
    left, top, right, bottom = (round(v) for v in box)
    x1, y1 = max(region.box[0], left), max(region.box[1], top)
    x2, y2 = min(region.box[2], right), min(region.box[3], bottom)
    cropped = _CROPPED.get(region.shape.type) if region.shape else None
    if cropped:
        shape = cropped(region, (left, top, right, bottom))
        return _with(region, region.box, shape) if shape else None
    if x2 <= x1 or y2 <= y1:
        return None
    return _with(region, (x1 - left, y1 - top, x2 - left, y2 - top), None)


def _with(region: Region, box: Box, shape: Shape | None) -> Region:
    moved = replace(region, box=box, shape=shape)
    return replace(moved, box=region_hull(moved)) if shape else moved


def _values(region: Region) -> Values:
    assert region.shape is not None
    return region.shape.values


# --- box --------------------------------------------------------------------------------------------


def _box_scaled(region: Region, sx: float, sy: float) -> Shape:
    x1, y1, x2, y2 = _values(region)["box"]
    return Shape("box", {"box": [x1 * sx, y1 * sy, x2 * sx, y2 * sy]})


def _box_flipped(region: Region, width: float) -> Shape:
    x1, y1, x2, y2 = _values(region)["box"]
    return Shape("box", {"box": [width - x2, y1, width - x1, y2]})


def _box_cropped(region: Region, window: tuple[int, int, int, int]) -> Shape | None:
    left, top, right, bottom = window
    x1, y1, x2, y2 = _values(region)["box"]
    x1, y1, x2, y2 = max(x1, left), max(y1, top), min(x2, right), min(y2, bottom)
    if x2 <= x1 or y2 <= y1:
        return None
    return Shape("box", {"box": [x1 - left, y1 - top, x2 - left, y2 - top]})


# --- mask -------------------------------------------------------------------------------------------


def _mask_scaled(region: Region, sx: float, sy: float) -> Shape:
    mask = masks.decode(_values(region))
    height, width = max(1, round(mask.shape[0] * sy)), max(1, round(mask.shape[1] * sx))
    # By the mask's own size, not by the factors: with those rounding could step past its last pixel.
    rows = ((np.arange(height) + 0.5) * mask.shape[0] / height).astype(int)
    columns = ((np.arange(width) + 0.5) * mask.shape[1] / width).astype(int)
    scaled = mask[rows[:, None], columns[None, :]]
    if not scaled.any():
        ys, xs = np.nonzero(mask)
        scaled[ys * height // mask.shape[0], xs * width // mask.shape[1]] = True
    return Shape("mask", masks.encode(scaled))


def _mask_flipped(region: Region, width: float) -> Shape:
    return Shape("mask", masks.encode(masks.decode(_values(region))[:, ::-1]))


def _mask_cropped(region: Region, window: tuple[int, int, int, int]) -> Shape | None:
    left, top, right, bottom = window
    mask = masks.decode(_values(region))
    cropped = np.zeros((max(0, bottom - top), max(0, right - left)), bool)
    inside = mask[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
    y, x = max(0, -top), max(0, -left)
    cropped[y : y + inside.shape[0], x : x + inside.shape[1]] = inside
    return Shape("mask", masks.encode(cropped)) if cropped.any() else None


# --- polygon ----------------------------------------------------------------------------------------


def _mapped(polygons: Any, move: Callable[[float, float], tuple[float, float]]) -> Shape:
    return Shape("polygon", {"polygons": [[list(move(x, y)) for x, y in part] for part in polygons]})


def _polygon_scaled(region: Region, sx: float, sy: float) -> Shape:
    return _mapped(_values(region)["polygons"], lambda x, y: (x * sx, y * sy))


def _polygon_flipped(region: Region, width: float) -> Shape:
    return _mapped(_values(region)["polygons"], lambda x, y: (width - x, y))


def _polygon_cropped(region: Region, window: tuple[int, int, int, int]) -> Shape | None:
    left, top, right, bottom = window
    parts = []
    for part in region_outline(region):
        loops = clip_loops([part], (left, top, right, bottom))
        parts += _apart(
            [[(x - left, y - top) for x, y in loop] for loop in loops], right - left, bottom - top
        )
    return _mapped(parts, lambda x, y: (x, y)) if parts else None


def _apart(
    loops: list[list[tuple[float, float]]], width: int, height: int
) -> list[list[tuple[float, float]]]:
    """Loops of one part as parts of their own; as one part where they overlap, which only a border
    that crosses itself does: parts are filled each, but what a part covers twice is outside of it."""
    if len(loops) < 2:
        return loops
    twice = np.sum([rasterise([loop], width, height) for loop in loops], axis=0) > 1
    if not twice.any():
        return loops
    # There and back along the same line encloses nothing.
    return [[point for loop in loops for point in (*loop, loop[0])] + [loop[0] for loop in loops[-2::-1]]]


# --- points -----------------------------------------------------------------------------------------


def _points(points: Any, radius: float) -> Shape:
    return Shape("points", {"points": [[float(x), float(y)] for x, y in points], "radius": radius})


def _radius(region: Region) -> float:
    return float(_values(region).get("radius", 3.0))


def _points_scaled(region: Region, sx: float, sy: float) -> Shape:
    some = [(x * sx, y * sy) for x, y in _values(region)["points"]]
    return _points(some, _radius(region) * (sx * sy) ** 0.5)


def _points_flipped(region: Region, width: float) -> Shape:
    return _points([(width - x, y) for x, y in _values(region)["points"]], _radius(region))


def _points_cropped(region: Region, window: tuple[int, int, int, int]) -> Shape | None:
    left, top, right, bottom = window
    seen = [
        (x - left, y - top) for x, y in _values(region)["points"] if left <= x < right and top <= y < bottom
    ]
    return _points(seen, _radius(region)) if seen else None


# --- rotated box ------------------------------------------------------------------------------------


def _rotated(x: float, y: float, width: float, height: float, angle: float) -> Shape:
    return Shape("rotated box", {"centre": [x, y], "size": [width, height], "angle": angle})


def _rotated_scaled(region: Region, sx: float, sy: float) -> Shape:
    (x, y), (width, height) = _values(region)["centre"], _values(region)["size"]
    angle = _values(region)["angle"]
    if sx == sy or angle % 180 == 0:
        return _rotated(x * sx, y * sy, width * sx, height * sy, angle)
    if angle % 90 == 0:
        return _rotated(x * sx, y * sy, width * sy, height * sx, angle)
    return _mapped(region_outline(region), lambda x, y: (x * sx, y * sy))


def _rotated_flipped(region: Region, width: float) -> Shape:
    (x, y), size = _values(region)["centre"], _values(region)["size"]
    return _rotated(width - x, y, size[0], size[1], -_values(region)["angle"])


def _rotated_cropped(region: Region, window: tuple[int, int, int, int]) -> Shape | None:
    left, top, right, bottom = window
    x1, y1, x2, y2 = region_hull(region)
    if left <= x1 and top <= y1 and x2 <= right and y2 <= bottom:
        (x, y), size = _values(region)["centre"], _values(region)["size"]
        return _rotated(x - left, y - top, size[0], size[1], _values(region)["angle"])
    return _polygon_cropped(region, window)


_SCALED: dict[str, Callable[[Region, float, float], Shape]] = {
    "box": _box_scaled,
    "mask": _mask_scaled,
    "polygon": _polygon_scaled,
    "points": _points_scaled,
    "rotated box": _rotated_scaled,
}
_FLIPPED: dict[str, Callable[[Region, float], Shape]] = {
    "box": _box_flipped,
    "mask": _mask_flipped,
    "polygon": _polygon_flipped,
    "points": _points_flipped,
    "rotated box": _rotated_flipped,
}
_CROPPED: dict[str, Callable[[Region, tuple[int, int, int, int]], Shape | None]] = {
    "box": _box_cropped,
    "mask": _mask_cropped,
    "polygon": _polygon_cropped,
    "points": _points_cropped,
    "rotated box": _rotated_cropped,
}
