"""How good scores are, by labels: ranking, calibration, and intervals that know that statements share images.

Everything is weighted: labels that were drawn with unequal probabilities speak for the whole run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

BINS = 10
"""Of the reliability plot and of the ECE: equally heavy ones."""
ROUNDS = 1000
"""Of the bootstrap."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Precision and recall of what scores at least each ``threshold``, falling; float64 ``(T,)``."""

    threshold: np.ndarray
    precision: np.ndarray
    recall: np.ndarray


@dataclass(frozen=True, slots=True)
class Reliability:
    """Bins of equal weight by score: mean ``score``, share ``accepted``, and ``weight``; float64 ``(B,)``."""

    score: np.ndarray
    accepted: np.ndarray
    weight: np.ndarray


def curve(scores: np.ndarray, accept: np.ndarray, weights: np.ndarray) -> Curve:
    """The precision-recall curve, a point for every score that occurs."""
    order = np.argsort(-scores, kind="stable")
    scores, weights = scores[order], weights[order]
    right = np.cumsum(weights * accept[order])
    every = np.cumsum(weights)
    ends = np.flatnonzero(np.append(np.diff(scores) != 0, True))
    total = right[-1] if len(right) else 0.0
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(every[ends] > 0, right[ends] / every[ends], np.nan)
        recall = right[ends] / total if total > 0 else np.full(len(ends), np.nan)
    return Curve(scores[ends], precision, recall)


def average_precision(scores: np.ndarray, accept: np.ndarray, weights: np.ndarray) -> float:
    """The mean of the precision over the recall, without interpolation; NaN where nothing is accepted. By
    chance it is the share of accepted ones."""
    found = curve(scores, accept, weights)
    if not len(found.recall) or np.isnan(found.recall[-1]):
        return float("nan")
    return float((np.diff(found.recall, prepend=0.0) * np.nan_to_num(found.precision)).sum())


def brier(scores: np.ndarray, accept: np.ndarray, weights: np.ndarray) -> float:
    """The mean square of what a probability is off: 0 is the best, p (1 - p) is that of knowing the share."""
    return float(np.average((scores - accept) ** 2, weights=weights)) if weights.sum() > 0 else float("nan")


def reliability(scores: np.ndarray, accept: np.ndarray, weights: np.ndarray, bins: int = BINS) -> Reliability:
    """What is accepted of those of like scores. Equal scores fall in one bin, so there may be fewer."""
    order = np.argsort(scores, kind="stable")
    scores, accept, weights = scores[order], accept[order], weights[order]
    middle = np.cumsum(weights) - weights / 2
    place = np.minimum((middle / max(weights.sum(), 1e-300) * bins).astype(int), bins - 1)
    first = np.flatnonzero(np.append(True, np.diff(scores) != 0)) if len(scores) else np.empty(0, int)
    group = np.repeat(place[first], np.diff(np.append(first, len(scores))))
    names, group = np.unique(group, return_inverse=True)
    heavy = np.bincount(group, weights, len(names))
    kept = heavy > 0
    safe = np.where(kept, heavy, 1.0)
    return Reliability(
        (np.bincount(group, weights * scores, len(names)) / safe)[kept],
        (np.bincount(group, weights * accept, len(names)) / safe)[kept],
        heavy[kept],
    )


def calibration_error(scores: np.ndarray, accept: np.ndarray, weights: np.ndarray) -> float:
    """The expected calibration error over bins of equal weight: how far off a probability is on average. Of
    few labels it is above 0 even where every probability is right."""
    found = reliability(scores, accept, weights)
    if not len(found.weight):
        return float("nan")
    return float(np.average(np.abs(found.score - found.accepted), weights=found.weight))


def resampled(images: np.ndarray, rounds: int = ROUNDS, seed: int = 0) -> np.ndarray:
    """How often each of N statements counts in each round of a bootstrap by image, float64 ``(rounds, N)``:
    as many images are drawn as there are, with all their statements."""
    names, of = np.unique(images, return_inverse=True)
    counts = np.random.default_rng(seed).multinomial(len(names), np.full(len(names), 1 / len(names)), rounds)
    return counts[:, of].astype(float)


def interval(
    measure: Callable[[np.ndarray], float], weights: np.ndarray, times: np.ndarray, confidence: float = 0.95
) -> tuple[float, float, float]:
    """The measure, and the ends of its bootstrap interval (percentiles). ``measure`` is a function of
    weights; ``times`` comes from `resampled`. The ends are NaN where the measure often does not exist."""
    value = measure(weights)
    found = np.array([measure(weights * own) for own in times])
    found = found[np.isfinite(found)]
    if len(found) < 0.9 * len(times):
        return value, float("nan"), float("nan")
    low, high = np.quantile(found, [(1 - confidence) / 2, (1 + confidence) / 2])
    return value, float(low), float(high)


def band(
    scores: np.ndarray, accept: np.ndarray, weights: np.ndarray, times: np.ndarray, grid: np.ndarray
) -> np.ndarray:
    """Precision at each recall of ``grid``: value and both ends of its 95 % interval, float64 ``(3, G)``."""

    def at(own: np.ndarray) -> np.ndarray:
        kept = own > 0
        found = curve(scores[kept], accept[kept], own[kept])
        if not len(found.recall) or np.isnan(found.recall[-1]):
            return np.full(len(grid), np.nan)
        return found.precision[np.minimum(np.searchsorted(found.recall, grid - 1e-9), len(found.recall) - 1)]

    with np.errstate(all="ignore"):
        rounds = np.array([at(weights * own) for own in times])
        low, high = np.nanquantile(rounds, [0.025, 0.975], axis=0)
    return np.stack([at(weights), low, high])
