"""Where lines of writing are: a network's map of them, and the rectangles that it means.

The network (PP-OCRv6, small) gives for every pixel how likely it is in the core of a line of writing:
lines are shrunk in the map so that neighbours do not touch. Each connected core becomes the smallest
rectangle around it, turned as it needs to be, and is grown again.

Source: Liao et al., Real-time Scene Text Detection with Differentiable Binarization (2020), for the
map and by how much lines are grown: area times a ratio, over the length of the border.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

STRIDE = 32
"""Sides of what the network takes are multiples of this."""
CORE = 0.3
"""Least likelihood of a core's pixels."""
LIKELY = 0.6
"""Least mean likelihood over a core."""
GROW = 1.6
"""How far a core is grown, as a share of its area over its border's length."""
THIN = 3.0
"""Least height of a core in pixels of the map: below, nothing in it can be read."""
STRAIGHT = 0.9
"""A turned rectangle must have less than this share of the upright one's area to be worth the turn."""
SLACK = 3.0
"""How many times the asked longer side a very long picture may have, to keep its shorter side legible."""


@dataclass(frozen=True, slots=True)
class Line:
    """A rectangle around writing. ``corners`` are ``(4, 2)`` x and y in pixels of the image, clockwise
    from the corner where reading begins, if it is upright. ``score`` is how likely it is writing."""

    corners: np.ndarray
    score: float

    @property
    def width(self) -> float:
        return float(np.linalg.norm(self.corners[1] - self.corners[0]))

    @property
    def height(self) -> float:
        return float(np.linalg.norm(self.corners[3] - self.corners[0]))


def find_lines(pixels: np.ndarray, net: Callable[[np.ndarray], np.ndarray], side: int) -> list[Line]:
    """Every line of writing in an image, from the top to the bottom.

    Arguments:
        pixels: uint8 RGB ``(height, width, 3)``.
        net: ``(1, 3, h, w)`` float32 to ``(1, 1, h, w)`` likelihoods.
        side: pixels of the longer side at which it looks.
    """
    import PIL.Image

    height, width = pixels.shape[:2]
    across, down = working_size(width, height, side)
    resized = PIL.Image.fromarray(pixels).resize((across, down), PIL.Image.Resampling.BILINEAR)
    likely = net(normal(np.asarray(resized))[None])[0, 0]
    scale = np.array([width / across, height / down])
    limit = np.array([width, height])
    return [Line(np.clip(line.corners * scale, 0, limit), line.score) for line in cores(likely)]


def working_size(width: int, height: int, side: int) -> tuple[int, int]:
    """Width and height at which an image is looked at: its longer side near ``side``, or up to `SLACK`
    times that where it is so long that its shorter side would be lost; multiples of `STRIDE`."""
    long, short = max(width, height), min(width, height)
    scale = max(side / long, min(SLACK * side / long, side / 4 / short))
    across, down = (max(STRIDE, round(v * scale / STRIDE) * STRIDE) for v in (width, height))
    return across, down


def normal(pixels: np.ndarray) -> np.ndarray:
    """uint8 RGB ``(h, w, 3)`` as both networks take it: BGR in [-1, 1], float32 ``(3, h, w)``."""
    scaled = pixels[:, :, ::-1].astype(np.float32) / 127.5 - 1.0
    return np.ascontiguousarray(scaled.transpose(2, 0, 1))


def cores(likely: np.ndarray) -> list[Line]:
    """The lines that a map ``(h, w)`` of likelihoods means, in its pixels."""
    from skimage.measure import label, regionprops

    found = []
    for core in regionprops(label(likely > CORE, connectivity=2)):
        top, left, bottom, right = core.bbox
        if min(bottom - top, right - left) < THIN:
            continue
        score = float(likely[core.slice][core.image].mean())
        if score >= LIKELY:
            corners = rectangle(core.image) + np.array([left, top])
            found.append(Line(grown(corners), round(score, 4)))
    return sorted(found, key=lambda line: (float(line.corners[:, 1].mean()), float(line.corners[0, 0])))


def rectangle(inside: np.ndarray) -> np.ndarray:
    """The corners ``(4, 2)`` of the smallest rectangle around the true pixels of ``(h, w)``, clockwise
    from the top left; its longer sides lie within 45 degrees of the picture's, and it is upright unless
    a turn makes it clearly smaller."""
    rows = np.flatnonzero(inside.any(1))
    left = inside[rows].argmax(1)
    right = inside.shape[1] - inside[rows, ::-1].argmax(1)
    # The outermost corners of every row's pixels: all others lie within their hull.
    x, y = np.concatenate([left, right, left, right]), np.concatenate([rows, rows, rows + 1, rows + 1])
    points = np.stack([x, y], 1).astype(np.float64)
    angles = np.deg2rad(np.arange(-90, 90) / 2.0)
    cos, sin = np.cos(angles), np.sin(angles)
    along = points[:, :1] * cos + points[:, 1:] * sin
    across = points[:, 1:] * cos - points[:, :1] * sin
    area = np.ptp(along, 0) * np.ptp(across, 0)
    upright = int(np.flatnonzero(angles == 0.0)[0])
    best = int(area.argmin())
    k = best if area[best] < STRAIGHT * area[upright] else upright
    u0, u1, v0, v1 = along[:, k].min(), along[:, k].max(), across[:, k].min(), across[:, k].max()
    turned = np.array([(u0, v0), (u1, v0), (u1, v1), (u0, v1)])
    back = np.array([[cos[k], sin[k]], [-sin[k], cos[k]]])
    corners: np.ndarray = turned @ back
    return corners


def grown(corners: np.ndarray) -> np.ndarray:
    """A rectangle with every side moved outwards by its area times `GROW` over its border's length."""
    right, down = corners[1] - corners[0], corners[3] - corners[0]
    width, height = np.linalg.norm(right), np.linalg.norm(down)
    by = width * height * GROW / (2 * (width + height))
    x, y = right / width * by, down / height * by
    larger: np.ndarray = corners + np.stack([-x - y, x - y, x + y, y - x])
    return larger
