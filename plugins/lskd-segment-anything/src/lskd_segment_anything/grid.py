"""Where automatic masks are asked for: a grid of points, on the image and on crops of it."""

from __future__ import annotations

import math
from itertools import product

import numpy as np

from .model import CropBox


def points(side: int) -> np.ndarray:
    """A grid of ``side`` squared points in the unit square, row by row: float64 ``(side * side, 2)`` x, y."""
    along = np.linspace(1 / (2 * side), 1 - 1 / (2 * side), side)
    return np.stack([np.tile(along, side), np.repeat(along, side)], axis=1)


def crops(height: int, width: int, layers: int, overlap_ratio: float) -> list[tuple[CropBox, int]]:
    """The image, then with every layer twice as many crops along each side, each with its layer."""
    found: list[tuple[CropBox, int]] = [((0, 0, width, height), 0)]
    for layer in range(1, layers + 1):
        count = 2**layer
        overlap = int(overlap_ratio * min(height, width) * (2 / count))
        w, h = (math.ceil((overlap * (count - 1) + side) / count) for side in (width, height))
        for column, row in product(range(count), repeat=2):
            x, y = column * (w - overlap), row * (h - overlap)
            box = (x, y, min(x + w, width), min(y + h, height))
            if box[0] < box[2] and box[1] < box[3]:  # of an image a few pixels wide some crops are empty
                found.append((box, layer))
    return found


def at_an_inner_edge(
    boxes: np.ndarray, crop: CropBox, whole: tuple[int, int], near: float = 20.0
) -> np.ndarray:
    """Which boxes come near an edge of their crop that is no edge of the image: cut through, they are found
    whole in another crop.

    Arguments:
        boxes: ``(n, 4)`` xyxy in pixels of the image.
        whole: the image's height and width.
    """
    image = np.array([0, 0, whole[1], whole[0]])
    cut = (np.abs(boxes - np.array(crop)) <= near) & ~(np.abs(boxes - image) <= near)
    return np.asarray(cut.any(axis=1))
