"""Low-resolution logits to the pixels of the image, where it matters and no more.

SAM decodes masks at a quarter of its input's resolution. The library enlarges every mask of the prompt
grid to the whole image, twice over: to the input's size, then to the image's. Both steps are bilinear, so
together they are one weighted sum of three neighbours along each side. Far from a mask its logits are so
low that no threshold finds anything: only the window around the mask is worked out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch

Array = Any
"""A numpy array, or a tensor of torch. On a CPU the work is many small steps: numpy does them on one thread,
while torch's threads would wait for each other at each, and on a busy machine for long."""


@dataclass(frozen=True, slots=True)
class Taps:
    """One side of an enlargement: output ``i`` is the sum of ``weights[k, i]`` times input
    ``start[i] + k`` for k = 0, 1, 2. ``start`` is int64 ``(n,)`` and never falls, ``weights`` are float32
    ``(3, n)``."""

    start: np.ndarray
    weights: np.ndarray

    def reach(self, first: int, end: int) -> tuple[int, int]:
        """The outputs ``[from, to)`` that any of the inputs ``[first, end)`` takes part in."""
        return int(np.searchsorted(self.start + 2, first)), int(np.searchsorted(self.start, end))


def linear(size: int, to: int, kept: int | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bilinear interpolation along one side as torch does it (``align_corners=False``, no antialias), in
    float32 as there: first neighbour, second neighbour, weight of the second, each ``(kept or to,)``."""
    scale = np.float32(size) / np.float32(to)
    at = (np.arange(kept or to, dtype=np.float32) + np.float32(0.5)) * scale - np.float32(0.5)
    at = np.maximum(at, np.float32(0))
    first: np.ndarray = at.astype(np.int64)
    return first, np.minimum(first + 1, size - 1), at - first


@lru_cache(maxsize=256)
def taps(low: int, steps: tuple[tuple[int, int], ...]) -> Taps:
    """Along one side: enlarge ``low`` values by steps of ``(to, kept)``, of which the first ``kept`` stay.
    With two steps the first has to enlarge.

    Raises:
        ValueError: fewer than three values: no decoder gives so few.
    """
    if low < 3:
        raise ValueError(f"masks of {low} pixels a side cannot be enlarged")
    first, second, share = linear(low, *steps[0])
    start, weights = first, np.stack([1 - share, share, np.zeros_like(share)])
    weights[0] += np.where(second == first, share, 0)
    weights[1] = np.where(second == first, 0, weights[1])
    for to, kept in steps[1:]:
        a, b, share = linear(len(start), to, kept)
        shift = start[b] - start[a]
        later = np.zeros((3, len(a)), np.float32)
        for k in range(2):  # the first step has two neighbours, so of later ones only these are taken
            np.put_along_axis(later, (shift + k)[None], weights[k, b][None], axis=0)
        start, weights = start[a], (1 - share) * weights[:, a] + share * later
    # Near the far edge the three would reach over it.
    over = np.maximum(start - (low - 3), 0)
    moved = np.zeros_like(weights)
    for k in range(3):
        column = np.minimum(k + over, 2)
        np.put_along_axis(
            moved, column[None], np.take_along_axis(moved, column[None], 0) + weights[k][None], axis=0
        )
    return Taps(start - over, moved.astype(np.float32))


def window(low: Array, above: float) -> np.ndarray:
    """Of each mask the rows and columns outside which no logit is above ``above``.

    Arguments:
        low: ``(n, h, w)``.

    Returns:
        int64 ``(n, 4)``: first row, row after the last, first column, column after the last; zeros where
        nothing is above.
    """
    hot = low > above
    rows, columns = host(hot.any(2)), host(hot.any(1))
    bounds = [(side.argmax(1), side.shape[1] - side[:, ::-1].argmax(1)) for side in (rows, columns)]
    where: np.ndarray = np.stack([bound for pair in bounds for bound in pair], 1)
    where[~rows.any(1)] = 0
    return where


def enlarge(low: Array, rows: Taps, columns: Taps, part: Sequence[int]) -> Array:
    """Masks' logits in a window of the image, turned: columns first, as run lengths go.

    Arguments:
        low: ``(n, h, w)`` logits.
        part: first row, row after the last, first column, column after the last, in pixels of the image.

    Returns:
        ``(n, columns, rows)`` logits of the window, of the kind given.
    """
    top, bottom, left, right = part
    begin, end = int(columns.start[left]), int(columns.start[right - 1]) + 3
    lean = _blend(low[:, :, begin:end], rows, top, bottom, 0)
    turned = lean.transpose(1, 2).contiguous() if isinstance(lean, torch.Tensor) else lean.transpose(0, 2, 1)
    return _blend(turned, columns, left, right, begin)


def _blend(values: Array, side: Taps, first: int, end: int, begin: int) -> Array:
    """The second dimension of ``(n, size, m)``, whose inputs count from ``begin``, enlarged; the outputs
    ``[first, end)`` of it."""
    at: Array = side.start[first:end] - begin
    weights: Array = side.weights[:, first:end, None]
    if isinstance(values, torch.Tensor):
        at, weights = (torch.from_numpy(v.copy()).to(values.device) for v in (at, weights))
    out = _taken(values, at)
    out *= weights[0]
    for k in (1, 2) if side.weights[2, first:end].any() else (1,):
        more = _taken(values, at + k)
        more *= weights[k]
        out += more
    return out


def _taken(values: Array, at: Array) -> Array:
    return values.index_select(1, at) if isinstance(values, torch.Tensor) else values.take(at, axis=1)


def host(values: Array) -> np.ndarray:
    """As a numpy array."""
    return values.cpu().numpy() if isinstance(values, torch.Tensor) else values
