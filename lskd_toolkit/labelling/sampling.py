"""Which statements people are asked about: a sample in which every kind is seen and every statement's
probability of being drawn is known.

Labels of such a sample speak for the whole run when each counts one over its probability (Horvitz and
Thompson 1952). Statements are ordered by their strata and taken at equal steps from a random start
(systematic sampling with unequal probabilities, Madow 1949): the probabilities hold exactly, the sample has
exactly the size asked for, and of any stratum it holds the expected number, give or take one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import UsageError
from .labels import words_sha256

if TYPE_CHECKING:
    from ..corpus.corpus import Entry
    from ..corpus.view import CorpusView
    from ..records import Scene, Statement

AXES = ("inference", "source", "teacher", "proposer", "regions", "score")
"""What statements may be told apart by: the inference type, the run's source, the teacher and its prompt, who
proposed the mentioned regions, how many are mentioned, and the tenth of the critics' scores it falls in."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A statement to be labelled. ``weight`` is one over the probability of its being drawn, 0 where it was
    picked; ``strata`` are its values on the axes."""

    image: str
    statement: int
    sha256: str
    weight: float = 1.0
    strata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sample:
    """Statements drawn from a run of ``population``, in the order in which they are shown."""

    drawn: tuple[Drawn, ...]
    population: int
    axes: tuple[str, ...]
    seed: int


def draw_sample(corpus: CorpusView, count: int, *, axes: Sequence[str] = AXES, seed: int = 0) -> Sample:
    """Draw ``count`` statements of the run, accepted or not, or all when there are fewer.

    Raises:
        UsageError: no such axis, or the run has no statement.
    """
    if wrong := [axis for axis in axes if axis not in AXES]:
        raise UsageError(f"nothing is stratified by {', '.join(wrong)}; there are: {', '.join(AXES)}")
    places: list[tuple[str, int]] = []
    kinds: list[tuple[str, ...]] = []
    scores: list[float | None] = []
    same: dict[tuple[str, ...], tuple[str, ...]] = {}
    for entry in corpus.entries():
        for statement in entry.statements:
            places.append((entry.scene.image.id, statement.id))
            kind = kind_of(entry.scene, statement, corpus.config)
            kinds.append(same.setdefault(kind, kind))  # a million statements are of few kinds
            scores.append(_score(entry, statement))
    if not places:
        raise UsageError(
            f"{corpus.folder} has no statements to label; go on with it: lskd run --out {corpus.folder}"
        )
    picked = [AXES.index(axis) for axis in axes]
    strata = [
        tuple((*kind, tenth)[axis] for axis in picked)
        for kind, tenth in zip(kinds, deciles(scores), strict=True)
    ]
    chosen, probabilities = draw(strata, count, seed)
    drawn = []
    for k in chosen:
        image, number = places[k]
        found = next(each for each in corpus.entry(image).statements if each.id == number)
        told = dict(zip(axes, strata[k], strict=True))
        drawn.append(Drawn(image, number, words_sha256(found), 1.0 / float(probabilities[k]), told))
    return Sample(tuple(drawn), len(places), tuple(axes), seed)


def draw(strata: Sequence[Sequence[str]], count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw of N things, each with its values on the axes.

    Returns:
        The chosen positions, int64 ``(n,)`` in random order, n the smaller of ``count`` and N, and
        every thing's probability of being chosen, float64 ``(N,)``.
    """
    random = np.random.default_rng(seed)
    probabilities = inclusion(strata, count)
    certain = np.flatnonzero(probabilities >= 1.0)
    rest = np.flatnonzero(probabilities < 1.0)
    # Within a stratum the order is random; the strata lie side by side in the order of the axes.
    rest = random.permutation(rest)
    if len(rest) and strata[0]:
        codes = [
            np.unique([strata[int(k)][axis] for k in rest], return_inverse=True)[1]
            for axis in range(len(strata[0]))
        ]
        rest = rest[np.lexsort(codes[::-1])]
    wanted = min(count, len(strata)) - len(certain)
    chosen = rest[:0]
    if wanted > 0:
        ends = np.cumsum(probabilities[rest])
        points = (random.random() + np.arange(wanted)) * (ends[-1] / wanted)
        chosen = rest[np.minimum(np.searchsorted(ends, points, side="right"), len(rest) - 1)]
    return random.permutation(np.concatenate([certain, chosen])), probabilities


def inclusion(strata: Sequence[Sequence[str]], count: int) -> np.ndarray:
    """Each thing's probability of being drawn, float64 ``(N,)``; they sum to the smaller of ``count`` and N.

    One share of the sample falls on all things alike, and one share for each axis equally on that axis's
    values. So a value however rare is expected ``count / (axes + 1) / values`` times, as far as there are as
    many, and no weight is more than ``axes + 1`` times that of a plain random sample.
    """
    total = len(strata)
    if count >= total:
        return np.ones(total)
    sizes = np.full(total, 1.0 / total)
    for axis in range(len(strata[0])):
        values = [each[axis] for each in strata]
        counts = Counter(values)
        sizes += np.array([1.0 / (len(counts) * counts[value]) for value in values])
    probabilities = np.zeros(total)
    free = np.ones(total, bool)
    while True:  # what would be drawn more than once is drawn for certain, and the others share the rest
        left = count - int((~free).sum())
        probabilities[free] = left * sizes[free] / sizes[free].sum()
        over = free & (probabilities >= 1.0)
        if not over.any():
            return probabilities
        probabilities[over] = 1.0
        free &= ~over


def deciles(scores: Sequence[float | None]) -> list[str]:
    """The tenth of the scores in which each falls, ``0`` the lowest to ``9``; equal scores fall in one, and
    what has no score in ``unjudged``."""
    known = np.array([score for score in scores if score is not None], float)
    if not len(known):
        return ["unjudged"] * len(scores)
    edges = np.quantile(known, np.arange(1, 10) / 10)
    return [
        "unjudged" if score is None else str(int(np.searchsorted(edges, score, side="right")))
        for score in scores
    ]


def natural(values: Sequence[float], weights: Sequence[float]) -> float | None:
    """The mean over the whole run that labels of a sample stand for: each counts as its weight (Hájek). None
    where none was drawn."""
    return float(np.average(values, weights=weights)) if any(weights) else None


def kind_of(scene: Scene, statement: Statement, config: Mapping[str, Any]) -> tuple[str, ...]:
    """The values on all axes but the score, in their order."""
    source = config.get("source", "")
    proposers = {region.proposer for region in scene.regions if region.id in statement.regions}
    return (
        statement.inference or "none",
        str(source.get("use", "") if isinstance(source, Mapping) else source) or "none",
        " ".join(filter(None, (statement.teacher, statement.prompt))) or "none",
        ", ".join(sorted(filter(None, proposers))) or "none",
        str(len(statement.regions)) if len(statement.regions) < 4 else "4 or more",
    )


def _score(entry: Entry, statement: Statement) -> float | None:
    """The lowest score that any critic gives, which is what the selection goes by."""
    return min((each.score for each in entry.judgements if each.statement == statement.id), default=None)
