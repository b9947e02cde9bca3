"""The threshold of a run: certified on labels that nothing else was fitted to, confirmed on others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import UsageError
from .certifying import Bound, Certificate, certify, labels_wanted, lower_bound, passing_count
from .libraries import library
from .scored import Scored
from .tally import tally

if TYPE_CHECKING:
    from ..corpus.view import CorpusView
    from .calibration import Calibration
    from .shares import Role

FILE = "threshold.json"
FORMAT = 1
OTHERS = "other types"
"""What types are held to together whose labels are too few for a promise of their own."""
NOTHING = 1.0
"""A threshold that no calibrated probability reaches."""


@dataclass(frozen=True, slots=True)
class Population:
    """Every statement of the run that was judged: P(accept) float64 ``(M,)`` and inference type ``(M,)``."""

    scores: np.ndarray
    kinds: np.ndarray


@dataclass(frozen=True, slots=True)
class Labels:
    """Columns of labelled statements; ``scores`` are P(accept), 0 where no critic gave a score."""

    scores: np.ndarray
    accept: np.ndarray
    weights: np.ndarray
    images: np.ndarray
    kinds: np.ndarray

    def where(self, rows: np.ndarray) -> Labels:
        return Labels(
            self.scores[rows], self.accept[rows], self.weights[rows], self.images[rows], self.kinds[rows]
        )


def population(corpus: CorpusView) -> Population:
    """The scores that the run's verdicts go by."""
    scores, kinds = [], []
    for entry in corpus.entries():
        for statement in entry.statements:
            verdict = entry.verdicts.get(statement.id)
            if verdict is not None:
                scores.append(verdict.score)
                kinds.append(statement.inference)
    return Population(np.array(scores, float), np.array(kinds, str))


def columns(found: Scored, calibration: Calibration) -> Labels:
    """The labelled statements with the probability that the calibration gives them."""
    said = tally(found.labelled)
    mine = found.by(calibration.critics)
    drawn = said.weights > 0
    scores = np.nan_to_num(calibration.probabilities(mine.scores), nan=0.0)
    kinds = np.array([each.statement.inference for each in found.labelled], str)
    return Labels(scores, said.accept, said.weights, said.images, kinds).where(drawn)


def promised(
    by_role: Mapping[Role, Scored],
    calibration: Calibration,
    every: Population,
    *,
    precision: float,
    confidence: float = 0.95,
    by_type: bool = False,
) -> dict[str, Any]:
    """What ``threshold.json`` says: the threshold, what it promises, and what labels that nothing was chosen
    by say of it.

    With ``by_type`` every inference type of which a promise is likely gets a threshold of its own, and the
    others one together; which they are follows from counts and scores alone. All promises hold together, and
    of types of which nothing can be promised nothing passes.

    Raises:
        UsageError: nothing can be promised; the message says how many labels would do.
    """
    mine, test = columns(by_role["threshold"], calibration), columns(by_role["test"], calibration)
    if not len(every.scores):
        raise UsageError("the run has no judged statements to choose a threshold for")
    groups = _groups(mine, every, precision, confidence) if by_type else {"": []}
    each = 1 - (1 - confidence) / len(groups)
    labels = sum(int((tally(share.labelled).weights > 0).sum()) for share in by_role.values())
    found: dict[str, Certificate] = {}
    for name, kinds in groups.items():
        own = mine.where(np.isin(mine.kinds, kinds)) if kinds else mine
        scores = every.scores[np.isin(every.kinds, kinds)] if kinds else every.scores
        found[name] = certify(
            own.scores, own.accept, own.weights, own.images,
            population=scores, precision=precision, confidence=each,
        )  # fmt: skip
    refused = {
        name: _refusal(name, own, precision, each, labels)
        for name, own in found.items()
        if own.threshold is None
    }
    if len(refused) == len(found):
        raise UsageError(next(iter(refused.values())))
    chosen = {name: own.threshold or NOTHING for name, own in found.items()}
    limit = chosen.get("", chosen.get(OTHERS, NOTHING))
    own_limits = {name: value for name, value in chosen.items() if name not in ("", OTHERS)}
    limits = np.array([own_limits.get(kind, limit) for kind in mine.kinds.tolist()], float)
    passing = mine.where(mine.scores >= limits)
    whole = lower_bound(passing.accept, passing.weights, passing.images, each)
    told: dict[str, Any] = {
        "format": FORMAT, "precision": precision, "confidence": confidence, "threshold": limit,
        "bound": min(own.bound.lower for name, own in found.items() if name not in refused),
        "labels": whole.labels, "errors": whole.errors, "images": whole.images,
        "critics": list(calibration.critics), "seed": calibration.seed,
        "passing": float((every.scores >= _limits(every.kinds, own_limits, limit)).mean()),
        "test": confirmed(test, own_limits, limit, confidence),
    }  # fmt: skip
    if by_type:
        told["by_type"] = {
            name: {"threshold": chosen[name], "bound": one.bound.lower, "labels": one.bound.labels,
                   "errors": one.bound.errors, "types": groups[name], "refused": refused.get(name, "")}
            for name, one in found.items()
        }  # fmt: skip
    return told


def confirmed(test: Labels, own: Mapping[str, float], limit: float, confidence: float) -> dict[str, Any]:
    """What passes of statements that no choice was made by: a second look, which promises nothing new."""
    passing = test.scores >= _limits(test.kinds, own, limit)
    bound = lower_bound(test.accept[passing], test.weights[passing], test.images[passing], confidence)
    total = float((test.weights * test.accept).sum())
    recall = float((test.weights * test.accept)[passing].sum() / total) if total else None
    before = float(np.average(test.accept, weights=test.weights)) if len(test.scores) else None
    said = asdict(bound)
    return {
        "labels": len(test.scores), "images": len(set(test.images.tolist())), "passing": said["labels"],
        "precision": said["precision"] if said["labels"] else None, "lower": said["lower"],
        "recall": recall, "before": before,
    }  # fmt: skip


def tuned(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The threshold by which a student did best on development data, of rows ``threshold``, ``score``,
    ``split`` and, if known, ``error`` (of the score, one standard deviation).

    Among those within one standard error of the best the lowest threshold is taken: it keeps the most.

    Raises:
        UsageError: a row is not as it should be, or is of a test split.
    """
    if len(rows) < 2:
        raise UsageError("a threshold is tuned on the scores of two thresholds at least")
    for row in rows:
        try:
            fits = 0 <= float(row["threshold"]) <= 1 and np.isfinite(float(row["score"]))
            split = str(row["split"]).casefold()
        except (KeyError, TypeError, ValueError) as error:
            raise UsageError(
                "every line is a threshold with its score and split, such as "
                '{"threshold": 0.8, "score": 61.2, "split": "dev"}'
            ) from error
        if not fits:
            raise UsageError(f"{dict(row)}: a threshold lies between 0 and 1, and a score is a number")
        if "test" in split:
            raise UsageError(
                f"the split {row['split']!r} is for testing: a threshold that is chosen by it makes its "
                "numbers too good; give scores of a development split"
            )
    best = max(rows, key=lambda row: float(row["score"]))
    near = float(best["score"]) - float(best.get("error") or 0.0)
    chosen = min(
        (row for row in rows if float(row["score"]) >= near), key=lambda row: float(row["threshold"])
    )
    return {
        "format": FORMAT, "threshold": float(chosen["threshold"]), "tuned_on": str(chosen["split"]),
        "score": float(chosen["score"]), "tried": len(rows),
    }  # fmt: skip


def _limits(kinds: np.ndarray, own: Mapping[str, float], limit: float) -> np.ndarray:
    return np.array([own.get(kind, limit) for kind in kinds.tolist()], float)


def _groups(mine: Labels, every: Population, precision: float, confidence: float) -> dict[str, list[str]]:
    """The types that are likely enough to be promised alone, and the rest together; told without a label."""
    kinds = sorted(set(every.kinds.tolist()))
    each, alone = 1 - (1 - confidence) / (len(kinds) + 1), []
    for kind in kinds:
        scores = np.sort(every.scores[every.kinds == kind])[::-1]
        own = mine.where(mine.kinds == kind).scores
        chance = 0.0
        for limit in np.unique(np.quantile(scores, np.linspace(0, 1, 10, endpoint=False), method="lower")):
            count = int((own >= limit).sum())
            if count:
                fewest = passing_count(count, precision, each)
                likely = library("scipy.stats").binom.sf(fewest - 1, count, scores[scores >= limit].mean())
                chance = max(chance, float(likely))
        if chance >= 0.5:
            alone.append(kind)
    rest = [kind for kind in kinds if kind not in alone]
    return {kind: [kind] for kind in alone} | ({OTHERS: rest} if rest else {})


def _refusal(name: str, found: Certificate, precision: float, confidence: float, labels: int) -> str:
    of = f" of {name}" if name else ""
    bound: Bound = found.bound
    least = labels_wanted(precision, confidence, 1.0)
    asked = f"{precision:.0%} cannot be promised{of}: "
    if not bound.labels:
        return (
            f"{asked}no label lies above any threshold, and a promise takes {least} there, were all of them "
            "accepted. Label more: lskd label RUN"
        )
    said = (
        f"{asked}above the likeliest threshold people reject {bound.errors} of {bound.labels} labels, so "
        f"no more than {bound.lower:.0%} is sure (at {confidence:.3g})"
    )
    if found.wanted is None:
        return (
            f"{said}, and they accept {bound.precision:.0%}: more labels would not help. Ask for less with "
            "--precision, or train the critic on more: lskd critic mine RUN"
        )
    every = int(np.ceil(found.wanted * labels / bound.labels))
    return (
        f"{said}. About {found.wanted} labels above it would do, that is some {every} in all of images that "
        f"no critic learned from, where there are {labels}. Label more: lskd label RUN"
    )
