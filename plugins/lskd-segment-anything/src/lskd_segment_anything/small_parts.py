"""Small holes filled and small islands taken away, on run lengths: a mask is never unfolded for it."""

from __future__ import annotations

import numpy as np

from .runs import Runs, of_edges


def cleaned(runs: Runs, least: int) -> tuple[Runs, bool]:
    """The mask without holes and islands of fewer than ``least`` pixels, and whether it had any. If all its
    parts are smaller the largest stays. Pixels that touch diagonally belong together, as do holes."""
    height, width = runs.size
    edges = _columns(runs.edges, height)
    filled, had_holes = _filled(edges, height, width, least)
    kept, had_islands = _kept(filled, height, least)
    if not had_holes and not had_islands:
        return runs, False
    found = of_edges(kept, runs.size)
    assert found is not None  # the largest part stays
    return found, True


def _columns(edges: np.ndarray, height: int) -> np.ndarray:
    """Runs cut at the ends of columns, as edges in which a run's end may be the next one's beginning."""
    start, end = edges[::2], edges[1::2]
    pieces = (end - 1) // height - start // height + 1
    if (pieces == 1).all():
        return edges
    at = np.repeat(np.arange(len(start)), pieces)
    nth = np.arange(len(at)) - (np.cumsum(pieces) - pieces)[at]
    bound = (start[at] // height + nth) * height
    first, last = np.maximum(start[at], bound), np.minimum(end[at], bound + height)
    return np.stack([first, last], 1).ravel()


def _filled(edges: np.ndarray, height: int, width: int, least: int) -> tuple[np.ndarray, bool]:
    gaps = _columns(_complement(edges, height * width), height)
    if not len(gaps):
        return edges, False
    part, sizes = _parts(gaps, height)
    small = sizes[part] < least
    if not small.any():
        return edges, False
    return _columns(_complement(gaps.reshape(-1, 2)[~small].ravel(), height * width), height), True


def _kept(edges: np.ndarray, height: int, least: int) -> tuple[np.ndarray, bool]:
    part, sizes = _parts(edges, height)
    small = sizes < least
    if not small.any():
        return edges, False
    if small.all():
        small[_largest(edges, part, sizes, height)] = False
    return edges.reshape(-1, 2)[~small[part]].ravel(), True


def _largest(edges: np.ndarray, part: np.ndarray, sizes: np.ndarray, height: int) -> int:
    """The largest part; of several the one that comes first when an image is read line by line."""
    column, row = np.divmod(edges[::2], height)
    order = np.lexsort((column, row, -sizes[part]))
    return int(part[order[0]])


def _complement(edges: np.ndarray, pixels: int) -> np.ndarray:
    """The edges of what is between runs; empty stretches are left out."""
    turned = np.concatenate([[0], edges, [pixels]]).reshape(-1, 2)
    return np.asarray(turned[turned[:, 0] < turned[:, 1]].ravel())


def _parts(edges: np.ndarray, height: int) -> tuple[np.ndarray, np.ndarray]:
    """Of every run (none crosses a column's end) the number of its connected part, and the parts' sizes."""
    start, end = edges[::2], edges[1::2]
    column = start // height
    # The runs of the next column that touch run i: begin no later than its end, end no sooner than its start.
    # Shifted by a column and kept inside it, both bounds are found by search.
    ahead = (column + 1) * height
    first = np.searchsorted(end, np.maximum(start + height, ahead + 1), side="left")
    after = np.searchsorted(start, np.minimum(end + height, ahead + height - 1), side="right")
    counts = np.maximum(after - first, 0)
    one = np.repeat(np.arange(len(start)), counts)
    other = first[one] + np.arange(len(one)) - (np.cumsum(counts) - counts)[one]
    label = np.arange(len(start))
    while True:
        a, b = label[one], label[other]
        if (a == b).all():
            break
        lower = np.minimum(a, b)
        np.minimum.at(label, a, lower)
        np.minimum.at(label, b, lower)
        while (label != label[label]).any():
            label = label[label]
    _, part = np.unique(label, return_inverse=True)
    return part, np.bincount(part, weights=end - start).astype(np.int64)
