"""The verbalizer ``relations``: where regions are and how they lie to each other, in words.

Of every pair one sentence is said: the most telling relation that holds, and after it what else is plain of
the two. Only the most salient pairs are said at all, since they grow with the square of the regions and a
teacher's attention does not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from lskd_toolkit import Box, Descriptor, Picture, Region, Scene
from lskd_toolkit.geometry.boxes import area

from .options_language import RelationsOptions
from .relations_counts import counts
from .relations_depth import Depths, depths
from .relations_facing import faces
from .relations_facing import told as told_faces
from .relations_masks import Masks
from .relations_phrases import Fact, write
from .relations_sizes import sized
from .relations_truth import overlap, truth, unit

if TYPE_CHECKING:
    from lskd_toolkit import Context

NAME = "relations"
SIZES = ((0.01, "tiny"), (0.06, "small"), (0.2, "medium-sized"), (0.5, "large"), (2.0, "very large"))
"""Words for a region's share of the image's area, each below the share before it."""
HOLDS = 0.8
"""Truth from which a relation is said."""
SURE = 0.95
"""Truth from which a direction is said: below it the boxes share half of their extent, and "left of" would
make somebody who reads think of two things side by side."""
GUESSED = 0.65
"""How sure a guess from boxes alone can be at most: enough for "probably", never without it."""
TOUCHING = 0.15
"""Share of the smaller box that two have to share for one to be before the other, or to overlap: two of which
one hides a part of the other are not next to each other."""
BOXED = "within the box of"
GROUNDED = 0.33
"""How tall one has to be beside the other for their lower edges to say which is before which: what is much
smaller is held, worn, hung or flies as often as it stands on the same ground."""
COMPARABLE = 1 / 20
"""How large one has to be beside the other, by area, for "next to": what looks smaller may be far away."""
STACKED = 0.4
"""Share of the narrower box's width that two have to share for one to be above the other."""
WITHIN, MOSTLY = 0.9, 0.6
"""Share of a mask that lies in another from which it is within it, and mostly within it."""
SMALLER = 0.75
"""Size of a mask beside another, by area, up to which it can be within it: two of one size are one thing."""
APART = 0.02
"""Share of a mask in another up to which the two do not overlap, whatever their boxes do."""


class Relations:
    """Says places, counts and relations. Looks at no pixels itself; at depth where the run has it."""

    def __init__(self, options: RelationsOptions | None, ctx: Context):
        self.options = options or RelationsOptions()
        self.ctx = ctx

    def verbalize(self, pictures: Sequence[Picture], scenes: Sequence[Scene]) -> list[list[Descriptor]]:
        measured: list[np.ndarray | None] = [None] * len(scenes)
        some = [at for at, scene in enumerate(scenes) if len(scene.regions) > 1]
        parts = self.ctx.part("depth", "*") if some else []
        if parts:
            found = parts[0].measure([pictures[at] for at in some])
            for at, depth in zip(some, found, strict=True):
                measured[at] = depth
        return [self._scene(scene, depth) for scene, depth in zip(scenes, measured, strict=True)]

    def _scene(self, scene: Scene, depth: np.ndarray | None) -> list[Descriptor]:
        width, height = scene.image.width, scene.image.height
        far = depths(scene, depth) if depth is not None else None
        found = counts(scene.regions, width, NAME) if self.options.counts else []
        if self.options.places:
            ends = far.ends() if far is not None else {}
            for region in scene.regions:
                text = f"[{region.id}] is {place(region.box, width, height)}, {size(region, width, height)}"
                if region.id in ends:
                    text += f", {ends[region.id]}"
                found.append(Descriptor("local", text, (region.id,), 1.0, NAME))
        masks = Masks(scene.regions, width, height)
        for subject, other in salient(scene.regions, self.options.pairs):
            facts = told(subject, other, width, height, masks, far)
            if facts:
                score = round(min(fact.score for fact in facts), 4)
                found.append(Descriptor("relation", write(facts), (subject.id, other.id), score, NAME))
        if self.options.facing:
            found += told_faces(faces(scene.regions, scene.descriptors, far), self.options.pairs, NAME)
        return found


def salient(regions: Sequence[Region], pairs: int) -> list[tuple[Region, Region]]:
    """The ``pairs`` most salient pairs, the smaller region first: large, sure and close to each other."""

    def weight(pair: tuple[Region, Region]) -> float:
        a, b = pair
        sure = a.score * b.score * (1.0 if a.label and b.label else 0.5)
        large = math.sqrt(math.sqrt(area(a.box) * area(b.box)))
        return float(sure * large * (0.25 + truth("next to", a.box, b.box)))

    of_one_frame = (pair for pair in combinations(regions, 2) if pair[0].frame == pair[1].frame)
    every = sorted(of_one_frame, key=lambda pair: (-weight(pair), pair[0].id, pair[1].id))
    return [(a, b) if _rank(a) <= _rank(b) else (b, a) for a, b in every[:pairs]]


def _rank(region: Region) -> tuple[float, ...]:
    """The smaller first, of equal ones the higher: the same for a mirrored picture."""
    return float(area(region.box)), region.box[1], region.box[3], region.id


def told(
    subject: Region, other: Region, width: int, height: int, masks: Masks, depth: Depths | None = None
) -> list[Fact]:
    """What to say of two regions, the most telling first; nothing where nothing is clear.

    ``depth`` takes the place of guesses from lower edges.
    """
    head = (
        _contained(subject, other, masks) or _before(subject, other, depth) or _beside(subject, other, masks)
    )
    order = _ordered(subject, other, depth)
    side = _side(subject.box, other.box)
    if order is not None and head is not None and head.name == "next to":  # things apart in depth are not
        head = Fact(subject.id, side, other.id) if side else None
    if head is None:
        head, order = order, None
    if head is None:
        return []
    facts = [head]
    if head.name in ("next to", "overlaps") and side:
        facts.append(Fact(subject.id, side, other.id))
    if order is not None and head.name not in ("in front of", "behind", "within", "mostly within"):
        facts.append(order)
    looks = sized(subject, other, width, height)
    if looks is not None:
        facts.append(looks)
    return facts


def _contained(subject: Region, other: Region, masks: Masks) -> Fact | None:
    """Whether one lies in the other: by their masks where both have one, else their boxes. Of boxes no more
    is said than that: what is within a person's box may be worn, held or far behind."""
    shares = masks.within(subject.id, other.id)
    if shares is not None and shares[0] >= MOSTLY and shares[1] <= SMALLER:
        name = "within" if shares[0] >= WITHIN else "mostly within"
        return Fact(subject.id, name, other.id, round(shares[0], 4))
    value = truth("inside", subject.box, other.box)
    return Fact(subject.id, BOXED, other.id, round(value, 4)) if value >= HOLDS else None


def _before(subject: Region, other: Region, depth: Depths | None) -> Fact | None:
    """What lies on, before or behind what, of two whose boxes touch. Without depth that is guessed, and only
    of things that have a name: a patch without one may be a part of the other."""
    named = bool(subject.label and other.label)
    rests = truth("on top of", subject.box, other.box) if named else 0.0
    if rests >= HOLDS and not (depth and _apart(subject, other, depth)):
        return Fact(subject.id, "on top of", other.id, round(rests, 4))
    if _shared(subject.box, other.box) < TOUCHING:
        return None
    if depth is not None:
        order = _ordered(subject, other, depth)
        words = {"nearer than": "in front of", "farther than": "behind"}
        return Fact(subject.id, words[order.name], other.id, order.score) if order else None
    a, b = (region.box[3] - region.box[1] for region in (subject, other))
    for name in ("in front of", "behind") if named and min(a, b) >= GROUNDED * max(a, b) else ():
        value = truth(name, subject.box, other.box)
        if value >= HOLDS:
            return Fact(subject.id, name, other.id, round(GUESSED * value, 4))
    return None


def _beside(subject: Region, other: Region, masks: Masks) -> Fact | None:
    """In which direction one lies of the other, or that it is next to it."""
    near = truth("next to", subject.box, other.box)
    if area(subject.box) < COMPARABLE * area(other.box):
        near = 0.0
    side = _side(subject.box, other.box)
    shared = _shared(subject.box, other.box)
    drawn = masks.within(subject.id, other.id)
    if shared >= TOUCHING and (drawn is None or drawn[0] > APART):
        return Fact(subject.id, "overlaps", other.id, round(unit(0.5 + shared), 4))
    if side:
        name, value = ("next to", near) if near >= HOLDS else (side, truth(side, subject.box, other.box))
        return Fact(subject.id, name, other.id, round(value, 4))
    for name in ("above", "below"):
        value = truth(name, subject.box, other.box)
        if value >= SURE and _shared_width(subject.box, other.box) >= STACKED:
            return Fact(subject.id, name, other.id, round(value, 4))
    return Fact(subject.id, "next to", other.id, round(near, 4)) if near >= HOLDS else None


def _side(subject: Box, other: Box) -> str:
    """``left of`` or ``right of`` where that is plain, else nothing."""
    return next((name for name in ("left of", "right of") if truth(name, subject, other) >= SURE), "")


def _ordered(subject: Region, other: Region, depth: Depths | None) -> Fact | None:
    """Which of the two is nearer, where depth says so clearly."""
    if depth is None:
        return None
    for name, one, two in (("nearer than", subject, other), ("farther than", other, subject)):
        value = depth.nearer(one.id, two.id)
        if value:
            return Fact(subject.id, name, other.id, round(value, 4))
    return None


def _apart(subject: Region, other: Region, depth: Depths) -> bool:
    return bool(depth.nearer(subject.id, other.id) or depth.nearer(other.id, subject.id))


def _shared(subject: Box, other: Box) -> float:
    """The share of the smaller box that the other has too."""
    return float(max(overlap(subject, other), overlap(other, subject)))


def _shared_width(subject: Box, other: Box) -> float:
    """The share of the narrower box's width that the other has too."""
    shared = min(subject[2], other[2]) - max(subject[0], other[0])
    return float(shared / max(min(subject[2] - subject[0], other[2] - other[0]), 1e-6))


def place(box: Box, width: int, height: int) -> str:
    """Where a box's centre is, on a grid of three by three: ``on the left``, ``at the top right``."""
    x, y = box[0] + box[2], box[1] + box[3]
    column = "left" if 3 * x < 2 * width else "right" if 3 * x > 4 * width else ""
    row = "top" if 3 * y < 2 * height else "bottom" if 3 * y > 4 * height else ""
    if row:
        return f"at the {row} {column}".strip()
    return f"on the {column}" if column else "in the centre"


def size(region: Region, width: int, height: int) -> str:
    """How large a region is in its image, in one word, by its box."""
    share = area(region.box) / max(width * height, 1)
    return next(word for limit, word in SIZES if share < limit)
