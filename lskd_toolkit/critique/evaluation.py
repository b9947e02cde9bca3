"""A run's critics measured by labels of images that they never learned from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..labelling.agreement import ceiling
from ..labelling.sampling import AXES, kind_of
from .certifying import lower_bound
from .measures import (
    average_precision,
    band,
    brier,
    calibration_error,
    curve,
    interval,
    reliability,
    resampled,
)
from .scored import Scored
from .tally import Tally, tally

if TYPE_CHECKING:
    from .calibration import Calibration

FORMAT = 1
GROUPS = ("inference", "teacher", "proposer", "regions")
"""What is looked at apart, of the axes that labels are drawn by."""
PROBABLE = "P(accept)"
RECALLS = np.linspace(0.05, 1.0, 20)


def evaluated(
    found: Scored,
    config: Mapping[str, Any],
    *,
    calibration: Calibration | None,
    threshold: float,
    thresholds: Mapping[str, float],
    seed: int = 0,
) -> dict[str, Any]:
    """How well each critic ranks statements and how true its scores are as probabilities, with 95 % intervals
    by image, at the prevalence of the run.

    Statements of weight 0 are left out: they were picked because a critic was unsure of them. ``threshold``
    and ``thresholds`` (by inference type) are those of the run.
    """
    found = found.rows(tally(found.labelled).weights > 0)
    said = tally(found.labelled)
    times = resampled(said.images, seed=seed)
    scores = dict(zip(found.critics, found.scores.T, strict=True))
    if calibration is not None:
        mine = found.by(calibration.critics)
        scores = {PROBABLE: calibration.probabilities(mine.scores), **scores}
        deciding = np.nan_to_num(scores[PROBABLE], nan=0.0)
    else:
        deciding = np.nan_to_num(found.scores, nan=0.0).min(axis=1, initial=1.0)
    limits = np.array([thresholds.get(e.statement.inference, threshold) for e in found.labelled], float)
    passing = deciding >= limits
    return {
        "format": FORMAT,
        "statements": len(found.labelled),
        "images": len(set(said.images.tolist())),
        "accepted": int(said.accept.sum()),
        "ties": said.ties,
        "prevalence": _spread(_share(said.accept), said.weights, times),
        "ceiling": ceiling(found.labelled),
        "threshold": threshold,
        "thresholds": dict(thresholds),
        "filter": _filtered(passing, said, times),
        "critics": {name: _measured(own, said, times) for name, own in scores.items()},
        "parts": _parts(found, said, times),
        "groups": _grouped(found, config, deciding, passing, said),
        "margins": _margins(deciding, limits, said),
    }


def _share(accept: np.ndarray) -> Any:
    return lambda weights: float((weights * accept).sum() / weights.sum()) if weights.sum() else float("nan")


def _spread(measure: Any, weights: np.ndarray, times: np.ndarray) -> dict[str, float | None]:
    """A measure and its interval; what does not exist is None."""
    value, low, high = interval(measure, weights, times) if len(weights) else (float("nan"),) * 3
    return {name: _number(each) for name, each in (("value", value), ("low", low), ("high", high))}


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _measured(scores: np.ndarray, said: Tally, times: np.ndarray) -> dict[str, Any]:
    """One critic: only what it gave a score for."""
    there = np.isfinite(scores)
    own, accept, weights, rounds = scores[there], said.accept[there], said.weights[there], times[:, there]
    line = curve(own, accept, weights)
    bins = reliability(own, accept, weights)
    precision = (
        band(own, accept, weights, rounds, RECALLS) if accept.any() else np.full((3, len(RECALLS)), np.nan)
    )
    kept = np.unique(np.linspace(0, max(len(line.recall) - 1, 0), 200).astype(int))[: len(line.recall)]
    return {
        "statements": int(there.sum()),
        "average_precision": _spread(lambda w: average_precision(own, accept, w), weights, rounds),
        "calibration_error": _spread(lambda w: calibration_error(own, accept, w), weights, rounds),
        "brier": _spread(lambda w: brier(own, accept, w), weights, rounds),
        "curve": {
            name: [_number(each) for each in getattr(line, name)[kept]]
            for name in ("threshold", "precision", "recall")
        },
        "band": {
            "recall": RECALLS.tolist(),
            "low": [_number(each) for each in precision[1]],
            "high": [_number(each) for each in precision[2]],
        },
        "reliability": {name: getattr(bins, name).tolist() for name in ("score", "accepted", "weight")},
    }


def _filtered(passing: np.ndarray, said: Tally, times: np.ndarray) -> dict[str, Any]:
    """What the run's threshold leaves of these statements."""
    bound = lower_bound(said.accept[passing], said.weights[passing], said.images[passing], 0.95)
    right = said.accept & passing

    def recall(weights: np.ndarray) -> float:
        total = float((weights * said.accept).sum())
        return float((weights * right).sum() / total) if total else float("nan")

    return {
        "passing": int(passing.sum()),
        "kept": _spread(_share(passing), said.weights, times),
        "precision": _spread(_share(said.accept[passing]), said.weights[passing], times[:, passing]),
        "lower": bound.lower if bound.labels else None,
        "recall": _spread(recall, said.weights, times),
    }


def _parts(found: Scored, said: Tally, times: np.ndarray) -> dict[str, Any]:
    """Critics' scores of the answer and of the rationale against what people say of that part."""
    told = {"answer": said.answer, "rationale": said.rationale}
    measured = {}
    for name, scores in sorted(found.parts.items()):
        of = told.get(name.rpartition("/")[2])
        if of is None:
            continue
        there = np.isfinite(scores) & np.isfinite(of)
        if there.any():
            own, accept = scores[there], of[there] > 0.5
            measured[name] = {
                "statements": int(there.sum()),
                "average_precision": _spread(
                    lambda w, own=own, accept=accept: average_precision(own, accept, w),
                    said.weights[there], times[:, there],
                ),
                "prevalence": _number(float(np.average(accept, weights=said.weights[there]))),
            }  # fmt: skip
    return measured


def _grouped(
    found: Scored, config: Mapping[str, Any], deciding: np.ndarray, passing: np.ndarray, said: Tally
) -> dict[str, dict[str, Any]]:
    """The same numbers by inference type, teacher, proposer and number of regions."""
    kinds = [kind_of(each.scene, each.statement, config) for each in found.labelled]
    told: dict[str, dict[str, Any]] = {}
    for axis in GROUPS:
        names = np.array([kind[AXES.index(axis)] for kind in kinds], str)
        told[axis] = {}
        for name in sorted(set(names.tolist())):
            rows = names == name
            kept = rows & passing
            bound = lower_bound(said.accept[kept], said.weights[kept], said.images[kept], 0.95)
            told[axis][name] = {
                "statements": int(rows.sum()),
                "prevalence": _number(float(np.average(said.accept[rows], weights=said.weights[rows]))),
                "average_precision": _number(
                    average_precision(deciding[rows], said.accept[rows], said.weights[rows])
                ),
                "passing": int(kept.sum()),
                "precision": bound.precision if bound.labels else None,
                "lower": bound.lower if bound.labels else None,
            }
    return told


def _margins(deciding: np.ndarray, limits: np.ndarray, said: Tally) -> dict[str, list[Any]]:
    """At 40 thresholds: how many pass, how precise they are, and what that surely is at least."""
    grid = np.unique(np.quantile(deciding, np.linspace(0, 1, 40, endpoint=False), method="lower"))
    rows: dict[str, list[Any]] = defaultdict(list)
    for limit in grid if len(deciding) else ():
        passing = deciding >= limit
        bound = lower_bound(said.accept[passing], said.weights[passing], said.images[passing], 0.95)
        rows["threshold"].append(float(limit))
        rows["precision"].append(bound.precision)
        rows["lower"].append(bound.lower)
        rows["kept"].append(float(np.average(passing, weights=said.weights)))
    return dict(rows)


def warnings(told: Mapping[str, Any], critics: Sequence[str]) -> list[str]:
    """What a reader should be told before the numbers."""
    found = []
    if told["statements"] < 100:
        found.append(f"only {told['statements']} labels to measure by: look at the intervals, not the values")
    if not told["accepted"] or told["accepted"] == told["statements"]:
        found.append("people say the same of every statement, so nothing can be said of who tells them apart")
    measured = told["critics"]
    blind = [name for name in critics if name.rpartition(".")[2] in ("words", "text-only")]
    for name in critics:
        own = measured.get(name, {}).get("average_precision", {})
        for other in blind:
            least = measured.get(other, {}).get("average_precision", {}).get("value")
            if other != name and own.get("low") is not None and least is not None and least >= own["low"]:
                found.append(
                    f"{name} is not surely better than {other}, which sees no image: it may not be looking"
                )
    return found
