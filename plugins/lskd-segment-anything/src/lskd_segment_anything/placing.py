"""Images laid into the square that a SAM takes."""

from __future__ import annotations

import numpy as np
import PIL.Image


def place(height: int, width: int, side: int) -> tuple[int, int]:
    """Height and width of an image whose longer side is made ``side``; at least a pixel, unlike the
    library, which fails on images 2,000 times as wide as high."""
    scale = side * 1.0 / max(height, width)
    return max(1, int(height * scale + 0.5)), max(1, int(width * scale + 0.5))


def shrunk(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """``(H, W, 3)`` uint8 pixels, bilinearly, to ``size`` (height, width)."""
    resized = PIL.Image.fromarray(pixels).resize((size[1], size[0]), PIL.Image.Resampling.BILINEAR)
    return np.array(resized)
