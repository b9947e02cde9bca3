"""What the small student sees: colours in patches, and numbers in words. Pictures and text alone."""

from __future__ import annotations

import re

import numpy as np

PATCH = 8
"""Pixels of a patch's side."""
CODES = 64
"""Colours are told apart by two bits of each channel."""
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


LEVELS = 16
"""How many values of a fourth channel are told apart."""


def patches(image: np.ndarray) -> np.ndarray:
    """Shares of colours in every patch, float ``(rows, columns, 64)``, and where there is a fourth channel of
    its values, ``(rows, columns, 80)``; what does not fill a patch is cut off.

    Arguments:
        image: uint8 ``(H, W, 3)`` or ``(H, W, 4)``.
    """
    colours = _shares(_codes(image[..., :3]), CODES)
    if image.shape[2] == 3:
        return colours
    return np.concatenate([colours, _shares(image[..., 3].astype(np.intp) * LEVELS // 256, LEVELS)], axis=2)


def _shares(code: np.ndarray, kinds: int) -> np.ndarray:
    rows, columns = code.shape[0] // PATCH, code.shape[1] // PATCH
    place = np.arange(rows * columns).reshape(rows, columns).repeat(PATCH, axis=0).repeat(PATCH, axis=1)
    within_patches = place * kinds + code[: rows * PATCH, : columns * PATCH]
    counts = np.bincount(within_patches.ravel(), minlength=rows * columns * kinds)
    return counts.reshape(rows, columns, kinds) / PATCH**2


def around(shares: np.ndarray) -> np.ndarray:
    """Each patch with the means of 3 x 3 and 5 x 5 patches about it, ``(rows * columns, 3 * kinds)``."""
    wide = [shares, *(_mean(shares, reach) for reach in (1, 2))]
    return np.concatenate(wide, axis=2).reshape(-1, 3 * shares.shape[2])


def of_its_own(image: np.ndarray) -> np.ndarray:
    """A region's own picture: shares of colours in a 3 x 3 grid of it, of its sharp pixels, and of those that
    a fourth channel shows. Float ``(11 * 64,)``.

    Arguments:
        image: uint8 ``(H, W, 3)`` or ``(H, W, 4)``.
    """
    code = _codes(image[..., :3])
    height, width = code.shape
    row, column = np.arange(height) * 3 // height, np.arange(width) * 3 // width
    grid = np.bincount(((row[:, None] * 3 + column) * CODES + code).ravel(), minlength=9 * CODES)
    light = image[..., :3].mean(axis=2)
    sharp = np.abs(np.diff(light, axis=0, prepend=light[:1])) + np.abs(
        np.diff(light, axis=1, prepend=light[:, :1])
    )
    shown = image[..., 3] / 255 if image.shape[2] == 4 else np.zeros_like(light)
    weighed = [np.bincount(code.ravel(), weights.ravel(), CODES) for weights in (sharp, shown)]
    return np.concatenate(
        [(grid.reshape(9, -1) / max(1, grid.sum()) * 9).ravel(), *(w / max(1e-9, w.sum()) for w in weighed)]
    )


def numbers_of(text: str, region: int) -> list[float]:
    """The first four numbers that the text says after ``[region]``; fewer where it says no more."""
    _, found, rest = text.partition(f"[{region}]")
    return [float(n) for n in _NUMBER.findall(rest.partition(";")[0])[:4]] if found else []


def within(numbers: list[float], most: float, rows: int, columns: int) -> np.ndarray:
    """Which patches lie between the numbers, read as left, top, right and bottom in ``most``-ths: float
    ``(rows * columns, 1)``; none where there are not four."""
    inside = np.zeros((rows, columns))
    if len(numbers) == 4 and most > 0:
        left, top, right, bottom = (n / most for n in numbers)
        y, x = (np.arange(rows) + 0.5) / rows, (np.arange(columns) + 0.5) / columns
        inside[:] = ((y >= top) & (y <= bottom))[:, None] & ((x >= left) & (x <= right))
    return inside.reshape(-1, 1)


def _codes(pixels: np.ndarray) -> np.ndarray:
    bits = (pixels >> 6).astype(np.intp)
    codes: np.ndarray = bits[..., 0] * 16 + bits[..., 1] * 4 + bits[..., 2]
    return codes


def _mean(shares: np.ndarray, reach: int) -> np.ndarray:
    size = 2 * reach + 1
    padded = np.pad(shares, ((reach, reach), (reach, reach), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(0, 1))
    mean: np.ndarray = windows.mean(axis=(-2, -1))
    return mean
