"""The outline of a region as rings of few points, where its shape is more than its box."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import LskdError
from ..geometry.shapes import region_outline

if TYPE_CHECKING:
    from ..records import Region

Ring = list[tuple[float, float]]


def outline(region: Region, tolerance: float) -> list[Ring]:
    """Closed rings in pixels, off by at most ``tolerance``; empty when the box is all there is or the
    plugin of the shape's type is not installed."""
    if region.shape is None or region.shape.type == "box":
        return []
    try:
        rings = [np.asarray(ring, float).reshape(-1, 2) for ring in region_outline(region)]
    except (LskdError, LookupError, TypeError, ValueError):
        return []  # of an absent plugin, or not what its type says: one odd shape costs no report
    return [short for ring in rings if len(ring) > 2 and len(short := simplified(ring, tolerance)) > 2]


def simplified(points: np.ndarray, tolerance: float) -> Ring:
    """A polyline ``(N, 2)`` without the points that lie within ``tolerance`` of what remains (Douglas
    and Peucker), so that the staircase of a mask's edge does not fill the page."""
    kept = np.zeros(len(points), bool)
    kept[[0, -1]] = True
    # A ring has no ends: besides the first point, the one farthest from it stays.
    far = int(np.argmax(np.hypot(*(points - points[0]).T)))
    kept[far] = True
    spans = [(0, far), (far, len(points) - 1)]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        between = points[first + 1 : last] - points[first]
        chord = points[last] - points[first]
        along = np.clip(between @ chord / max(float(chord @ chord), 1e-12), 0.0, 1.0)
        away = np.hypot(*(between - along[:, None] * chord).T)
        worst = int(np.argmax(away))
        if away[worst] > tolerance:
            middle = first + 1 + worst
            kept[middle] = True
            spans += [(first, middle), (middle, last)]
    return [(float(x), float(y)) for x, y in points[kept]]
