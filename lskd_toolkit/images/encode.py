"""Pixels to the bytes that are sent."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def jpeg(pixels: np.ndarray, quality: int = 90) -> bytes:
    """RGB pixels, uint8 ``(H, W, 3)``, as a JPEG. A PNG of a photo is ten times as large and as slow."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return file.getvalue()
