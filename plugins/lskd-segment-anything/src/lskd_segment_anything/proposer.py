"""Proposer `sam`: a mask for everything in the image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lskd_toolkit import Dropped, Refined, Region, Shape

from .automatic import automatic_masks
from .loading import sam

if TYPE_CHECKING:
    from lskd_toolkit import Context, Picture

    from .decoding import Candidate
    from .options import SamProposerOptions


class SamProposer:
    """Masks of everything, best first; see `lskd_segment_anything.automatic`."""

    def __init__(self, options: SamProposerOptions, ctx: Context):
        self.options, self.sam = options, sam(options, ctx)

    def propose(self, pictures: Sequence[Picture]) -> list[Refined]:
        """The regions of each picture; those beyond ``most`` as left out."""
        return [self._regions(picture) for picture in pictures]

    def _regions(self, picture: Picture) -> Refined:
        found = sorted(automatic_masks(self.sam, picture, self.options), key=_best_first)
        most = self.options.most
        kept = tuple(
            Region(i, _box(one), Shape("mask", one.runs.values()), "", score(one), "sam")
            for i, one in enumerate(found[:most])
        )
        # Without their masks: these would be most of a run folder.
        over = (Region(i, _box(one), None, "", score(one), "sam") for i, one in enumerate(found[most:], most))
        return Refined(
            kept,
            tuple(
                Dropped(one, f"number {one.id + 1} of {len(found)} by score, {most} are kept") for one in over
            ),
        )


def score(one: Candidate) -> float:
    """The quality that the model foresees, which may pass 1, as a score."""
    return round(min(1.0, max(0.0, one.quality)), 4)


def _best_first(one: Candidate) -> tuple[object, ...]:
    """By score as it is stored, then by place: rounding in a decoder changes no order."""
    return (-score(one), one.runs.hull, one.runs.area)


def _box(one: Candidate) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = one.runs.hull
    return float(x1), float(y1), float(x2), float(y2)
