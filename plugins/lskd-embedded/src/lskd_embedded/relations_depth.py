"""What is nearer: regions compared by the pixels of a depth map that are their own.

Only the order of the map's values is looked at, never their distance: a model's depth is right up to a
curve that differs from picture to picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lskd_toolkit import LskdError, Region, Scene
from lskd_toolkit.geometry.boxes import area
from lskd_toolkit.geometry.shapes import region_mask

MIDDLE = 0.5
"""Share of a box's width and height in which it is more likely to be itself than what is behind it."""
APART = 0.08
"""Least difference of two regions' median depths, in ranks: as a share of the picture's pixels. Below it lies
what a smooth ground or a model's noise makes of two things at one distance."""
LEAST = 0.75
"""Share of the pairs of pixels, one of each region, that have to agree on which is nearer."""


@dataclass(frozen=True, slots=True)
class Depths:
    """For each region id the ranks in [0, 1] of its own pixels, sorted; larger is farther."""

    of: dict[int, np.ndarray]

    def nearer(self, one: int, other: int) -> float:
        """How surely ``one`` is nearer than ``other``: 0 where they are not clearly apart or it is farther.

        The share of pairs of pixels, one of each, in which it is nearer: the statistic of Mann and Whitney.
        """
        a, b = self.of.get(one), self.of.get(other)
        if a is None or b is None or float(np.median(b)) - float(np.median(a)) < APART:
            return 0.0
        below = np.searchsorted(b, a, side="left").sum() + np.searchsorted(b, a, side="right").sum()
        share = 1.0 - float(below) / (2 * len(a) * len(b))
        return share if share >= LEAST else 0.0

    def ends(self) -> dict[int, str]:
        """``the nearest`` and ``the farthest`` of three and more regions, where one is that clearly."""
        found = {}
        if len(self.of) > 2:
            for words, clear in (
                ("the nearest", self.nearer),
                ("the farthest", lambda a, b: self.nearer(b, a)),
            ):
                found.update(
                    {a: words for a in self.of if all(clear(a, b) > 0 for b in self.of if b != a)}
                )  # fmt: skip
        return found


def depths(scene: Scene, depth: np.ndarray) -> Depths:
    """The regions' depths by a map that covers the whole picture.

    Arguments:
        depth: ``(h, w)`` of any resolution; larger is farther.
    """
    ranks = ranked(depth)
    return Depths(
        {
            region.id: np.sort(ranks[own(region, scene, ranks.shape[1], ranks.shape[0])])
            for region in scene.regions
        }
    )


def ranked(depth: np.ndarray) -> np.ndarray:
    """Each value's rank in [0, 1], the same for equal values: no monotone curve changes it."""
    values, where, counts = np.unique(depth, return_inverse=True, return_counts=True)
    if len(values) < 2:
        return np.full(depth.shape, 0.5)
    middle = np.cumsum(counts) - (counts + 1) / 2
    return np.asarray((middle / max(depth.size - 1, 1))[where].reshape(depth.shape))


def own(region: Region, scene: Scene, w: int, h: int) -> np.ndarray:
    """The pixels of a map of ``w`` × ``h`` that show the region, bool ``(h, w)``, at least one.

    Those under its mask; without one those in the middle of its box, but for what lies in the box of a
    smaller region, where that leaves a quarter of them: what is before a bus is not the bus.
    """
    width, height = scene.image.width, scene.image.height
    if masked(region):
        try:
            mask = _at(region_mask(region, width, height), w, h)
        except LskdError:  # a type of shape whose plugin is not installed
            mask = np.zeros((h, w), dtype=bool)
        if mask.any():
            return mask
    x1, y1, x2, y2 = region.box
    dx, dy = (x2 - x1) * (1 - MIDDLE) / 2, (y2 - y1) * (1 - MIDDLE) / 2
    middle = _box((x1 + dx, y1 + dy, x2 - dx, y2 - dy), w / width, h / height, w, h)
    free = middle.copy()
    for smaller in scene.regions:
        if smaller.id != region.id and area(smaller.box) < area(region.box):
            free &= ~_box(smaller.box, w / width, h / height, w, h)
    return free if 4 * free.sum() >= middle.sum() else middle


def masked(region: Region) -> bool:
    """Whether more is known of the region than its box."""
    return region.shape is not None and region.shape.type not in ("box", "points")


def _box(box: Sequence[float], sx: float, sy: float, w: int, h: int) -> np.ndarray:
    """The pixels whose centres lie in a box of the picture; all that it touches where there is none."""
    rows, columns = _span(box[1], box[3], sy, h), _span(box[0], box[2], sx, w)
    return np.asarray(rows[:, None] & columns[None])


def _span(low: float, high: float, scale: float, count: int) -> np.ndarray:
    """Along one axis; no side is favoured, so that a mirrored picture has mirrored pixels."""
    at = np.arange(count)
    within: np.ndarray = (at + 0.5 > low * scale) & (at + 0.5 < high * scale)
    return within if within.any() else (at + 1 >= low * scale) & (at <= high * scale)


def _at(mask: np.ndarray, w: int, h: int) -> np.ndarray:
    """A mask of the picture at the resolution ``w`` × ``h``: each pixel that of the place it comes from."""
    rows = ((np.arange(h) + 0.5) * mask.shape[0] / h).astype(int)
    columns = ((np.arange(w) + 0.5) * mask.shape[1] / w).astype(int)
    return np.asarray(mask[rows[:, None], columns[None]])
