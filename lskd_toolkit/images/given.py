"""Regions that came with an image: put into its pixels, and handed out by the proposer ``given``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..geometry.moving import crop_region, scale_region
from ..records import Dropped, Found, Refined, Region
from .picture import Picture

ASPECT = 0.02
"""By how much the sides' ratio may differ between the annotated size and the image's: two roundings of a
small picture. More is another picture, or one that was turned."""


def in_pixels(found: Found, width: int, height: int) -> Refined:
    """A source's regions in the pixels of its image of that upright size: scaled from the annotated size,
    cut at the image's edges, those that cannot be with their reason."""
    if not (found.regions or found.dropped):
        return Refined(())
    wide, tall = found.size or (width, height)
    if not _alike(wide, tall, width, height):
        reason = f"annotated in an image of {wide}x{tall}; this one is {width}x{height}"
        return Refined((), (*found.dropped, *(Dropped(region, reason) for region in found.regions)))
    kept: list[Region] = []
    dropped = list(found.dropped)
    for region in found.regions:
        placed, reason = _placed(region, width / wide, height / tall, width, height)
        if placed is None:
            dropped.append(Dropped(_storable(region), reason))
        else:
            kept.append(placed)
    return Refined(tuple(kept), tuple(dropped))


def _alike(wide: int, tall: int, width: int, height: int) -> bool:
    return min(wide, tall) > 0 and abs(wide * height / (tall * width) - 1) <= ASPECT


def _placed(region: Region, sx: float, sy: float, width: int, height: int) -> tuple[Region | None, str]:
    """The region in the image, or None and why not."""
    try:
        scaled = region if sx == sy == 1.0 else scale_region(region, sx, sy)
        x1, y1, x2, y2 = scaled.box
        if not (x1 < x2 and y1 < y2):
            return None, f"its box {_told(region)} has no area"
        if x1 >= 0 and y1 >= 0 and x2 <= width and y2 <= height:
            return scaled, ""
        placed = crop_region(scaled, (0.0, 0.0, float(width), float(height)))
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        return None, f"its shape cannot be read: {' '.join(str(error).split())[:200]}"
    if placed is None:
        return None, f"its box {_told(region)} lies outside the image"
    return replace(placed, id=region.id), ""


def _storable(region: Region) -> Region:
    """The region with no number that JSON has no word for."""
    finite = all(math.isfinite(value) for value in region.box)
    return replace(region, shape=None, box=region.box if finite else (0.0, 0.0, 0.0, 0.0))


def _told(region: Region) -> str:
    return "(" + ", ".join(f"{value:.6g}" for value in region.box) + ")"


class Given:
    """The regions that the source has for each image."""

    def __init__(self, options: None = None, ctx: Any = None):
        pass

    def propose(self, pictures: Sequence[Picture]) -> list[Refined]:
        return [
            Refined(tuple(replace(r, proposer=r.proposer or "given") for r in p.given.kept), p.given.dropped)
            for p in pictures
        ]
