"""See the visual prompts on a photo of your own: ``python -m lskd_toolkit.drawing PHOTO OUT.png``.

Left the paper's overlay, right numbers; the regions are made up.
"""

from __future__ import annotations

import sys

import numpy as np
from PIL import Image, ImageOps

from ..records import Region
from .numbered import draw_numbered
from .paper_overlay import draw_overlay


def main(photo: str, out: str) -> None:
    """Draw seven made-up boxes on the photo, at no more than 960 pixels."""
    image = ImageOps.exif_transpose(Image.open(photo)).convert("RGB")
    image.thumbnail((960, 960))
    width, height = image.size
    shares = (
        (0.28, 0.08, 0.62, 0.95), (0.34, 0.1, 0.56, 0.42), (0.03, 0.2, 0.24, 0.6), (0.66, 0.05, 0.97, 0.5),
        (0.68, 0.55, 0.95, 0.93), (0.05, 0.7, 0.25, 0.96), (0.4, 0.2, 0.47, 0.28),
    )  # fmt: skip
    regions = [
        Region(id, (x1 * width, y1 * height, x2 * width, y2 * height))
        for id, (x1, y1, x2, y2) in enumerate(shares)
    ]
    pixels = np.asarray(image)
    both = [draw_overlay(pixels, regions, scale_lines=True), draw_numbered(pixels, regions)]
    Image.fromarray(np.hstack(both)).save(out)
    print(out)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python -m lskd_toolkit.drawing PHOTO OUT.png")
    main(sys.argv[1], sys.argv[2])
