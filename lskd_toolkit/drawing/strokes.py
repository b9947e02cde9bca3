"""Filling and outlining a region on a canvas: uint8 RGB ``(H, W, 3)``, changed in place.

A box is drawn to the pixel. Another shape is filled by its raster and outlined part by part: a mask along
the border of its pixels, others along their polygons, with smooth edges. Where a shape's geometry is not
installed, its box is drawn instead.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from PIL import Image, ImageDraw

from ..records import Box, Region
from .palette import Rgb

Pixels = tuple[int, int, int, int]
"""Whole pixels ``(left, top, right, bottom)``, right and bottom exclusive."""

_DARK = (0, 0, 0)
_DARKNESS = 150  # alpha of a line's dark edges

_FINE = 4  # outlines are drawn this much larger and averaged down
_FINE_PIXELS = 4_000_000  # of one enlarged outline; larger ones have wide lines and need it less


def visible(region: Region, width: int, height: int) -> Pixels | None:
    """The pixels of the image that the region's box touches, or None if there are none."""
    if not all(math.isfinite(edge) for edge in region.box):
        return None
    x1, y1, x2, y2 = region.box
    left, top = max(0, math.floor(x1)), max(0, math.floor(y1))
    right, bottom = min(width, math.ceil(x2)), min(height, math.ceil(y2))
    return (left, top, right, bottom) if left < right and top < bottom else None


def largest_first(regions: Iterable[Region]) -> list[Region]:
    """The order in which to draw: small regions over large ones. Of equals the first stays under."""
    return sorted(regions, key=lambda region: _area(region.box), reverse=True)


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
    cover = np.asarray(alpha, np.uint16)
    cover = cover[..., None] if cover.ndim else cover
    canvas[:] = (canvas * (255 - cover) + np.array(colour, np.uint16) * cover + 127) // 255


def fill(canvas: np.ndarray, region: Region, colour: Rgb, alpha: int) -> None:
    """Lay a colour over a region."""
    height, width = canvas.shape[:2]
    seen = visible(region, width, height)
    if seen is None or alpha == 0:
        return
    crop = _crop(canvas, seen)
    if shaped(region):
        _tint(crop, _crop(raster(region, width, height), seen), colour, alpha)
    else:
        blend(crop, colour, alpha)


def stroke(canvas: np.ndarray, region: Region, colour: Rgb, line: int, edge: int = 0) -> None:
    """Draw a region's outline, ``line`` pixels wide: just inside a box, along the border of a shape.

    ``edge`` adds dark edges of that width to both sides, which part a bright line from a bright ground.
    """
    height, width = canvas.shape[:2]
    seen = visible(region, width, height)
    if seen is None:
        return
    if shaped(region) and region.shape is not None and region.shape.type == "mask":
        _stroke_mask(canvas, raster(region, width, height), seen, colour, line, edge)
    elif shaped(region):
        outlines = _outlines(region)
        if edge:
            _stroke_lines(canvas, outlines, _DARK, line + 2 * edge, _DARKNESS)
        _stroke_lines(canvas, outlines, colour, line, 255)
    else:
        if edge:
            grown = seen[0] - edge, seen[1] - edge, seen[2] + edge, seen[3] + edge
            _stroke_box(canvas, grown, _DARK, line + 2 * edge, _DARKNESS)
        _stroke_box(canvas, seen, colour, line, 255)


def _paint(canvas: np.ndarray, where: np.ndarray, colour: Rgb, alpha: int) -> None:
    """`blend` on few pixels alone, bool ``(H, W)``."""
    rows, columns = np.divmod(np.flatnonzero(where), where.shape[1])
    if alpha < 255:
        # What becomes of each of 256 values is worked out once for each channel.
        values = np.arange(256, dtype=np.uint16) * (255 - alpha)
        mixed = np.concatenate([(values + part * alpha + 127) // 255 for part in colour]).astype(np.uint8)
        canvas[rows, columns] = mixed[canvas[rows, columns] + np.array([0, 256, 512])]
    else:
        canvas[rows, columns] = colour


def _tint(canvas: np.ndarray, where: np.ndarray, colour: Rgb, alpha: int) -> None:
    """`blend` on many pixels, bool ``(H, W)``: Pillow is four times as fast there, and rounds alike."""
    tinted = Image.fromarray(np.ascontiguousarray(canvas))
    tinted.paste(colour, mask=Image.fromarray(where * np.uint8(alpha)))
    canvas[:] = np.asarray(tinted)


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
    part = np.pad(inside[y1:y2, x1:x2], margin)
    outer, inner = _grown(part, out), _grown(~part, within)
    band = outer & inner
    crop = canvas[y1:y2, x1:x2]
    if edge:
        # Counted on, so that each step's turn is as in one go.
        around = _grown(outer, edge, out) & _grown(inner, edge, within) & ~band
        _paint(crop, around[margin:-margin, margin:-margin], _DARK, _DARKNESS)
    _paint(crop, band[margin:-margin, margin:-margin], colour, 255)


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
