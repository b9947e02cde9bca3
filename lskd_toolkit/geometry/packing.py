"""Masks of one image packed for counting what they share, from their run lengths alone.

A mask is kept as layers: the first run of every column, the second of those that have two, and so on. Most
have a layer or two. A ragged mask, one of many layers, is drawn as bits instead when it is needed: each
column of its hull in words of 64 pixels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .masks import decompress

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
