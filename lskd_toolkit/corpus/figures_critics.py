"""What critics that probe say of the corpus: whether text alone gives statements away, and whether they care
where they point."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .corpus import Entry, StageInfo

BLIND = ("text-only", "words")
"""Critics that see no picture."""
SWAP = "swap"
BINS = 1000
MARGIN = 0.05
"""A statement whose score falls by less when its regions are swapped does not care where it points: it is not
localized."""


class Probes:
    """Running figures of stored judgements; nothing is judged here. The stages say which critic is which."""

    def __init__(self, stages: tuple[StageInfo, ...]) -> None:
        critics = [stage for stage in stages if stage.name.partition(".")[0] == "critic"]
        self._blind = [s.name for s in critics if s.component in BLIND]
        self._swap = [s.name for s in critics if s.component == SWAP]
        self._scores: dict[str, dict[bool, Counter[int]]] = {
            name: {True: Counter(), False: Counter()} for name in self._blind
        }
        self._swapped: dict[str, Counter[str]] = {name: Counter() for name in self._swap}
        self._fall: dict[str, float] = dict.fromkeys(self._swap, 0.0)

    def add(self, entry: Entry) -> None:
        for name in self._blind:
            for judgement in entry.critics.get(name, ()):
                verdict = entry.verdicts.get(judgement.statement)
                if verdict is not None:
                    self._scores[name][verdict.accepted][round(judgement.score * BINS)] += 1
        for name in self._swap:
            for judgement in entry.critics.get(name, ()):
                self._add_swap(name, judgement.parts)

    def _add_swap(self, name: str, parts: Mapping[str, float]) -> None:
        counts = self._swapped[name]
        if "original" not in parts or "swapped" not in parts:
            counts["not swappable"] += 1
            return
        fall = parts["original"] - parts["swapped"]
        counts["measured"] += 1
        counts["lower"] += fall > 0
        counts["indifferent"] += fall < MARGIN
        self._fall[name] += fall

    def result(self) -> dict[str, Any]:
        blind, swap = {}, {}
        for name, scores in self._scores.items():
            accepted, left = scores[True], scores[False]
            blind[name] = {
                "accepted": sum(accepted.values()),
                "left_out": sum(left.values()),
                "mean_accepted": _mean(accepted),
                "mean_left_out": _mean(left),
                "auc": above(accepted, left),
            }
        for name, counts in self._swapped.items():
            measured = counts["measured"]
            swap[name] = {
                "measured": measured,
                "not_swappable": counts["not swappable"],
                "lower_share": counts["lower"] / measured if measured else None,
                "indifferent_share": counts["indifferent"] / measured if measured else None,
                "mean_fall": self._fall[name] / measured if measured else None,
            }
        return {"blind": blind, "swap": swap}


def _mean(scores: Mapping[int, int]) -> float | None:
    total = sum(scores.values())
    return sum(score * count for score, count in scores.items()) / total / BINS if total else None


def above(accepted: Mapping[int, int], left: Mapping[int, int]) -> float | None:
    """The probability that one of the first scores higher than one of the second, ties by half: the area
    under the ROC curve. None where either is empty."""
    whole = sum(accepted.values()) * sum(left.values())
    if not whole:
        return None
    below, won = 0, 0.0
    for score in sorted({*accepted, *left}):
        won += accepted.get(score, 0) * (below + left.get(score, 0) / 2)
        below += left.get(score, 0)
    return won / whole
