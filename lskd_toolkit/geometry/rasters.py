"""Polygons to pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def rasterise(polygons: Sequence[Sequence[Sequence[float]]], width: int, height: int) -> np.ndarray:
    """Polygons, each a list of (x, y), as one bool ``(height, width)`` mask: the union of the parts.

    A pixel belongs to a part if its centre is inside by the even-odd rule, so that a polygon along
    pixel edges gives exactly its pixels. A part too thin to hold any centre gives the pixels that its
    border runs through: a thing that was pointed at does not vanish.

    Raises:
        ValueError: a coordinate is not finite.
    """
    mask = np.zeros((height, width), bool)
    for polygon in polygons:
        points = np.asarray(polygon, np.float64).reshape(-1, 2)
        if not np.isfinite(points).all():
            raise ValueError("a polygon holds a number that is not finite")
        if len(points):
            mask |= _filled(points, width, height)
    return mask


def _filled(points: np.ndarray, width: int, height: int) -> np.ndarray:
    (x1, y1), (x2, y2) = points.T, np.roll(points, -1, axis=0).T
    # The rows whose centre line an edge crosses: the lower y <= row + 0.5 < the upper y.
    first, end = (np.clip(np.ceil(y - 0.5), 0, height).astype(int) for y in np.sort([y1, y2], axis=0))
    counts = end - first
    edge = np.repeat(np.arange(len(points)), counts)
    row = first[edge] + np.arange(len(edge)) - (np.cumsum(counts) - counts)[edge]
    x = x1[edge] + (row + 0.5 - y1[edge]) / (y2[edge] - y1[edge]) * (x2[edge] - x1[edge])
    column = np.clip(np.ceil(x - 0.5), 0, width).astype(int)
    # Each crossing turns outside to inside, or back, for all pixels of its row from its column on.
    turns = np.zeros((height, width + 1), np.int32)
    np.add.at(turns, (row, column), 1)
    filled: np.ndarray = np.cumsum(turns[:, :width], axis=1) % 2 == 1
    return filled if filled.any() else _touched(points, width, height)


def _touched(points: np.ndarray, width: int, height: int) -> np.ndarray:
    """The pixels that a part's border runs through, walked in steps of at most half a pixel."""
    low, high = np.floor(points.min(axis=0)), np.ceil(points.max(axis=0)) - 1
    mask = np.zeros((height, width), bool)
    for start, end in zip(points, np.roll(points, -1, axis=0), strict=True):
        # Capped, since an edge may leave the image by any distance.
        steps = int(min(2 * np.abs(end - start).max(), 8 * (width + height))) + 2
        # An edge at x = 4 bounds the pixel before it: stay within the part's own hull.
        pixels = np.clip(np.floor(np.linspace(start, end, steps)), low, np.maximum(low, high))
        columns, rows = pixels[((pixels >= 0) & (pixels < (width, height))).all(axis=1)].astype(int).T
        mask[rows, columns] = True
    return mask
