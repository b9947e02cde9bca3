"""Batches whose statements are of different images wherever that can be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np


def deal(images: Sequence[str], batch: int, seed: int) -> Iterator[list[int]]:
    """Indices into ``images`` (an identity for each statement), batch after batch without end.

    Each pass gives every statement once, in rounds: in a round every image that has statements left
    gives one, images and statements in random order. Two statements on one image are no negatives of
    each other, so a batch full of one image would teach nothing.
    """
    rng = np.random.default_rng(seed)
    waiting: list[int] = []
    while True:
        while len(waiting) < batch:
            waiting += _round_by_round(images, rng)
        yield waiting[:batch]
        waiting = waiting[batch:]


def _round_by_round(images: Sequence[str], rng: np.random.Generator) -> list[int]:
    piles: dict[str, list[int]] = {}
    for index in rng.permutation(len(images)):
        piles.setdefault(images[index], []).append(int(index))
    dealt: list[int] = []
    while piles:
        names = list(piles)
        for name in (names[i] for i in rng.permutation(len(names))):
            dealt.append(piles[name].pop())
            if not piles[name]:
                del piles[name]
    return dealt
