"""The outline of a region as rings of points, where its shape is more than its box."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..records import Region

Rings = list[list[tuple[float, float]]]


def outline(region: Region) -> Rings:
    """Closed rings in pixels; empty when the box is all there is or the shape's type is not installed."""
    return []
