"""How much of one region lies within another, by their masks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lskd_toolkit import LskdError, Region
from lskd_toolkit.geometry.shapes import region_mask

from .relations_depth import masked


class Masks:
    """The masks of one picture's regions, each made once, when it is asked for."""

    def __init__(self, regions: Sequence[Region], width: int, height: int):
        self._regions = {region.id: region for region in regions}
        self._size = (width, height)
        self._made: dict[int, np.ndarray | None] = {}

    def within(self, subject: int, other: int) -> tuple[float, float] | None:
        """The share of ``subject``'s mask that is in ``other``'s, and its size as a share of ``other``'s;
        None where not both have a mask."""
        a, b = self._mask(subject), self._mask(other)
        if a is None or b is None:
            return None
        both, own, whole = float((a & b).sum()), float(a.sum()), float(b.sum())
        return both / own, own / whole

    def _mask(self, id: int) -> np.ndarray | None:
        if id not in self._made:
            self._made[id] = self._drawn(self._regions[id])
        return self._made[id]

    def _drawn(self, region: Region) -> np.ndarray | None:
        if not masked(region):
            return None
        try:
            mask = region_mask(region, *self._size)
        except LskdError:  # a type of shape whose plugin is not installed
            return None
        return mask if mask.any() else None
