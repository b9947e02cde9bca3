"""How precise what passes a threshold surely is, and the lowest one of which a precision can be promised.

A threshold that was looked for on labels is too good on them. Here thresholds are hypotheses in an order that
is fixed before any of these labels is read; they are tested one after another, each at the full level, until
the first that fails (fixed-sequence testing, as in Learn then Test, Angelopoulos et al. 2021): that any of
those before it falls short has at most the probability one minus the confidence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .libraries import library

GRID = 40
"""Thresholds that are tried: the quantiles of the run's own scores, so their number follows no label."""
FEWEST = 2
"""Images below which nothing can be said of how alike the statements of an image are."""


@dataclass(frozen=True, slots=True)
class Bound:
    """``labels`` statements of ``images`` images, ``errors`` of which people reject. ``precision`` is the
    weighted share that they accept, and ``lower`` what it surely is at least. ``effective`` is how many
    labels of a plain random sample these are worth."""

    precision: float
    lower: float
    labels: int
    errors: int
    images: int
    effective: float


@dataclass(frozen=True, slots=True)
class Certificate:
    """``threshold`` is the lowest that was promised, or None; ``bound`` is of it, or of the first that
    failed. ``tested`` counts the thresholds, and ``wanted`` how many labels above a threshold would do, were
    the same share of them accepted; None where no number would."""

    threshold: float | None
    bound: Bound
    tested: int
    wanted: int | None


def lower_bound(accept: np.ndarray, weights: np.ndarray, images: np.ndarray, confidence: float) -> Bound:
    """A one-sided bound of the share that is accepted, for statements drawn with unequal probabilities, some
    of the same image.

    Of statements that were drawn alike, one an image, it is Clopper's and Pearson's. Weights and statements
    that stand together make fewer of them: the effective number is the smallest of their own, of Kish's for
    the weights, and of the one by which the variance between images would be a binomial's, less the degrees
    of freedom of few images (Korn and Graubard 1998). Where all are accepted, or none, images do not show
    how alike their statements are, and count as one statement each.

    Arguments:
        accept: bool ``(N,)``.
        weights: float ``(N,)`` above 0, one over the probability of having been drawn.
        images: ``(N,)``, what the statements are about.
    """
    count = len(accept)
    if not count:
        return Bound(0.0, 0.0, 0, 0, 0, 0.0)
    _, cluster = np.unique(images, return_inverse=True)
    clusters = int(cluster.max()) + 1
    total = weights.sum()
    share = float((weights * accept).sum() / total)
    effective = min(float(count), float(total**2 / (weights**2).sum()))
    if 0.0 < share < 1.0:
        if clusters >= FEWEST:
            off = np.bincount(cluster, weights * (accept - share), clusters)
            variance = clusters / (clusters - 1) * float((off**2).sum()) / total**2
            if variance > 0:
                effective = min(effective, share * (1 - share) / variance)
            t = library("scipy.stats").t
            effective *= float((t.ppf(confidence, count - 1) / t.ppf(confidence, clusters - 1)) ** 2)
        else:
            effective = 1.0
    else:
        own = np.bincount(cluster, weights, clusters)
        effective = min(effective, float(total**2 / (own**2).sum()))
    return Bound(
        share, clopper_pearson(share * effective, effective, confidence), count,
        int((~accept.astype(bool)).sum()), clusters, effective,
    )  # fmt: skip


def clopper_pearson(right: float, count: float, confidence: float) -> float:
    """The lower end of the one-sided interval for a binomial share, float in [0, 1]."""
    if right <= 0:
        return 0.0
    return float(library("scipy.stats").beta.ppf(1 - confidence, right, count - right + 1))


def certify(
    scores: np.ndarray,
    accept: np.ndarray,
    weights: np.ndarray,
    images: np.ndarray,
    *,
    population: np.ndarray,
    precision: float,
    confidence: float,
) -> Certificate:
    """The lowest threshold of which it is sure that a share of ``precision`` of what passes is accepted.

    Arguments:
        scores: float ``(N,)``, P(accept) of the labelled statements, by a map that was fitted on others.
        accept: bool ``(N,)``.
        weights: float ``(N,)``; statements of weight 0 were picked, speak for no other, and are left out.
        images: ``(N,)``.
        population: float ``(M,)``, P(accept) of all statements of the run: what thresholds are taken from,
            and what tells, before a label is read, of which one a promise is likeliest.
        precision: the share that is asked for, in (0, 1).
        confidence: of the promise, such as 0.95.
    """
    drawn = weights > 0
    scores, accept, weights, images = (each[drawn] for each in (scores, accept.astype(bool), weights, images))
    grid = np.unique(np.quantile(population, np.linspace(0, 1, GRID, endpoint=False), method="lower"))
    last, tested = Certificate(None, lower_bound(accept[:0], weights[:0], images[:0], confidence), 0, None), 0
    for limit in sequence(grid, scores, weights, population, precision, confidence):
        tested += 1
        passing = scores >= limit
        found = lower_bound(accept[passing], weights[passing], images[passing], confidence)
        if found.lower < precision:
            if last.threshold is None:
                worth = found.effective / found.labels if found.labels else 1.0
                wanted = labels_wanted(precision, confidence, found.precision, worth)
                return Certificate(None, found, tested, wanted)
            break
        if last.threshold is None or limit < last.threshold:
            last = Certificate(float(limit), found, tested, None)
    return Certificate(last.threshold, last.bound, tested, last.wanted)


def sequence(
    grid: np.ndarray,
    scores: np.ndarray,
    weights: np.ndarray,
    population: np.ndarray,
    precision: float,
    confidence: float,
) -> np.ndarray:
    """The thresholds of the grid, the likeliest to be promised first; no label is looked at.

    How likely is told by how precise the probabilities themselves say that it is, and by how many labels
    lie above it.
    """
    binom, chances = library("scipy.stats").binom, []
    for limit in grid:
        own, above = weights[scores >= limit], population[population >= limit]
        kish = own.sum() ** 2 / (own**2).sum() if len(own) else 0.0
        count = int(kish)
        fewest = passing_count(count, precision, confidence)
        chances.append(float(binom.sf(fewest - 1, count, above.mean())) if count else 0.0)
    # Of equal chances the higher threshold first: it is the one of fewer and surer statements.
    order: np.ndarray = np.lexsort((-grid, -np.round(chances, 9)))
    return np.asarray(grid[order])


def passing_count(count: int, precision: float, confidence: float) -> int:
    """How many of ``count`` statements must be accepted for the bound to reach ``precision``; ``count + 1``
    where even all are too few."""
    low, high = 0, count + 1
    while low < high:
        middle = (low + high) // 2
        if clopper_pearson(middle, count, confidence) >= precision:
            high = middle
        else:
            low = middle + 1
    return low


def labels_wanted(precision: float, confidence: float, share: float, worth: float = 1.0) -> int | None:
    """How many labels it takes when a ``share`` of them is accepted and each is ``worth`` that much of a
    plain random one; None where no number would do, for the share is not above the precision."""
    if share <= precision:
        return None
    low, high = 1, 2

    def enough(count: int) -> bool:
        return clopper_pearson(share * count, count, confidence) >= precision

    while not enough(high):
        low, high = high, 2 * high
        if high > 10_000_000:
            return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return int(np.ceil(low / max(worth, 1e-9)))
