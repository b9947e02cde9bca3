"""Refiner `sam`: boxes and points become the masks of what they point at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lskd_toolkit import Refined, Region, Shape

from .decoding import Candidate, candidates
from .loading import sam
from .model import Seen
from .small_parts import cleaned

if TYPE_CHECKING:
    from lskd_toolkit import Context, Picture

    from .options import SamRefinerOptions

OUTLINED = ("mask", "polygon")
"""Shapes that say which pixels are meant."""


class SamRefiner:
    """Ids, labels, scores and order stay. A region that has an outline of its own stays as it is, and so
    does one in which nothing is found: a box is worth more than nothing."""

    def __init__(self, options: SamRefinerOptions, ctx: Context):
        self.options, self.sam = options, sam(options, ctx)

    def refine(self, pictures: Sequence[Picture], regions: Sequence[Sequence[Region]]) -> list[Refined]:
        """The regions of each picture with masks."""
        return [self._one(picture, list(some)) for picture, some in zip(pictures, regions, strict=True)]

    def _one(self, picture: Picture, regions: list[Region]) -> Refined:
        asked = [i for i, region in enumerate(regions) if self.options.redo or _kind(region) not in OUTLINED]
        if asked:
            seen = self.sam.look(picture)
            masks = self._masks(seen, [regions[i] for i in asked])
            for i, mask in zip(asked, masks, strict=True):
                if mask is not None:
                    regions[i] = self._masked(regions[i], mask)
        return Refined(tuple(regions))

    def _masks(self, seen: Seen, regions: Sequence[Region]) -> list[Candidate | None]:
        """One mask a region, or None."""
        alike: dict[int, list[int]] = defaultdict(list)  # by how many points they have; a box has none
        for i, region in enumerate(regions):
            alike[
                len(region.shape.values["points"]) if region.shape and _kind(region) == "points" else 0
            ].append(i)
        found: list[Candidate | None] = [None] * len(regions)
        step = self.options.prompts_per_batch
        for count, numbers in alike.items():
            for first in range(0, len(numbers), step):
                some = numbers[first : first + step]
                for i, mask in zip(some, self._batch(seen, [regions[i] for i in some], count), strict=True):
                    found[i] = mask
        return found

    def _batch(self, seen: Seen, regions: Sequence[Region], count: int) -> list[Candidate | None]:
        scale = np.array(seen.frame.scale)
        points = boxes = None
        if count:
            points = np.array([r.shape.values["points"] for r in regions if r.shape], np.float64) * scale
        else:
            boxes = self._wide(np.array([r.box for r in regions], np.float64), seen) * [*scale, *scale]
        multimask = bool(count) if self.options.multimask is None else self.options.multimask
        logits, quality = self.sam.net.decode(seen.features, points, boxes, multimask)
        best = quality.argmax(1)
        rows = range(len(regions))
        return candidates(seen, logits[rows, best], quality[rows, best], above=-np.inf)

    def _wide(self, boxes: np.ndarray, seen: Seen) -> np.ndarray:
        """The boxes widened by the margin, inside the image."""
        sides = np.tile(boxes[:, 2:] - boxes[:, :2], 2) * self.options.margin
        height, width = seen.whole
        return np.clip(boxes + sides * [-1, -1, 1, 1], 0, [width, height, width, height])

    def _masked(self, region: Region, mask: Candidate) -> Region:
        runs = mask.runs
        if self.options.min_mask_region_area:
            runs, _ = cleaned(runs, self.options.min_mask_region_area)
        x1, y1, x2, y2 = runs.hull
        box = (float(x1), float(y1), float(x2), float(y2))
        return replace(region, shape=Shape("mask", runs.values()), box=box)


def _kind(region: Region) -> str:
    return region.shape.type if region.shape else "box"
