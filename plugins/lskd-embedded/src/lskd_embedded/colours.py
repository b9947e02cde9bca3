"""The verbalizer ``colours``: the main colours of each region, and how the picture looks as a whole.

Pixels are named by the nearest of a small palette in CIELAB, where distance is about how different two
colours look. A region with a mask is read under it; one with only a box is read in the box's middle,
where it is more likely to be itself than what is behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from lskd_toolkit import Descriptor, LskdError, Picture, Region, Scene

from .objects import listed
from .options_language import ColoursOptions

if TYPE_CHECKING:
    from lskd_toolkit import Context

NAME = "colours"
PALETTE: dict[str, tuple[tuple[int, int, int], ...]] = {
    "black": ((12, 12, 14), (38, 38, 42)),
    "dark grey": ((72, 72, 74),),
    "grey": ((128, 128, 128), (160, 160, 158)),
    "white": ((250, 250, 250), (220, 220, 218)),
    "red": ((200, 25, 30), (140, 20, 25)),
    "orange": ((240, 130, 25), (215, 100, 35)),
    "brown": ((110, 70, 40), (75, 48, 30), (145, 100, 65)),
    "beige": ((215, 195, 160), (190, 165, 130)),
    "yellow": ((245, 220, 50), (215, 185, 40)),
    "green": ((40, 140, 50), (30, 80, 35), (110, 165, 70)),
    "olive": ((105, 110, 50),),
    "turquoise": ((50, 190, 185), (25, 125, 130)),
    "light blue": ((150, 195, 235),),
    "blue": ((40, 90, 200), (70, 130, 190), (25, 40, 110)),
    "purple": ((120, 50, 150), (150, 110, 180)),
    "pink": ((240, 140, 175), (235, 190, 200)),
}
"""Colour words and sRGB examples of each; a word with several covers its darker or paler forms."""
WORDS = tuple(PALETTE)
MOST = 16_384
"""Pixels looked at in a region at most: an even grid over it, so that size does not cost time."""
DARK, BRIGHT = 32.0, 65.0
"""Mean CIELAB lightness below and above which a picture is called dark or bright."""
SATURATED = 30.0
"""Mean CIELAB chroma above which a picture is called colourful; photographs have about 15."""


class Colours:
    """Names colours of regions and of the whole image."""

    def __init__(self, options: ColoursOptions | None, ctx: Context):
        self.options = options or ColoursOptions()

    def verbalize(self, pictures: Sequence[Picture], scenes: Sequence[Scene]) -> list[list[Descriptor]]:
        return [self._picture(picture.pixels, scene) for picture, scene in zip(pictures, scenes, strict=True)]

    def _picture(self, pixels: np.ndarray, scene: Scene) -> list[Descriptor]:
        found = [look(pixels)] if self.options.image else []
        for region in scene.regions:
            names = main(inside(pixels, region, self.options.centre), self.options.second)
            if names:
                text = f"[{region.id}] is mostly {listed([name for name, _ in names])}"
                share = round(sum(share for _, share in names), 4)
                found.append(Descriptor("local", text, (region.id,), share, NAME))
        return found


def look(pixels: np.ndarray) -> Descriptor:
    """How an image looks: its light, whether it is colourful, its main colours.

    Arguments:
        pixels: uint8 RGB ``(height, width, 3)``.
    """
    sample = _thinned(pixels)
    lab = _lab(sample)
    light, chroma = float(lab[:, 0].mean()), float(np.hypot(lab[:, 1], lab[:, 2]).mean())
    words = ["dark" if light < DARK else "bright" if light > BRIGHT else "evenly lit"]
    if chroma > SATURATED:
        words.append("colourful")
    names = main(sample, 0.2)
    text = f"the picture is {' and '.join(words)}, mostly {listed([name for name, _ in names])}"
    return Descriptor("global", text, (), round(sum(share for _, share in names), 4), NAME)


def inside(pixels: np.ndarray, region: Region, centre: float) -> np.ndarray:
    """The pixels that stand for a region: under its mask, else the middle ``centre`` of its box.

    Arguments:
        pixels: uint8 RGB ``(height, width, 3)``.
    Returns:
        uint8 RGB ``(N, 3)``; at least one pixel unless the image has none.
    """
    height, width = pixels.shape[:2]
    mask = _mask(region, width, height)
    if mask is not None and mask.any():
        return _thinned(pixels[mask])
    x1, y1, x2, y2 = region.box
    dx, dy = (x2 - x1) * (1 - centre) / 2, (y2 - y1) * (1 - centre) / 2
    left, top = (min(max(int(v), 0), limit - 1) for v, limit in ((x1 + dx, width), (y1 + dy, height)))
    right, bottom = max(int(x2 - dx), left + 1), max(int(y2 - dy), top + 1)
    return _thinned(pixels[top:bottom, left:right])


def _mask(region: Region, width: int, height: int) -> np.ndarray | None:
    """The region's mask, None where its box is all that is known of it."""
    if region.shape is None or region.shape.type in ("box", "points"):
        return None
    from lskd_toolkit.geometry.shapes import region_mask

    try:
        return region_mask(region, width, height)
    except LskdError:  # a type of shape whose plugin is not installed
        return None


def main(pixels: np.ndarray, second: float) -> list[tuple[str, float]]:
    """The main colour's name and share, and the next one's if it has a share of at least ``second``.

    Arguments:
        pixels: uint8 RGB ``(N, 3)``.
    """
    if not len(pixels):
        return []
    distance = ((_lab(pixels)[:, None, :] - _EXAMPLES[None]) ** 2).sum(axis=2)
    counts = np.bincount(_OWNER[distance.argmin(axis=1)], minlength=len(WORDS))
    order = np.argsort(-counts, kind="stable")[:2]
    shares = [(WORDS[at], float(counts[at]) / len(pixels)) for at in order]
    return shares[:1] + [pair for pair in shares[1:] if pair[1] >= second]


def _thinned(pixels: np.ndarray) -> np.ndarray:
    """At most about `MOST` pixels, evenly spread, as ``(N, 3)``."""
    if pixels.ndim == 3:
        step = max(1, int(np.ceil(np.sqrt(pixels.shape[0] * pixels.shape[1] / MOST))))
        return pixels[::step, ::step].reshape(-1, 3)
    return pixels[:: max(1, len(pixels) // MOST)]


def _lab(rgb: np.ndarray) -> np.ndarray:
    """sRGB 0–255 ``(N, 3)`` to CIELAB (D65) ``(N, 3)`` float64: the CIE 1976 formulas."""
    value = np.asarray(rgb, dtype=np.float64) / 255.0
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    xyz = linear @ _TO_XYZ.T / _WHITE
    root = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = root[:, 0], root[:, 1], root[:, 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)


_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])
_EXAMPLES = _lab(np.array([rgb for group in PALETTE.values() for rgb in group]))
_OWNER = np.array([at for at, group in enumerate(PALETTE.values()) for _ in group])
