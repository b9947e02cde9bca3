"""Which statements are accepted: every critic's score against the threshold, and no statement twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..corpus.corpus import Verdict
from ..records import Judgement, Statement


def select(
    statements: Sequence[Statement],
    judgements: Mapping[str, Sequence[Judgement]],
    threshold: float,
) -> dict[int, Verdict]:
    """A verdict for every statement of one image.

    ``judgements`` holds each critic's, by the critic's name. The score is the lowest that any critic
    gives, so that one critic's objection is enough; without critics it is 1. Of statements with the
    same question and answer the first that passes is kept.
    """
    verdicts: dict[int, Verdict] = {}
    taken: set[tuple[str, str]] = set()
    for statement in statements:
        score, weakest = 1.0, ""
        for critic, given in judgements.items():
            own = next((j for j in given if j.statement == statement.id), None)
            if own is None:
                score, weakest = 0.0, f"{critic} gave no score"
            elif own.score < score:
                score, weakest = own.score, f"{critic}{f': {own.note}' if own.note else ''}"
        said = (statement.question.casefold(), statement.answer.casefold())
        if score < threshold:
            verdicts[statement.id] = Verdict(False, score, f"below {threshold:g} ({weakest})")
        elif said in taken:
            verdicts[statement.id] = Verdict(False, score, "said twice")
        else:
            taken.add(said)
            verdicts[statement.id] = Verdict(True, score)
    return verdicts
