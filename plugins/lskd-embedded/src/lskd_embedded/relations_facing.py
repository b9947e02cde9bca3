"""Who faces whom: which way each is said to face by another verbalizer, and who is there.

Read from local descriptors such as ``[0] faces left`` or ``[0] is a dog, facing to the right``; left and
right are the picture's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from lskd_toolkit import Descriptor, Region
from lskd_toolkit.geometry.boxes import area

from .relations_depth import Depths
from .relations_phrases import Fact, write, write_mutual

TOWARDS = re.compile(
    r"\b(?:fac(?:es|ing)|look(?:s|ing)|turn(?:s|ed|ing))"
    r"(?: (?:slightly|partly|half|mostly|probably|possibly))?"
    r"(?: (?:to|towards?))?(?: the)? (left|right)\b",
    re.IGNORECASE,
)
QUOTED = re.compile(r'"[^"]*"')
LEVEL = 0.4
"""Share of the smaller one's height that two have to be level by, to face each other."""
REACH = 2.5
"""How far one may be from whom it faces, in the mean of their widths: beyond it anything may be meant."""
GUESS = 0.6
"""How likely who looks to a side looks at who is there: on photos of the street about half of them do."""


def sides(descriptors: Sequence[Descriptor]) -> dict[int, tuple[str, float]]:
    """For each region that is said to face left or right, which of them, and how surely; none where two
    are said."""
    said: dict[int, dict[str, float]] = {}
    for each in descriptors:
        match = TOWARDS.search(QUOTED.sub("", each.text)) if each.scope == "local" else None
        if match is not None and len(each.regions) == 1:
            of = said.setdefault(each.regions[0], {})
            of[match[1].lower()] = max(of.get(match[1].lower(), 0.0), each.score)
    return {id: next(iter(of.items())) for id, of in said.items() if len(of) == 1}


def faces(
    regions: Sequence[Region], descriptors: Sequence[Descriptor], depth: Depths | None = None
) -> list[Fact]:
    """Who faces whom, each the nearest that is on that side, level with it and, where depth is known, not
    clearly nearer or farther."""
    by_id = {region.id: region for region in regions}
    found = []
    for id, (side, score) in sorted(sides(descriptors).items()):
        if id not in by_id:
            continue
        one = by_id[id]
        there = [
            (gap, other.id)
            for other in regions
            if other.id != id and other.frame == one.frame and _comparable(one, other)
            if (gap := _ahead(one, other, side)) is not None
            if depth is None or not (depth.nearer(id, other.id) or depth.nearer(other.id, id))
        ]  # fmt: skip
        if there and not (len(there) > 1 and sorted(there)[0][0] == sorted(there)[1][0]):
            found.append(Fact(id, "faces", min(there)[1], round(GUESS * score, 4)))
    return found


def told(facts: Sequence[Fact], most: int, name: str) -> list[Descriptor]:
    """The facts as descriptors, the surest first, those that hold both ways in one sentence."""
    pairs = {(fact.subject, fact.other): fact for fact in facts}
    found = []
    for (one, other), fact in pairs.items():
        back = pairs.get((other, one))
        if back is None:
            found.append(Descriptor("relation", write([fact]), (one, other), fact.score, name))
        elif one < other:
            least = Fact(one, fact.name, other, min(fact.score, back.score))
            found.append(Descriptor("relation", write_mutual(least), (one, other), least.score, name))
    return sorted(found, key=lambda each: (-each.score, each.regions))[:most]


def _comparable(one: Region, other: Region) -> bool:
    """Whether the other is somebody or something to look at: not a part of the one, nor too small."""
    return area(other.box) >= 0.05 * area(one.box)


def _ahead(one: Region, other: Region, side: str) -> float | None:
    """Pixels from the one to the other on that side, level with it; None if it is not there."""
    (ax1, ay1, ax2, ay2), (bx1, by1, bx2, by2) = one.box, other.box
    level = min(ay2, by2) - max(ay1, by1)
    if level < LEVEL * min(ay2 - ay1, by2 - by1):
        return None
    gap, beyond = (ax1 - bx2, ax1 - bx1) if side == "left" else (bx1 - ax2, bx2 - ax2)
    wide = (ax2 - ax1 + bx2 - bx1) / 2
    # Most of the other is past the one's edge, and not on the far side of the picture.
    if beyond < 0.6 * (bx2 - bx1) or gap > REACH * wide:
        return None
    return max(float(gap), 0.0)
