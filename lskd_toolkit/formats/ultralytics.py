"""Results of ultralytics' models, read by their fields: the library, which is AGPL-3.0, is not needed here.

Source: https://docs.ultralytics.com/reference/engine/results/ . Regions to a model's labels: `yolo`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..geometry.boxes import hull
from ..records import Dropped, Refined, Region, Shape
from .boxes import from_xyxy
from .malformed import Malformed, score


def regions_from_ultralytics(result: Any, *, proposer: str = "") -> Refined:
    """One image's result as regions in its pixels, numbered in their order, the surest first; those that
    are none dropped, with the reason.

    Arguments:
        result: of ``YOLO(…)(image)[0]``. Masks become polygons as the library outlines them (``masks.xy``),
            in the pixels of the image, not of the network.
    """
    kept: list[Region] = []
    dropped: list[Dropped] = []
    boxes = result.boxes
    for id in range(0 if boxes is None else len(boxes)):
        try:
            kept.append(_region(result, id, proposer))
        except ValueError as error:
            dropped.append(Dropped(Region(id, (0.0, 0.0, 0.0, 0.0)), str(error)))
    return Refined(tuple(kept), tuple(dropped))


def _region(result: Any, id: int, proposer: str) -> Region:
    boxes = result.boxes
    sure = score(float(boxes.conf[id]), "conf")
    label = str(result.names[int(boxes.cls[id])])
    box = from_xyxy(boxes.xyxy[id])
    if result.masks is None:
        return Region(id, box, None, label, sure, proposer)
    points = np.asarray(result.masks.xy[id], float).reshape(-1, 2)
    if len(points) < 3:
        raise Malformed("its mask is empty")
    outline = [[float(x), float(y)] for x, y in points]
    around = hull((x, y, x, y) for x, y in outline)
    return Region(id, around, Shape("polygon", {"polygons": [outline]}), label, sure, proposer)
