"""Which statements say almost what a better one says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def near_duplicates(
    vectors: np.ndarray, order: np.ndarray, groups: Sequence[np.ndarray], cosine: float
) -> tuple[np.ndarray, np.ndarray]:
    """Within every group of places the best are kept, and what is near a kept one is not.

    Arguments:
        vectors: float ``(N, D)`` of length one.
        order: int64 ``(N,)``, the rank of each place: 0 is the best.
        groups: places that are compared with each other; no place is in two.
        cosine: from which on two are near.

    Returns:
        For every place the kept place that it repeats, -1 where it is kept itself, int64 ``(N,)``; and how
        near that is, float32 ``(N,)``.
    """
    twin = np.full(len(vectors), -1, np.int64)
    nearness = np.zeros(len(vectors), np.float32)
    for group in groups:
        ranked = group[np.argsort(order[group], kind="stable")]
        own = np.asarray(vectors[ranked], np.float32)
        alike = own @ own.T
        np.fill_diagonal(alike, -1.0)
        near = alike >= cosine
        kept = np.ones(len(ranked), bool)
        for at in np.flatnonzero(near.any(axis=1)):
            better = np.flatnonzero(near[at, :at] & kept[:at])
            if len(better):
                nearest = better[alike[at, better].argmax()]
                kept[at] = False
                twin[ranked[at]] = ranked[nearest]
                nearness[ranked[at]] = alike[at, nearest]
    return twin, nearness
