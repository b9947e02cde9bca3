"""The inmost pixel of a mask: the peak of its Euclidean distance transform, where a number is best read."""

from __future__ import annotations

import math

import numpy as np

COARSE = 32
"""Cells a side of the copy on which the peak is sought first."""
LARGE = 384
"""Pixels a side of the largest mask of which every pixel is looked at."""
AT_ONCE = 200_000
"""Distances that are held in memory at a time."""


def inmost(mask: np.ndarray) -> tuple[float, float]:
    """The centre of the mask's pixel that is farthest from all that is not the mask, in pixels xy; of
    several such the one in their middle.

    Arguments:
        mask: bool ``(H, W)`` with at least one pixel. What is outside of it does not belong to it.

    The transform is taken of a coarse copy, and then of the pixels around its peak, and around the next one,
    until no other can be higher by more than a cell. Of a mask of no more than `COARSE` pixels a side it is
    exactly the peak; of one of more than `LARGE` every second pixel is looked at, or third, or so on.
    """
    every = -(-max(mask.shape) // LARGE)
    few = mask[every // 2 :: every, every // 2 :: every]
    if every > 1 and few.any():
        x, y = inmost(few)
        return int(x) * every + every // 2 + 0.5, int(y) * every + every // 2 + 0.5
    padded = _bordered(mask)
    step = -(-max(mask.shape) // COARSE)
    top, left = (1 + min(step, side) // 2 for side in mask.shape)
    # Every pixel of the copy that is outside of the mask is one outside: nothing is higher than it seems.
    coarse = _bordered(padded[top::step, left::step])
    squares = _squares(coarse)
    if step == 1:
        row, column = _highest(squares)
        return column - 0.5, row - 0.5
    bound = step * (np.sqrt(squares) + math.sqrt(0.5))[1:-1, 1:-1]  # of all pixels of a cell
    best, row, column = -1.0, 0, 0
    while bound.max() > (best + step if best > 0 else 0):
        down, across = _highest(bound)
        at = top + step * down, left + step * across
        reach = math.ceil(bound[down, across] + 2 * step)
        away, *here = _around(padded, *at, step + step // 2, reach)
        if away > best:
            best, (row, column) = away, here
        bound[max(0, down - 1) : down + 2, max(0, across - 1) : across + 2] = 0
    return column - 0.5, row - 0.5


def _bordered(mask: np.ndarray) -> np.ndarray:
    """With one pixel of nothing on every side; `np.pad` takes four times as long."""
    padded = np.zeros((mask.shape[0] + 2, mask.shape[1] + 2), bool)
    padded[1:-1, 1:-1] = mask
    return padded


def _around(padded: np.ndarray, row: int, column: int, step: int, reach: int) -> tuple[float, int, int]:
    """How far inside the inmost pixel within ``step`` of a given one is, its row and its column; of equals
    the nearest to it. None of them is farther inside than ``reach``, so no more than that is looked at."""
    height, width = padded.shape
    top, left = max(0, row - step - reach), max(0, column - step - reach)
    window = padded[top : row + step + reach + 1, left : column + step + reach + 1]
    rows, columns = (
        np.arange(max(0, middle - step), min(end, middle + step + 1))
        for middle, end in ((row, height), (column, width))
    )
    first, end = rows[0] - top, rows[-1] - top + 1
    straight = np.minimum(
        _since(window[:end], first, 2 * reach),
        _since(window[first:][::-1], len(window) - end, 2 * reach)[::-1],
    )
    straight **= 2
    across = (
        np.subtract.outer((columns - left).astype(np.int32), np.arange(window.shape[1], dtype=np.int32)) ** 2
    )
    away = np.empty((len(rows), len(columns)), int)
    some = max(1, AT_ONCE // across.size)
    for start in range(0, len(rows), some):
        part = slice(start, start + some)
        away[part] = (straight[part, None, :] + across).min(axis=2)
    from_peak = (rows[:, None] - row) ** 2 + (columns - column) ** 2
    best = int(np.argmax(away * (2 * from_peak.max() + 1) - from_peak))
    down, right = divmod(best, len(columns))
    return math.sqrt(away[down, right]), int(rows[down]), int(columns[right])


def _since(window: np.ndarray, first: int, far: int) -> np.ndarray:
    """How many rows up the nearest pixel outside the mask is, for all rows from ``first`` on; a great number
    from ``far`` on where there is none."""
    at = np.arange(len(window), dtype=np.int32)[:, None]
    outside = np.where(window, np.int32(-far), at)
    nearest = outside[first:]
    if first:
        np.maximum(nearest[0], outside[:first].max(axis=0), out=nearest[0])
    rows: np.ndarray = at[first:] - np.maximum.accumulate(nearest, axis=0)
    return rows


def _squares(mask: np.ndarray) -> np.ndarray:
    """The squared distance of every pixel to the nearest that is not the mask's, for small masks with a
    free border: along columns first, then the lowest parabola of each row."""
    steps = np.minimum(_since(mask, 0, 0), _since(mask[::-1], 0, 0)[::-1])
    at = np.arange(mask.shape[1], dtype=np.int32)
    across = np.subtract.outer(at, at) ** 2
    squares: np.ndarray = (across[None] + (steps**2)[:, None, :]).min(axis=2)
    return squares


def _highest(values: np.ndarray) -> tuple[int, int]:
    """Row and column of the greatest value, of equals the one in their middle."""
    rows, columns = np.nonzero(values == values.max())
    middle = np.argmin((rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2)
    return int(rows[middle]), int(columns[middle])
