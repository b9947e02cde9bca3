"""Proposer `segments`: masks of areas that look alike, with no weights and no idea what they are.

Felzenszwalb's graph segmentation cuts the image into many small pieces; neighbours whose mean colours
are near each other are joined, smallest difference first; what is left is kept if it is neither a
crumb nor the background. Labels are empty, because nothing is known but colour.

The score is the share of colour variance, over the segment and a ring of the same order of size around
it, that the border between the two explains: 1 for an even patch on an even, different ground, near 0
for one that melts into what surrounds it.

Sources: Felzenszwalb and Huttenlocher, Efficient Graph-Based Image Segmentation (2004), as in
scikit-image; the score is the correlation ratio of analysis of variance.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lskd_toolkit import Region

if TYPE_CHECKING:
    from lskd_toolkit import Context, Picture

    from .options_vision import SegmentsOptions

WORKING_SIDE = 400
"""Longest side, in pixels, at which areas are found; masks are scaled back afterwards."""

MANY_BORDERS = 3
"""An area that runs along this many sides of the image is what the rest lies on."""


class Segments:
    """Masks by colour; see the module's words."""

    def __init__(self, options: SegmentsOptions, ctx: Context):
        self.options = options

    def propose(self, pictures: Sequence[Picture]) -> list[list[Region]]:
        """Regions of each picture, best first, each with its mask as shape."""
        return [self._regions(picture.pixels) for picture in pictures]

    def _regions(self, pixels: np.ndarray) -> list[Region]:
        from lskd_toolkit.geometry.masks import region_from_mask

        options = self.options
        lab = _lab(_shrink(pixels))
        labels = areas(lab, options.join)
        regions = []
        for score, mask in choose(lab, labels, options.least_area, options.most_area)[: options.most]:
            if score < options.least_score:
                break
            full = _grow(mask, pixels.shape[:2])
            if not full.any():  # a hair's breadth of an area may not survive the scaling
                continue
            regions.append(
                region_from_mask(full, id=len(regions), score=round(score, 4), proposer="segments")
            )
        return regions


def areas(lab: np.ndarray, join: float) -> np.ndarray:
    """Cut an image into connected areas of similar colour.

    Arguments:
        lab: ``(height, width, 3)`` float CIELAB.
        join: neighbours are joined while their mean colours differ by less than this (delta E 1976).

    Returns:
        ``(height, width)`` int labels, dense from 0.
    """
    from skimage.graph import merge_hierarchical, rag_mean_color
    from skimage.segmentation import felzenszwalb

    height, width = lab.shape[:2]
    # Colours are divided by 100 because felzenszwalb's scale is made for values between 0 and 1.
    pieces = felzenszwalb(lab / 100.0, scale=150, sigma=0.8, min_size=max(1, height * width // 1000))
    if pieces.max() == 0:
        return np.zeros((height, width), np.int64)
    graph = rag_mean_color(lab, pieces)
    merged = merge_hierarchical(
        pieces, graph, thresh=join, rag_copy=False, in_place_merge=True,
        merge_func=_merge_colours, weight_func=_difference,
    )  # fmt: skip
    return np.unique(merged, return_inverse=True)[1].reshape(height, width)


def _merge_colours(graph: Any, source: int, target: int) -> None:
    into, other = graph.nodes[target], graph.nodes[source]
    into["total color"] = into["total color"] + other["total color"]
    into["pixel count"] += other["pixel count"]
    into["mean color"] = into["total color"] / into["pixel count"]


def _difference(graph: Any, source: int, target: int, neighbour: int) -> dict[str, float]:
    gap = graph.nodes[target]["mean color"] - graph.nodes[neighbour]["mean color"]
    return {"weight": float(np.linalg.norm(gap))}


def choose(
    lab: np.ndarray, labels: np.ndarray, least_area: float, most_area: float
) -> list[tuple[float, np.ndarray]]:
    """The areas worth pointing at, as (score, mask), best first.

    Left out: those smaller or larger than the given shares of the image, and those that run along
    three or more of its sides.
    """
    chosen = []
    for label, count in enumerate(np.bincount(labels.ravel())):
        mask = labels == label
        edges = (mask[0], mask[-1], mask[:, 0], mask[:, -1])
        touched = sum(bool(edge.any()) for edge in edges)
        if least_area <= count / labels.size <= most_area and touched < MANY_BORDERS:
            chosen.append((contrast(lab, mask), mask))
    return sorted(chosen, key=lambda pair: -pair[0])


def contrast(lab: np.ndarray, mask: np.ndarray) -> float:
    """The share of colour variance that a mask's border explains, in [0, 1].

    Arguments:
        lab: ``(height, width, 3)`` float. mask: ``(height, width)`` bool.
    """
    from scipy.ndimage import distance_transform_edt

    away = distance_transform_edt(~mask)
    ring = (away > 0) & (away <= max(2.0, mask.sum() ** 0.5 / 4))
    if not ring.any():
        return 0.0
    inside, outside = lab[mask], lab[ring]
    both = np.concatenate([inside, outside])
    middle = both.mean(0)
    total = float(((both - middle) ** 2).sum())
    between = sum(len(part) * float(((part.mean(0) - middle) ** 2).sum()) for part in (inside, outside))
    return min(1.0, between / total) if total > 0 else 0.0


def _lab(pixels: np.ndarray) -> np.ndarray:
    from skimage.color import rgb2lab

    return np.asarray(rgb2lab(pixels), np.float64)


def _shrink(pixels: np.ndarray) -> np.ndarray:
    import PIL.Image

    height, width = pixels.shape[:2]
    scale = min(1.0, WORKING_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(PIL.Image.fromarray(pixels).resize(size, PIL.Image.Resampling.BOX))


def _grow(mask: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Scale a mask to ``shape`` (height, width), its edge where the blurred mask passes one half."""
    import PIL.Image

    grey = PIL.Image.fromarray(mask.astype(np.uint8) * 255)
    return np.asarray(grey.resize((shape[1], shape[0]), PIL.Image.Resampling.BILINEAR)) > 127


def _demo(photo: str, out: str) -> None:
    """``python -m lskd_embedded.segments PHOTO OUT.png``: tint what is found."""
    import PIL.Image

    from lskd_toolkit import create, open_picture
    from lskd_toolkit.geometry.masks import decode

    picture = open_picture(Path(photo))
    pixels = picture.pixels.astype(np.float64)
    tints = np.random.default_rng(0).integers(0, 256, (100, 3))
    for region in create("proposer", "segments").propose([picture])[0]:
        assert region.shape is not None
        mask = decode(region.shape.values)
        pixels[mask] = pixels[mask] * 0.4 + tints[region.id] * 0.6
        print(region.id, region.score, region.box)
    PIL.Image.fromarray(pixels.astype(np.uint8)).save(out)


if __name__ == "__main__":
    _demo(*sys.argv[1:])
