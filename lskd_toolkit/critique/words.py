"""Critic ``words``: what the words alone give away, learned from labels. The control that looks at nothing.

A logistic regression over hashed words and pairs of words, trained in moments. A critic that looks at the
picture has to be better than this one; where it is not, it has learned how accepted statements sound.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from ..errors import LskdError, UsageError
from ..images.picture import Picture
from ..labelling import Labelled, accepted
from ..mentions import without
from ..records import Judgement, Scene, Statement
from ..store.durable import write_text
from .libraries import library
from .trained import TrainedOptions

NAME = "words"
FILE = "words.json"
PLACES = 2**14
"""Words and pairs share so many weights; two that fall on one place are one to the critic."""


class WordsOptions(TrainedOptions):
    """Options of the critic ``words``."""

    penalty: float = Field(1.0, gt=0, description="Strength of the L2 penalty on the weights.")


class Words:
    """Trains and judges by words; see `lskd_toolkit.protocols.TrainableCritic`."""

    def __init__(self, options: WordsOptions | None, ctx: Any = None):
        self.options = options or WordsOptions()
        self._weights: dict[int, float] | None = None
        self._intercept = 0.0
        if self.options.folder:
            path = Path(self.options.folder) / FILE
            try:
                held = json.loads(path.read_text(encoding="ascii"))
                self._weights = {int(place): float(weight) for place, weight in held["weights"].items()}
                self._intercept = float(held["intercept"])
            except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
                raise LskdError(f"{path} cannot be read ({error}); train the critic again") from error

    def train(
        self,
        labelled: Sequence[Labelled],
        picture: Callable[[Scene], Picture],
        folder: Path,
        progress: Callable[[int, int, Mapping[str, float]], None],
    ) -> Mapping[str, float]:
        """Fit to what the majority says.

        Raises:
            LskdError: all statements are accepted, or none is.
        """
        said = np.array([accepted(each.labels) > 0.5 for each in labelled])
        if len(set(said.tolist())) < 2:
            word = "accepted" if said.any() else "rejected"
            raise LskdError(
                f"all {len(said)} statements are {word}: there is nothing to tell apart; "
                "label more with: lskd label RUN"
            )
        rows = [_places(each.statement) for each in labelled]
        sparse = library("scipy.sparse")
        lengths = np.cumsum([0, *map(len, rows)])
        matrix = sparse.csr_matrix(
            (np.ones(lengths[-1]), np.concatenate([np.array(row, int) for row in rows]), lengths),
            shape=(len(rows), PLACES),
        )
        model = library("sklearn.linear_model").LogisticRegression(C=1 / self.options.penalty, max_iter=1000)
        model.fit(matrix, said)
        self._intercept = float(model.intercept_[0])
        self._weights = {int(at): float(model.coef_[0, at]) for at in np.flatnonzero(model.coef_[0])}
        held = {"intercept": self._intercept, "weights": {str(at): w for at, w in self._weights.items()}}
        write_text(folder / FILE, json.dumps(held, sort_keys=True))
        right = float(((matrix @ model.coef_[0] + self._intercept > 0) == said).mean())
        metrics = {"statements": float(len(said)), "accepted": float(said.mean()), "right_in_training": right}
        progress(1, 1, metrics)
        return metrics

    def judge(
        self, pictures: Sequence[Picture], scenes: Sequence[Scene], statements: Sequence[Sequence[Statement]]
    ) -> list[list[Judgement]]:
        if self._weights is None:
            raise UsageError(
                f"the critic {NAME!r} has not been trained: lskd critic train RUN --critic {NAME} "
                "--out critics/words"
            )
        return [[self._judge(statement) for statement in some] for some in statements]

    def _judge(self, statement: Statement) -> Judgement:
        assert self._weights is not None
        odds = self._intercept + sum(self._weights.get(at, 0.0) for at in _places(statement))
        return Judgement(statement.id, float(1 / (1 + np.exp(-np.clip(odds, -30, 30)))), NAME)


def _places(statement: Statement) -> list[int]:
    """Where the statement's words and pairs of words are counted; which part they stand in counts too, which
    region they are about does not."""
    places = []
    for part in ("question", "answer", "rationale"):
        words = without(getattr(statement, part)).casefold().split()
        for word in (*words, *(" ".join(pair) for pair in pairwise(words))):
            places.append(zlib.crc32(f"{part} {word}".encode()) % PLACES)
    return sorted(set(places))
