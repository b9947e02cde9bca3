"""Decoded logits to masks in the image: those that are good enough, and only them enlarged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from .model import Seen
from .runs import Runs, find
from .upscaling import Array, enlarge, window

AT_ONCE = 1 << 26
"""Pixels enlarged in one go on a GPU: 256 MB of float32 for each intermediate result. On a CPU masks are
enlarged one by one, each in its own window, which stays in the cache."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A mask with the quality that the model foresees and the stability that it has (1 where not asked)."""

    runs: Runs
    quality: float
    stability: float


def candidates(
    seen: Seen, logits: torch.Tensor, quality: torch.Tensor, *,
    above: float = -1.0, least: float = 0.0, offset: float = 0.0,
) -> list[Candidate | None]:  # fmt: skip
    """The masks of decoded logits, in their order; None for those that are empty or not good enough.

    Arguments:
        logits: ``(n, h, w)`` at the decoder's resolution.
        quality: ``(n,)``; a mask of no more than ``above`` is none.
        least: so stable has a mask to be, when its threshold is moved by ``offset`` either way: the pixels
            above the raised threshold are a share of those above the lowered one.
    """
    found: list[Candidate | None] = [None] * len(logits)
    foreseen = quality.float().cpu().numpy()
    wanted = np.flatnonzero(foreseen > above)
    low: Array = logits[torch.from_numpy(wanted).to(logits.device)].float()
    if low.device.type == "cpu":
        low = low.numpy()
    where = window(low, -offset)
    left, top, _, _ = seen.place
    for some, part in _windows(seen, where, isinstance(low, np.ndarray)):
        large = enlarge(low[some], seen.frame.rows, seen.frame.columns, part)
        stability = _stability(large, offset) if least > 0 else np.ones(len(some), np.float32)
        good = np.flatnonzero(stability >= least)
        if not len(good):
            continue
        runs = find(
            (large if len(good) == len(some) else large[good]) > 0, left + part[2], top + part[0], seen.whole
        )
        for at, run in zip(good, runs, strict=True):
            if run is not None:
                number = wanted[some[at]]
                found[number] = Candidate(run, float(foreseen[number]), float(stability[at]))
    return found


def _windows(seen: Seen, where: np.ndarray, singly: bool) -> Iterator[tuple[np.ndarray, Sequence[int]]]:
    """Numbers of masks that are enlarged together, and the window of the image they are enlarged in."""
    height, width = seen.frame.size
    solid = np.flatnonzero(where[:, 1] > where[:, 0])
    step = 1 if singly else max(1, AT_ONCE // (height * width))
    for first in range(0, len(solid), step):
        some = solid[first : first + step]
        rows = seen.frame.rows.reach(where[some, 0].min(), where[some, 1].max())
        columns = seen.frame.columns.reach(where[some, 2].min(), where[some, 3].max())
        if rows[0] < rows[1] and columns[0] < columns[1]:  # a thin image can fall between two logits
            yield some, (*rows, *columns)


def _stability(large: Array, offset: float) -> np.ndarray:
    """IoU of the masks at the raised and at the lowered threshold, float32 ``(n,)``; nan for empty ones."""
    if isinstance(large, np.ndarray):
        counts = [[np.count_nonzero(v > offset), np.count_nonzero(v > -offset)] for v in large]
        inner, outer = np.array(counts, np.float32).T
    else:
        inner, outer = ((large > o).sum((1, 2)).float().cpu().numpy() for o in (offset, -offset))
    with np.errstate(invalid="ignore"):
        return np.asarray(inner / outer)
