"""What is said twice, nearly twice, or both ways: figures of repetition in bounded memory."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from .counting import Distinct
from .figures_words import WORD

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..records import Statement

ROWS, BANDS = 4, 4
"""Statements are near-duplicates when one of ``BANDS`` groups of ``ROWS`` least hashes is the same: of two
that share nine in ten of their shingles 99 % are found, of two that share half 22 %."""
FILTER_BITS = 1 << 27
"""Size of the filter of what was seen: 16 MB, good for two million statements."""
_NEGATION = re.compile(r"\b(?:not|no|never|nobody|nothing|none|cannot)\b|n['’]t\b", re.IGNORECASE)
_MIX = np.random.default_rng(20).integers(1, 2**63, (2, ROWS * BANDS, 1), dtype=np.uint64) | np.uint64(1)


class Seen:
    """A Bloom filter: whether a number was added before. It forgets nothing, and is seldom wrong in saying
    yes (`wrong` is how seldom)."""

    def __init__(self, bits: int = FILTER_BITS) -> None:
        self.bits, self.added = bits, 0
        self._field = np.zeros(bits // 8, np.uint8)

    def add(self, number: int) -> bool:
        """Add it; whether it was there."""
        there = True
        for k in range(4):
            # Kirsch and Mitzenmacher 2006: two halves of one hash stand for any number of hashes.
            place = ((number & 0xFFFFFFFF) + k * (number >> 32 | 1)) % self.bits
            byte, bit = place // 8, 1 << place % 8
            if not self._field[byte] & bit:
                there = False
                self._field[byte] |= bit
        self.added += not there
        return there

    def wrong(self) -> float:
        """The probability that a new number is said to have been there."""
        return float((1 - np.exp(-4 * self.added / self.bits)) ** 4)


class Repeats:
    """Running figures of one population, image by image. What is the same ignores case, punctuation and the
    numbers of regions; contradictions do not ignore the numbers."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._exact = Distinct(100_000)
        self._near = Seen()

    def add(self, statements: Iterable[Statement]) -> None:
        """The statements of one image, all of them at once."""
        statements = list(statements)
        for statement in statements:
            self.counts["statements"] += 1
            text = f"{statement.question} {statement.answer} {statement.rationale}"
            words = ["[k]" if word.startswith("[") else word for word in WORD.findall(text.lower())]
            self._exact.add(_number(" ".join(words)))
            # Every band is added, also when the first is found.
            self.counts["near"] += max(map(self._near.add, sketch(words)))
        self.counts["contradicted"] += len(contradicted(statements))

    def result(self) -> dict[str, Any]:
        count = self.counts["statements"]
        if not count:
            return {"repeated_share": None, "near_duplicate_share": None, "contradiction_share": None}
        # A statement asks the filter four times.
        reliable = BANDS * self._near.wrong() < 0.01
        return {
            "repeated_share": max(0.0, 1.0 - self._exact.total() / count),
            "near_duplicate_share": self.counts["near"] / count if reliable else None,
            "contradiction_share": self.counts["contradicted"] / count,
        }


def sketch(words: list[str]) -> list[int]:
    """Numbers of 64 bits, one a band, by which nearly equal texts are told (MinHash over shingles of three
    words; Broder 1997)."""
    shingles = {tuple(words[at : at + 3]) for at in range(max(1, len(words) - 2))}
    hashes = np.array([_number(" ".join(each)) for each in sorted(shingles)], np.uint64)
    mixed = hashes * _MIX[0]
    least = ((mixed ^ (mixed >> np.uint64(29))) * _MIX[1]).min(axis=1)
    bands = least.reshape(BANDS, ROWS)
    return [
        int.from_bytes(hashlib.blake2b(bytes([at]) + band.tobytes(), digest_size=8).digest(), "big")
        for at, band in enumerate(bands)
    ]


def contradicted(statements: list[Statement]) -> set[int]:
    """Statements of one image that another of them contradicts, by two exact rules only: the same question
    with another answer; and the same answer but for a negation.

    Other contradictions are not seen, and two right answers to one question count as one.
    """
    found: set[int] = set()
    asked: dict[str, list[tuple[str, int]]] = {}
    claimed: dict[str, list[tuple[int, int]]] = {}
    for statement in statements:
        asked.setdefault(_plain(statement.question), []).append((_plain(statement.answer), statement.id))
        bare, negations = _NEGATION.subn(" ", statement.answer)
        claimed.setdefault(_plain(bare), []).append((negations % 2, statement.id))
    for answers in asked.values():
        if len({answer for answer, _ in answers}) > 1:
            found.update(number for _, number in answers)
    for bare, claims in claimed.items():
        if bare and len({parity for parity, _ in claims}) > 1:
            found.update(number for _, number in claims)
    return found


def _plain(text: str) -> str:
    return " ".join(WORD.findall(text.lower()))


def _number(text: str) -> int:
    return int.from_bytes(
        hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big"
    )
