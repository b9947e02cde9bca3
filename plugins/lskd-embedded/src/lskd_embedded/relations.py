"""The verbalizer ``relations``: where regions are and how they lie to each other, in words.

Of every pair one relation is said, the most telling that holds; only the most salient pairs are said at
all, since they grow with the square of the regions and a teacher's attention does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from lskd_toolkit import Box, Descriptor, Picture, Region, Scene
from lskd_toolkit.geometry.boxes import area
from lskd_toolkit.geometry.relations import NAMES, holds

from .options_language import RelationsOptions

if TYPE_CHECKING:
    from lskd_toolkit import Context

NAME = "relations"
SIZES = ((0.01, "tiny"), (0.06, "small"), (0.2, "medium-sized"), (0.5, "large"), (2.0, "very large"))
"""Words for a region's share of the image's area, each below the share before it."""
TELLING = ("inside", "on top of", "in front of", "behind", "left of", "right of", "above", "below")
"""Relations in the order they are tried: contact says more than direction."""
ASIDE = {"left of": "on its left", "right of": "on its right"}
"""How a direction is said of two that are next to each other."""
PAIRED = (*TELLING, "next to", "far from")
"""Every relation that has a geometry."""
HOLDS = 0.8
"""Truth from which a relation is said."""


class Relations:
    """Says places and relations. Looks at no pixels."""

    def __init__(self, options: RelationsOptions | None, ctx: Context):
        self.options = options or RelationsOptions()

    def verbalize(self, pictures: Sequence[Picture], scenes: Sequence[Scene]) -> list[list[Descriptor]]:
        return [self._scene(scene) for scene in scenes]

    def _scene(self, scene: Scene) -> list[Descriptor]:
        width, height = scene.image.width, scene.image.height
        found = []
        if self.options.places:
            for region in scene.regions:
                text = (
                    f"[{region.id}] is {place(region.box, width, height)}, {size(region.box, width, height)}"
                )
                found.append(Descriptor("local", text, (region.id,), 1.0, NAME))
        for subject, other in salient(scene.regions, self.options.pairs):
            name, value = told(subject.box, other.box)
            if name:
                text = f"[{subject.id}] is {name} [{other.id}]"
                if name in ASIDE and truth("next to", subject.box, other.box) >= HOLDS:
                    text = f"[{subject.id}] is next to [{other.id}], {ASIDE[name]}"
                found.append(Descriptor("relation", text, (subject.id, other.id), round(value, 4), NAME))
        return found


def salient(regions: Sequence[Region], pairs: int) -> list[tuple[Region, Region]]:
    """The ``pairs`` most salient pairs, the smaller region first: large, sure and close to each other."""

    def weight(pair: tuple[Region, Region]) -> float:
        a, b = pair
        sure = a.score * b.score * (1.0 if a.label and b.label else 0.5)
        return sure * (area(a.box) * area(b.box)) ** 0.25 * (0.25 + truth("next to", a.box, b.box))

    every = sorted(combinations(regions, 2), key=lambda pair: (-weight(pair), pair[0].id, pair[1].id))
    return [(a, b) if (area(a.box), a.id) <= (area(b.box), b.id) else (b, a) for a, b in every[:pairs]]


def told(subject: Box, other: Box) -> tuple[str, float]:
    """The relation to say of two boxes and its truth; ``("", 0.0)`` where none is clear."""
    for name in TELLING:
        # Before and behind are guesses from one picture: said only where the boxes overlap clearly.
        if name in ("in front of", "behind") and overlap(subject, other) < 0.15:
            continue
        value = truth(name, subject, other)
        if value >= HOLDS:
            return name, value
    return ("next to", 1.0) if truth("next to", subject, other) >= HOLDS else ("", 0.0)


def truth(name: str, subject: Box, other: Box) -> float:
    """How far ``subject`` is ``name`` ``other``, in [0, 1], continuous in the boxes.

    What a flat picture shows is the core's geometry. Added here is what it only hints at: depth, which
    follows the lower edges, as things on one ground do.

    Raises:
        KeyError: the relation has no geometry.
    """
    if name in NAMES:
        return holds(name, Region(0, subject), Region(1, other), 0, 0)
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


def place(box: Box, width: int, height: int) -> str:
    """Where a box's centre is, on a grid of three by three: ``on the left``, ``at the top right``."""
    x, y = (box[0] + box[2]) / 2 / max(width, 1), (box[1] + box[3]) / 2 / max(height, 1)
    column = "left" if x < 1 / 3 else "right" if x > 2 / 3 else ""
    row = "top" if y < 1 / 3 else "bottom" if y > 2 / 3 else ""
    if row:
        return f"at the {row} {column}".strip()
    return f"on the {column}" if column else "in the centre"


def size(box: Box, width: int, height: int) -> str:
    """How large a box is in its image, in one word."""
    share = area(box) / max(width * height, 1)
    return next(word for limit, word in SIZES if share < limit)


def overlap(subject: Box, other: Box) -> float:
    """The share of ``subject``'s area that is within ``other``."""
    x = min(subject[2], other[2]) - max(subject[0], other[0])
    y = min(subject[3], other[3]) - max(subject[1], other[1])
    return max(x, 0.0) * max(y, 0.0) / max(area(subject), 1e-6)


def unit(value: float) -> float:
    """The value, held within [0, 1]."""
    return min(max(value, 0.0), 1.0)
