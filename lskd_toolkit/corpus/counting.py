"""Counting the distinct things in a stream of any length in bounded memory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable


class Distinct:
    """Counts how often each thing was seen: all things exactly up to ``capacity`` distinct ones, and
    beyond that a fair sample of them, chosen by a digest of the thing itself.

    Wegman's adaptive sampling: while more than ``capacity`` things are held, keep only those whose
    digest ends in one more zero bit. What is kept are full counts, so any sum over distinct things is
    the sum over the sample times ``2**bits``, with a relative error of about ``1 / sqrt(capacity)``.
    """

    def __init__(self, capacity: int = 200_000):
        self.capacity = capacity
        self.bits = 0
        self.seen = 0
        self._counts: dict[Hashable, int] = {}

    def add(self, thing: Hashable) -> None:
        self.seen += 1
        counts = self._counts
        if thing in counts:
            counts[thing] += 1
        elif not self.bits or _trailing_zeros(thing) >= self.bits:
            counts[thing] = 1
            while len(counts) > self.capacity:
                self.bits += 1
                for other in [key for key in counts if _trailing_zeros(key) < self.bits]:
                    del counts[other]

    def total(self, weight: Callable[[int], float] = lambda count: 1.0) -> float:
        """The sum of ``weight(count)`` over distinct things; by default how many there are."""
        return sum(map(weight, self._counts.values())) * float(2**self.bits)


def _trailing_zeros(thing: Hashable) -> int:
    number = int.from_bytes(hashlib.blake2b(repr(thing).encode(), digest_size=8).digest(), "big")
    return 64 if number == 0 else (number & -number).bit_length() - 1
