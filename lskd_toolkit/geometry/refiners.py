"""Refiners that need geometry alone. Ids stay with their regions; nothing is dropped without a reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from ..records import Dropped, Image, Refined, Region
from .boxes import area, as_boxes, containment, iou
from .options import FilterOptions, MergeOptions, TopOptions

PEOPLE = {"person", "people", "man", "woman", "boy", "girl", "child", "baby"}


class Sized(Protocol):
    """All that a refiner here needs of a picture."""

    @property
    def image(self) -> Image: ...


def _best_first(region: Region) -> tuple[Any, ...]:
    """Better scores first; equal ones by place, so that the order never depends on chance."""
    return (-region.score, region.box, region.id)


class Filter:
    """Drops regions by score, area and label."""

    def __init__(self, options: FilterOptions, ctx: Any = None):
        self.options = options

    def refine(self, pictures: Sequence[Sized], regions: Sequence[Sequence[Region]]) -> list[Refined]:
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
            return f"score {region.score:.4g} below {options.least_score:.4g}"
        if share < options.least_area:
            return f"{100 * share:.4g}% of the image, less than {100 * options.least_area:.4g}%"
        if share > options.most_area:
            return f"{100 * share:.4g}% of the image, more than {100 * options.most_area:.4g}%"
        if options.labels and region.label not in options.labels:
            return f"label {region.label!r} is not asked for"
        if region.label in options.without:
            return f"label {region.label!r} is left out"
        return ""


class Merge:
    """Of regions that are one thing keeps the best, and of a thing and its parts, if asked, the thing."""

    def __init__(self, options: MergeOptions, ctx: Any = None):
        self.options = options

    def refine(self, pictures: Sequence[Sized], regions: Sequence[Sequence[Region]]) -> list[Refined]:
        return [self._one(some) for some in regions]

    def _one(self, regions: Sequence[Region]) -> Refined:
        ordered = sorted(regions, key=_best_first)
        boxes = as_boxes(region.box for region in ordered)
        reasons: dict[int, str] = {}
        self._join(ordered, iou(boxes, boxes), reasons)
        self._contain(ordered, containment(boxes, boxes), reasons)
        return Refined(
            tuple(region for i, region in enumerate(ordered) if i not in reasons),
            tuple(Dropped(region, reasons[i]) for i, region in enumerate(ordered) if i in reasons),
        )

    def _join(self, ordered: Sequence[Region], overlap: np.ndarray, reasons: dict[int, str]) -> None:
        """Say of every region that overlaps a better one, which is kept here, that it does."""
        kept: list[int] = []
        for i, region in enumerate(ordered):
            rivals = [k for k in kept if not self.options.same_label or ordered[k].label == region.label]
            best = next((k for k in rivals if overlap[i, k] > self.options.iou), None)
            if best is None:
                kept.append(i)
            else:
                reasons[i] = f"overlaps region {ordered[best].id} by {overlap[i, best]:.4g}"

    def _contain(self, ordered: Sequence[Region], inside: np.ndarray, reasons: dict[int, str]) -> None:
        """Say the same of what lies in another of its label, the largest first: a part may be surer than
        its whole."""
        kept: list[int] = []
        for i in sorted(set(range(len(ordered))) - set(reasons), key=lambda i: (-area(ordered[i].box), i)):
            wholes = [k for k in kept if ordered[k].label == ordered[i].label]
            whole = next((k for k in wholes if inside[i, k] > self.options.containment), None)
            if whole is None:
                kept.append(i)
            else:
                reasons[i] = f"lies in region {ordered[whole].id} by {inside[i, whole]:.4g}"


class Top:
    """Keeps the best few."""

    def __init__(self, options: TopOptions, ctx: Any = None):
        self.options = options

    def refine(self, pictures: Sequence[Sized], regions: Sequence[Sequence[Region]]) -> list[Refined]:
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
