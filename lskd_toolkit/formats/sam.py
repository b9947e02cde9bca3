"""The dictionaries that Segment Anything's automatic generator gives.

Source: ``SamAutomaticMaskGenerator.generate``, https://github.com/facebookresearch/segment-anything
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..geometry.boxes import to_xywh
from ..geometry.masks import decode, encode, hull
from ..geometry.shapes import region_mask
from ..records import Region, Shape
from .malformed import Malformed, brief, score
from .rle import shape_from_rle


def region_from_sam(found: Mapping[str, Any], *, proposer: str = "") -> Region:
    """One mask as a region in pixels. Its id is 0, its score the predicted IoU, its box the mask's hull.

    Arguments:
        found: ``segmentation`` is a bool array ``(H, W)`` or runs, compressed or not.

    Raises:
        Malformed: what is wrong, in one line.
    """
    if not isinstance(found, Mapping) or "segmentation" not in found:
        raise Malformed(f"{brief(found)} has no segmentation")
    sure = score(found["predicted_iou"], "predicted_iou") if "predicted_iou" in found else 1.0
    segmentation = found["segmentation"]
    if isinstance(segmentation, Mapping):
        shape, box = shape_from_rle(segmentation)
        return Region(0, box, shape, "", sure, proposer)
    mask = np.asarray(segmentation)
    if mask.ndim != 2 or mask.dtype != bool:
        raise Malformed(f"segmentation is {mask.dtype} {mask.shape}, not bool (H, W)")
    if not mask.any():
        raise Malformed("segmentation is empty")
    return Region(0, hull(mask), Shape("mask", encode(mask)), "", sure, proposer)


def region_to_sam(region: Region, size: tuple[int, int]) -> dict[str, Any]:
    """A region as one mask, ``segmentation`` a bool array ``(H, W)``; a box as all of its pixels.

    Arguments:
        size: the image's (width, height) in pixels.
    """
    width, height = size
    shape = region.shape
    mask = (
        decode(shape.values) if shape and shape.type == "mask" else region_mask(region, width, height)
    )  # fmt: skip
    return {
        "segmentation": mask,
        "area": int(mask.sum()),
        "bbox": list(to_xywh(region.box)),
        "predicted_iou": region.score,
        "crop_box": [0, 0, width, height],
    }
