"""Boxes: ``(N, 4)`` float arrays, xyxy pixels, and plain tuples. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from ..records import Box


def as_boxes(boxes: Iterable[Sequence[float]]) -> np.ndarray:
    """Boxes as an ``(N, 4)`` float64 array.

    Raises:
        ValueError: a box is not four finite numbers, or its corners are swapped.
    """
    array = np.asarray([tuple(box) for box in boxes], np.float64).reshape(-1, 4)
    if not np.isfinite(array).all():
        raise ValueError("a box holds a number that is not finite")
    if (array[:, 2:] < array[:, :2]).any():
        raise ValueError("a box has its corners swapped: x2 < x1 or y2 < y1")
    return array


def area(box: Sequence[float]) -> float:
    """Square pixels."""
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def centre(box: Sequence[float]) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def clip(box: Sequence[float], width: float, height: float) -> Box:
    """The part of the box inside an image; without area if there is none."""
    x1, x2 = (min(max(v, 0.0), float(width)) for v in (box[0], box[2]))
    y1, y2 = (min(max(v, 0.0), float(height)) for v in (box[1], box[3]))
    return x1, y1, x2, y2


def hull(boxes: Iterable[Sequence[float]]) -> Box:
    """The smallest box around all.

    Raises:
        ValueError: there are none.
    """
    array = as_boxes(boxes)
    if not len(array):
        raise ValueError("the hull of no boxes")
    low, high = array[:, :2].min(axis=0), array[:, 2:].max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def from_xywh(box: Sequence[float]) -> Box:
    """``(x, y, width, height)``, as COCO and SAM write it, to xyxy."""
    x, y, width, height = box
    return float(x), float(y), float(x + width), float(y + height)


def to_xywh(box: Sequence[float]) -> tuple[float, float, float, float]:
    return box[0], box[1], box[2] - box[0], box[3] - box[1]


def intersections(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Shared area of each of ``a`` ``(N, 4)`` with each of ``b`` ``(M, 4)``: ``(N, M)`` float64."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared: np.ndarray = np.clip(high - low, 0.0, None).prod(axis=-1)
    return shared


def areas(boxes: np.ndarray) -> np.ndarray:
    """``(N,)`` square pixels."""
    product: np.ndarray = np.clip(boxes[:, 2:] - boxes[:, :2], 0.0, None).prod(axis=-1)
    return product


def iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Intersection over union of each with each: ``(N, M)`` in [0, 1]; 0 where both are without area."""
    shared = intersections(a, b)
    return _share(shared, areas(a)[:, None] + areas(b)[None, :] - shared)


def containment(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The share of each of ``a`` that lies in each of ``b``: ``(N, M)`` in [0, 1]."""
    shared = intersections(a, b)
    return _share(shared, np.broadcast_to(areas(a)[:, None], shared.shape))


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    shares: np.ndarray = np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
    return shares
