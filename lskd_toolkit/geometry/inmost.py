"""The inmost pixel of a mask: the peak of its Euclidean distance transform, where a number is best read."""

from __future__ import annotations

import numpy as np

COARSE = 32
"""Cells a side of the copy on which the peak is sought first."""


def inmost(mask: np.ndarray) -> tuple[float, float]:
    """The centre of the mask's pixel that is farthest from all that is not the mask, in pixels xy; of
    several such the one in their middle.

    Arguments:
        mask: bool ``(H, W)`` with at least one pixel. What is outside of it does not belong to it.

    The transform is taken of a coarse copy, and then of the pixels around its peak: of two peaks that are
    nearly as high the lower one may be found, and never a pixel outside the mask.
    """
    padded = np.pad(mask, 1)
    step = -(-max(mask.shape) // COARSE)
    start = 1 + step // 2
    coarse = np.pad(padded[start::step, start::step], 1)
    if not coarse.any():  # all of it thinner than a cell
        step, start, coarse = 1, 1, np.pad(mask, 1)
    row, column = (start + step * (at - 1) for at in _highest(_squares(coarse)))
    if step == 1:
        return column - 0.5, row - 0.5
    rows, columns = np.indices((2 * step + 1, 2 * step + 1)).reshape(2, -1) - step
    rows, columns = np.clip(rows + row, 0, mask.shape[0] + 1), np.clip(columns + column, 0, mask.shape[1] + 1)
    inside = padded[rows, columns]
    rows, columns = rows[inside], columns[inside]
    border = np.stack(_border(padded))
    # Only of those near the coarse peak can one be the nearest to a pixel around it.
    squares = (border[0] - row) ** 2 + (border[1] - column) ** 2
    border = border[:, squares <= (np.sqrt(squares.min()) + 3 * step) ** 2]
    away = ((rows[:, None] - border[0]) ** 2 + (columns[:, None] - border[1]) ** 2).min(axis=1)
    # Of equals the one nearest to the coarse peak, which is in their middle.
    best = np.lexsort(((rows - row) ** 2 + (columns - column) ** 2, -away))[0]
    return float(columns[best]) - 0.5, float(rows[best]) - 0.5


def _squares(mask: np.ndarray) -> np.ndarray:
    """The squared distance of every pixel to the nearest that is not the mask's, for small masks with a
    free border: along columns first, then the lowest parabola of each row."""
    height, width = mask.shape
    steps = np.where(mask, height, 0)
    for row in range(1, height):
        np.minimum(steps[row], steps[row - 1] + 1, out=steps[row])
    for row in range(height - 2, -1, -1):
        np.minimum(steps[row], steps[row + 1] + 1, out=steps[row])
    across = np.subtract.outer(np.arange(width), np.arange(width)) ** 2
    squares: np.ndarray = (across[None] + (steps**2)[:, None, :]).min(axis=2)
    return squares


def _highest(values: np.ndarray) -> tuple[int, int]:
    """Row and column of the greatest value, of equals the one in their middle."""
    rows, columns = np.nonzero(values == values.max())
    middle = np.argmin((rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2)
    return int(rows[middle]), int(columns[middle])


def _border(padded: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the pixels beside the mask's: the nearest one outside is always one of them."""
    beside = np.zeros_like(padded)
    beside[1:] |= padded[:-1]
    beside[:-1] |= padded[1:]
    beside[:, 1:] |= padded[:, :-1]
    beside[:, :-1] |= padded[:, 1:]
    rows, columns = np.nonzero(beside & ~padded)
    return rows, columns
