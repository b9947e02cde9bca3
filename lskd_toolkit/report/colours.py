"""Colours of regions on the page: the same as in the drawings that models are shown."""

from __future__ import annotations

_FALL = ("#e6194b", "#3cb44b", "#4363d8", "#f58231", "#911eb4", "#42d4f4", "#f032e6", "#bfef45")


def region_colour(region: int) -> str:
    """The colour of that region as ``#rrggbb``."""
    return _FALL[region % len(_FALL)]


def ink_on(colour: str) -> str:
    """Black or white, whichever is read better on ``#rrggbb`` (WCAG relative luminance)."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#000000" if luminance > 0.179 else "#ffffff"
