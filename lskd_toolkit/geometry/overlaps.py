"""How many pixels masks share, exactly and fast: for a thousand masks of an image.

Masks are packed from their run lengths, without ever being unfolded. Most masks have one run in every
column: what two of these share is, column by column, what two intervals share. For all others each
column of a mask's hull is also there as words of 64 pixels, and what two masks share is the set bits of
``a & b`` over the words that both hulls cover, however ragged they are. Which pairs are worth it, their
boxes and areas tell: two masks share no more than their hulls do, and no more than the smaller one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .masks import decompress

AT_ONCE = 1 << 17
"""How many columns or words are compared in one go: 1 MB for each intermediate result."""
ROWS_AT_ONCE = 64
"""How many boxes meet all others in one go, so that the intermediate results stay in the cache."""


@dataclass(frozen=True, slots=True)
class Packed:
    """``N`` masks of one image. ``boxes`` ``(N, 4)`` int64 are their hulls, xyxy (0 where a mask is
    empty), ``areas`` ``(N,)`` int64 their pixels.

    ``spans`` ``(2, columns)`` int32 hold the first row and the one after the last of each column, those
    of mask ``i`` from ``columns[i]`` on; ``simple`` ``(N,)`` bool says that they are the whole mask.
    ``words`` uint64 hold mask ``i`` from ``offsets[i]`` on, column by column, ``rows[i]`` words a column,
    the first from row ``64 * tops[i]`` of the image."""

    boxes: np.ndarray
    areas: np.ndarray
    spans: np.ndarray
    columns: np.ndarray
    simple: np.ndarray
    words: np.ndarray
    offsets: np.ndarray
    rows: np.ndarray
    tops: np.ndarray


def pack(values: Sequence[Mapping[str, Any]]) -> Packed:
    """Stored masks of one size, ``{"size": [h, w], "counts": runs or COCO's string}``, packed.

    Raises:
        ValueError: the sizes differ, or runs do not fill the size.
    """
    sizes = {(int(v["size"][0]), int(v["size"][1])) for v in values}
    if len(sizes) > 1:
        raise ValueError(f"masks of different sizes cannot be compared: {sorted(sizes)}")
    height, width = sizes.pop() if sizes else (1, 1)
    lists = [decompress(v["counts"]) if isinstance(v["counts"], str | bytes) else v["counts"] for v in values]
    arrays = [np.asarray(counts, np.int64) for counts in lists]
    lengths = np.asarray([len(counts) for counts in arrays], np.int64)
    counts = np.concatenate([*arrays, np.zeros(0, np.int64)])
    first = np.cumsum(lengths) - lengths
    ends = np.cumsum(counts)
    before = np.concatenate(([0], ends))[first]
    wrong = np.concatenate(([0], ends))[first + lengths] - before != height * width
    if wrong.any() or (counts < 0).any():
        raise ValueError(f"the runs of a mask do not cover its {height}x{width} pixels")
    mask = np.repeat(np.arange(len(lengths)), lengths)
    ends -= before[mask]
    present = ((np.arange(len(counts)) - first[mask]) % 2 == 1) & (counts > 0)
    return _packed(mask[present], (ends - counts)[present], ends[present], len(values), height)


def _packed(mask: np.ndarray, starts: np.ndarray, ends: np.ndarray, n: int, height: int) -> Packed:
    """Present runs ``[start, end)`` of numbered masks, in order, as words."""
    # A run that goes on in the next column becomes one run a column.
    column, last = starts // height, (ends - 1) // height
    pieces = last - column + 1
    if (pieces > 1).any():
        at = np.repeat(np.arange(len(starts)), pieces)
        x = column[at] + np.arange(len(at)) - (np.cumsum(pieces) - pieces)[at]
        starts, ends = np.maximum(starts[at], x * height), np.minimum(ends[at], (x + 1) * height)
        mask = mask[at]
    else:
        x = column
    y1, y2 = starts - x * height, ends - x * height
    boxes, areas = np.zeros((n, 4), np.int64), np.zeros(n, np.int64)
    heads = np.flatnonzero(np.diff(mask, prepend=-1))
    if len(heads):
        some = mask[heads]
        tails = np.append(heads[1:], len(mask)) - 1
        boxes[some] = np.stack(
            (x[heads], np.minimum.reduceat(y1, heads), x[tails] + 1, np.maximum.reduceat(y2, heads)), axis=1
        )
        areas[some] = np.add.reduceat(y2 - y1, heads)
    widths = boxes[:, 2] - boxes[:, 0]
    columns = np.cumsum(widths) - widths
    spans = np.zeros((2, int(widths.sum())), np.int32)
    place = (columns - boxes[:, 0])[mask] + x
    spans[1, place] = y2  # the last run of a column is written last
    spans[0, place[::-1]] = y1[::-1]
    simple = np.bincount(np.repeat(np.arange(n), widths), spans[1] - spans[0], n) == areas
    tops = boxes[:, 1] // 64
    # One word more than the hull needs where it ends on a word's border: every run's end has a place.
    rows = boxes[:, 3] // 64 - tops + 1
    sizes = widths * rows
    offsets = np.cumsum(sizes) - sizes
    total = int(sizes.sum())
    base = (offsets - boxes[:, 0] * rows - tops)[mask] + x * rows[mask]
    # A run within a word is 2**end - 2**start; one that begins there alone -2**start, as numbers modulo
    # 2**64 go; one that comes in from the word before takes 1 away. Sums do it all at once.
    places = np.stack((base + y1 // 64, base + y2 // 64), axis=1).ravel()
    one = np.uint64(1)
    bits = np.stack(
        (np.uint64(0) - (one << (y1 % 64).astype(np.uint64)), one << (y2 % 64).astype(np.uint64)), axis=1
    ).ravel()
    words = np.zeros(total, np.uint64)
    if total:
        heads = np.flatnonzero(np.diff(places, prepend=-1))
        words[places[heads]] = np.add.reduceat(bits, heads)
        opened = np.zeros(total, np.int64)
        opened[places[heads]] = np.add.reduceat(np.tile((1, -1), len(mask)), heads)
        words -= (np.cumsum(opened) - opened).astype(np.uint64)
    return Packed(boxes, areas, spans, columns, simple, words, offsets, rows, tops)


def bits(packed: Packed, i: int) -> tuple[int, int, np.ndarray]:
    """Mask ``i`` as bits: its first column, its first row by 64, and ``(columns, rows / 64)`` uint64 (a
    view), of which bit ``b`` of word ``w`` is row ``64 * (first + w) + b``."""
    left, _, right, _ = packed.boxes[i].tolist()
    rows, start = int(packed.rows[i]), int(packed.offsets[i])
    words = packed.words[start : start + (right - left) * rows].reshape(right - left, rows)
    return left, int(packed.tops[i]), words


def shared(packed: Packed, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The pixels shared by mask ``first[k]`` and mask ``second[k]``: ``(K,)`` int64."""
    left = np.maximum(packed.boxes[first, 0], packed.boxes[second, 0])
    columns = np.minimum(packed.boxes[first, 2], packed.boxes[second, 2]) - left
    top = np.maximum(packed.tops[first], packed.tops[second])
    high = np.minimum((packed.tops + packed.rows)[first], (packed.tops + packed.rows)[second]) - top
    meet = (columns > 0) & (high > 0)
    simple = packed.simple[first] & packed.simple[second]
    pixels = np.zeros(len(first), np.int64)
    for some in _portions(np.flatnonzero(meet & simple), columns):
        pixels[some] = _by_spans(packed, first[some], second[some], left[some], columns[some])
    for some in _portions(np.flatnonzero(meet & ~simple), columns * high):
        pixels[some] = _by_words(
            packed, first[some], second[some], left[some], columns[some], top[some], high[some]
        )
    return pixels


def _portions(some: np.ndarray, cost: np.ndarray) -> list[np.ndarray]:
    """Pairs cut into stretches that are compared in one go."""
    spent = np.cumsum(cost[some])
    if not len(spent):
        return []
    cuts = np.searchsorted(spent, np.arange(AT_ONCE, int(spent[-1]), AT_ONCE))
    return [portion for portion in np.split(some, cuts) if len(portion)]


def _by_spans(
    packed: Packed, first: np.ndarray, second: np.ndarray, left: np.ndarray, columns: np.ndarray
) -> np.ndarray:
    heads = np.cumsum(columns) - columns
    each = np.arange(int(columns.sum()))
    starts, ends = packed.spans
    a, b = (
        np.repeat(packed.columns[one] + left - packed.boxes[one, 0] - heads, columns) + each
        for one in (first, second)
    )
    both = np.minimum(ends[a], ends[b]) - np.maximum(starts[a], starts[b])
    pixels: np.ndarray = np.add.reduceat(np.maximum(both, 0), heads, dtype=np.int64)
    return pixels


def _by_words(
    packed: Packed,
    first: np.ndarray,
    second: np.ndarray,
    left: np.ndarray,
    columns: np.ndarray,
    top: np.ndarray,
    high: np.ndarray,
) -> np.ndarray:
    # First the columns of each pair, then the words of each column.
    pair = np.repeat(np.arange(len(first)), columns)
    x = np.arange(len(pair)) + np.repeat(left - np.cumsum(columns) + columns, columns)
    height = high[pair]
    heads = np.cumsum(height) - height
    each = np.arange(int(height.sum()))
    a, b = (
        np.repeat(
            packed.offsets[one][pair]
            + (x - packed.boxes[one, 0][pair]) * packed.rows[one][pair]
            + (top - packed.tops[one])[pair]
            - heads,
            height,
        )
        + each
        for one in (first, second)
    )
    bits = np.bitwise_count(packed.words[a] & packed.words[b])
    counts = columns * high
    pixels: np.ndarray = np.add.reduceat(bits, np.cumsum(counts) - counts, dtype=np.int64)
    return pixels


def iou(packed: Packed) -> np.ndarray:
    """Intersection over union of each mask with each: ``(N, N)`` float64 in [0, 1]; 0 where both are
    empty. Where only large overlaps matter, `iou_above` is many times as fast."""
    first, second, values = iou_above(packed, 0.0)
    matrix = np.zeros((len(packed.areas),) * 2)
    matrix[first, second] = matrix[second, first] = values
    np.fill_diagonal(matrix, packed.areas > 0)
    return matrix


def iou_above(packed: Packed, least: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every two masks whose intersection over union is more than ``least``: their numbers, the lower
    first, and the value; in order."""
    areas = packed.areas.astype(float)

    def hopeful(box: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        most = np.minimum(np.minimum(box, a), b)
        found: np.ndarray = (most > (a + b - most) * (least - 1e-9)) & (most > 0)
        return found

    first, second = pairs(packed.boxes, areas, hopeful)
    both = shared(packed, first, second)
    values = both / (packed.areas[first] + packed.areas[second] - both)
    good = values > least
    return first[good], second[good], values[good]


def pairs(
    boxes: np.ndarray,
    areas: np.ndarray,
    hopeful: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:
    """Every two (the lower number first, in order) of which ``hopeful(shared, a, b)`` says yes: the area
    that their boxes ``(N, 4)`` share, and the areas given for the two."""
    x1, y1, x2, y2 = (np.ascontiguousarray(v) for v in boxes.T.astype(float))
    firsts, seconds = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for start in range(0, len(boxes), ROWS_AT_ONCE):
        rows, rest = slice(start, start + ROWS_AT_ONCE), slice(start, None)
        across = np.minimum(x2[rows, None], x2[None, rest]) - np.maximum(x1[rows, None], x1[None, rest])
        down = np.minimum(y2[rows, None], y2[None, rest]) - np.maximum(y1[rows, None], y1[None, rest])
        box = np.maximum(across, 0) * np.maximum(down, 0)
        first, second = np.nonzero(hopeful(box, areas[rows, None], areas[None, rest]))
        later = second > first
        firsts.append(first[later] + start)
        seconds.append(second[later] + start)
    return np.concatenate(firsts), np.concatenate(seconds)
