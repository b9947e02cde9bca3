"""What each shape looks like: small masks, made once."""

from __future__ import annotations

from functools import lru_cache

import numpy as np


@lru_cache(maxsize=256)
def sprite(shape: str, state: str, radius: int) -> np.ndarray:
    """Bool ``(2 radius + 1, 2 radius + 1)``, the thing's pixels around its centre."""
    line = np.arange(-radius, radius + 1) / radius
    x, y = line[None, :], line[:, None]
    if shape == "circle":
        mask = x * x + y * y <= 1
    elif shape == "square":
        mask = (abs(x) <= 0.85) & (abs(y) <= 0.85)
    elif shape == "triangle":
        mask = abs(x) <= (y + 1) / 2
    elif shape == "diamond":
        mask = abs(x) + abs(y) <= 1
    elif shape == "cross":
        mask = (abs(x) <= 0.34) | (abs(y) <= 0.34)
    elif shape == "star":
        mask = np.sqrt(abs(x)) + np.sqrt(abs(y)) <= 1.12
    elif shape == "figure":
        head = x * x + (y + 0.62) ** 2 <= 0.14
        mask = head | ((abs(x) <= (y + 0.6) / 2.2) & (y > -0.3))
    elif shape == "door":
        frame = (abs(x) <= 0.7) & ~((abs(x) < 0.42) & (y > -0.72))
        leaf = (x < -0.05) & (x >= -0.7) if state == "open" else (abs(x) <= 0.7)
        mask = frame | (leaf & (abs(y) <= 1))
    elif shape == "key":
        ring = x * x + (y + 0.55) ** 2
        mask = ((ring <= 0.2) & (ring >= 0.03)) | ((abs(x) <= 0.18) & (y > -0.2))
        mask |= (y > 0.5) & (y <= 0.75) & (x >= 0) & (x <= 0.6)
    else:
        bowl = (abs(x) <= 0.6) & (abs(y) <= 0.6)
        handle = (x > 0.5) & (x <= 0.95) & (abs(y) <= 0.35)
        mask = bowl | handle
        if state == "tipped":
            mask = mask.T | ((y > 0.75) & (abs(x) <= 1))
    mask = np.broadcast_to(mask, (2 * radius + 1, 2 * radius + 1)).copy()
    mask.setflags(write=False)
    return mask


@lru_cache(maxsize=256)
def hull_of(shape: str, state: str, radius: int) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the mask relative to the centre; right and bottom are exclusive."""
    mask = sprite(shape, state, radius)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (
        int(columns[0]) - radius, int(rows[0]) - radius,
        int(columns[-1]) + 1 - radius, int(rows[-1]) + 1 - radius,
    )  # fmt: skip
