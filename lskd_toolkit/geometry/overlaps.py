"""How many pixels masks share, exactly and fast: for a thousand masks of an image.

What two layers share is, column by column, what two intervals share; of ragged masks it is the set bits of
``a & b`` over the words that both hulls cover. Which pairs are worth it, their boxes and areas tell: two
masks share no more than their hulls do, and no more than the smaller one.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .packing import Packed, draw

AT_ONCE = 1 << 16
"""How many columns or words are compared in one go: 0.5 MB for each intermediate result."""
ROWS_AT_ONCE = 64
"""How many boxes meet all others in one go, so that the intermediate results stay in the cache."""


def shared(packed: Packed, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The pixels shared by mask ``first[k]`` and mask ``second[k]``: ``(K,)`` int64."""
    pixels = np.zeros(len(first), np.int64)
    one, other = packed.layers[first], packed.layers[second]
    ragged = ((one == 0) & (packed.areas[first] > 0)) | ((other == 0) & (packed.areas[second] > 0))
    smooth = np.flatnonzero(~ragged & (one > 0) & (other > 0))
    # Every layer of the one with every layer of the other.
    times = one[smooth] * other[smooth]
    pair = np.repeat(smooth, times)
    turn = np.arange(len(pair)) - np.repeat(np.cumsum(times) - times, times)
    a, b = packed.first[first[pair]] + turn // other[pair], packed.first[second[pair]] + turn % other[pair]
    left = np.maximum(packed.spread[0, a], packed.spread[0, b])
    columns = np.minimum(packed.spread[1, a], packed.spread[1, b]) - left
    for some in _portions(np.flatnonzero(columns > 0), columns):
        found = _by_spans(packed, a[some], b[some], left[some], columns[some])
        if len(pair) == len(smooth):
            pixels[pair[some]] = found
        else:
            np.add.at(pixels, pair[some], found)
    if ragged.any():
        some = np.flatnonzero(ragged)
        pixels[some] = _ragged(packed, first[some], second[some])
    return pixels


def _portions(some: np.ndarray, cost: np.ndarray) -> list[np.ndarray]:
    """Pairs cut into stretches that are compared in one go."""
    spent = np.cumsum(cost[some])
    if not len(spent):
        return []
    cuts = np.searchsorted(spent, np.arange(AT_ONCE, int(spent[-1]), AT_ONCE))
    return [portion for portion in np.split(some, cuts) if len(portion)]


def _by_spans(
    packed: Packed, a: np.ndarray, b: np.ndarray, left: np.ndarray, columns: np.ndarray
) -> np.ndarray:
    """What layers share over some columns from ``left`` on."""
    heads = np.cumsum(columns) - columns
    each = np.arange(int(columns.sum()))
    both_ends = packed.spans.view(np.int64).ravel()  # taken together: half the walks through memory
    one, other = (
        both_ends.take(np.repeat(packed.at[layer] + left - packed.spread[0, layer] - heads, columns) + each)
        .view(np.int32)
        .reshape(-1, 2)
        for layer in (a, b)
    )
    both = np.minimum(one[:, 1], other[:, 1])
    both -= np.maximum(one[:, 0], other[:, 0])
    pixels: np.ndarray = np.add.reduceat(np.maximum(both, 0, out=both), heads, dtype=np.int64)
    return pixels


def _ragged(packed: Packed, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """`shared` by bits."""
    bits = draw(packed, np.unique((first, second)))
    left = np.maximum(packed.boxes[first, 0], packed.boxes[second, 0])
    columns = np.minimum(packed.boxes[first, 2], packed.boxes[second, 2]) - left
    top = np.maximum(bits.tops[first], bits.tops[second])
    high = np.minimum((bits.tops + bits.rows)[first], (bits.tops + bits.rows)[second]) - top
    pixels = np.zeros(len(first), np.int64)
    for some in _portions(np.flatnonzero((columns > 0) & (high > 0)), columns * high):
        # First the columns of each pair, then the words of each column.
        pair = np.repeat(some, columns[some])
        x = np.arange(len(pair)) + np.repeat(
            left[some] - np.cumsum(columns[some]) + columns[some], columns[some]
        )
        height = high[pair]
        heads = np.cumsum(height) - height
        each = np.arange(int(height.sum()))
        a, b = (
            np.repeat(
                bits.offsets[mask]
                + (x - packed.boxes[mask, 0]) * bits.rows[mask]
                + (top[pair] - bits.tops[mask])
                - heads,
                height,
            )
            + each
            for mask in (first[pair], second[pair])
        )
        counts = (columns * high)[some]
        set_bits = np.bitwise_count(bits.words.take(a) & bits.words.take(b))
        pixels[some] = np.add.reduceat(set_bits, np.cumsum(counts) - counts, dtype=np.int64)
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
