"""What a run's critics said of the statements that people labelled, as arrays: what calibration, thresholds
and measures are computed from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..labelling import Labelled, accepted, right

if TYPE_CHECKING:
    from ..corpus.corpus import Entry
    from ..corpus.view import CorpusView

GROUPS = ("inference", "regions", "teacher", "proposer")
"""What statements are told apart by in measures."""


@dataclass(frozen=True, slots=True)
class Scored:
    """N labelled statements and C critics.

    ``labelled`` are the statements; ``scores`` float64 ``(N, C)``, NaN where a critic gave none, a column each
    of ``critics`` (names of stages); ``parts`` what each critic's parts say, ``(N,)`` by ``critic/part``.
    ``accept``, ``answer``, ``rationale`` float64 ``(N,)`` are the fractions of annotators who say so, NaN where
    nobody spoke. ``weights`` ``(N,)`` are one over the probability of being drawn, 0 where picked. ``images``
    holds the sha256 of each one's image, ``groups`` its values on `GROUPS`.
    """

    labelled: Sequence[Labelled]
    critics: tuple[str, ...]
    scores: np.ndarray
    parts: Mapping[str, np.ndarray]
    accept: np.ndarray
    answer: np.ndarray
    rationale: np.ndarray
    weights: np.ndarray
    images: np.ndarray
    groups: Mapping[str, np.ndarray]

    def at(self, rows: np.ndarray) -> Scored:
        """Those rows alone, by place or by a mask."""
        places = np.arange(len(self.labelled))[rows]
        return Scored(
            [self.labelled[at] for at in places], self.critics, self.scores[rows],
            {name: values[rows] for name, values in self.parts.items()},
            self.accept[rows], self.answer[rows], self.rationale[rows], self.weights[rows],
            self.images[rows], {name: values[rows] for name, values in self.groups.items()},
        )  # fmt: skip

    def column(self, critic: str) -> np.ndarray:
        """One critic's scores, ``(N,)``."""
        scores: np.ndarray = self.scores[:, self.critics.index(critic)]
        return scores


def scored(corpus: CorpusView, labelled: Sequence[Labelled]) -> Scored:
    """The stored judgements of the run beside the labels. Synthetic negatives are left out: no run has them,
    so none was judged."""
    human = [each for each in labelled if not each.labels[0].synthetic]
    entries: dict[str, Entry] = {}
    for each in human:
        name = each.scene.image.id
        if name not in entries:
            entries[name] = corpus.entry(name)
    critics = tuple(dict.fromkeys(name for entry in entries.values() for name in entry.critics))
    scores = np.full((len(human), len(critics)), np.nan)
    parts: dict[str, np.ndarray] = {}
    for row, each in enumerate(human):
        for column, critic in enumerate(critics):
            for judgement in entries[each.scene.image.id].critics.get(critic, ()):
                if judgement.statement == each.statement.id:
                    scores[row, column] = judgement.score
                    for part, value in judgement.parts.items():
                        name = f"{critic}/{part}"
                        parts.setdefault(name, np.full(len(human), np.nan))[row] = value
    return Scored(human, critics, scores, parts, *_said(human), _groups(human))


def _said(
    found: Sequence[Labelled],
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    def share(values: list[float | None]) -> np.ndarray:
        return np.array([np.nan if value is None else value for value in values], float)

    return (
        np.array([accepted(each.labels) for each in found], float),
        share([right(each.labels, "answer") for each in found]),
        share([right(each.labels, "rationale") for each in found]),
        np.array([each.labels[0].weight for each in found], float),
        np.array([each.scene.image.sha256 for each in found], str),
    )


def _groups(found: Sequence[Labelled]) -> dict[str, np.ndarray]:
    told: dict[str, list[str]] = {name: [] for name in GROUPS}
    for each in found:
        statement = each.statement
        proposers = {region.proposer for region in each.scene.regions if region.id in statement.regions}
        told["inference"].append(statement.inference or "none")
        told["regions"].append(str(len(statement.regions)) if len(statement.regions) < 4 else "4 or more")
        told["teacher"].append(statement.teacher or "none")
        told["proposer"].append(", ".join(sorted(filter(None, proposers))) or "none")
    return {name: np.array(values, str) for name, values in told.items()}
