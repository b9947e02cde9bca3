"""Filling and outlining a region on a canvas: uint8 RGB ``(H, W, 3)`` in C order, changed in place.

A box is drawn to the pixel. Another shape is filled by its raster and outlined part by part: a mask along
the border of its pixels, others along their polygons, with smooth edges. Where a shape's geometry is not
installed, its box is drawn instead.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from ..records import Box, Region
from .palette import Rgb

Pixels = tuple[int, int, int, int]
"""Whole pixels ``(left, top, right, bottom)``, right and bottom exclusive."""

_DARK = (0, 0, 0)
_DARKNESS = 150  # alpha of a line's dark edges

_WHOLE, _HALF = (
    np.array(255, np.uint16),
    np.array(127, np.uint16),
)  # alphas are parts of 255; half of it rounds
_PIXEL = np.dtype("V3")  # three bytes as one value

_FINE = 4  # outlines are drawn this much larger and averaged down
_FINE_PIXELS = 4_000_000  # of one enlarged outline; larger ones have wide lines and need it less


def visible(region: Region, width: int, height: int) -> Pixels | None:
    """The pixels of the image that the region's box touches, or None if there are none."""
    if not all(map(math.isfinite, region.box)):
        return None
    x1, y1, x2, y2 = region.box
    left, top = max(0, math.floor(x1)), max(0, math.floor(y1))
    right, bottom = min(width, math.ceil(x2)), min(height, math.ceil(y2))
    return (left, top, right, bottom) if left < right and top < bottom else None


def largest_first(regions: Sequence[Region]) -> list[int]:
    """The order in which to draw, as indices: small regions over large ones. Of equals the first stays
    under."""
    return sorted(range(len(regions)), key=lambda index: _area(regions[index].box), reverse=True)


def _area(box: Box) -> float:
    x1, y1, x2, y2 = box
    return (x2 - x1) * (y2 - y1)


def shaped(region: Region) -> bool:
    """Whether the region is drawn as more than its box: it has another shape, of a type that is known."""
    from ..geometry.shapes import shape_types

    return region.shape is not None and region.shape.type != "box" and region.shape.type in shape_types()


def raster(region: Region, width: int, height: int) -> np.ndarray:
    """The region's pixels, bool ``(H, W)``."""
    from ..geometry.shapes import region_mask

    return region_mask(region, width, height)


def covered(region: Region, width: int, height: int) -> np.ndarray:
    """All pixels that are shown as the region's, bool ``(H, W)``: its shape's, or those that its box
    touches. None for a region outside the image."""
    inside = np.zeros((height, width), bool)
    seen = visible(region, width, height)
    if seen is not None:
        _crop(inside, seen)[:] = _crop(raster(region, width, height), seen) if shaped(region) else True
    return inside


def blend(canvas: np.ndarray, colour: Rgb, alpha: np.ndarray | int) -> None:
    """Lay a colour over the canvas; ``alpha`` in 0-255, one for all or one for each pixel ``(H, W)``."""
    if isinstance(alpha, int) and alpha == 255:
        canvas.view(_PIXEL)[:] = _one(colour).view(_PIXEL)
    else:
        canvas[:] = _blended(canvas, colour, alpha)


def _blended(canvas: np.ndarray, colour: Rgb, alpha: np.ndarray | int) -> np.ndarray:
    """What becomes of the canvas under a colour, uint8 ``(H, W, 3)``."""
    height, width = canvas.shape[:2]
    kept, added = share(colour, alpha, width)
    # Rows are worked on as one run of values each: numpy's loop over three channels is ten times as slow.
    mixed = np.multiply(canvas.reshape(height, -1), kept, dtype=np.uint16)
    mixed += added
    mixed //= _WHOLE
    drawn: np.ndarray = mixed.astype(np.uint8).reshape(canvas.shape)
    return drawn


def share(colour: Rgb, alpha: np.ndarray | int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """What a canvas of that width is multiplied with and what is added under a colour, before the sum is
    divided by 255: uint16, each of no dimension, a row ``(3 * W,)`` or ``(H, 3 * W)``."""
    part = np.asarray(alpha, np.uint16)
    if part.ndim:
        part = np.repeat(part, 3, axis=1)
    if not any(colour):
        return _WHOLE - part, _HALF
    row = np.empty((width, 3), np.uint16)
    row[:] = colour
    return _WHOLE - part, row.ravel() * part + _HALF


def fill(
    canvas: np.ndarray, region: Region, colour: Rgb, alpha: int, inside: np.ndarray | None = None
) -> None:
    """Lay a colour over a region; ``inside`` is its `raster` where that is at hand."""
    height, width = canvas.shape[:2]
    seen = visible(region, width, height)
    if seen is None or alpha == 0:
        return
    crop = _crop(canvas, seen)
    if shaped(region):
        where = raster(region, width, height) if inside is None else inside
        put(crop, _blended(crop, colour, alpha), _crop(where, seen))
    else:
        blend(crop, colour, alpha)


def stroke(
    canvas: np.ndarray,
    region: Region,
    colour: Rgb,
    line: int,
    edge: int = 0,
    inside: np.ndarray | None = None,
) -> None:
    """Draw a region's outline, ``line`` pixels wide: just inside a box, along the border of a shape.

    ``edge`` adds dark edges of that width to both sides, which part a bright line from a bright ground;
    ``inside`` is the region's `raster` where that is at hand.
    """
    height, width = canvas.shape[:2]
    seen = visible(region, width, height)
    if seen is None:
        return
    shape = region.shape if shaped(region) else None
    if shape is not None and shape.type == "mask":
        where = raster(region, width, height) if inside is None else inside
        _stroke_mask(canvas, where, seen, colour, line, edge)
    elif shape is not None:
        outlines = _outlines(region)
        if edge:
            _stroke_lines(canvas, outlines, _DARK, line + 2 * edge, _DARKNESS)
        _stroke_lines(canvas, outlines, colour, line, 255)
    else:
        if edge:
            grown = seen[0] - edge, seen[1] - edge, seen[2] + edge, seen[3] + edge
            _stroke_box(canvas, grown, _DARK, line + 2 * edge, _DARKNESS)
        _stroke_box(canvas, seen, colour, line, 255)


def put(canvas: np.ndarray, drawn: np.ndarray, where: np.ndarray) -> None:
    """Take the pixels of ``drawn``, a picture as large as the canvas or of one pixel, where ``where``, bool
    ``(H, W)``, is true. The three bytes of a pixel are copied as one value."""
    np.copyto(canvas.view(_PIXEL), drawn.view(_PIXEL), where=where[..., None])


def _one(colour: Rgb) -> np.ndarray:
    """A picture of one pixel."""
    return np.array([[colour]], np.uint8)


def _stroke_mask(
    canvas: np.ndarray, inside: np.ndarray, seen: Pixels, colour: Rgb, line: int, edge: int
) -> None:
    """A line along the border of a mask's pixels, half of it outside and half within: a pen would take ten
    times as long around every pixel's corner."""
    out, within = line // 2, line - line // 2
    margin = max(out, within) + edge + 1
    left, top, right, bottom = seen
    height, width = inside.shape
    x1, y1, x2, y2 = (
        max(0, left - margin), max(0, top - margin), min(width, right + margin), min(height, bottom + margin)
    )  # fmt: skip
    # Padded, for the image's own edge is a border too.
    part = np.zeros((y2 - y1 + 2 * margin, x2 - x1 + 2 * margin), bool)
    part[margin:-margin, margin:-margin] = inside[y1:y2, x1:x2]
    outer, inner = _grown(part, out), _grown(~part, within)
    band = outer & inner
    crop = canvas[y1:y2, x1:x2]
    if edge:
        # Counted on, so that each step's turn is as in one go.
        around = _grown(outer, edge, out) & _grown(inner, edge, within) & ~band
        put(crop, _blended(crop, _DARK, _DARKNESS), around[margin:-margin, margin:-margin])
    put(crop, _one(colour), band[margin:-margin, margin:-margin])


def _grown(mask: np.ndarray, steps: int, done: int = 0) -> np.ndarray:
    """All pixels within so many steps of the mask: steps in four directions and in eight by turns make
    an octagon. ``done`` steps were made before."""
    for step in range(done, done + steps):
        spread = mask.copy()
        spread[1:] |= mask[:-1]
        spread[:-1] |= mask[1:]
        across = spread if step % 2 else mask
        wider = spread.copy()
        wider[:, 1:] |= across[:, :-1]
        wider[:, :-1] |= across[:, 1:]
        mask = wider
    return mask


def _outlines(region: Region) -> list[np.ndarray]:
    """The closed outlines of a shape, each ``(N, 2)`` float xy."""
    from ..geometry.shapes import region_outline

    outlines = [np.array(outline, float).reshape(-1, 2) for outline in region_outline(region)]
    return [points for points in outlines if len(points) > 1 and np.isfinite(points).all()]


def _stroke_box(canvas: np.ndarray, box: Pixels, colour: Rgb, line: int, alpha: int) -> None:
    height, width = canvas.shape[:2]
    left, top, right, bottom = box
    inner_top, inner_bottom = min(top + line, bottom), max(bottom - line, top)
    # Four bars that do not overlap, so that a translucent outline is even at its corners.
    inner_bottom = max(inner_bottom, inner_top)
    bars = (
        (left, top, right, inner_top),
        (left, inner_bottom, right, bottom),
        (left, inner_top, min(left + line, right), inner_bottom),
        (max(right - line, min(left + line, right)), inner_top, right, inner_bottom),
    )
    for x1, y1, x2, y2 in bars:
        x1, y1, x2, y2 = max(x1, 0), max(y1, 0), min(x2, width), min(y2, height)  # noqa: PLW2901
        if x1 < x2 and y1 < y2:
            blend(canvas[y1:y2, x1:x2], colour, alpha)


def _stroke_lines(
    canvas: np.ndarray, outlines: Sequence[np.ndarray], colour: Rgb, line: int, alpha: int
) -> None:
    height, width = canvas.shape[:2]
    if not outlines:
        return
    points = np.concatenate(outlines)
    margin = line + 1
    left, top = np.maximum(np.floor(points.min(0)).astype(int) - margin, 0)
    right, bottom = np.minimum(np.ceil(points.max(0)).astype(int) + margin, (width, height))
    if left >= right or top >= bottom:
        return
    fine = _FINE if (right - left) * (bottom - top) * _FINE**2 <= _FINE_PIXELS else 1
    cover = Image.new("L", (int(right - left) * fine, int(bottom - top) * fine))
    pen = ImageDraw.Draw(cover)
    for outline in outlines:
        # Outlines run along pixel edges, a pen along pixel centres.
        path = (outline - (left, top)) * fine - 0.5
        closed = [tuple(point) for point in np.vstack([path, path[:2]])]
        pen.line(closed, fill=alpha, width=line * fine, joint="curve")
    if fine > 1:
        cover = cover.reduce(fine)
    blend(canvas[top:bottom, left:right], colour, np.asarray(cover))


def _crop(array: np.ndarray, box: Pixels) -> np.ndarray:
    left, top, right, bottom = box
    return array[top:bottom, left:right]
