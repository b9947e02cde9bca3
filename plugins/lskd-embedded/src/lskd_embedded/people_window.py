"""A square look at a part of an image: never stretched, black where it reaches beyond the image."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import PIL.Image

from lskd_toolkit import Box


class Window(NamedTuple):
    """A square of whole pixels of an image; it may reach beyond the image."""

    left: int
    top: int
    side: int


def around(box: Box, margin: float) -> Window:
    """The square about a box's middle whose side is its longer one, times ``1 + 2 * margin``."""
    x1, y1, x2, y2 = box
    side = max(1, _whole(max(x2 - x1, y2 - y1) * (1 + 2 * margin)))
    return Window(_whole((x1 + x2 - side) / 2), _whole((y1 + y2 - side) / 2), side)


def head_of(box: Box) -> Window:
    """The square in which a person's head is looked for: the box's upper half with room around it.

    A wide box (lying, bent, cut off at the chest) is taken whole.
    """
    x1, y1, x2, y2 = box
    side = max(1, _whole(max(x2 - x1, 0.55 * (y2 - y1)) * 1.3))
    return Window(_whole((x1 + x2 - side) / 2), _whole(y1 - 0.15 * side), side)


def look(pixels: np.ndarray, window: Window, size: int) -> np.ndarray:
    """What is in a window.

    Arguments:
        pixels: uint8 RGB ``(height, width, 3)``.
        size: pixels of a side of what comes back.

    Returns:
        uint8 RGB ``(size, size, 3)``.
    """
    height, width = pixels.shape[:2]
    left, top, side = window
    x1, y1, x2, y2 = max(left, 0), max(top, 0), min(left + side, width), min(top + side, height)
    square = np.zeros((side, side, 3), np.uint8)
    if x1 < x2 and y1 < y2:
        square[y1 - top : y2 - top, x1 - left : x2 - left] = pixels[y1:y2, x1:x2]
    return np.asarray(PIL.Image.fromarray(square).resize((size, size), PIL.Image.Resampling.BILINEAR))


def _whole(value: float) -> int:
    """The nearest whole number, halves up: `round` sends them to the even one, so that a window would move
    by another pixel than its box."""
    return math.floor(value + 0.5)
