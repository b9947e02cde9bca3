"""ultralytics' results as regions."""

from __future__ import annotations

from typing import Any

import torch

from lskd_toolkit import Dropped, Refined, Region, Shape
from lskd_toolkit.geometry.masks import region_from_mask
from lskd_toolkit.geometry.moving import crop_region
from lskd_toolkit.geometry.shapes import region_hull


def regions(result: Any, proposer: str = "yolo") -> Refined:
    """The things that one result (`ultralytics.engine.results.Results`) has found, best first as it has them.

    A mask is the region's shape where there is one, at the image's pixels, and its hull the box. A turned
    box is a shape ``rotated box``, or the polygon that the image leaves of it. Things without a pixel in
    the image are dropped.
    """
    turned = result.obb is not None
    found = result.obb if turned else result.boxes
    if found is None or not len(found):
        return Refined(())
    boxes = found.xyxy.float().cpu().tolist()
    scores = found.conf.float().cpu().tolist()
    labels = [str(result.names[int(number)]) for number in found.cls.tolist()]
    masks = None if result.masks is None else _masks(result.masks.data, result.orig_shape)
    height, width = result.orig_shape
    kept: list[Region] = []
    dropped: list[Dropped] = []
    for i, (box, score, label) in enumerate(zip(boxes, scores, labels, strict=True)):
        x1, y1, x2, y2 = box
        whole = Region(len(kept), (x1, y1, x2, y2), None, label, score, proposer)
        region: Region | None = whole
        if turned:
            whole = _turned(whole, found.xywhr[i].float().cpu().tolist())
            region = _within(whole, width, height)
        elif masks is not None and masks[i].any():
            region = region_from_mask(masks[i], id=len(kept), label=label, score=score, proposer=proposer)
        if region is not None and region.box[0] < region.box[2] and region.box[1] < region.box[3]:
            kept.append(region)
        else:
            dropped.append(Dropped(whole, "has no pixel in the image"))
    return Refined(tuple(kept), tuple(dropped))


def _masks(data: torch.Tensor, size: tuple[int, int]) -> Any:
    """Masks ``(n, h, w)``, bool at the image's ``size`` (height, width), enlarged as ultralytics does."""
    from ultralytics.utils.ops import scale_masks

    if tuple(data.shape[1:]) != tuple(size):
        data = scale_masks(data[None].float(), size)[0] > 0.5
    return data.bool().cpu().numpy()


def _turned(region: Region, values: list[float]) -> Region:
    x, y, width, height, angle = values
    degrees = angle * 180 / torch.pi
    shape = Shape("rotated box", {"centre": [x, y], "size": [width, height], "angle": degrees})
    region = Region(region.id, region.box, shape, region.label, region.score, region.proposer)
    return Region(region.id, region_hull(region), shape, region.label, region.score, region.proposer)


def _within(region: Region, width: int, height: int) -> Region | None:
    """The region as far as it lies in the image."""
    x1, y1, x2, y2 = region.box
    inside = x1 >= 0 and y1 >= 0 and x2 <= width and y2 <= height
    return region if inside else crop_region(region, (0, 0, width, height))
