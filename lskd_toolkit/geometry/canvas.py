"""Pixels that several masks cover together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .overlaps import Bits, Packed, columns_of


class Canvas:
    """Masks laid over each other as bits, as far as the hulls of ``some`` reach, which are among those that
    were drawn."""

    def __init__(self, masks: Packed, bits: Bits, some: Sequence[int] | np.ndarray):
        self._masks, self._bits = masks, bits
        left, _, right, _ = masks.boxes[some].T
        self._left, self._top = int(left.min(initial=2**31)), int(bits.tops[some].min(initial=2**31))
        wide = int(right.max(initial=self._left)) - self._left
        high = int((bits.tops + bits.rows)[some].max(initial=self._top)) - self._top
        self._words = np.zeros((wide, high), np.uint64)

    def _window(self, i: int) -> tuple[np.ndarray, np.ndarray]:
        left, top, words = columns_of(self._masks, self._bits, i)
        x, y = left - self._left, top - self._top
        return self._words[x : x + words.shape[0], y : y + words.shape[1]], words

    def add(self, i: int) -> None:
        window, words = self._window(i)
        np.bitwise_or(window, words, out=window)

    def covered(self, i: int) -> int:
        """How many of the mask's pixels are covered."""
        window, words = self._window(i)
        return int(np.bitwise_count(window & words).sum())

    @property
    def pixels(self) -> int:
        """How many are covered."""
        return int(np.bitwise_count(self._words).sum())
