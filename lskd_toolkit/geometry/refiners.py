"""Refiners ``filter`` and ``top``. Ids stay with their regions; nothing is dropped without a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal, Protocol

from ..records import Dropped, Image, Refined, Region
from .boxes import area
from .extents import pixels
from .options import FilterOptions, TopOptions

PEOPLE = {
    *("person", "persons", "people", "man", "men", "woman", "women", "boy", "boys", "girl", "girls"),
    *("child", "children", "kid", "kids", "baby", "babies", "guy", "guys", "lady", "ladies"),
}
"""Labels of people, in the words of COCO, VCR and Visual Genome."""


class Sized(Protocol):
    """All that a refiner here needs of a picture."""

    @property
    def image(self) -> Image: ...


def best_first(region: Region) -> tuple[Any, ...]:
    """Better scores first; equal ones by place, so that the order never depends on chance."""
    return (-region.score, region.box, region.id)


def is_person(region: Region) -> bool:
    return region.label.casefold() in PEOPLE


def _area(region: Region, image: Image, measure: Literal["box", "shape"]) -> float:
    return area(region.box) if measure == "box" else pixels(region, image.width, image.height)


class Filter:
    """Drops regions by score, area and label."""

    def __init__(self, options: FilterOptions, ctx: Any = None):
        self.options = options
        self._labels = {label.casefold() for label in options.labels}
        self._without = {label.casefold() for label in options.without}

    def refine(self, pictures: Sequence[Sized], regions: Sequence[Sequence[Region]]) -> list[Refined]:
        return [self._one(picture.image, some) for picture, some in zip(pictures, regions, strict=True)]

    def _one(self, image: Image, regions: Sequence[Region]) -> Refined:
        whole = image.width * image.height
        reasons = [
            (region, self._reason(region, _area(region, image, self.options.measure) / whole))
            for region in regions
        ]
        return Refined(
            tuple(region for region, reason in reasons if not reason),
            tuple(Dropped(region, reason) for region, reason in reasons if reason),
        )

    def _reason(self, region: Region, share: float) -> str:
        options, label = self.options, region.label.casefold()
        if region.score < options.least_score:
            return f"score {region.score:.4g} below {options.least_score:.4g}"
        if share < options.least_area:
            return f"{100 * share:.4g}% of the image, less than {100 * options.least_area:.4g}%"
        if share > options.most_area:
            return f"{100 * share:.4g}% of the image, more than {100 * options.most_area:.4g}%"
        if options.only == "labelled" and not label:
            return "it has no label; people and objects are asked for"
        if options.only == "people" and not is_person(region):
            return f"label {region.label!r} is not a person's"
        if self._labels and label not in self._labels:
            return f"label {region.label!r} is not asked for"
        if label in self._without:
            return f"label {region.label!r} is left out"
        return ""


class Top:
    """Keeps the best few."""

    def __init__(self, options: TopOptions, ctx: Any = None):
        self.options = options

    def refine(self, pictures: Sequence[Sized], regions: Sequence[Sequence[Region]]) -> list[Refined]:
        return [self._one(picture.image, some) for picture, some in zip(pictures, regions, strict=True)]

    def _one(self, image: Image, regions: Sequence[Region]) -> Refined:
        options = self.options
        kept: list[Region] = []
        dropped: list[Dropped] = []
        labels: Counter[str] = Counter()
        for place, region in enumerate(sorted(regions, key=lambda region: self._rank(region, image)), 1):
            label = region.label.casefold()
            if options.per_label and labels[label] >= options.per_label:
                reason = f"{options.per_label} regions labelled {region.label!r} are kept, better ones"
                dropped.append(Dropped(region, reason))
            elif len(kept) >= options.count:
                reason = f"number {place} of {len(regions)} by {options.by}, {options.count} are kept"
                dropped.append(Dropped(region, reason))
            else:
                kept.append(region)
                labels[label] += 1
        return Refined(tuple(kept), tuple(dropped))

    def _rank(self, region: Region, image: Image) -> tuple[Any, ...]:
        first = self.options.people_first and not is_person(region)
        if self.options.by == "area":
            return (first, -_area(region, image, self.options.measure), region.box, region.id)
        return (first, *best_first(region))
