"""Masks as run lengths: found in a window of the image, all masks of a batch at once."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch

from .upscaling import Array


@dataclass(frozen=True, slots=True)
class Runs:
    """One mask of an image of ``size`` (height, width): where its runs begin and end, down the columns:
    ``edges`` int64 ``(2 * runs,)``, rising. ``hull`` is its box xyxy, the last edges exclusive."""

    edges: np.ndarray
    hull: tuple[int, int, int, int]
    size: tuple[int, int]

    @property
    def area(self) -> int:
        return int((self.edges[1::2] - self.edges[::2]).sum())

    def values(self) -> dict[str, Any]:
        """As a region's shape ``mask`` has it: alternating lengths, absent first."""
        height, width = self.size
        counts = np.diff(self.edges, prepend=0, append=height * width)
        if counts[-1] == 0:
            counts = counts[:-1]
        return {"size": [height, width], "counts": counts.tolist()}


def find(masks: Array, left: int, top: int, size: tuple[int, int]) -> list[Runs | None]:
    """The runs of masks that lie in a window of the image; None for a mask without a pixel.

    Arguments:
        masks: bool ``(n, columns, rows)``, columns first; an array, or a tensor on a GPU.
        left, top: the window's place in the image.
        size: the image's height and width.
    """
    n, columns, rows = masks.shape
    on_gpu = isinstance(masks, torch.Tensor)
    shape = (n, columns, rows + 2)
    padded: Array = masks.new_zeros(shape) if on_gpu else np.zeros(shape, bool)
    padded[:, :, 1:-1] = masks
    turns = (
        padded[:, :, 1:] ^ padded[:, :, :-1]
    )  # each column begins and ends outside, so turns come in pairs
    # On a GPU they are found there, so that only places travel.
    at = turns.flatten().nonzero().squeeze(1).cpu().numpy() if on_gpu else np.flatnonzero(turns)
    mask, rest = np.divmod(at, columns * (rows + 1))
    column, row = np.divmod(rest, rows + 1)
    height = size[0]
    edges = (column + left) * height + row + top
    bounds = np.searchsorted(mask, np.arange(n + 1))
    found: list[Runs | None] = []
    for low, high in pairwise(bounds):
        if low == high:
            found.append(None)
            continue
        x, y = column[low:high], row[low:high]
        hull = (int(x[0]) + left, int(y[::2].min()) + top, int(x[-1]) + left + 1, int(y[1::2].max()) + top)
        found.append(Runs(joined(edges[low:high]), hull, size))
    return found


def joined(edges: np.ndarray) -> np.ndarray:
    """Runs that touch, one going to a column's end and the next beginning there, as one."""
    touching = np.zeros(len(edges), bool)
    touching[1:-1:2] = touching[2::2] = edges[1:-1:2] == edges[2::2]
    return edges[~touching] if touching.any() else edges


def of_edges(edges: np.ndarray, size: tuple[int, int]) -> Runs | None:
    """Runs from where they begin and end (rising, touching ones allowed); None where there are none."""
    edges = joined(edges)
    if not len(edges):
        return None
    height = size[0]
    first, last = edges[::2], edges[1::2] - 1
    whole = bool((first // height != last // height).any())  # over a column's end: from top to bottom
    top = 0 if whole else int((first % height).min())
    bottom = height if whole else int((last % height).max()) + 1
    return Runs(edges, (int(first[0] // height), top, int(last[-1] // height) + 1, bottom), size)
