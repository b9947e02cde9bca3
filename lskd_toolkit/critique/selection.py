"""Which statements are accepted: every critic's score against the threshold, no statement twice, and of
several samples of a scene the best."""

from __future__ import annotations

from collections import Counter
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
    same question and answer the first that passes is kept. Of a scene that was sampled several times as
    many are kept as the largest sample has: the best of each inference type first, then the best.
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
    samples = Counter(statement.draw for statement in statements)
    if len(samples) > 1:
        _best(statements, verdicts, max(samples.values()), len(samples))
    return verdicts


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
