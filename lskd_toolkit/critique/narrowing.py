"""From what passed the threshold to what is kept: no near-duplicates, quotas, a budget.

Each step only takes away. All of them see the statements in an order of their own (by a digest of the image's
bytes and the number), so that the order of images in the run is no matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from .cells import cells_of, members
from .covering import cover, facility, k_centre
from .near_duplicates import near_duplicates

KEPT, NEAR, QUOTA, BUDGET = range(4)
"""What became of a statement."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """``cosine`` from which only the better of two is kept; ``quota`` the most of each kind, by its name, and
    ``most`` that of every other kind; ``budget`` the most in all, filled by ``choose``. None: no limit."""

    cosine: float | None = None
    quota: Mapping[str, int] = field(default_factory=dict)
    most: int | None = None
    budget: int | None = None
    choose: str = "top"

    @property
    def compares(self) -> bool:
        """Whether it wants the statements' vectors."""
        return self.cosine is not None or (self.budget is not None and self.choose in PICKS)


@dataclass(frozen=True, slots=True)
class Narrowed:
    """``fate`` int8 ``(N,)``, one of `KEPT`, `NEAR`, `QUOTA`, `BUDGET`; for what is `NEAR` the place that it
    repeats, and how near it is."""

    fate: np.ndarray
    twin: np.ndarray
    nearness: np.ndarray


PICKS = {"k-centre": k_centre, "facility": facility}


def narrow(
    scores: np.ndarray,
    kinds: np.ndarray,
    lots: np.ndarray,
    vectors: np.ndarray | None,
    wanted: Wanted,
    seed: int = 0,
) -> Narrowed:
    """What becomes of each of N statements that passed.

    Arguments:
        scores: float ``(N,)`` in [0, 1].
        kinds: str ``(N,)``, inference types.
        lots: uint64 ``(N,)``, distinct numbers that depend on the statement alone: they decide between equal
            scores, and give the order in which statements are grouped.
        vectors: float ``(N, D)`` of length one; None where nothing is compared.
    """
    fate = np.full(len(scores), KEPT, np.int8)
    twin, nearness = np.full(len(scores), -1, np.int64), np.zeros(len(scores), np.float32)
    if not len(scores):
        return Narrowed(fate, twin, nearness)
    best = np.lexsort((lots, -scores))
    rank = np.empty(len(scores), np.int64)
    rank[best] = np.arange(len(scores))
    by_lot = np.argsort(lots)
    if wanted.cosine is not None and vectors is not None:
        twin, nearness = near_duplicates(vectors, rank, _groups(vectors, by_lot, seed), wanted.cosine)
        fate[twin >= 0] = NEAR
    for kind in np.unique(kinds):
        most = wanted.quota.get(str(kind), wanted.most)
        if most is not None:
            own = best[(kinds[best] == kind) & (fate[best] == KEPT)]
            fate[own[most:]] = QUOTA
    left = best[fate[best] == KEPT]
    if wanted.budget is not None and len(left) > wanted.budget:
        fate[left] = BUDGET
        fate[_chosen(scores, lots, vectors, left, wanted, seed)] = KEPT
    return Narrowed(fate, twin, nearness)


def _groups(vectors: np.ndarray, places: np.ndarray, seed: int) -> list[np.ndarray]:
    """Those places in groups of near ones."""
    return [places[group] for group in members(cells_of(vectors, places, seed))]


def _chosen(
    scores: np.ndarray,
    lots: np.ndarray,
    vectors: np.ndarray | None,
    left: np.ndarray,
    wanted: Wanted,
    seed: int,
) -> np.ndarray:
    """The places of a budget, of those left, which are in the order of their scores."""
    assert wanted.budget is not None
    if wanted.choose == "random":
        by_lot = left[np.argsort(lots[left])]
        return np.random.default_rng(seed).permutation(by_lot)[: wanted.budget]
    if wanted.choose in PICKS and vectors is not None:
        groups = _groups(vectors, left[np.argsort(lots[left])], seed)
        return cover(vectors, scores, groups, wanted.budget, PICKS[wanted.choose])
    return left[: wanted.budget]
