"""Which colour a region has by its id, and how far colours are apart.

Both tables were found by taking, again and again, the colour farthest in CIELAB from those already
taken, as seen with and without colour blindness. They are written out, because a colour is
part of what a model learns: it must not move with a library's rounding.
"""

from __future__ import annotations

import numpy as np

Rgb = tuple[int, int, int]
Rgba = tuple[int, int, int, int]

VIVID: tuple[str, ...] = (
    "#e6194b", "#1e8cff", "#ffd60a", "#12b76a", "#782dff", "#4be1ff", "#b43ca5", "#ff7800",
    "#e1e196", "#ff96b4", "#876900", "#ff00ff", "#5aff69", "#ff0096", "#96c33c", "#c396f0",
    "#4b783c", "#0087c3", "#784bd2", "#f08769", "#00f0d2", "#964b78", "#a5f0b4", "#e11e0f",
)  # fmt: skip
"""The house's colours. Any two of the first 20 are at least 30 apart, and at least 10 to a protanope
or a deuteranope, 9 to a tritanope (`distance`). From id 24 on they repeat: there the painted number
tells them apart."""

PAPER: tuple[tuple[str, str], ...] = (
    # fill with its alpha, outline: as published in the paper's code for ids 0 to 4
    ("#ff05cd20", "#05ff37"), ("#ff800020", "#99ccff"), ("#862d2d20", "#cc99ff"),
    ("#ff800020", "#f5ad42"), ("#862d2d20", "#f55d42"),
)  # fmt: skip
"""The fills of 1 and 3, and of 2 and 4, are the same: only the outline tells them apart."""

BEYOND_PAPER: tuple[str, ...] = (
    "#5a2dff", "#1ea578", "#ff87a5", "#ffff96", "#ff0069", "#b40f78", "#3c69b4", "#e1d200",
    "#87780f", "#963cd2", "#3c78ff", "#2d8796", "#00e1e1", "#a5ff69", "#00c35a", "#96ffc3",
    "#e100ff", "#ffc396", "#ff0000",
)  # fmt: skip
"""For ids from 5 on, where the paper's code gives every id the same grey. Each is at least 30 from any
other and from all that the paper has for its five, and at least 10 to a protanope, a deuteranope or a
tritanope. Repeats from id 24 on, but not the five."""

_ALPHA = "20"  # of the paper's fills, in hex: 32 of 255


def colour(region: int) -> Rgb:
    """The house's colour of a region id, red, green and blue in 0-255."""
    return rgb(VIVID[region % len(VIVID)])


def css(region: int) -> str:
    """`colour` as ``#rrggbb``, for pages."""
    return VIVID[region % len(VIVID)]


def paper_colours(region: int) -> tuple[Rgba, Rgb]:
    """Fill (with alpha) and outline of a region id in the paper's manner."""
    if 0 <= region < len(PAPER):
        fill, outline = PAPER[region]
    else:
        outline = BEYOND_PAPER[(region - len(PAPER)) % len(BEYOND_PAPER)]
        fill = outline + _ALPHA
    red, green, blue = rgb(fill)
    return (red, green, blue, int(fill[7:], 16)), rgb(outline)


def rgb(hexadecimal: str) -> Rgb:
    """``#rrggbb`` (what follows is left out) as numbers."""
    return int(hexadecimal[1:3], 16), int(hexadecimal[3:5], 16), int(hexadecimal[5:7], 16)


def ink(paper: Rgb) -> Rgb:
    """Black or white, whichever has the higher contrast on the colour (WCAG 2 relative luminance)."""
    luminance = float(_linear(paper) @ np.array([0.2126, 0.7152, 0.0722]))
    return (0, 0, 0) if (luminance + 0.05) / 0.05 >= 1.05 / (luminance + 0.05) else (255, 255, 255)


def distance(one: Rgb, other: Rgb, blindness: str = "") -> float:
    """How different two colours look: Euclidean distance in CIELAB (CIE 1976, D65). About 2 is just
    seen side by side; 30 is another colour at a glance.

    Arguments:
        blindness: ``protan``, ``deutan`` or ``tritan``: as that person sees them (Machado et al. 2009,
            full).
    """
    return float(np.linalg.norm(_lab(one, blindness) - _lab(other, blindness)))


# Matrices on linear light, row by row.
_SEEN = {
    "protan": (0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998),
    "deutan": (0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881),
    "tritan": (1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.303900),
}
_XYZ = (0.4124564, 0.3575761, 0.1804375, 0.2126729, 0.7151522, 0.0721750, 0.0193339, 0.1191920, 0.9503041)
_WHITE = [0.95047, 1.0, 1.08883]


def _linear(colour: Rgb) -> np.ndarray:
    value = np.asarray(colour, float) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def _lab(colour: Rgb, blindness: str) -> np.ndarray:
    light = _linear(colour)
    if blindness:
        light = np.clip(np.reshape(_SEEN[blindness], (3, 3)) @ light, 0, 1)
    xyz = np.reshape(_XYZ, (3, 3)) @ light / _WHITE
    x, y, z = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])
