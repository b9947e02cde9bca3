"""Which statements are accepted: every critic's score against the threshold, no statement twice, and of
several samples of a scene the best."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..corpus.corpus import Verdict
from ..records import Judgement, Statement
from .calibration import Calibration


@dataclass(frozen=True, slots=True)
class Rule:
    """From which score on a statement passes: ``threshold``, or that of its inference type in ``thresholds``;
    and how the scores of several critics become one: the lowest, or with a ``calibration`` the probability
    that people accept."""

    threshold: float
    thresholds: Mapping[str, float] = field(default_factory=dict)
    calibration: Calibration | None = None

    def limit(self, statement: Statement) -> float:
        return self.thresholds.get(statement.inference, self.threshold)


def select(
    statements: Sequence[Statement], judgements: Mapping[str, Sequence[Judgement]], rule: Rule
) -> dict[int, Verdict]:
    """A verdict for every statement of one image.

    ``judgements`` holds each critic's, by the name of its stage. By the lowest score one critic's objection
    is enough; without critics it is 1, and where a critic gave none it is 0. Of statements with the same
    question and answer the first that passes is kept. Of a scene that was sampled several times as many are
    kept as the largest sample has: the best of each inference type first, then the best.
    """
    by_critic = {critic: {own.statement: own for own in given} for critic, given in judgements.items()}
    probable = _probable(statements, by_critic, rule.calibration)
    verdicts: dict[int, Verdict] = {}
    taken: set[tuple[str, str]] = set()
    for at, statement in enumerate(statements):
        score, weakest = _lowest(statement, by_critic)
        limit = rule.limit(statement)
        if probable is not None:
            score, weakest = float(probable[at]), f"P(accept); lowest {weakest}" if weakest else "P(accept)"
        said = (statement.question.casefold(), statement.answer.casefold())
        if score < limit:
            verdicts[statement.id] = Verdict(False, score, f"below {limit:g} ({weakest})")
        elif said in taken:
            verdicts[statement.id] = Verdict(False, score, "said twice")
        else:
            taken.add(said)
            verdicts[statement.id] = Verdict(True, score)
    samples = Counter(statement.draw for statement in statements)
    if len(samples) > 1:
        _best(statements, verdicts, max(samples.values()), len(samples))
    return verdicts


def _lowest(statement: Statement, by_critic: Mapping[str, Mapping[int, Judgement]]) -> tuple[float, str]:
    """The lowest score, and whose it is."""
    score, weakest = 1.0, ""
    for critic, given in by_critic.items():
        own = given.get(statement.id)
        if own is None:
            score, weakest = 0.0, f"{critic} gave no score"
        elif own.score < score:
            score, weakest = own.score, f"{critic}{f': {own.note}' if own.note else ''}"
    return score, weakest


def _probable(
    statements: Sequence[Statement],
    by_critic: Mapping[str, Mapping[int, Judgement]],
    calibration: Calibration | None,
) -> np.ndarray | None:
    """The probability that each is accepted, float64 ``(N,)``; 0 where no calibrated critic gave a score."""
    if calibration is None:
        return None
    scores = np.full((len(statements), len(calibration.critics)), np.nan)
    for column, critic in enumerate(calibration.critics):
        given = by_critic.get(critic, {})
        for row, statement in enumerate(statements):
            if statement.id in given:
                scores[row, column] = given[statement.id].score
    probable: np.ndarray = np.nan_to_num(calibration.probabilities(scores), nan=0.0)
    return probable


def _best(statements: Sequence[Statement], verdicts: dict[int, Verdict], keep: int, samples: int) -> None:
    """Of what passed, leave out all but the best ``keep``."""
    passed = sorted(
        (s for s in statements if verdicts[s.id].accepted), key=lambda s: (-verdicts[s.id].score, s.id)
    )
    types: Counter[str] = Counter()
    turns = []
    for statement in passed:
        turns.append((types[statement.inference], -verdicts[statement.id].score, statement.id))
        types[statement.inference] += 1
    for _, _, number in sorted(turns)[keep:]:
        verdicts[number] = Verdict(False, verdicts[number].score, f"not the best of {samples} samples")
