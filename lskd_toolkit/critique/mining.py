"""What to label next: statements that a critic is unsure of, and those it believes wherever they point."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import UsageError
from ..labelling.labels import words_sha256
from ..labelling.negatives import swap
from ..labelling.sampling import Drawn, Sample
from ..store.durable import write_text
from .measures import average_precision, interval, resampled
from .tally import tally

if TYPE_CHECKING:
    from ..labelling import Labelled
    from ..records import Judgement, Scene, Statement

ROUNDS = "mining.jsonl"
QUEUE = "mined.queue.jsonl"
EACH = 2
"""Most statements of one image: those of one picture teach much the same."""

Asked = tuple["Scene", "Statement"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A statement without a label, what the critic gives it, and what it gives it with its regions swapped,
    NaN where they cannot be."""

    scene: Scene
    statement: Statement
    score: float
    swapped: float


def swaps(asked: Sequence[Asked], seed: int) -> list[tuple[int, Asked]]:
    """The place of each statement whose regions can be swapped, and it with its regions swapped."""
    found = []
    for at, (scene, statement) in enumerate(asked):
        told = swap(scene, statement, random.Random(f"{seed} {words_sha256(statement)}"))
        if told is not None:
            found.append((at, (scene, told[0])))
    return found


def picked(candidates: Sequence[Candidate], count: int, middle: float) -> list[Candidate]:
    """At most ``count``, by turns the surest of those that score no lower with their regions swapped and the
    one whose score is nearest to ``middle``; at most `EACH` of an image.

    ``middle`` is the score at which the critic is as unsure as it can be.
    """
    fooled = sorted((c for c in candidates if c.swapped >= c.score), key=lambda c: (-c.score, _name(c)))
    unsure = sorted(candidates, key=lambda c: (abs(c.score - middle), _name(c)))
    taken: dict[tuple[str, int], Candidate] = {}
    images = Counter[str]()
    lists = [iter(fooled), iter(unsure)]
    while lists and len(taken) < count:
        turn = lists.pop(0)
        for each in turn:
            if _name(each) not in taken and images[each.scene.image.sha256] < EACH:
                taken[_name(each)] = each
                images[each.scene.image.sha256] += 1
                lists.append(turn)
                break
    return list(taken.values())


def _name(candidate: Candidate) -> tuple[str, int]:
    return candidate.scene.image.id, candidate.statement.id


def queue_of(found: Sequence[Candidate], population: int, seed: int) -> Sample:
    """The list for `lskd label --queue`. Picked statements have weight 0: they speak for no other."""
    drawn = tuple(
        Drawn(
            each.scene.image.id, each.statement.id, words_sha256(each.statement), 0.0,
            {"picked": "swap" if each.swapped >= each.score else "unsure"},
        )
        for each in found
    )  # fmt: skip
    return Sample(drawn, population, (), seed)


def measured(labelled: Sequence[Labelled], judged: Sequence[Judgement | str], seed: int) -> dict[str, Any]:
    """One point of the learning curve: average precision on labelled statements that it did not learn from,
    at the run's own prevalence.

    Raises:
        UsageError: there is nothing to measure by.
    """
    rows = [
        (each, own.score)
        for each, own in zip(labelled, judged, strict=True)
        if not isinstance(own, str) and any(label.weight for label in each.labels)
    ]
    if not rows:
        raise UsageError(
            "no label is left to measure the round by; label more with: lskd label RUN, or learn from less "
            "with: --share 0.5"
        )
    said = tally([each for each, _ in rows])
    scores = np.array([score for _, score in rows])
    value, low, high = interval(
        lambda weights: average_precision(scores, said.accept, weights),
        said.weights, resampled(said.images, seed=seed),
    )  # fmt: skip
    return {
        "measured_by": len(rows),
        "prevalence": float(np.average(said.accept, weights=said.weights)),
        "average_precision": {
            name: float(each) if np.isfinite(each) else None
            for name, each in (("value", value), ("low", low), ("high", high))
        },
    }


def rounds_of(run: Path) -> list[dict[str, Any]]:
    """The rounds of mining so far, in order; none where there is no such file."""
    try:
        lines = (run / ROUNDS).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    try:
        return [json.loads(line) for line in lines if line.strip()]
    except ValueError as error:
        raise UsageError(f"{run / ROUNDS} cannot be read ({error}); move it away to begin anew") from error


def append_round(run: Path, told: Mapping[str, Any]) -> None:
    """Keep one more round."""
    rows: Iterable[Mapping[str, Any]] = (*rounds_of(run), told)
    write_text(run / ROUNDS, "".join(json.dumps(row, sort_keys=True) + "\n" for row in rows))
