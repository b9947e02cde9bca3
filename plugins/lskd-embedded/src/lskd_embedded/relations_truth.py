"""How far two boxes lie as a relation says: what ``relations`` tells and what ``grounding`` checks."""

from __future__ import annotations

import math

from lskd_toolkit import Box, Region
from lskd_toolkit.geometry.boxes import area
from lskd_toolkit.geometry.relations import NAMES, holds

PAIRED = (
    "inside", "on top of", "in front of", "behind", "left of", "right of", "above", "below", "next to",
    "far from",
)  # fmt: skip
"""Every relation that has a geometry."""
SIZES = ("larger than", "smaller than", "taller than", "shorter than", "as large as")
"""Comparisons of how large two regions are drawn."""


def truth(name: str, subject: Box, other: Box) -> float:
    """How far ``subject`` is ``name`` ``other``, in [0, 1], continuous in the boxes.

    What a flat picture shows is the core's geometry. Added here is what it only hints at: depth, which
    follows the lower edges, as things on one ground do.

    Raises:
        KeyError: the relation has no geometry.
    """
    if name in NAMES:
        return holds(name, Region(0, subject), Region(1, other), 0, 0)
    if name in SIZES:
        return _compared(name, subject, other)
    (ax1, ay1, ax2, ay2), (bx1, by1, bx2, by2) = subject, other
    high = max(0.25 * (ay2 - ay1 + by2 - by1), 1e-6)
    near = truth("next to", subject, other)
    if name == "on top of":
        share = unit((min(ax2, bx2) - max(ax1, bx1)) / max(ax2 - ax1, 1e-6))
        # The lower edge of what lies on a thing is within that thing, and its upper edge above it.
        rests = unit(1 - (ay2 - by2) / high) if ay2 > by2 else unit(1 - (by1 - ay2) / high)
        return share * rests * unit(0.5 - (ay1 - by1) / (2 * high))
    if name == "in front of":
        return near * unit(0.5 + 2 * (ay2 - by2) / (4 * high))
    if name == "behind":
        return near * unit(0.5 - 2 * (ay2 - by2) / (4 * high))
    raise KeyError(name)


def _compared(name: str, subject: Box, other: Box) -> float:
    """By area, or by height: half true where both are the same, wholly so from half as much again."""
    if name in ("taller than", "shorter than"):
        own, its = subject[3] - subject[1], other[3] - other[1]
    else:
        own, its = area(subject) ** 0.5, area(other) ** 0.5
    more = math.log(max(own, 1e-6) / max(its, 1e-6)) / math.log(1.5)
    if name == "as large as":
        return unit(1.5 - abs(more))
    return unit(0.5 + 0.5 * (more if name in ("larger than", "taller than") else -more))


def overlap(subject: Box, other: Box) -> float:
    """The share of ``subject``'s area that is within ``other``."""
    x = min(subject[2], other[2]) - max(subject[0], other[0])
    y = min(subject[3], other[3]) - max(subject[1], other[1])
    return float(max(x, 0.0) * max(y, 0.0) / max(area(subject), 1e-6))


def unit(value: float) -> float:
    """The value, held within [0, 1]."""
    return min(max(value, 0.0), 1.0)
