"""Refiner ``merge``: of regions that are one thing, found by one proposer or by several, one stays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..records import Dropped, Refined, Region
from .canvas import Canvas, drawn
from .extents import FILLED, Extents, candidates, lay_out, measured, runs
from .options import MergeOptions
from .packing import pack
from .refiners import Sized, best_first
from .shapes import region_hull

Reasons = dict[int, str]
"""Why regions, by their place in the order, do not stay."""


class Merge:
    """Of regions that are one thing keeps the best, and of a thing and its parts, if asked, the thing."""

    def __init__(self, options: MergeOptions, ctx: Any = None):
        self.options = options

    def refine(self, pictures: Sequence[Sized], regions: Sequence[Sequence[Region]]) -> list[Refined]:
        return [
            merge(some, picture.image.width, picture.image.height, self.options)
            for picture, some in zip(pictures, regions, strict=True)
        ]


def merge(regions: Sequence[Region], width: int, height: int, options: MergeOptions) -> Refined:
    """The regions of one image of that size in pixels, the better first, each thing once.

    Raises:
        ValueError: a region's mask cannot be read.
    """
    ordered = sorted(regions, key=best_first)
    extents = lay_out(ordered, width, height, options.by)
    reasons: Reasons = {}
    joined = _join(ordered, extents, options, reasons)
    if options.containment < 1:
        _contain(ordered, extents, options.containment, reasons)
    if options.union < 1:
        _compose(ordered, extents, options.union, reasons)
    if options.own > 0:
        _cover(ordered, width, height, options.own, reasons)
    return Refined(
        tuple(
            _completed(region, [ordered[j] for j in joined[i]])
            if options.complete and i in joined
            else region
            for i, region in enumerate(ordered)
            if i not in reasons
        ),
        tuple(Dropped(region, reasons[i]) for i, region in enumerate(ordered) if i in reasons),
    )


def _join(
    ordered: Sequence[Region], extents: Extents, options: MergeOptions, reasons: Reasons
) -> dict[int, list[int]]:
    """Say of every region that overlaps a better one, which is kept here, that it does; the regions that
    each one stands for."""

    def hopeful(box: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        most = np.minimum(np.minimum(box, a), b)
        found: np.ndarray = (most > (a + b - most) * (options.iou - 1e-9)) & (most > 0)
        return found

    first, second = candidates(extents, np.arange(len(ordered)), hopeful)
    shared, a, b = measured(extents, first, second)
    values = shared / (a + b - shared)
    good = np.flatnonzero(values > options.iou)
    stands_for: dict[int, list[int]] = defaultdict(list)
    # In the order of the better one: once it is its turn, nothing can speak against it any more.
    for i, j, value in zip(first[good].tolist(), second[good].tolist(), values[good].tolist(), strict=True):
        one, other = ordered[i], ordered[j]
        if i in reasons or j in reasons or one.frame != other.frame:
            continue
        if options.same_label and one.label != other.label:
            continue
        reasons[j] = f"overlaps region {one.id} by {value:.4g}"
        stands_for[i].append(j)
    return stands_for


def _inside(extents: Extents, left: Sequence[int], least: float) -> dict[int, dict[int, float]]:
    """For each of those left the others of them that it lies in, by more than that share of itself."""
    among = np.sort(np.asarray(left, np.int64))
    first, second = candidates(
        extents, among, lambda box, a, b: (box > least * np.minimum(a, b) - 1e-6) & (box > 0)
    )
    shared, a, b = measured(extents, first, second)
    found: dict[int, dict[int, float]] = defaultdict(dict)
    for one, other, area in ((first, second, a), (second, first, b)):
        shares = np.divide(shared, area, out=np.zeros_like(shared), where=area > 0)
        good = np.flatnonzero(shares > least)
        for i, j, share in zip(one[good].tolist(), other[good].tolist(), shares[good].tolist(), strict=True):
            found[i][j] = share
    return found


def _left(ordered: Sequence[Region], extents: Extents, reasons: Reasons) -> list[int]:
    """Those not spoken against, the largest first: a part may be surer than its whole."""
    areas = extents.areas
    return sorted(set(range(len(ordered))) - set(reasons), key=lambda i: (-areas[i], i))


def _contain(ordered: Sequence[Region], extents: Extents, least: float, reasons: Reasons) -> None:
    """Say the same of what lies in another of its label."""
    left = _left(ordered, extents, reasons)
    inside = _inside(extents, left, least)
    place = {i: at for at, i in enumerate(left)}
    for i in left:
        wholes = [
            k
            for k in inside.get(i, ())
            if k not in reasons
            and place[k] < place[i]
            and (ordered[k].label, ordered[k].frame) == (ordered[i].label, ordered[i].frame)
        ]
        if wholes:
            whole = min(wholes, key=lambda k: place[k])
            reasons[i] = f"lies in region {ordered[whole].id} by {inside[i][whole]:.4g}"


def _compose(ordered: Sequence[Region], extents: Extents, least: float, reasons: Reasons) -> None:
    """Say of every nameless region that others make up together that they do: two things side by side."""
    left = _left(ordered, extents, reasons)
    parts: dict[int, list[int]] = defaultdict(list)
    for part, wholes in _inside(extents, left, least).items():
        for whole in wholes:
            if extents.at[part] >= 0 and extents.at[whole] >= 0 and not ordered[whole].label:
                parts[whole].append(part)
    if not any(len(some) > 1 for some in parts.values()):
        return
    masks, at = extents.masks, extents.at.tolist()
    areas = masks.areas.tolist()
    bits = drawn(masks, (at[i] for whole, some in parts.items() for i in (whole, *some)))
    for i in left:
        some = [p for p in parts.get(i, ()) if p not in reasons and ordered[p].frame == ordered[i].frame]
        if len(some) < 2 or sum(areas[at[p]] for p in some) < least * areas[at[i]]:
            continue
        pieces = [bits[at[p]] for p in some]
        together = Canvas((bits[at[i]], *pieces))
        for piece in pieces:
            together.add(piece)
        covered = together.covered(bits[at[i]])
        value = covered / (areas[at[i]] + together.pixels - covered)
        if value > least:
            names = ", ".join(str(ordered[p].id) for p in sorted(some))
            reasons[i] = f"is regions {names} together by {value:.4g}"


def _cover(ordered: Sequence[Region], width: int, height: int, least: float, reasons: Reasons) -> None:
    """Say of every region that better ones cover but for too small a share of its own that they do."""
    left = [i for i in range(len(ordered)) if i not in reasons]
    masks = pack([runs(ordered[i], width, height) for i in left])
    bits = drawn(masks, range(len(left)))
    frames: dict[int | None, Canvas] = {}
    for at, i in enumerate(left):
        frame, area = ordered[i].frame, int(masks.areas[at])
        if frame not in frames:
            frames[frame] = Canvas(bits.values())
        own = 1 - frames[frame].covered(bits[at]) / area if area else 1.0
        if own < least:
            reasons[i] = f"better regions cover it but for {own:.4g} of it"
        else:
            frames[frame].add(bits[at])


def _completed(region: Region, others: Sequence[Region]) -> Region:
    """The region, with the label and the pixels of the best that it stands for where it has none itself: a
    detector's name and a segmenter's mask."""
    if not region.label:
        region = replace(region, label=next((other.label for other in others if other.label), ""))
    if region.shape is None:
        shape = next((o.shape for o in others if o.shape is not None and o.shape.type in FILLED), None)
        if shape is not None:
            region = replace(region, shape=shape)
            region = replace(region, box=region_hull(region))
    return region
