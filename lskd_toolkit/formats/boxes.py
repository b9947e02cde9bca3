"""Boxes as others write them: corners, corner and extent, or centre and extent; in pixels or as shares.

Each function takes ``size``, the image's (width, height) in pixels, where the other side is normalised to
[0, 1]; without it the other side is in pixels too. Our own side is always xyxy pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..records import Box
from .malformed import Malformed, finite, listed

Size = tuple[float, float]


def from_xyxy(box: Any, size: Size | None = None) -> Box:
    """``(x1, y1, x2, y2)`` to a box.

    Raises:
        Malformed: not four finite numbers, corners swapped, or no area.
    """
    x1, y1, x2, y2 = _scaled(_four(box), size)
    return _proper((x1, y1, x2, y2), box)


def from_xywh(box: Any, size: Size | None = None) -> Box:
    """``(x, y, width, height)`` of the upper left corner, as COCO and SAM write it, to a box.

    Raises:
        Malformed: not four finite numbers, or no area.
    """
    x, y, width, height = _scaled(_four(box), size)
    return _proper((x, y, x + width, y + height), box)


def from_cxcywh(box: Any, size: Size | None = None) -> Box:
    """``(x, y, width, height)`` of the centre, as YOLO writes it, to a box.

    Raises:
        Malformed: not four finite numbers, or no area.
    """
    x, y, width, height = _scaled(_four(box), size)
    return _proper((x - width / 2, y - height / 2, x + width / 2, y + height / 2), box)


def to_xyxy(box: Sequence[float], size: Size | None = None) -> Box:
    """The box's corners."""
    x1, y1, x2, y2 = box
    return _shares((x1, y1, x2, y2), size)


def to_xywh(box: Sequence[float], size: Size | None = None) -> Box:
    """The box's upper left corner and extent."""
    x1, y1, x2, y2 = box
    return _shares((x1, y1, x2 - x1, y2 - y1), size)


def to_cxcywh(box: Sequence[float], size: Size | None = None) -> Box:
    """The box's centre and extent."""
    x1, y1, x2, y2 = box
    return _shares(((x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1), size)


def _four(box: Any) -> Sequence[float]:
    values = listed(box, "box")
    if len(values) != 4:
        raise Malformed(f"box has {len(values)} numbers, not 4")
    return finite(values, "box")


def _scaled(box: Sequence[float], size: Size | None) -> Box:
    width, height = _positive(size)
    a, b, c, d = box
    return a * width, b * height, c * width, d * height


def _shares(box: Box, size: Size | None) -> Box:
    width, height = _positive(size)
    a, b, c, d = box
    return a / width, b / height, c / width, d / height


def _positive(size: Size | None) -> Size:
    if size is None:
        return 1.0, 1.0
    width, height = finite(size, "size")
    if not (width > 0 and height > 0):
        raise Malformed(f"an image of {width:g}x{height:g} has no pixels")
    return width, height


def _proper(box: Box, given: Any) -> Box:
    x1, y1, x2, y2 = box
    if not (x1 < x2 and y1 < y2):
        told = ", ".join(f"{value:g}" for value in finite(listed(given, "box"), "box"))
        raise Malformed(f"box ({told}) has no area: it is {x2 - x1:g} wide and {y2 - y1:g} high")
    return box
