"""Telling one way of pointing from another."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from lskd_toolkit import Image, Picture, Region

if TYPE_CHECKING:
    from lskd_toolkit.protocols import VisualPrompt

SIDE = 96


def fingerprint(prompt: VisualPrompt) -> str:
    """A digest of how the visual prompt shows two boxes on a grey square and what it calls them.

    A student that learned "[0] is the pink box" is lost when shown numbers, and nothing else would say so.
    """
    image = Image("fingerprint", "", "0" * 64, SIDE, SIDE)
    picture = Picture(image, lambda: np.full((SIDE, SIDE, 3), 128, np.uint8))
    pointed = prompt.point(picture, [Region(0, (8.0, 8.0, 40.0, 56.0)), Region(1, (48.0, 32.0, 88.0, 88.0))])
    digest = hashlib.sha256(repr(sorted(pointed.names.items())).encode())
    for drawn in pointed.images:
        digest.update(repr(drawn.shape).encode() + np.ascontiguousarray(drawn).tobytes())
    return digest.hexdigest()
