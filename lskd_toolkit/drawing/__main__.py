"""See every visual prompt on a photo of your own: ``python -m lskd_toolkit.drawing PHOTO OUT.png``.

One row for each, with the pictures it gives side by side. The regions are made up: a box, a mask with a
hole, a mask of two parts, and small ones.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from ..geometry.masks import region_from_mask
from ..records import Region
from .alpha import Alpha
from .blurring import BlurBackground
from .coordinates import Coordinates
from .crops import Crop, FocalCrop
from .numbered import Numbered
from .paper_overlay import PaperOverlay
from .pointed import Pointed
from .shown_masks import Contour, Mask

ALL = {
    "numbered": Numbered, "paper-overlay": PaperOverlay, "mask": Mask, "contour": Contour, "crop": Crop,
    "focal-crop": FocalCrop, "blur-background": BlurBackground, "alpha": Alpha, "coordinates": Coordinates,
}  # fmt: skip
SIDE = 480
"""The photo's longer side in pixels, as it is drawn on."""
TALL = 240
"""A row's height in pixels."""


@dataclass
class _Photo:
    pixels: np.ndarray


def made_up(width: int, height: int) -> list[Region]:
    """Four regions of an image of that size."""
    y, x = np.ogrid[:height, :width]
    unit = min(width, height)
    away = ((x - 0.68 * width) ** 2 + (y - 0.4 * height) ** 2) ** 0.5 / unit
    ring = (away < 0.28) & (away > 0.14)
    parts = (((x - 0.12 * width) ** 2 + (y - 0.75 * height) ** 2) ** 0.5 < 0.12 * unit) | (
        (abs(x - 0.3 * width) < 0.05 * width) & (abs(y - 0.8 * height) < 0.1 * height)
    )
    boxes = (0.08, 0.1, 0.4, 0.55), (0.45, 0.7, 0.55, 0.82)
    plain = [
        Region(id, (x1 * width, y1 * height, x2 * width, y2 * height))
        for id, (x1, y1, x2, y2) in zip((0, 3), boxes, strict=True)
    ]
    return [plain[0], region_from_mask(ring, id=1), region_from_mask(parts, id=2), plain[1]]


def _row(name: str, pointed: Pointed) -> Image.Image:
    font = ImageFont.load_default(14)
    pictures = []
    for image in pointed.images:
        # A fourth channel is shown as light: what is not to be looked at is dark.
        rgb = image[..., :3] if image.shape[2] == 3 else image[..., :3] // 3 + image[..., 3:] // 255 * (
            image[..., :3] - image[..., :3] // 3
        )  # fmt: skip
        picture = Image.fromarray(np.ascontiguousarray(rgb))
        picture.thumbnail((TALL * 2, TALL))
        pictures.append(picture)
    words = f"{name}   {pointed.text}"
    wide = max(sum(p.width + 6 for p in pictures), round(font.getlength(words)) + 8)
    row = Image.new("RGB", (wide, TALL + 40), "white")
    ImageDraw.Draw(row).text((4, 4), words, fill="black", font=font)
    left = 0
    for picture in pictures:
        row.paste(picture, (left, 30))
        left += picture.width + 6
    return row


def _rows(pixels: np.ndarray, regions: Sequence[Region]) -> Iterator[Image.Image]:
    for name, kind in ALL.items():
        yield _row(name, kind().point(_Photo(pixels), regions))


def main(photo: str, out: str) -> None:
    """Draw made-up regions on the photo with every visual prompt of the core."""
    image = ImageOps.exif_transpose(Image.open(photo)).convert("RGB")
    image.thumbnail((SIDE, SIDE))
    rows = list(_rows(np.asarray(image), made_up(*image.size)))
    sheet = Image.new("RGB", (max(row.width for row in rows), sum(row.height for row in rows)), "white")
    top = 0
    for row in rows:
        sheet.paste(row, (0, top))
        top += row.height
    sheet.save(out)
    print(out)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python -m lskd_toolkit.drawing PHOTO OUT.png")
    main(sys.argv[1], sys.argv[2])
