"""How many pixels masks share, exactly and fast: for a thousand masks of an image.

Masks are packed from their run lengths, without ever being unfolded, as layers: the first run of every
column, the second of those that have two, and so on. What two layers share is, column by column, what two
intervals share, and most masks have a layer or two. Ragged masks of many layers are drawn as bits instead,
each column of a mask's hull in words of 64 pixels: what two masks share is the set bits of ``a & b`` over
the words that both hulls cover. Which pairs are worth it, their boxes and areas tell: two masks share no
more than their hulls do, and no more than the smaller one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .masks import decompress

AT_ONCE = 1 << 16
"""How many columns or words are compared in one go: 0.5 MB for each intermediate result."""
ROWS_AT_ONCE = 64
"""How many boxes meet all others in one go, so that the intermediate results stay in the cache."""
MOST_LAYERS = 4
"""A mask of more is ragged."""


@dataclass(frozen=True, slots=True)
class Packed:
    """``N`` masks of one image. ``boxes`` ``(N, 4)`` int64 are their hulls, xyxy (0 where a mask is
    empty), ``areas`` ``(N,)`` int64 their pixels.

    ``runs`` ``(3, R)`` int64 are their vertical runs, column, first row and the row after the last, those of
    mask ``i`` from ``heads[i]`` to ``heads[i + 1]``. ``layers[i]`` says how many layers mask ``i`` has, the
    first of which is number ``first[i]``; a ragged mask has none. Layer ``k`` covers the columns from
    ``spread[0, k]`` to ``spread[1, k]``, and ``spans`` ``(columns, 2)`` int32 hold its rows from ``at[k]``
    on, 0 to 0 where a column has none.
    """

    boxes: np.ndarray
    areas: np.ndarray
    runs: np.ndarray
    heads: np.ndarray
    layers: np.ndarray
    first: np.ndarray
    spread: np.ndarray
    at: np.ndarray
    spans: np.ndarray


@dataclass(frozen=True, slots=True)
class Bits:
    """Masks drawn as bits: mask ``i`` is in ``words`` uint64 from ``offsets[i]`` on, column by column of its
    hull, ``rows[i]`` words a column, the first from row ``64 * tops[i]`` of the image."""

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
    ends = np.concatenate(([0], np.cumsum(counts)))
    before = ends[first]
    if (ends[first + lengths] - before != height * width).any() or (counts < 0).any():
        raise ValueError(f"the runs of a mask do not cover its {height}x{width} pixels")
    # The runs of a mask are absent and present in turns, so every other one is a present one.
    present = lengths // 2
    mask = np.repeat(np.arange(len(lengths)), present)
    turn = 2 * (np.arange(len(mask)) - np.repeat(np.cumsum(present) - present, present)) + 1 + first[mask]
    starts, stops = ends[turn] - before[mask], ends[turn + 1] - before[mask]
    if len(mask) and (starts == stops).any():
        some = starts < stops
        mask, starts, stops = mask[some], starts[some], stops[some]
    return _packed(mask, starts, stops, len(values), height)


def _packed(mask: np.ndarray, starts: np.ndarray, ends: np.ndarray, n: int, height: int) -> Packed:
    """Present runs ``[start, end)`` of numbered masks, in order, packed."""
    # A run that goes on in the next column becomes one run a column.
    x, last = starts // height, (ends - 1) // height
    pieces = last - x + 1
    if (pieces > 1).any():
        at = np.repeat(np.arange(len(starts)), pieces)
        x = x[at] + np.arange(len(at)) - (np.cumsum(pieces) - pieces)[at]
        starts, ends = np.maximum(starts[at], x * height), np.minimum(ends[at], (x + 1) * height)
        mask = mask[at]
    top = x * height
    runs = np.stack((x, starts - top, ends - top))
    x, y1, y2 = runs
    heads = np.searchsorted(mask, np.arange(n + 1))
    boxes, areas = np.zeros((n, 4), np.int64), np.zeros(n, np.int64)
    some = np.flatnonzero(np.diff(heads))
    if len(some):
        begin, end = heads[some], heads[some + 1] - 1
        lows, highs = np.minimum.reduceat(y1, begin), np.maximum.reduceat(y2, begin)
        boxes[some] = np.stack((x[begin], lows, x[end] + 1, highs), axis=1)
        areas[some] = np.add.reduceat(y2 - y1, begin)
    return Packed(boxes, areas, runs, heads, *_layers(mask, runs, heads))


def _layers(mask: np.ndarray, runs: np.ndarray, heads: np.ndarray) -> tuple[np.ndarray, ...]:
    """The runs of numbered masks in layers: how many each mask has and its first, and of every layer its
    columns, its place, and the spans."""
    x, y1, y2 = runs
    # A run's layer is how many runs its column has above it.
    each = np.arange(len(mask))
    new = np.ones(len(mask), bool)
    new[1:] = (x[1:] != x[:-1]) | (mask[1:] != mask[:-1])
    depth = each - np.maximum.accumulate(np.where(new, each, 0))
    layers = np.zeros(len(heads) - 1, np.int64)
    present = np.flatnonzero(np.diff(heads))
    if len(present):
        layers[present] = np.maximum.reduceat(depth, heads[present]) + 1
    ragged = layers > MOST_LAYERS
    layers[ragged] = 0
    smooth = ~ragged[mask] if ragged.any() else None
    first = np.cumsum(layers) - layers
    total = int(layers.sum())
    spread = np.zeros((2, total), np.int64)
    chosen: list[tuple[np.ndarray, np.ndarray]] = []
    for k in range(int(layers.max(initial=0))):
        some = np.flatnonzero(depth == k if smooth is None else (depth == k) & smooth)
        number = first[mask[some]] + k
        begin = np.flatnonzero(np.diff(number, prepend=-1))
        end = np.append(begin[1:], len(some)) - 1
        spread[0, number[begin]], spread[1, number[begin]] = x[some[begin]], x[some[end]] + 1
        chosen.append((some, number))
    columns = spread[1] - spread[0]
    at = np.cumsum(columns) - columns
    spans = np.zeros((int(columns.sum()), 2), np.int32)
    for some, number in chosen:
        place = (at - spread[0])[number] + x[some]
        spans[place, 0], spans[place, 1] = y1[some], y2[some]
    return layers, first, spread, at, spans


def draw(packed: Packed, some: np.ndarray) -> Bits:
    """The masks with these numbers, rising, as bits; the others have none."""
    n = len(packed.areas)
    widths, tops, rows = np.zeros(n, np.int64), packed.boxes[:, 1] // 64, np.zeros(n, np.int64)
    widths[some] = (packed.boxes[:, 2] - packed.boxes[:, 0])[some]
    # One word more than the hull needs where it ends on a word's border: every run's end has a place.
    rows[some] = (packed.boxes[:, 3] // 64 - tops + 1)[some]
    sizes = widths * rows
    offsets = np.cumsum(sizes) - sizes
    total = int(sizes.sum())
    lengths = np.diff(packed.heads)[some]
    mask = np.repeat(some, lengths)
    each = np.arange(len(mask)) + np.repeat(packed.heads[some] - np.cumsum(lengths) + lengths, lengths)
    x, y1, y2 = packed.runs[:, each]
    base = (offsets - packed.boxes[:, 0] * rows - tops)[mask] + x * rows[mask]
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
    return Bits(words, offsets, rows, tops)


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
