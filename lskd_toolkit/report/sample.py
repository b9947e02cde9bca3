"""Which images the report shows: a seeded sample in which every outcome is seen."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from ..corpus.statistics import OUTCOMES, outcome

if TYPE_CHECKING:
    from ..corpus.corpus import Entry


def choose(entries: Iterable[Entry], size: int, seed: int) -> list[str]:
    """Ids of at most ``size`` images, sorted by how they are shown: outcome by outcome, dealt anew by
    each seed.

    Holds ``size`` ids an outcome, however many images stream by. An image's place depends on its bytes
    and the seed alone, so adding images moves few others out of the sample.
    """
    heaps: dict[str, list[tuple[int, str]]] = {name: [] for name in OUTCOMES}
    counts = dict.fromkeys(OUTCOMES, 0)
    for entry in entries:
        name = outcome(entry)
        counts[name] += 1
        image = entry.scene.image
        hashed = hashlib.blake2b(
            f"{seed}:{image.sha256 or image.id}".encode("utf-8", "surrogatepass"), digest_size=8
        )
        place = (-int.from_bytes(hashed.digest(), "big"), image.id)
        if len(heaps[name]) < size:
            heapq.heappush(heaps[name], place)
        elif size:
            heapq.heappushpop(heaps[name], place)
    quota = shares(counts, size)
    return [
        image_id
        for name in OUTCOMES
        for _, image_id in sorted(heaps[name], key=lambda place: (-place[0], place[1]))[: quota[name]]
    ]


def shares(counts: Mapping[str, int], size: int) -> dict[str, int]:
    """How many of each outcome: at least a tenth of the sample each where there are as many, the rest
    by frequency, all of them when they fit."""
    floor = max(1, size // 10)
    quota = {name: min(count, floor) for name, count in counts.items()}
    while sum(quota.values()) > size:
        largest = max(quota, key=lambda name: quota[name])
        quota[largest] -= 1
    rest, left = size - sum(quota.values()), {name: counts[name] - quota[name] for name in counts}
    total = sum(left.values())
    if total <= rest:
        return dict(counts)
    for name in quota:
        quota[name] += rest * left[name] // total
    for name in sorted(quota, key=lambda name: -(rest * left[name] % total)):
        if sum(quota.values()) < size and quota[name] < counts[name]:
            quota[name] += 1
    return quota
