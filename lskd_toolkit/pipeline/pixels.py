"""How many decoded pixels a run holds: as many as are looked at again soon, and no more."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable

from ..images.picture import Picture

HELD_PIXELS = 512 * 1024 * 1024
"""Bytes of decoded pixels kept for the stages to come, over all chunks in flight. Beyond it the ones
decoded first are let go of, and decoded again if they are wanted again. An array in use stays alive by
the hands that hold it."""


class HeldPixels:
    """Pictures whose pixels are in memory, the longest held first."""

    def __init__(self, limit: int = HELD_PIXELS):
        self._limit, self._bytes = limit, 0
        self._pictures: OrderedDict[int, tuple[Picture, int]] = OrderedDict()
        self._guard = threading.Lock()

    def hold(self, picture: Picture, size: int) -> None:
        """Note that a picture has been decoded; let go of others if that is too much."""
        with self._guard:
            self._pictures[id(picture)] = (picture, size)
            self._bytes += size
            while self._bytes > self._limit and len(self._pictures) > 1:
                _, (oldest, held) = self._pictures.popitem(last=False)
                oldest.release()
                self._bytes -= held

    def let_go(self, pictures: Iterable[Picture]) -> None:
        """These are done with."""
        with self._guard:
            for picture in pictures:
                _, held = self._pictures.pop(id(picture), (picture, 0))
                picture.release()
                self._bytes -= held
