"""Flips, crops and scales: pixels, regions and words move together, or nothing does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from ..geometry.extents import pixels
from ..geometry.moving import crop_region, flip_region, scale_region
from ..records import Dropped, Region
from .frame_words import counted, placed
from .sample import Refused, Sample, mentioned
from .sides import swap_sides

Resample = Literal["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"]


def flip(sample: Sample) -> Sample | Refused:
    """The sample mirrored left to right: "left" and "right" are exchanged in texts and labels.

    Refused where a word may be no side ("right now"), where something can be read in the picture, and where
    a custom knows left from right (`lskd_toolkit.augmentation.swap_sides`). Ids stay.
    """
    texts: list[str] = []
    for text in sample.texts:
        swapped = swap_sides(text)
        if isinstance(swapped, Refused):
            return swapped
        texts.append(swapped)
    regions: list[Region] = []
    for region in sample.regions:
        label = swap_sides(region.label)
        if isinstance(label, Refused):
            return Refused(f"the label of region {region.id}: {label.reason}")
        regions.append(replace(flip_region(region, sample.width), label=label))
    mirrored = np.ascontiguousarray(sample.pixels[:, ::-1])
    return replace(sample, pixels=mirrored, regions=tuple(regions), texts=tuple(texts))


def crop(sample: Sample, box: Sequence[float], least: float = 0.5) -> Sample | Refused:
    """The part of the sample in a window, ``box`` xyxy in pixels, rounded to whole ones.

    A region of which less than the share ``least`` is in the window (of its pixels, or of its box where it
    has none) is dropped. Refused where a text mentions such a region, says where in the picture something
    is ("in the left corner of the photo"), or counts ("three people", "everyone") and a region is lost.
    Ids stay.

    Raises:
        ValueError: the window is empty or reaches past the picture.
    """
    x1, y1, x2, y2 = (round(value) for value in box)
    if not (0 <= x1 < x2 <= sample.width and 0 <= y1 < y2 <= sample.height):
        raise ValueError(
            f"a crop to {tuple(box)} does not lie in a picture of {sample.width}x{sample.height}"
        )
    whole = (x1, y1, x2, y2) == (0, 0, sample.width, sample.height)
    kept: list[Region] = []
    lost: list[Dropped] = []
    for region in sample.regions:
        cropped = crop_region(region, (x1, y1, x2, y2))
        share = _share(region, cropped, sample, (x2 - x1, y2 - y1))
        if cropped is None or share < least:
            lost.append(
                Dropped(region, f"{100 * share:.3g}% of it is in the crop, less than {100 * least:.3g}%")
            )
        else:
            kept.append(cropped)
    spoken = set(mentioned(sample.texts))
    for one in lost:
        if one.region.id in spoken:
            return Refused(f"a text mentions region {one.region.id}: {one.reason}")
    if not whole:
        for text in sample.texts:
            reason = placed(text) or (counted(text) if lost else "")
            if reason:
                return Refused(reason)
    window = np.ascontiguousarray(sample.pixels[y1:y2, x1:x2])
    return replace(sample, pixels=window, regions=tuple(kept), dropped=(*sample.dropped, *lost))


def _share(region: Region, cropped: Region | None, sample: Sample, size: tuple[int, int]) -> float:
    """How much of a region the crop, of that width and height, shows."""
    if cropped is None:
        return 0.0
    if cropped.box[2] - cropped.box[0] == region.box[2] - region.box[0] and (
        cropped.box[3] - cropped.box[1] == region.box[3] - region.box[1]
    ):
        return 1.0
    before = pixels(region, sample.width, sample.height)
    return min(1.0, pixels(cropped, *size) / before) if before else 1.0


def scale(sample: Sample, width: int, height: int, resample: Resample = "bicubic") -> Sample:
    """The sample at another size in pixels; sides may change by different factors.

    ``resample`` is how Pillow makes the pixels. Masks get the nearest pixel of where they come from.

    Raises:
        ValueError: a side is less than one pixel.
    """
    if width < 1 or height < 1:
        raise ValueError(f"a picture cannot be scaled to {width}x{height}")
    if (width, height) == (sample.width, sample.height):
        return sample
    from PIL import Image

    method = Image.Resampling[resample.upper()]
    scaled = np.asarray(Image.fromarray(sample.pixels).resize((width, height), method))
    sx, sy = width / sample.width, height / sample.height
    regions = tuple(scale_region(region, sx, sy) for region in sample.regions)
    return replace(sample, pixels=scaled, regions=regions)
