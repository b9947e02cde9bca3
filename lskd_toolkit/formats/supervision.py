"""Roboflow's ``supervision.Detections``: what many a detector's results are turned into.

Source: https://supervision.roboflow.com . Read by its fields alone; only writing needs the library.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import UsageError
from ..geometry.masks import region_from_mask
from ..geometry.shapes import region_mask
from ..records import Dropped, Refined, Region
from .boxes import from_xyxy
from .malformed import Malformed, score

Detections = Any
"""``supervision.Detections``: a name, so that the library need not be here."""


def regions_from_supervision(detections: Detections, *, proposer: str = "") -> Refined:
    """Detections as regions in pixels, numbered in their order; those that are none dropped, with the reason.

    Labels are ``data["class_name"]``, else the class's number, else empty. Boxes of detections with masks
    are the masks' hulls.
    """
    kept: list[Region] = []
    dropped: list[Dropped] = []
    names = detections.data.get("class_name")
    for id in range(len(detections.xyxy)):
        try:
            kept.append(_region(detections, id, names, proposer))
        except ValueError as error:
            dropped.append(Dropped(Region(id, (0.0, 0.0, 0.0, 0.0)), str(error)))
    return Refined(tuple(kept), tuple(dropped))


def regions_to_supervision(regions: Sequence[Region], size: tuple[int, int] | None = None) -> Detections:
    """Regions as detections, their labels in ``data["class_name"]``.

    Arguments:
        size: the image's (width, height) in pixels; with it every detection has a mask, a box's all of its
            pixels; None: boxes alone.

    Raises:
        UsageError: supervision is not installed.
    """
    try:
        from supervision import Detections as Made
    except ImportError as error:
        raise UsageError("supervision is not installed; install it: pip install supervision") from error
    if not regions:
        return Made.empty()
    masks = None if size is None else np.stack([region_mask(region, *size) for region in regions])
    labels = sorted({region.label for region in regions})
    return Made(
        xyxy=np.array([region.box for region in regions], np.float64),
        mask=masks,
        confidence=np.array([region.score for region in regions], np.float64),
        class_id=np.array([labels.index(region.label) for region in regions]),
        data={"class_name": np.array([region.label for region in regions])},
    )


def _region(detections: Any, id: int, names: Any, proposer: str) -> Region:
    sure = 1.0 if detections.confidence is None else score(float(detections.confidence[id]), "confidence")
    label = ""
    if names is not None:
        label = " ".join(str(names[id]).split())
    elif detections.class_id is not None:
        label = str(int(detections.class_id[id]))
    if detections.mask is not None:
        mask = np.asarray(detections.mask[id], bool)
        if not mask.any():
            raise Malformed("its mask is empty")
        return region_from_mask(mask, id=id, label=label, score=sure, proposer=proposer)
    return Region(id, from_xyxy(detections.xyxy[id].astype(float)), None, label, sure, proposer)
