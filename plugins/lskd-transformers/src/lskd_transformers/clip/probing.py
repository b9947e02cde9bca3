"""Pictures set against words: one matrix product, then the likeliest."""

from __future__ import annotations

import numpy as np

from .towers import Towers


def scores(towers: Towers, pictures: np.ndarray, texts: np.ndarray) -> np.ndarray:
    """How well each text fits each picture, in [0, 1]: float32 ``(M, L)``, of unit vectors ``(M, D)`` and
    ``(L, D)``. A softmax over the texts, or a sigmoid of each for a model that was taught so."""
    if towers.bias is None:
        return shares(towers, pictures, texts)
    logits = (pictures @ texts.T) * towers.scale
    with np.errstate(over="ignore"):  # far below, exp is infinite and the sigmoid 0
        sigmoid: np.ndarray = 1.0 / (1.0 + np.exp(-(logits + towers.bias)))
    return sigmoid


def shares(towers: Towers, pictures: np.ndarray, texts: np.ndarray) -> np.ndarray:
    """As `scores`, of texts of which one holds: they share a whole, whatever the model was taught by."""
    logits = (pictures @ texts.T) * towers.scale
    logits -= logits.max(axis=1, keepdims=True, initial=-np.inf)
    np.exp(logits, out=logits)
    softmax: np.ndarray = logits / logits.sum(axis=1, keepdims=True)
    return softmax


def top(row: np.ndarray, count: int, least: float = 0.0) -> list[tuple[int, float]]:
    """The numbers and values of the ``count`` largest of a row that are at least ``least``, largest first; of
    equal ones the first."""
    if count < len(row):
        edge = np.partition(row, len(row) - count)[len(row) - count]
        some = np.flatnonzero(row >= edge)
    else:
        some = np.arange(len(row))
    order = some[np.argsort(-row[some], kind="stable")][:count]
    return [(int(at), float(row[at])) for at in order if row[at] >= least]
