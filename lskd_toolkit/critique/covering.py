"""A budget of statements that cover what there is: greedy choices within cells."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence

import numpy as np

Pick = Callable[[np.ndarray, np.ndarray, int], np.ndarray]


def k_centre(vectors: np.ndarray, scores: np.ndarray, count: int) -> np.ndarray:
    """The best-scored first, then again and again the one that is farthest from all chosen (Gonzalez 1985),
    its distance times its score: what is far away but doubtful comes late.

    ``vectors`` float ``(N, D)`` of length one, ``scores`` ``(N,)``; int64 ``(count,)`` places in order.
    """
    chosen = np.empty(min(count, len(vectors)), np.int64)
    far = np.full(len(vectors), np.inf)
    for k in range(len(chosen)):
        wanted = scores if k == 0 else np.where(far < 0, -1.0, far * scores)
        at = chosen[k] = int(wanted.argmax())
        far = np.minimum(far, 1.0 - vectors @ vectors[at])
        far[at] = -1.0
    return chosen


def facility(vectors: np.ndarray, scores: np.ndarray, count: int) -> np.ndarray:
    """Those that stand best for all: each statement is stood for by the most alike of the chosen, and what is
    added next adds most to the sum, times its score (facility location, greedy, Minoux 1978: what gained
    little before gains no more now, so few are looked at again).

    Arguments and result as of `k_centre`.
    """
    alike = np.maximum(vectors @ vectors.T, 0.0)
    served = np.zeros(len(vectors))
    heap = [(-float(gain), at, 0) for at, gain in enumerate(alike.sum(axis=0) * scores)]
    heapq.heapify(heap)
    chosen: list[int] = []
    while heap and len(chosen) < count:
        _, at, seen = heapq.heappop(heap)
        if seen == len(chosen):
            chosen.append(at)
            served = np.maximum(served, alike[at])
        else:
            fresh = float(np.maximum(alike[at] - served, 0.0).sum() * scores[at])
            heapq.heappush(heap, (-fresh, at, len(chosen)))
    return np.array(chosen, np.int64)


def shared_out(sizes: Sequence[int], budget: int) -> list[int]:
    """How many each of several groups may give, in proportion to their sizes and ``budget`` in all (largest
    remainders)."""
    total = sum(sizes)
    budget = min(budget, total)
    exact = [size * budget / max(total, 1) for size in sizes]
    given = [int(share) for share in exact]
    left = sorted(range(len(sizes)), key=lambda k: (given[k] - exact[k], k))
    for k in left[: budget - sum(given)]:
        given[k] += 1
    return given


def cover(
    vectors: np.ndarray, scores: np.ndarray, groups: Sequence[np.ndarray], budget: int, pick: Pick
) -> np.ndarray:
    """Places chosen by ``pick`` within each group, as many of each as its share of the budget."""
    counts = shared_out([len(group) for group in groups], budget)
    chosen = [
        group[pick(np.asarray(vectors[group], np.float32), scores[group], count)]
        for group, count in zip(groups, counts, strict=True)
        if count
    ]
    return np.concatenate(chosen) if chosen else np.empty(0, np.int64)
