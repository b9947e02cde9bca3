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
    its source has for it, in its pixels.
    """

    __slots__ = ("_decode", "_pixels", "given", "image")

    def __init__(self, image: Image, decode: Callable[[], np.ndarray], given: Refined = NONE_GIVEN):
        self.image = image
        self.given = given
        self._decode = decode
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

    def release(self) -> None:
        """Forget the pixels; the next look decodes them again."""
        self._pixels = None

    def __repr__(self) -> str:
        return f"Picture({self.image.id!r}, {self.image.width}x{self.image.height})"
