"""Pixels that several masks cover together."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from .packing import Packed, draw

Drawn = tuple[int, int, np.ndarray]
"""A mask as bits: its first column, its first row by 64, and ``(columns, words)`` uint64, of which bit ``b``
of word ``w`` is row ``64 * (first + w) + b``."""


def drawn(masks: Packed, some: Iterable[int]) -> dict[int, Drawn]:
    """The masks with these numbers as bits."""
    numbers = np.unique(np.fromiter(some, np.int64))
    bits = draw(masks, numbers)
    widths = (masks.boxes[:, 2] - masks.boxes[:, 0])[numbers]
    found: dict[int, Drawn] = {}
    for i, left, width, top, rows, start in zip(
        *(v.tolist() for v in (numbers, masks.boxes[numbers, 0], widths)),
        *(v[numbers].tolist() for v in (bits.tops, bits.rows, bits.offsets)),
        strict=True,
    ):
        found[i] = left, top, bits.words[start : start + width * rows].reshape(width, rows)
    return found


class Canvas:
    """Masks laid over each other as bits, as far as the first ones reach that it is told of."""

    def __init__(self, some: Iterable[Drawn]):
        places = [(left, top, left + len(words), top + words.shape[1]) for left, top, words in some]
        self._left, self._top = min((p[0] for p in places), default=0), min((p[1] for p in places), default=0)
        wide = max((p[2] for p in places), default=0) - self._left
        high = max((p[3] for p in places), default=0) - self._top
        self._words = np.zeros((wide, high), np.uint64)

    def add(self, mask: Drawn) -> None:
        left, top, words = mask
        x, y = left - self._left, top - self._top
        window = self._words[x : x + words.shape[0], y : y + words.shape[1]]
        np.bitwise_or(window, words, out=window)

    def covered(self, mask: Drawn) -> int:
        """How many of the mask's pixels are covered."""
        left, top, words = mask
        x, y = left - self._left, top - self._top
        window = self._words[x : x + words.shape[0], y : y + words.shape[1]]
        return int(np.bitwise_count(window & words).sum())

    @property
    def pixels(self) -> int:
        """How many are covered."""
        return int(np.bitwise_count(self._words).sum())
