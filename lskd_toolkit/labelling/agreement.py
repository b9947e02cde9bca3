"""How far annotators agree, and what they say together: alpha, kappa, majority, ceiling.

Votes are kept as they are; everything here is computed from them. A statement's soft label is the fraction of
its annotators who accept it (`matching.accepted`), its majority what more than half of them say.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import numpy as np

from ..errors import UsageError
from .labels import Label
from .matching import Labelled, accepted
from .sampling import natural

Axis = Literal["accept", "answer", "rationale"]
AXES: tuple[Axis, ...] = ("accept", "answer", "rationale")
RESAMPLES = 1000


def agreement(found: Sequence[Labelled], seed: int = 0) -> dict[str, Any]:
    """All measures over the labels that people gave; synthetic ones are left out.

    Intervals are of 95 %, by resampling images: statements about one image are judged alike.

    Raises:
        UsageError: the libraries for it are not installed.
    """
    human = [each for each in found if not each.labels[0].synthetic]
    return {
        "statements": len(human),
        "labels": sum(len(each.labels) for each in human),
        "votes_per_statement": dict(sorted(Counter(len(each.labels) for each in human).items())),
        "axes": {axis: _axis(human, axis, seed) for axis in AXES},
        "majority": dict(Counter(_told(majority(each.labels)) for each in human)),
        "accepted_in_the_run": _natural(human),
        "ceiling": ceiling(human),
        "annotators": _annotators(human),
    }


def votes(found: Sequence[Labelled], axis: Axis) -> list[list[tuple[str, bool]]]:
    """What was said of each statement on an axis: annotator and word; who said nothing is left out."""
    return [
        [(label.annotator, said) for label in each.labels if (said := getattr(label, axis)) is not None]
        for each in found
    ]


def alpha(units: Sequence[Sequence[tuple[str, bool]]]) -> float | None:
    """Krippendorff's alpha for two categories, any number of annotators, and votes missing anywhere (NLTK's).
    None where nothing was said twice, or always the same: agreement is then not told from chance."""
    pairable = [unit for unit in units if len(unit) > 1]
    if len({said for unit in pairable for _, said in unit}) < 2:
        return None
    task = _library("nltk.metrics.agreement").AnnotationTask(
        [(annotator, number, said) for number, unit in enumerate(pairable) for annotator, said in unit]
    )
    return float(task.alpha())


def alpha_interval(
    units: Sequence[Sequence[tuple[str, bool]]], clusters: Sequence[str], seed: int = 0
) -> tuple[float, float] | None:
    """The middle 95 % of alpha over `RESAMPLES` draws of whole clusters with replacement; None where alpha
    is, or with a single cluster."""
    sums: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(3))
    for unit, cluster in zip(units, clusters, strict=True):
        if (n := len(unit)) > 1:
            yes = sum(said for _, said in unit)
            # What alpha is made of, added up over units: observed disagreement, votes, votes for yes.
            sums[cluster] += (2 * yes * (n - yes) / (n - 1), n, yes)
    table = np.array(list(sums.values())).reshape(-1, 3)
    if len(table) < 2:
        return None
    drawn = np.random.default_rng(seed).multinomial(
        len(table), np.full(len(table), 1 / len(table)), RESAMPLES
    )
    values = _alphas(drawn @ table)
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)


def _alphas(sums: np.ndarray) -> np.ndarray:
    """Alpha of each row of disagreement, votes and yes votes; NaN where all said the same."""
    observed, total, yes = sums.T
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = 2 * yes * (total - yes) / (total - 1)
        return np.asarray(1 - observed / expected)


def kappa(units: Sequence[Sequence[tuple[str, bool]]]) -> tuple[float | None, int, int]:
    """Fleiss' kappa (statsmodels'), which wants equally many votes everywhere: over the statements with the
    most frequent number of votes of two or more. Gives it with how many votes and statements those are; None
    where nothing was said twice, or always the same."""
    counts = Counter(len(unit) for unit in units if len(unit) > 1)
    if not counts:
        return None, 0, 0
    raters = max(counts, key=lambda n: (counts[n], n))
    table = [
        (len(unit) - yes, yes)
        for unit in units
        if len(unit) == raters and (yes := sum(v for _, v in unit)) >= 0
    ]
    if min(sum(no for no, _ in table), sum(yes for _, yes in table)) == 0:
        return None, raters, len(table)
    return float(_library("statsmodels.stats.inter_rater").fleiss_kappa(table)), raters, len(table)


def majority(labels: Sequence[Label]) -> bool | None:
    """What more than half accept or do not; None on a tie."""
    share = accepted(labels)
    return None if share == 0.5 else share > 0.5


def ceiling(found: Sequence[Labelled]) -> dict[str, Any]:
    """How well one annotator foretells what the others say, which no critic can be asked to beat by much.

    Each vote is held against the majority of the others' votes on the statement (ties left out): the share
    of all that are the same, and of those that accept the share where the others do (precision). By weight.
    """
    same: list[tuple[bool, float]] = []
    precise: list[tuple[bool, float]] = []
    for label, others in _against(found):
        same.append((label.accept == others, label.weight))
        if label.accept:
            precise.append((others, label.weight))
    return {
        "votes": len(same),
        "agreement": _mean(same),
        "precision": _mean(precise),
    }


def _against(found: Sequence[Labelled]) -> Iterator[tuple[Label, bool]]:
    """Every vote beside the majority of the others' on its statement."""
    for each in found:
        for label in each.labels:
            rest = [other for other in each.labels if other is not label]
            if rest and (said := majority(rest)) is not None:
                yield label, said


def _axis(found: Sequence[Labelled], axis: Axis, seed: int) -> dict[str, Any]:
    units = votes(found, axis)
    value = alpha(units)
    spread = None if value is None else alpha_interval(units, [e.scene.image.id for e in found], seed)
    fleiss, raters, statements = kappa(units)
    said = [word for unit in units for _, word in unit]
    return {
        "votes": len(said),
        "yes": sum(said) / len(said) if said else None,
        "said_twice": sum(len(unit) > 1 for unit in units),
        "alpha": value,
        "alpha_interval": spread,
        "kappa": fleiss,
        "kappa_votes": raters,
        "kappa_statements": statements,
    }


def _natural(found: Sequence[Labelled]) -> float | None:
    """The share of the run that annotators accept: soft labels by the weights of the draw."""
    return natural([accepted(each.labels) for each in found], [each.labels[0].weight for each in found])


def _annotators(found: Sequence[Labelled]) -> dict[str, Any]:
    labels = defaultdict(list)
    same = defaultdict(list)
    for each in found:
        for label in each.labels:
            labels[label.annotator].append(label.accept)
    for label, others in _against(found):
        same[label.annotator].append(label.accept == others)
    return {
        name: {
            "labels": len(said),
            "accepts": sum(said) / len(said),
            "as_the_others": sum(same[name]) / len(same[name]) if same[name] else None,
        }
        for name, said in sorted(labels.items())
    }


def _mean(found: Sequence[tuple[bool, float]]) -> float | None:
    return natural([value for value, _ in found], [weight for _, weight in found])


def _told(said: bool | None) -> str:
    return "tie" if said is None else "accepted" if said else "rejected"


def _library(name: str) -> Any:
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UsageError(
            f"agreement is measured by {name.partition('.')[0]}, which is not installed; install it with: "
            "pip install 'lskd-toolkit[critic]'"
        ) from error


def told(measures: Mapping[str, Any]) -> list[str]:
    """The measures as lines for a terminal."""
    lines = [f"{measures['labels']} labels of {measures['statements']} statements"]
    for axis, each in measures["axes"].items():
        if not each["said_twice"]:
            lines.append(f"{axis}: nothing was said twice; agreement needs two votes on a statement")
            continue
        if each["alpha"] is None:
            lines.append(f"{axis}: everyone said the same, which is not told from chance")
            continue
        spread = each["alpha_interval"]
        lines.append(
            f"{axis}: alpha {each['alpha']:.3f}"
            + (f" (95 %: {spread[0]:.3f} to {spread[1]:.3f})" if spread else "")
            + (
                f", Fleiss' kappa {each['kappa']:.3f} over {each['kappa_statements']} statements with "
                f"{each['kappa_votes']} votes"
                if each["kappa"] is not None
                else ""
            )
            + f"; {100 * each['yes']:.0f} % yes"
        )
    share = measures["accepted_in_the_run"]
    if share is not None:
        lines.append(f"accepted, as a share of the whole run: {100 * share:.1f} %")
    top = measures["ceiling"]
    if top["votes"]:
        precision = "" if top["precision"] is None else f", precision {100 * top['precision']:.1f} %"
        lines.append(
            f"one annotator against the majority of the others: the same {100 * top['agreement']:.1f} %"
            f"{precision}"
        )
    lines.append("majority: " + ", ".join(f"{n} {name}" for name, n in sorted(measures["majority"].items())))
    return lines
