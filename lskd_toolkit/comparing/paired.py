"""Two runs on the same scenes: how alike what they accepted is, and which was better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from .intervals import bootstrap, share, share_difference, sign_test
from .likeness import NEAR, asked, best_matches, vocabulary
from .measured import interval

if TYPE_CHECKING:
    from ..corpus.corpus import Entry


@dataclass(frozen=True, slots=True)
class Said:
    """What a run accepted of a scene: each statement's words, question and answer, and its regions."""

    words: tuple[frozenset[str], ...]
    answers: dict[str, set[str]]
    regions: tuple[frozenset[int], ...]


def said(entry: Entry) -> Said:
    accepted = [s for s in entry.statements if entry.verdicts[s.id].accepted]
    answers: dict[str, set[str]] = {}
    for statement in accepted:
        answers.setdefault(asked(statement.question), set()).add(asked(statement.answer))
    return Said(
        tuple(vocabulary(s) for s in accepted), answers, tuple(frozenset(s.regions) for s in accepted)
    )


@dataclass
class Alike:
    """Running counts of how alike the accepted statements of two runs are, scene by scene."""

    scenes: int = 0
    matches: list[int] = field(default_factory=lambda: [0, 0])
    near: list[int] = field(default_factory=lambda: [0, 0])
    likeness: float = 0.0
    chance: float = 0.0
    by_chance: int = 0
    questions: int = 0
    same_question: int = 0
    same_answer: int = 0
    same_regions: int = 0
    _before: tuple[Said, Said] | None = None

    def add(self, one: Said, other: Said) -> None:
        """A scene; counted only where both accepted something."""
        if not one.words or not other.words:
            return
        self.scenes += 1
        for side, (mine, theirs) in enumerate(((one, other), (other, one))):
            found = best_matches(mine.words, theirs.words)
            self.matches[side] += len(found)
            self.near[side] += sum(each >= NEAR for each in found)
            self.likeness += sum(found)
            self.same_regions += sum(each in theirs.regions for each in mine.regions)
        if self._before is not None:
            # What two scenes that have nothing to do with each other share, for want of many words.
            for mine, theirs in ((one, self._before[1]), (other, self._before[0])):
                self.chance += sum(best_matches(mine.words, theirs.words))
                self.by_chance += len(mine.words)
        self._before = (one, other)
        both = one.answers.keys() & other.answers.keys()
        self.questions += len(one.answers.keys() | other.answers.keys())
        self.same_question += len(both)
        self.same_answer += sum(bool(one.answers[q] & other.answers[q]) for q in both)

    def result(self) -> dict[str, Any]:
        total = sum(self.matches)
        return {
            "scenes": self.scenes,
            "likeness": self.likeness / total if total else None,
            "likeness_by_chance": self.chance / self.by_chance if self.by_chance else None,
            "near_duplicates": sum(self.near) / total if total else None,
            "near_duplicates_each": [
                near / count if count else None for near, count in zip(self.near, self.matches, strict=True)
            ],
            "same_regions": self.same_regions / total if total else None,
            "same_question": self.same_question / self.questions if self.questions else None,
            "same_answer": self.same_answer / self.same_question if self.same_question else None,
        }


def differences(one: Sequence[Sequence[float]], other: Sequence[Sequence[float]]) -> dict[str, Any]:
    """The second run less the first, on the same scenes.

    Arguments:
        one, other: rows of `Measured.per_image`, scene by scene in the same order.

    Returns: for the accept rate, the statements accepted of a scene and the mean score of a scene: the
    difference with its bootstrap interval by image, the scenes in which the second is better and worse,
    and the p-value of the sign test over these. None where no scene tells.
    """
    a, b = (np.array(rows, float).reshape(-1, 4) for rows in (one, other))
    read = (a[:, 1] > 0) & (b[:, 1] > 0)
    scored = (a[:, 3] > 0) & (b[:, 3] > 0)
    scores = b[scored, 2] / b[scored, 3] - a[scored, 2] / a[scored, 3]
    rates = b[read, 0] / b[read, 1] - a[read, 0] / a[read, 1]
    return {
        "accept_rate": _told(bootstrap(np.hstack([a[:, :2], b[:, :2]]), share_difference), rates),
        "accepted_a_scene": _mean(b[:, 0] - a[:, 0]),
        # Rounded, so that there are few different rows to draw from; far below what a score means.
        "score": _mean(np.round(scores, 4)),
    }


def _mean(values: np.ndarray) -> dict[str, Any] | None:
    return _told(bootstrap(np.stack([values, np.ones_like(values)], axis=1), share), values)


def _told(estimate: Any, values: np.ndarray) -> dict[str, Any] | None:
    if estimate is None:
        return None
    better, worse = int((values > 1e-9).sum()), int((values < -1e-9).sum())
    return {
        **(interval(estimate) or {}),
        "scenes": len(values), "better": better, "worse": worse, "p": sign_test(better, worse),
    }  # fmt: skip
