"""What one run gave on the shared scenes, counted scene by scene."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from ..corpus.counting import Distinct
from .intervals import Estimate, bootstrap, share
from .likeness import template, words

if TYPE_CHECKING:
    from ..corpus.corpus import Entry
    from ..records import Statement

PARTS = ("question", "answer", "rationale")


class Measured:
    """Running counts of one run. ``per_image`` rows are statements accepted and read, their scores
    added up, and how many have a score: what the intervals are drawn over."""

    def __init__(self, budget: int):
        """``budget``: words that variety is counted over. Variety falls as a text grows, so it is
        compared over as many words of each run."""
        self._left = budget
        self.per_image: list[tuple[int, int, float, int]] = []
        self.lengths = {part: Counter[int]() for part in PARTS}
        self.models: Counter[str] = Counter()
        self.prompts: Counter[str] = Counter()
        self.unigrams, self.bigrams, self.templates = Distinct(), Distinct(), Distinct()

    def add(self, entry: Entry) -> None:
        accepted = 0
        for statement in entry.statements:
            verdict = entry.verdicts[statement.id]
            accepted += verdict.accepted
            self._read(statement)
            if verdict.accepted:
                self.templates.add(template(statement))
        judged = {judgement.statement for judgement in entry.judgements}
        scores = [entry.verdicts[s.id].score for s in entry.statements if s.id in judged]
        self.per_image.append((accepted, len(entry.statements), sum(scores), len(scores)))

    def _read(self, statement: Statement) -> None:
        self.models[statement.teacher or "unnamed"] += 1
        if statement.prompt:
            self.prompts[statement.prompt] += 1
        texts = (statement.question, statement.answer, statement.rationale)
        for part, text in zip(PARTS, texts, strict=True):
            found = words(text)
            self.lengths[part][len(found)] += 1
            found = found[: self._left]
            self._left -= len(found)
            for word in found:
                self.unigrams.add(word)
            for pair in pairwise(found):
                self.bigrams.add(" ".join(pair))

    def result(self) -> dict[str, Any]:
        """As JSON values; None where there is nothing to say."""
        images = np.array(self.per_image, float).reshape(-1, 4)
        scored = self.templates.seen
        return {
            "accept_rate": interval(_certain(bootstrap(images[:, :2], share), images)),
            "accepted_a_scene": interval(bootstrap(_against_scenes(images[:, 0]), share)),
            "mean_score": interval(bootstrap(images[:, 2:], share)),
            "lengths": {part: dict(sorted(counts.items())) for part, counts in self.lengths.items()},
            "distinct_1": _variety(self.unigrams),
            "distinct_2": _variety(self.bigrams),
            "repeated_share": 1 - self.templates.total() / scored if scored else None,
            "models": [name for name, _ in self.models.most_common()],
            "prompts": [name for name, _ in self.prompts.most_common()],
        }


def _certain(estimate: Estimate | None, images: np.ndarray) -> Estimate | None:
    """A rate of all or nothing never varies when it is drawn anew, so its interval is the exact one
    (Clopper and Pearson 1934) with every image counted once, which is on the safe side."""
    if estimate is None or 0.0 < estimate.value < 1.0:
        return estimate
    edge = 0.025 ** (1 / int((images[:, 1] > 0).sum()))
    return Estimate(estimate.value, edge, 1.0) if estimate.value else Estimate(0.0, 0.0, 1 - edge)


def interval(estimate: Estimate | None) -> dict[str, float | None] | None:
    if estimate is None:
        return None
    return {"value": estimate.value, "low": estimate.low, "high": estimate.high}


def _against_scenes(column: np.ndarray) -> np.ndarray:
    """A column beside ones, so that its share is its mean over scenes."""
    return np.stack([column, np.ones_like(column)], axis=1)


def _variety(seen: Distinct) -> float | None:
    return seen.total() / seen.seen if seen.seen else None
