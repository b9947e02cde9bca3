"""A million vectors in cells of about a thousand that lie near each other, so that pairs can be compared."""

from __future__ import annotations

import numpy as np

from .libraries import library

CELL = 1000
"""Vectors a cell, about. Comparing all pairs of a cell takes some milliseconds."""
SAMPLE = 100_000
"""Vectors that the middles of cells are found from; all are then put to the nearest."""
BLOCK = 20_000


def cells_of(vectors: np.ndarray, places: np.ndarray, seed: int) -> np.ndarray:
    """The cell of the vector at each of N ``places``, int64 ``(N,)``.

    ``vectors`` float ``(…, D)`` of length one may lie on disk: they are read in blocks. Few enough are one
    cell. Cells depend on the vectors in the order of the places, and on the seed.
    """
    count = len(places)
    if count <= 2 * CELL:
        return np.zeros(count, np.int64)
    rng = np.random.default_rng(seed)
    some = np.sort(rng.choice(count, min(count, SAMPLE), replace=False))
    middles = library("sklearn.cluster").MiniBatchKMeans(
        n_clusters=-(-count // CELL), random_state=seed, n_init=1, batch_size=4096, max_iter=20
    )
    middles.fit(np.asarray(vectors[places[some]], np.float32))
    centres = np.asarray(middles.cluster_centers_, np.float32)
    away = (centres**2).sum(axis=1)
    found = np.empty(count, np.int64)
    for start in range(0, count, BLOCK):
        block = np.asarray(vectors[places[start : start + BLOCK]], np.float32)
        found[start : start + BLOCK] = (away - 2 * block @ centres.T).argmin(axis=1)
    return found


def members(cells: np.ndarray) -> list[np.ndarray]:
    """The places in each cell, ascending; a cell that grew too large is cut in pieces of `CELL` x 4."""
    order = np.argsort(cells, kind="stable")
    bounds = np.flatnonzero(np.diff(cells[order])) + 1
    pieces = []
    for group in np.split(order, bounds):
        pieces += [group[at : at + 4 * CELL] for at in range(0, len(group), 4 * CELL)]
    return pieces
