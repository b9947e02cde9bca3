"""How sure a number is: the bootstrap by image, and the sign test."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

DRAWS = 2000
_CELLS = 4_000_000  # numbers held at once while drawing


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value and its 95 % interval; the interval is None where drawing anew cannot vary the value, which
    says nothing of how sure it is: one image, or all alike."""

    value: float
    low: float | None
    high: float | None


def bootstrap(
    images: np.ndarray, measure: Callable[[np.ndarray], np.ndarray], *, seed: int = 0, draws: int = DRAWS
) -> Estimate | None:
    """A function of sums over images, with the percentile interval of a bootstrap by image.

    Statements of one image are alike, so images are drawn anew, never statements (a cluster bootstrap).
    Drawing n of n images with replacement is a multinomial draw over the different rows that there are,
    which keeps it quick for any number of images.

    Arguments:
        images: ``(n, k)`` float64, what is added up over images, one row an image.
        measure: sums ``(draws, k)`` to values ``(draws,)``; NaN where they give none.

    Returns: None when there is no image, or the images give no value.
    """
    if not len(images):
        return None
    value = float(measure(images.sum(axis=0, keepdims=True))[0])
    if math.isnan(value):
        return None
    rows, counts = np.unique(images, axis=0, return_counts=True)
    random = np.random.default_rng(seed)
    step = max(1, _CELLS // len(rows))
    parts = []
    for done in range(0, draws, step):
        times = random.multinomial(len(images), counts / len(images), size=min(step, draws - done))
        parts.append(measure(times @ rows))
    drawn = np.concatenate(parts)
    drawn = drawn[~np.isnan(drawn)]
    if not len(drawn) or np.ptp(drawn) < 1e-12:
        return Estimate(value, None, None)
    low, high = np.percentile(drawn, (2.5, 97.5))
    return Estimate(value, float(low), float(high))


def share(sums: np.ndarray) -> np.ndarray:
    """The first column over the second; NaN where the second is 0."""
    over = np.where(sums[:, 1] > 0, sums[:, 1], np.nan)
    found: np.ndarray = sums[:, 0] / over
    return found


def share_difference(sums: np.ndarray) -> np.ndarray:
    """`share` of the last two columns less that of the first two."""
    found: np.ndarray = share(sums[:, 2:4]) - share(sums[:, :2])
    return found


def sign_test(better: int, worse: int) -> float:
    """The two-sided exact p-value that a fair coin falls at least as unevenly; ties are left out before.
    1 when there is nothing to count."""
    n, k = better + worse, min(better, worse)
    if not n:
        return 1.0
    one = -n * math.log(2.0) + math.lgamma(n + 1)
    tail = math.fsum(math.exp(one - math.lgamma(i + 1) - math.lgamma(n - i + 1)) for i in range(k + 1))
    return min(1.0, 2.0 * tail)


def holm(values: Sequence[float]) -> list[float]:
    """p-values corrected for how many there are (Holm 1979), in the order given."""
    adjusted = [0.0] * len(values)
    worst = 0.0
    for rank, at in enumerate(sorted(range(len(values)), key=lambda i: values[i])):
        worst = max(worst, min(1.0, (len(values) - rank) * values[at]))
        adjusted[at] = worst
    return adjusted
