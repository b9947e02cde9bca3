"""What can be done with a region's shape: its hull, its pixels, its outline.

A type of shape is three functions of its values. The types here are built in; a plugin's come through
the hook ``lskd_shapes`` and are added with `register` when the pipeline starts. A shape of a type that
nobody knows still stores and loads, and is drawn as its box.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import UsageError
from ..records import Box, Region
from . import masks
from .boxes import hull as hull_of_boxes
from .rasters import rasterise

Values = Mapping[str, Any]
Outline = list[list[tuple[float, float]]]


@dataclass(frozen=True, slots=True)
class ShapeFunctions:
    """``hull(values)`` the axis-aligned box; ``mask(values, width, height)`` bool ``(H, W)``;
    ``outline(values)`` closed polygons, each a list of (x, y)."""

    hull: Callable[[Values], Box]
    mask: Callable[[Values, int, int], np.ndarray]
    outline: Callable[[Values], Outline]


_TYPES: dict[str, ShapeFunctions] = {}


def register(name: str, functions: ShapeFunctions) -> None:
    """Make a type of shape known. The last registration of a name counts."""
    _TYPES[name] = functions


def shape_types() -> tuple[str, ...]:
    """The names of the types that are known."""
    return tuple(sorted(_TYPES))


def _functions(region: Region) -> ShapeFunctions:
    assert region.shape is not None
    found = _TYPES.get(region.shape.type)
    if found is None:
        raise UsageError(
            f"region {region.id} has a shape of type {region.shape.type!r}, which no installed plugin knows; "
            f"known are {', '.join(shape_types())}. See: lskd plugins"
        )
    return found


def region_mask(region: Region, width: int, height: int) -> np.ndarray:
    """The region's pixels, bool ``(height, width)``.

    Raises:
        UsageError: the type of its shape is not known.
    """
    if region.shape is None:
        return _box_mask({"box": region.box}, width, height)
    return _functions(region).mask(region.shape.values, width, height)


def region_outline(region: Region) -> Outline:
    """The region's border as closed polygons.

    Raises:
        UsageError: the type of its shape is not known.
    """
    if region.shape is None:
        return _box_outline({"box": region.box})
    return _functions(region).outline(region.shape.values)


def region_hull(region: Region) -> Box:
    """The hull of the region's shape, which its box has to be; the box itself for an unknown type."""
    if region.shape is None or region.shape.type not in _TYPES:
        return region.box
    return _TYPES[region.shape.type].hull(region.shape.values)


# --- box: {"box": [x1, y1, x2, y2]} -----------------------------------------------------------------


def _box(values: Values) -> Box:
    x1, y1, x2, y2 = (float(v) for v in values["box"])
    return x1, y1, x2, y2


def _box_mask(values: Values, width: int, height: int) -> np.ndarray:
    x1, y1, x2, y2 = _box(values)
    mask = np.zeros((height, width), bool)
    # Held at 0: a negative end of a slice counts from the far side, and a box left of the image fills it.
    mask[max(0, math.floor(y1)) : max(0, math.ceil(y2)), max(0, math.floor(x1)) : max(0, math.ceil(x2))] = (
        True
    )
    return mask


def _box_outline(values: Values) -> Outline:
    x1, y1, x2, y2 = _box(values)
    return [[(x1, y1), (x2, y1), (x2, y2), (x1, y2)]]


# --- mask: {"size": [h, w], "counts": runs} ---------------------------------------------------------


def _mask_fitted(values: Values, width: int, height: int) -> np.ndarray:
    mask = masks.decode(values)
    if mask.shape == (height, width):
        return mask
    rows = (np.arange(height) * mask.shape[0] // height).clip(max=mask.shape[0] - 1)
    columns = (np.arange(width) * mask.shape[1] // width).clip(max=mask.shape[1] - 1)
    fitted: np.ndarray = mask[rows[:, None], columns[None, :]]
    return fitted


# --- polygon: {"polygons": [[[x, y], …], …]}, parts kept apart ---------------------------------------


def _polygons(values: Values) -> Outline:
    return [[(float(x), float(y)) for x, y in polygon] for polygon in values["polygons"]]


def _hull_of_points(polygons: Outline) -> Box:
    return hull_of_boxes((x, y, x, y) for polygon in polygons for x, y in polygon)


# --- points: {"points": [[x, y], …], "radius": pixels} ------------------------------------------------


def _discs(values: Values) -> Outline:
    radius = float(values.get("radius", 3.0))
    turns = [2 * math.pi * k / 16 for k in range(16)]
    return [
        [(float(x) + radius * math.cos(t), float(y) + radius * math.sin(t)) for t in turns]
        for x, y in values["points"]
    ]


def _points_hull(values: Values) -> Box:
    radius = float(values.get("radius", 3.0))
    return hull_of_boxes((x - radius, y - radius, x + radius, y + radius) for x, y in values["points"])


# --- rotated box: {"centre": [x, y], "size": [w, h], "angle": degrees clockwise} -----------------------


def _rotated(values: Values) -> Outline:
    (x, y), (width, height) = values["centre"], values["size"]
    turn = math.radians(float(values["angle"]))
    cos, sin = math.cos(turn), math.sin(turn)
    corners = ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5))
    return [
        [(x + a * width * cos - b * height * sin, y + a * width * sin + b * height * cos) for a, b in corners]
    ]


def _drawn(outline: Callable[[Values], Outline]) -> Callable[[Values, int, int], np.ndarray]:
    return lambda values, width, height: rasterise(outline(values), width, height)


register("box", ShapeFunctions(_box, _box_mask, _box_outline))
register(
    "mask",
    ShapeFunctions(
        lambda values: masks.hull(masks.decode(values)),
        _mask_fitted,
        lambda values: masks.outline(masks.decode(values)),
    ),
)
register("polygon", ShapeFunctions(lambda v: _hull_of_points(_polygons(v)), _drawn(_polygons), _polygons))
register("points", ShapeFunctions(_points_hull, _drawn(_discs), _discs))
register("rotated box", ShapeFunctions(lambda v: _hull_of_points(_rotated(v)), _drawn(_rotated), _rotated))
