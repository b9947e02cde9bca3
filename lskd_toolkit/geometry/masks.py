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
from .inmost import inmost


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
    if min(height, width) < 0 or (runs < 0).any() or runs.sum() != height * width:
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
        ValueError: it ends within a number, or holds a character of no meaning.
    """
    codes = text.encode("ascii") if isinstance(text, str) else text
    if any(not 48 <= code < 112 for code in codes):
        raise ValueError("a compressed mask holds a character that stands for no number")
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


def outline(mask: np.ndarray) -> list[list[tuple[float, float]]]:
    """The mask's borders as closed polygons along pixel edges, given by their corners (x, y).

    Outer borders run clockwise on the screen, holes the other way, each from its uppermost, then
    leftmost corner. Pixels that touch only diagonally have borders of their own. Filled by the
    even-odd rule, all polygons together are the mask again.
    """
    padded = np.pad(np.asarray(mask, bool), 1)
    # The four pixels around each corner of the grid:  a b
    #                                                  c d
    a, b, c, d = padded[:-1, :-1], padded[:-1, 1:], padded[1:, :-1], padded[1:, 1:]
    diagonal = (a == d) & (b == c) & (a != b)
    rows, columns = np.nonzero((a ^ b ^ c ^ d) | diagonal)
    # A border turns at each of these; where pixels touch diagonally two do, so such a corner is listed
    # twice: first for the border that comes from the left, then for the one that goes to the right.
    y, x = (np.repeat(v, 1 + diagonal[rows, columns]) for v in (rows, columns))
    second = np.zeros(len(y), bool)
    second[1:] = (y[1:] == y[:-1]) & (x[1:] == x[:-1])
    # Row by row, corners are the ends of one horizontal edge after the other, so that number 2k belongs
    # to 2k + 1; the same holds down the columns, where of a double corner the one above comes first.
    below = second ^ ~a[y, x]
    order = np.lexsort((below, y, x))
    beside = (np.arange(len(y)) ^ 1).tolist()
    upright = np.empty(len(y), int)
    upright[order] = order[np.arange(len(y)) ^ 1]
    return _loops(list(zip(x.tolist(), y.tolist(), strict=True)), beside, upright.tolist(), d[y, x].tolist())


def _loops(
    corners: list[tuple[int, int]], beside: list[int], upright: list[int], outer: list[bool]
) -> list[list[tuple[float, float]]]:
    """Corners joined to loops: ``beside`` and ``upright`` are each corner's neighbours along its row and
    its column; a loop whose first corner is ``outer`` sets out along the row."""
    free = [True] * len(corners)
    loops = []
    for start in range(len(corners)):
        if not free[start]:
            continue
        loop, here = [], start
        ways = (beside, upright) if outer[start] else (upright, beside)
        while True:
            for way in ways:
                free[here] = False
                loop.append((float(corners[here][0]), float(corners[here][1])))
                here = way[here]
            if here == start:
                break
        loops.append(loop)
    return loops


def interior(mask: np.ndarray) -> tuple[float, float]:
    """The centre of the present pixel that is farthest from the mask's border, in pixels xy: where a number
    is best painted.

    Raises:
        ValueError: the mask is empty.
    """
    left, top, right, bottom = (int(v) for v in hull(mask))
    x, y = inmost(mask[top:bottom, left:right])
    return left + x, top + y


def region_from_mask(
    mask: np.ndarray, *, id: int = 0, label: str = "", score: float = 1.0, proposer: str = ""
) -> Region:
    """A region whose shape is the mask and whose box is its hull.

    Raises:
        ValueError: the mask is empty.
    """
    return Region(id, hull(mask), Shape("mask", encode(mask)), label, score, proposer)
