"""Of boxes that overlap too much, the best stays: what torchvision's ``nms`` does, without torchvision."""

from __future__ import annotations

import numpy as np


def suppress(boxes: np.ndarray, scores: np.ndarray, overlap: float) -> np.ndarray:
    """Non-maximum suppression.

    Arguments:
        boxes: ``(n, 4)`` xyxy.
        scores: ``(n,)``; of equal ones the earlier is better.
        overlap: boxes that overlap a better one by more than this IoU go.

    Returns:
        int64 indices of those kept, best first.
    """
    boxes = np.asarray(boxes, np.float32).reshape(-1, 4)  # in float32 as torchvision, so that it is the same
    order = np.argsort(-np.asarray(scores, np.float32), kind="stable")
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    kept = []
    while order.size:
        best, order = order[0], order[1:]
        kept.append(best)
        sides = np.minimum(boxes[best, 2:], boxes[order, 2:]) - np.maximum(boxes[best, :2], boxes[order, :2])
        shared = np.prod(np.maximum(sides, 0), axis=1)
        with np.errstate(invalid="ignore"):  # two boxes without area do not overlap
            overlaps = shared / (area[best] + area[order] - shared)
        order = order[~(overlaps.astype(np.float64) > overlap)]
    return np.asarray(kept, np.int64)
