"""Refiners that need geometry alone. Ids stay with their regions; nothing is dropped without a reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..records import Dropped, Refined, Region
from .boxes import area, as_boxes, containment, iou
from .options import FilterOptions, MergeOptions, TopOptions

if TYPE_CHECKING:
    from ..images.picture import Picture

PEOPLE = {"person", "people", "man", "woman", "boy", "girl", "child", "baby"}


def _best_first(region: Region) -> tuple[Any, ...]:
    """Better scores first; equal ones by place, so that the order never depends on chance."""
    return (-region.score, region.box, region.id)


class Filter:
    """Drops regions by score, area and label."""

    def __init__(self, options: FilterOptions, ctx: Any = None):
        self.options = options

    def refine(self, pictures: Sequence[Picture], regions: Sequence[Sequence[Region]]) -> list[Refined]:
        return [
            self._one(picture.image.width * picture.image.height, some)
            for picture, some in zip(pictures, regions, strict=True)
        ]

    def _one(self, whole: float, regions: Sequence[Region]) -> Refined:
        reasons = [(region, self._reason(region, area(region.box) / whole)) for region in regions]
        return Refined(
            tuple(region for region, reason in reasons if not reason),
            tuple(Dropped(region, reason) for region, reason in reasons if reason),
        )

    def _reason(self, region: Region, share: float) -> str:
        options = self.options
        if region.score < options.least_score:
            return f"score {region.score:.2f} below {options.least_score:.2f}"
        if share < options.least_area:
            return f"{share:.2%} of the image, less than {options.least_area:.2%}"
        if share > options.most_area:
            return f"{share:.2%} of the image, more than {options.most_area:.2%}"
        if options.labels and region.label not in options.labels:
            return f"label {region.label!r} is not asked for"
        if region.label in options.without:
            return f"label {region.label!r} is left out"
        return ""


class Merge:
    """Of regions that are one thing keeps the best."""

    def __init__(self, options: MergeOptions, ctx: Any = None):
        self.options = options

    def refine(self, pictures: Sequence[Picture], regions: Sequence[Sequence[Region]]) -> list[Refined]:
        return [self._one(some) for some in regions]

    def _one(self, regions: Sequence[Region]) -> Refined:
        ordered = sorted(regions, key=_best_first)
        boxes = as_boxes(region.box for region in ordered)
        overlap, inside = iou(boxes, boxes), containment(boxes, boxes)
        kept: list[int] = []
        dropped: list[Dropped] = []
        for i, region in enumerate(ordered):
            reason = ""
            for k in kept:
                if self.options.same_label and region.label != ordered[k].label:
                    continue
                if overlap[i, k] > self.options.iou:
                    reason = f"overlaps region {ordered[k].id} by {overlap[i, k]:.2f}"
                elif region.label == ordered[k].label and inside[i, k] > self.options.containment:
                    reason = f"lies in region {ordered[k].id} by {inside[i, k]:.2f}"
                if reason:
                    break
            if reason:
                dropped.append(Dropped(region, reason))
            else:
                kept.append(i)
        return Refined(tuple(ordered[k] for k in kept), tuple(dropped))


class Top:
    """Keeps the best few."""

    def __init__(self, options: TopOptions, ctx: Any = None):
        self.options = options

    def refine(self, pictures: Sequence[Picture], regions: Sequence[Sequence[Region]]) -> list[Refined]:
        return [self._one(some) for some in regions]

    def _one(self, regions: Sequence[Region]) -> Refined:
        ordered = sorted(regions, key=self._rank)
        count = self.options.count
        return Refined(
            tuple(ordered[:count]),
            tuple(
                Dropped(region, f"number {place} of {len(ordered)} by {self.options.by}, {count} are kept")
                for place, region in enumerate(ordered[count:], count + 1)
            ),
        )

    def _rank(self, region: Region) -> tuple[Any, ...]:
        person = self.options.people_first and region.label.casefold() not in PEOPLE
        if self.options.by == "area":
            return (person, -area(region.box), region.box, region.id)
        return (person, *_best_first(region))
