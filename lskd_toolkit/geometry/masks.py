"""Masks: bool ``(H, W)`` arrays, and their run-length encoding as in COCO.

A stored mask is ``{"size": [height, width], "counts": [...]}``: the lengths of alternating runs of
absent and present pixels, down the columns, beginning with absent. COCO's compressed form of the same
counts, a string, is read and written too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..records import Box, Region, Shape


def encode(mask: np.ndarray) -> dict[str, Any]:
    """A bool ``(H, W)`` mask as its runs."""
    height, width = mask.shape
    flat = np.asarray(mask, bool).ravel(order="F")
    edges = np.flatnonzero(np.diff(flat)) + 1
    bounds = np.concatenate(([0], edges, [flat.size]))
    counts = np.diff(bounds).tolist() if flat.size else []
    if flat.size and flat[0]:
        counts.insert(0, 0)
    return {"size": [int(height), int(width)], "counts": counts}


def decode(values: Mapping[str, Any]) -> np.ndarray:
    """The bool ``(H, W)`` mask of stored values; counts may be a list or COCO's string.

    Raises:
        ValueError: the runs do not fill the size.
    """
    height, width = (int(v) for v in values["size"])
    counts = values["counts"]
    if isinstance(counts, str | bytes):
        counts = decompress(counts)
    runs = np.asarray(counts, np.int64)
    if (runs < 0).any() or runs.sum() != height * width:
        raise ValueError(f"mask runs cover {int(runs.sum())} pixels of {height}x{width}")
    present = np.arange(len(runs)) % 2 == 1
    return np.repeat(present, runs).reshape((height, width), order="F")


def compress(counts: Sequence[int]) -> str:
    """Runs as COCO's string: differences to the run two before, in groups of five bits."""
    text = []
    for at, count in enumerate(counts):
        value = count - counts[at - 2] if at > 2 else count
        while True:
            bits = value & 0x1F
            value >>= 5
            more = value != (-1 if bits & 0x10 else 0)
            text.append(chr((bits | 0x20 if more else bits) + 48))
            if not more:
                break
    return "".join(text)


def decompress(text: str | bytes) -> list[int]:
    """COCO's string as runs.

    Raises:
        ValueError: it ends within a number.
    """
    codes = text.encode("ascii") if isinstance(text, str) else text
    counts: list[int] = []
    at = 0
    while at < len(codes):
        value, shift = 0, 0
        while True:
            if at >= len(codes):
                raise ValueError("a compressed mask ends within a number")
            code = codes[at] - 48
            at += 1
            value |= (code & 0x1F) << shift
            shift += 5
            if not code & 0x20:
                if code & 0x10:
                    value |= -1 << shift
                break
        counts.append(value + counts[-2] if len(counts) > 2 else value)
    return counts


def hull(mask: np.ndarray) -> Box:
    """The smallest box around the present pixels.

    Raises:
        ValueError: there are none.
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        raise ValueError("the hull of an empty mask")
    return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)


def rasterise(polygons: Sequence[Sequence[Sequence[float]]], width: int, height: int) -> np.ndarray:
    """Polygons, each a list of (x, y), as one mask; parts may lie apart."""
    import PIL.Image
    import PIL.ImageDraw

    canvas = PIL.Image.new("1", (width, height))
    pen = PIL.ImageDraw.Draw(canvas)
    for polygon in polygons:
        if len(polygon) > 1:
            pen.polygon([(float(x), float(y)) for x, y in polygon], fill=1, outline=1)
    return np.asarray(canvas, bool)


def outline(mask: np.ndarray) -> list[list[tuple[float, float]]]:
    """The mask's borders as closed polygons along pixel edges, holes included."""
    padded = np.pad(np.asarray(mask, bool), 1)
    follow: dict[tuple[int, int], list[tuple[int, int]]] = {}

    def edge(start: tuple[int, int], end: tuple[int, int]) -> None:
        follow.setdefault(start, []).append(end)

    inside = padded[1:-1, 1:-1]
    for y, x in zip(*np.nonzero(inside & ~padded[:-2, 1:-1]), strict=True):
        edge((int(x), int(y)), (int(x) + 1, int(y)))
    for y, x in zip(*np.nonzero(inside & ~padded[2:, 1:-1]), strict=True):
        edge((int(x) + 1, int(y) + 1), (int(x), int(y) + 1))
    for y, x in zip(*np.nonzero(inside & ~padded[1:-1, :-2]), strict=True):
        edge((int(x), int(y) + 1), (int(x), int(y)))
    for y, x in zip(*np.nonzero(inside & ~padded[1:-1, 2:]), strict=True):
        edge((int(x) + 1, int(y)), (int(x) + 1, int(y) + 1))
    loops = []
    while follow:
        start = min(follow)
        loop, point = [start], start
        while True:
            ways = follow[point]
            after = ways.pop()
            if not ways:
                del follow[point]
            if after == start:
                break
            loop.append(after)
            point = after
        loops.append(_straight(loop))
    return loops


def _straight(loop: list[tuple[int, int]]) -> list[tuple[float, float]]:
    """The corners of a loop of unit steps."""
    corners = []
    for before, here, after in zip([loop[-1], *loop[:-1]], loop, [*loop[1:], loop[0]], strict=True):
        if (here[0] - before[0], here[1] - before[1]) != (after[0] - here[0], after[1] - here[1]):
            corners.append((float(here[0]), float(here[1])))
    return corners


def interior(mask: np.ndarray) -> tuple[float, float]:
    """The present pixel farthest from the mask's border, about: where a number is best painted.

    Found by taking away the border layer by layer on a copy of at most 96 pixels a side.

    Raises:
        ValueError: the mask is empty.
    """
    if not mask.any():
        raise ValueError("the interior of an empty mask")
    step = max(1, int(np.ceil(max(mask.shape) / 96)))
    small = mask[::step, ::step]
    if not small.any():
        y, x = (int(v[0]) for v in np.nonzero(mask))
        return x + 0.5, y + 0.5
    layer = np.pad(small, 1)
    last = layer
    while layer.any():
        last = layer
        layer = layer.copy()
        layer[1:-1, 1:-1] &= last[:-2, 1:-1] & last[2:, 1:-1] & last[1:-1, :-2] & last[1:-1, 2:]
        if (layer == last).all():
            break
    ys, xs = np.nonzero(last[1:-1, 1:-1])
    middle = np.argmin((ys - ys.mean()) ** 2 + (xs - xs.mean()) ** 2)
    return float(xs[middle] * step) + 0.5, float(ys[middle] * step) + 0.5


def region_from_mask(
    mask: np.ndarray, *, id: int = 0, label: str = "", score: float = 1.0, proposer: str = ""
) -> Region:
    """A region whose shape is the mask and whose box is its hull.

    Raises:
        ValueError: the mask is empty.
    """
    return Region(id, hull(mask), Shape("mask", encode(mask)), label, score, proposer)
