"""What a filter costs in diversity: figures of what is left at every threshold, each beside random statements
of the same number and the same mix of types.

A smaller corpus always repeats itself less, so a figure alone says nothing.
"""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .narrowing import PICKS
from .wordings import text_of, wordings

if TYPE_CHECKING:
    from ..corpus.view import CorpusView

SAMPLE = 20_000
"""Statements that are looked at, drawn by lot from a larger run."""
SEEDS = 5
"""Random subsets of every kind."""
NEIGHBOURS = 1000
"""Statements of a subset whose nearest other is looked for."""
THRESHOLDS = tuple(round(0.1 * k, 1) for k in range(10))
FIGURES = ("distinct_1", "distinct_2", "distinct_3", "coverage", "objects", "nearest", "openings")


@dataclass(frozen=True, slots=True)
class Sampled:
    """N statements of a run of ``population``: ``scores`` float ``(N,)``, ``kinds`` str ``(N,)``, ``passed``
    and ``kept`` bool ``(N,)`` (by the threshold, and by all that decides), ``texts`` without numbers of
    regions, ``openings`` of questions, ``objects`` the labels of mentioned regions, ``regions`` how many."""

    population: int
    scores: np.ndarray
    kinds: np.ndarray
    passed: np.ndarray
    kept: np.ndarray
    texts: Sequence[str]
    openings: Sequence[str]
    objects: Sequence[frozenset[str]]
    regions: np.ndarray


def sampled(corpus: CorpusView, most: int = SAMPLE) -> Sampled:
    """The run's judged statements, or ``most`` of them by a lot that depends on image and number alone."""
    kept: list[tuple[int, str, int, tuple[Any, ...]]] = []
    population = 0
    limits = dict(corpus.config.get("selection", {}).get("thresholds", {}))
    threshold = float(corpus.config.get("threshold", 0.5))
    for entry in corpus.entries():
        labels = {region.id: region.label for region in entry.scene.regions}
        for statement in entry.statements:
            verdict = entry.verdicts.get(statement.id)
            if verdict is None:
                continue
            population += 1
            name = f"{entry.scene.image.sha256} {statement.id}"
            lot = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest())
            if len(kept) == most and -lot <= kept[0][0]:
                continue
            row = (
                verdict.score, statement.inference or "none",
                verdict.score >= limits.get(statement.inference, threshold), verdict.accepted,
                text_of(statement).casefold(), " ".join(statement.question.casefold().split()[:3]),
                frozenset(filter(None, (labels.get(k, "") for k in statement.regions))),
                len(statement.regions),
            )  # fmt: skip
            (heapq.heappushpop if len(kept) == most else heapq.heappush)(
                kept, (-lot, entry.scene.image.id, statement.id, row)
            )
    rows = [row for *_, row in sorted(kept, key=lambda each: each[:3])]
    scores, kinds, passed, accepted, texts, openings, objects, regions = (
        zip(*rows, strict=True) if rows else ([],) * 8
    )
    return Sampled(
        population, np.array(scores, float), np.array(kinds, str), np.array(passed, bool),
        np.array(accepted, bool), texts, openings, objects, np.array(regions, int),
    )  # fmt: skip


class Diversity:
    """Measures subsets of the same sampled statements."""

    def __init__(self, found: Sampled, seed: int = 0):
        self.found, self._seed = found, seed
        tokens = [text.split() for text in found.texts]
        self._grams = [_numbered([list(zip(*(own[k:] for k in range(n)), strict=False)) for own in tokens])
                       for n in (1, 2, 3)]  # fmt: skip
        self._pairs = len(set().union(*self._grams[1])) if tokens else 0
        self._objects = frozenset().union(*found.objects)
        self._vectors = wordings(list(found.texts)) if tokens else np.empty((0, 1), np.float32)

    def of(self, places: np.ndarray) -> dict[str, Any]:
        """The figures of the statements at those places; None where there are none.

        ``distinct_n`` is the share of runs of n words that are different, ``coverage`` that of all pairs of
        words of the run that occur, ``objects`` that of all labels of regions that are mentioned, ``nearest``
        the mean cosine of a statement's wording and its nearest other's, ``openings`` the entropy in bits
        of the questions' first three words, ``types`` the counts, ``regions`` the mean number mentioned.
        """
        count = len(places)
        told: dict[str, Any] = {
            "statements": count,
            "types": dict(sorted(Counter(self.found.kinds[places].tolist()).items())),
            "regions": float(self.found.regions[places].mean()) if count else None,
        }
        for n, grams in enumerate(self._grams, start=1):
            runs = [gram for at in places for gram in grams[at]]
            told[f"distinct_{n}"] = len(set(runs)) / len(runs) if runs else None
        seen = set().union(*(self._grams[1][at] for at in places))
        told["coverage"] = len(seen) / self._pairs if self._pairs and count else None
        objects = frozenset().union(*(self.found.objects[at] for at in places))
        told["objects"] = len(objects) / len(self._objects) if self._objects and count else None
        told["openings"] = entropy([self.found.openings[at] for at in places]) if count else None
        told["types_entropy"] = entropy(self.found.kinds[places].tolist()) if count else None
        told["nearest"] = self._nearest(places)
        return told

    def beside_random(self, places: np.ndarray, among: np.ndarray) -> dict[str, Any]:
        """The figures, and those of `SEEDS` random subsets of ``among`` with as many of each type: their
        mean, least and most."""
        drawn = [self.of(self._alike(places, among, seed)) for seed in range(SEEDS)]
        told = self.of(places)
        told["random"] = {}
        for name in FIGURES:
            values = [each[name] for each in drawn if each[name] is not None]
            told["random"][name] = (
                {"mean": float(np.mean(values)), "least": min(values), "most": max(values)}
                if values else None
            )  # fmt: skip
        return told

    def _alike(self, places: np.ndarray, among: np.ndarray, seed: int) -> np.ndarray:
        """As many of every type as at these places, at random."""
        random = np.random.default_rng([self._seed, seed])
        wanted = Counter(self.found.kinds[places].tolist())
        chosen = [
            random.choice(among[self.found.kinds[among] == kind], count, replace=False)
            for kind, count in sorted(wanted.items())
        ]
        return np.sort(np.concatenate(chosen)) if chosen else np.empty(0, np.int64)

    def _nearest(self, places: np.ndarray) -> float | None:
        if len(places) < 2:
            return None
        random = np.random.default_rng(self._seed)
        some = random.choice(len(places), min(NEIGHBOURS, len(places)), replace=False)
        alike = self._vectors[places[some]] @ self._vectors[places].T
        alike[np.arange(len(some)), some] = -1.0
        return float(alike.max(axis=1).mean())


def diversity(found: Sampled, *, seed: int = 0) -> dict[str, Any]:
    """The figures at every threshold, beside random subsets of all statements; of what the selection keeps,
    beside random subsets of what passed the threshold; and of other ways to keep as many of it."""
    measure, every = Diversity(found, seed), np.arange(len(found.scores))
    passed, kept = np.flatnonzero(found.passed), np.flatnonzero(found.kept)
    ways: dict[str, Any] = {}
    if len(kept) < len(passed):
        ways["top"] = measure.of(passed[np.argsort(-found.scores[passed], kind="stable")[: len(kept)]])
        if len(passed) <= 5000:  # both compare all pairs
            vectors = measure._vectors[passed]
            for name, pick in PICKS.items():
                ways[name] = measure.of(passed[pick(vectors, found.scores[passed], len(kept))])
    return {
        "population": found.population,
        "sampled": len(every),
        "seeds": SEEDS,
        "thresholds": [
            {"threshold": limit, **measure.beside_random(np.flatnonzero(found.scores >= limit), every)}
            for limit in THRESHOLDS
        ],
        "passed": measure.beside_random(passed, every),
        "selected": measure.beside_random(kept, passed),
        "other_ways": ways,
    }


def entropy(names: Sequence[str]) -> float:
    """In bits."""
    counts = np.array(list(Counter(names).values()), float)
    shares = counts / counts.sum()
    return float(-(shares * np.log2(shares)).sum()) + 0.0


def _numbered(runs: Sequence[Sequence[Any]]) -> list[list[int]]:
    numbers: dict[Any, int] = {}
    return [[numbers.setdefault(run, len(numbers)) for run in own] for own in runs]


def by_chance(row: Mapping[str, Any], figure: str) -> float | None:
    """The mean of that figure of the random subsets beside a row; None where there are none."""
    found = row.get("random", {}).get(figure)
    return None if found is None else float(found["mean"])


def narrowed(told: Mapping[str, Any]) -> bool:
    """Whether the selection leaves out any of what passed."""
    return bool(told["selected"]["statements"] < told["passed"]["statements"])
