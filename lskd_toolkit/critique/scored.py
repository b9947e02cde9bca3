"""What a run's critics said of the statements that people labelled, as arrays: what calibration, thresholds
and measures are computed from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..errors import UsageError
from ..labelling import Labelled

if TYPE_CHECKING:
    from ..corpus.view import CorpusView


@dataclass(frozen=True, slots=True)
class Scored:
    """N labelled statements and C critics.

    ``scores`` are float64 ``(N, C)``, NaN where a critic gave none, a column for each of ``critics`` (names
    of stages); ``parts`` what each critic's parts say, float64 ``(N,)`` by ``critic/part``.
    """

    labelled: Sequence[Labelled]
    critics: tuple[str, ...]
    scores: np.ndarray
    parts: Mapping[str, np.ndarray]

    def rows(self, wanted: np.ndarray) -> Scored:
        """Those rows alone, by places or by a mask."""
        places = np.arange(len(self.labelled))[wanted]
        parts = {name: values[places] for name, values in self.parts.items()}
        return Scored([self.labelled[at] for at in places], self.critics, self.scores[places], parts)

    def by(self, names: Sequence[str]) -> Scored:
        """The columns of these critics, told by the name of the stage or the critic's own.

        Raises:
            UsageError: the run has no such critic.
        """
        columns = [self.critics.index(stage_of(name, self.critics)) for name in names]
        return Scored(
            self.labelled, tuple(self.critics[at] for at in columns), self.scores[:, columns], self.parts
        )


def stage_of(name: str, critics: Sequence[str]) -> str:
    """The critic of that name among the names of stages: ``blip2`` for ``critic.blip2``.

    Raises:
        UsageError: there is none.
    """
    for critic in critics:
        if name in (critic, critic.partition(".")[2]):
            return critic
    raise UsageError(
        f"no critic {name!r} has judged the labelled statements; there are: {', '.join(critics) or 'none'}. "
        f"Have it judge the run with: lskd critic score RUN --critic {name}"
    )


def scored(corpus: CorpusView, labelled: Sequence[Labelled]) -> Scored:
    """The stored judgements of the run beside the labels. Synthetic negatives are left out: no run holds
    them, so none was judged."""
    human = [each for each in labelled if not each.labels[0].synthetic]
    entries = {name: corpus.entry(name) for name in dict.fromkeys(each.scene.image.id for each in human)}
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
    return Scored(human, critics, scores, parts)
