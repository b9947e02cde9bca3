"""How many times as tall one region looks as another, where that tells something.

A picture shows how tall a thing looks, not how tall it is, so the words say "in the picture"; that a cup is
smaller than a bus tells nobody anything, so only things of one name are compared, and only whole ones: of
two whose boxes overlap, one hides a part of the other.
"""

from __future__ import annotations

import math

from lskd_toolkit import Box, Region

from .relations_phrases import EXTENTS, RATIOS, SIZES, Fact
from .relations_truth import overlap, unit

TELLING = 1.7
"""Ratio from which a difference is told: people of one row differ by less."""
NEAR = 1.45
"""A ratio is told by the nearest words; beyond the last of them by this factor it is still "many times"."""
EDGE = 0.01
"""A box that ends within this share of the picture of its border is taken to go on beyond it."""
_NAMES = {(round(ratio, 6), extent): name for name, (ratio, extent) in SIZES.items()}


def sized(subject: Region, other: Region, width: int, height: int) -> Fact | None:
    """The more telling of how tall and how wide ``subject`` looks beside ``other``; None if neither tells."""
    if not subject.label or subject.label != other.label or overlap(subject.box, other.box) > 0:
        return None
    found: list[tuple[float, Fact]] = []
    for axis, extent in enumerate(EXTENTS):
        across, side = (1, height) if axis == 0 else (0, width)
        if _cut(subject.box, across, side) or _cut(other.box, across, side):
            continue
        a, b = (region.box[across + 2] - region.box[across] for region in (subject, other))
        if min(a, b) <= 0 or not max(a, b) / min(a, b) >= TELLING:
            continue
        ratio, off = _worded(a / b)
        found.append((off, Fact(subject.id, _NAMES[round(ratio, 6), extent], other.id, round(_sure(off), 4))))
    return min(found, key=lambda pair: pair[0])[1] if found else None


def _worded(ratio: float) -> tuple[float, float]:
    """The ratio that has words and is nearest, and how far it is off: a factor of at least 1."""
    nearest = min(RATIOS, key=lambda each: abs(math.log(each / ratio)))
    beyond = (nearest == max(RATIOS) and ratio > nearest) or (nearest == min(RATIOS) and ratio < nearest)
    return nearest, 1.0 if beyond else math.exp(abs(math.log(nearest / ratio)))


def _sure(off: float) -> float:
    """1 where the words are exact, 0.7 at the farthest that they are from any ratio."""
    return 0.7 + 0.3 * unit((NEAR - off) / (NEAR - 1))


def _cut(box: Box, across: int, side: int) -> bool:
    """Whether the picture's border may hide a part of the box along that axis."""
    return bool(box[across] <= EDGE * side or box[across + 2] >= (1 - EDGE) * side)
