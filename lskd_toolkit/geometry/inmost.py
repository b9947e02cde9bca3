"""The inmost pixel of a mask: the peak of its Euclidean distance transform, where a number is best read."""

from __future__ import annotations

import numpy as np

FIRST = 64
"""Pixels that are measured before any is ruled out."""
AT_ONCE = 1_000_000
"""Distances that are held in memory at a time."""


def inmost(mask: np.ndarray) -> tuple[float, float]:
    """The centre of the mask's pixel that is farthest from all that is not the mask, in pixels xy; of
    several such the one nearest to their middle.

    Arguments:
        mask: bool ``(H, W)`` with at least one pixel. What is outside of it does not belong to it.

    Exact. A pixel is no farther from the border than straight up, down, left or right, which is quickly told
    for all; only those that could still be the peak are measured in every direction.
    """
    # With a border on all sides, and the longer side down: fewer columns are compared with each other.
    turned = mask.shape[1] > mask.shape[0]
    padded = np.pad(mask.T if turned else mask, 1)
    down = _straight(padded)
    most = np.minimum(down, _straight(padded.T).T)
    rows, columns = np.nonzero(padded)
    bound = most[rows, columns]
    likely = np.argsort(-bound, kind="stable")
    rows, columns, bound = rows[likely], columns[likely], bound[likely].astype(np.int64) ** 2
    peak = int(_measured(down, rows[:FIRST], columns[:FIRST], int(bound[0])).max())
    hopeful = bound >= peak
    rows, columns = rows[hopeful], columns[hopeful]
    away = _measured(down, rows, columns, int(bound[0]))
    best = np.flatnonzero(away == away.max())
    rows, columns = rows[best], columns[best]
    middle = np.argmin((rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2)
    row, column = float(rows[middle]) - 0.5, float(columns[middle]) - 0.5
    return (row, column) if turned else (column, row)


def _straight(padded: np.ndarray) -> np.ndarray:
    """How far each pixel is from the nearest outside one of its column; 0 outside."""
    height = padded.shape[0]
    at = np.arange(height, dtype=np.int32)[:, None]
    above = np.maximum.accumulate(np.where(padded, 0, at), axis=0)
    below = np.minimum.accumulate(np.where(padded, height, at)[::-1], axis=0)[::-1]
    distance: np.ndarray = np.minimum(at - above, below - at)
    return distance


def _measured(down: np.ndarray, rows: np.ndarray, columns: np.ndarray, most: int) -> np.ndarray:
    """The squared distance of these pixels to the nearest outside one, none of which is above ``most``."""
    reach = min(int(np.sqrt(most)) + 1, down.shape[1] - 1)
    across = np.arange(-reach, reach + 1)
    away = np.empty(len(rows), np.int64)
    step = max(1, AT_ONCE // len(across))
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        # Beyond the mask's border stand pixels of the border itself: nearer ones than these are there.
        there = np.clip(columns[part, None] + across, 0, down.shape[1] - 1)
        straight = down[rows[part, None], there].astype(np.int64)
        away[part] = (straight**2 + (there - columns[part, None]) ** 2).min(axis=1)
    return away
