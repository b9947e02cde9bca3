"""COCO's run-length masks, read with every check and without spreading them out into pixels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..geometry import masks
from ..records import Box, Shape
from .malformed import Malformed, brief, listed

MOST_PIXELS = 400_000_000
"""A larger mask is nonsense: images beyond 100 megapixels are refused by default, and a few bytes of runs
could claim any size."""


def shape_from_rle(rle: Mapping[str, Any], size: tuple[int, int] | None = None) -> tuple[Shape, Box]:
    """A mask and its hull of ``{"size": [height, width], "counts": …}``: counts as a list, or compressed as
    a string or bytes.

    Arguments:
        size: the image's (width, height) in pixels, which the mask has to have; None: not known.

    Raises:
        Malformed: keys are missing, the runs do not fill the size, no pixel is present, or it is the mask
            of another size.
    """
    for key in ("size", "counts"):
        if key not in rle:
            raise Malformed(f"mask has no {key!r}")
    height, width = _whole(rle["size"], "mask size")
    if size is not None and (width, height) != tuple(size):
        raise Malformed(f"mask is {width}x{height}, its image {size[0]}x{size[1]}")
    if width * height > MOST_PIXELS:
        raise Malformed(f"mask is {width}x{height}, larger than any image")
    counts = _counts(rle["counts"])
    if sum(counts) != width * height:
        raise Malformed(f"mask runs cover {sum(counts)} pixels of {width}x{height}")
    return Shape("mask", {"size": [height, width], "counts": counts}), _hull(counts, height)


def rle_from_mask(values: Mapping[str, Any]) -> dict[str, Any]:
    """A stored mask's values as COCO's compressed form, its counts an ASCII string as in JSON."""
    counts = values["counts"]
    if isinstance(counts, bytes):
        counts = counts.decode("ascii")
    text = counts if isinstance(counts, str) else masks.compress(counts)
    return {"size": [int(v) for v in values["size"]], "counts": text}


def _whole(values: Any, what: str) -> tuple[int, int]:
    found = listed(values, what)
    if len(found) != 2 or not all(type(v) is int and v > 0 for v in found):
        raise Malformed(f"{what} is {brief(values)}, not [height, width]")
    return found[0], found[1]


def _counts(counts: Any) -> list[int]:
    if isinstance(counts, str | bytes):
        try:
            counts = masks.decompress(counts)
        except (ValueError, OverflowError) as error:
            raise Malformed(str(error)) from error
    found = listed(counts, "mask counts")
    if not all(type(run) is int and run >= 0 for run in found):
        wrong = next(run for run in found if type(run) is not int or run < 0)
        raise Malformed(f"mask counts hold {brief(wrong)}, which is no length of a run")
    return list(found)


def _hull(counts: list[int], height: int) -> Box:
    """The box around the present runs, which go down the columns."""
    ends = np.cumsum(np.asarray(counts, np.int64))
    first, last = ends[:-1:2], ends[1::2] - 1  # run 1, 3, 5, …: present
    held = last >= first
    first, last = first[held], last[held]
    if not first.size:
        raise Malformed("mask is empty: no pixel is present")
    turns = bool((first // height != last // height).any())  # a run over a column's end holds both edges
    top = 0 if turns else int((first % height).min())
    bottom = height if turns else int((last % height).max()) + 1
    return float(first[0] // height), float(top), float(last[-1] // height + 1), float(bottom)
