"""How regions lie to each other, in words: pure functions of their boxes.

A relation's score is how far it holds, in [0, 1]: 1 where nobody would doubt it, 0 where nobody would
say it, and sloping in between, so that a pixel more or less never turns a yes into a no. Only what a
flat picture shows is here; what it hints at (in front of, behind) is for others to guess.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import permutations

from ..errors import UsageError
from ..records import Box, Region
from .boxes import area, centre

LEAST_REACH = 0.02
"""Things are never measured by less than this share of the image: two dots are beside each other at a
distance of a few of their own diameters."""


@dataclass(frozen=True, slots=True)
class Relation:
    """Region ``subject`` is ``name`` region ``object``, by ``score`` in [0, 1]: ``0 left of 1``."""

    subject: int
    object: int
    name: str
    score: float


def relations(regions: Sequence[Region], width: int, height: int, least: float = 0.5) -> list[Relation]:
    """Every relation of every two regions of one frame that holds by more than ``least``, both ways.

    ``width`` and ``height`` are the image's, in pixels. Sorted by subject, object and the order of
    `NAMES`, whatever the order of the regions.
    """
    ordered = sorted(regions, key=lambda region: region.id)
    found = []
    for a, b in permutations(ordered, 2):
        if a.frame != b.frame:
            continue
        for name in NAMES:
            score = holds(name, a, b, width, height)
            if score > least:
                found.append(Relation(a.id, b.id, name, score))
    return found


def holds(name: str, a: Region, b: Region, width: int, height: int) -> float:
    """How far ``a`` is ``name`` ``b`` in an image of that size in pixels, in [0, 1].

    Raises:
        UsageError: no relation has that name.
    """
    relation = _RELATIONS.get(name)
    if relation is None:
        raise UsageError(f"no relation is called {name!r}; there are: {', '.join(NAMES)}")
    return relation(a.box, b.box, width, height)


def place(region: Region, width: int, height: int) -> str:
    """Where the region's centre is in an image of that size, on a grid of three by three:
    ``top left``, ``top``, ``right``, ``centre``, …"""
    x, y = centre(region.box)
    row = "top" if 3 * y < height else "bottom" if 3 * y > 2 * height else ""
    column = "left" if 3 * x < width else "right" if 3 * x > 2 * width else ""
    return f"{row} {column}".strip() or "centre"


# --- the relations, each (a, b, width, height) -> score ---------------------------------------------


def _right(a: Box, b: Box, width: int, height: int) -> float:
    """0.5 where the centres are level; 1 where they differ by a quarter of the two extents together."""
    reach = max((a[2] - a[0] + b[2] - b[0]) / 4, LEAST_REACH * width, 1e-6)
    return _unit(0.5 + (centre(a)[0] - centre(b)[0]) / reach / 2)


def _below(a: Box, b: Box, width: int, height: int) -> float:
    reach = max((a[3] - a[1] + b[3] - b[1]) / 4, LEAST_REACH * height, 1e-6)
    return _unit(0.5 + (centre(a)[1] - centre(b)[1]) / reach / 2)


def _inside(a: Box, b: Box, width: int, height: int) -> float:
    """The share of ``a`` that lies in ``b``; less where ``a`` is more than half as large, 0 where it is
    as large: two equal boxes are not inside each other."""
    if not (area(a) > 0 and area(b) > 0):
        return 0.0
    return _shared(a, b) / area(a) * _unit(2 - 2 * area(a) / area(b))


def _overlaps(a: Box, b: Box, width: int, height: int) -> float:
    """1 from half of the smaller box on."""
    least = min(area(a), area(b))
    return _unit(2 * _shared(a, b) / least) if least > 0 else 0.0


def _next_to(a: Box, b: Box, width: int, height: int) -> float:
    """1 up to a gap of a quarter of the two's mean extent, 0 from one and a quarter on."""
    extent = (a[2] - a[0] + b[2] - b[0] + a[3] - a[1] + b[3] - b[1]) / 4
    return _unit(1.25 - _gap(a, b) / max(extent, LEAST_REACH * (width + height) / 2, 1e-6))


def _far_from(a: Box, b: Box, width: int, height: int) -> float:
    """Never where they are next to each other, and wholly from a gap of 0.4 of the image's mean side."""
    far = _gap(a, b) / max(0.2 * (width + height), 1e-6)
    return min(1 - _next_to(a, b, width, height), _unit(far))


def _bigger(a: Box, b: Box, width: int, height: int) -> float:
    """0.5 at the same area, 1 at twice the other's."""
    return _unit(0.5 + math.log2(max(area(a), 1e-6) / max(area(b), 1e-6)) / 2)


_RELATIONS: dict[str, Callable[[Box, Box, int, int], float]] = {
    "left of": lambda a, b, width, height: _right(b, a, width, height),
    "right of": _right,
    "above": lambda a, b, width, height: _below(b, a, width, height),
    "below": _below,
    "inside": _inside,
    "overlaps": _overlaps,
    "next to": _next_to,
    "far from": _far_from,
    "bigger than": _bigger,
    "smaller than": lambda a, b, width, height: _bigger(b, a, width, height),
}

NAMES = tuple(_RELATIONS)
"""Every relation's name, as it stands between two mentions: ``[0] is NAME [1]`` (overlaps: ``[0] overlaps
[1]``)."""


def _shared(a: Box, b: Box) -> float:
    return max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))


def _gap(a: Box, b: Box) -> float:
    """Pixels between the boxes along the axis where they are farther apart; 0 where they touch."""
    return max(max(a[0], b[0]) - min(a[2], b[2]), max(a[1], b[1]) - min(a[3], b[3]), 0.0)


def _unit(value: float) -> float:
    return min(max(value, 0.0), 1.0)
