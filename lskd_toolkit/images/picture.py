"""A picture: an image record with its pixels, decoded when they are first looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ..records import Image, Refined

if TYPE_CHECKING:
    import PIL.Image

NONE_GIVEN = Refined(())


class Picture:
    """An image and its pixels.

    ``pixels`` is uint8 RGB ``(height, width, 3)``, upright, read-only. They are decoded on first use
    and kept until `release`, so a component that never looks does not pay. ``given`` are the regions that
    its source has for it, in its pixels. ``decode_small`` gives them with no less than so many pixels on the
    shorter side, where that is cheaper.
    """

    __slots__ = ("_decode", "_decode_small", "_pixels", "given", "image")

    def __init__(
        self,
        image: Image,
        decode: Callable[[], np.ndarray],
        given: Refined = NONE_GIVEN,
        decode_small: Callable[[int], np.ndarray] | None = None,
    ):
        self.image = image
        self.given = given
        self._decode = decode
        self._decode_small = decode_small
        self._pixels: np.ndarray | None = None

    @property
    def pixels(self) -> np.ndarray:
        pixels = self._pixels
        if pixels is None:
            pixels = self._decode()
            pixels.setflags(write=False)
            self._pixels = pixels
        return pixels

    @property
    def pil(self) -> PIL.Image.Image:
        """The pixels as a Pillow image of mode RGB."""
        import PIL.Image

        return PIL.Image.fromarray(self.pixels)

    def small(self, least: int) -> PIL.Image.Image:
        """The picture for those who make it smaller: no less than ``least`` pixels on its shorter side if it
        has them. Decoded for this call alone, whether or not ``pixels`` are there: the same file gives the
        same bytes."""
        import PIL.Image

        return PIL.Image.fromarray(self._decode_small(least)) if self._decode_small else self.pil

    def release(self) -> None:
        """Forget the pixels; the next look decodes them again."""
        self._pixels = None

    def __repr__(self) -> str:
        return f"Picture({self.image.id!r}, {self.image.width}x{self.image.height})"
