"""What a corpus holds and what was lost on the way, counted in one pass."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from ..mentions import find
from .counting import Distinct

if TYPE_CHECKING:
    from ..records import Statement
    from .corpus import Entry, Spending, StageInfo
    from .view import CorpusView

BINS = 20
_WORD = re.compile(r"\[[\d\s,]+\]|\w+(?:['’]\w+)*")
_CAPTION_SPEAK = re.compile(
    r"\b(?:according to|as (?:stated|mentioned|described)|it is (?:stated|mentioned|described)"
    r"|(?:image|picture|photo|scene|caption|description|text) "
    r"(?:shows?|depicts?|says?|states?|mentions?|describes?)"
    r"|in the (?:caption|description|text))\b",
    re.IGNORECASE,
)
"""Words that give away a teacher quoting its descriptors instead of speaking of what is there."""


def statistics(corpus: CorpusView) -> dict[str, Any]:
    """Counts over the whole corpus as plain JSON values, from one pass over images and entries.

    Numbers of distinct words and openings are exact up to 200,000 distinct ones and estimated within
    about 0.3 % beyond, so that memory stays flat. `lskd_toolkit.corpus.sums.adds_up` says whether the
    sums agree.
    """
    images: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for row in corpus.images():
        images[row.status] += 1
        if row.status == "refused":
            refused[
                _short(row.reason.replace(row.id, "…").replace(PurePosixPath(row.id).name or row.id, "…"))
            ] += 1
    tally = _Tally()
    for entry in corpus.entries():
        tally.add(entry)
    result = tally.result()
    result["images"] = {
        "found": sum(images.values()),
        "ok": images["ok"],
        "refused": images["refused"],
        "duplicate": images["duplicate"],
        "refused_by_reason": _ordered(refused),
        **result["images"],
    }
    result["stages"] = [_stage(stage) for stage in corpus.stages]
    result["spending"] = _spending(corpus.spending, result["statements"]["accepted"])
    return result


def outcome(entry: Entry) -> str:
    """What became of a usable image, in one word: how the report's sample is stratified."""
    if any(verdict.accepted for verdict in entry.verdicts.values()):
        return "accepted"
    if entry.statements:
        return "left out"
    return "failed" if entry.failures else "no statement"


OUTCOMES = ("accepted", "left out", "no statement", "failed")


class _Tally:
    """The running counts of one pass."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()
        self.rejected: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()
        self.proposers: Counter[str] = Counter()
        self.verbalizers: Counter[str] = Counter()
        self.scopes: Counter[str] = Counter()
        self.types: dict[str, Counter[str]] = {}
        self.failures: dict[str, Counter[str]] = {}
        self.words: dict[str, Counter[int]] = {
            part: Counter() for part in ("question", "answer", "rationale")
        }
        self.per_image: Counter[int] = Counter()
        self.mentioned: Counter[int] = Counter()
        self.histogram = {True: [0] * BINS, False: [0] * BINS}
        self.unigrams, self.bigrams, self.openings = Distinct(), Distinct(), Distinct()
        self.inconsistent: dict[str, list[str]] = {
            "a region both kept and dropped, or twice": [],
            "a verdict on no statement": [],
        }

    def add(self, entry: Entry) -> None:
        self.counts["entries"] += 1
        self.counts["duplicates"] += len(entry.duplicates)
        self.outcomes[outcome(entry)] += 1
        self._add_scene(entry)
        for rejected in entry.rejected:
            self.rejected[_short(rejected.reason)] += 1
        for failure in entry.failures:
            self.failures.setdefault(failure.stage, Counter())[failure.status] += 1
        self.per_image[len(entry.statements)] += 1
        for statement in entry.statements:
            self._add_statement(entry, statement)
        self._note(
            "a verdict on no statement", entry, not entry.verdicts.keys() <= {s.id for s in entry.statements}
        )

    def _add_scene(self, entry: Entry) -> None:
        scene = entry.scene
        self.counts["kept"] += len(scene.regions)
        for dropped in entry.dropped:
            self.dropped[_short(dropped.reason)] += 1
        regions = [*scene.regions, *(dropped.region for dropped in entry.dropped)]
        for region in regions:
            self.proposers[region.proposer or "given"] += 1
        self._note("a region both kept and dropped, or twice", entry,
                   len({region.id for region in regions}) != len(regions))  # fmt: skip
        for descriptor in scene.descriptors:
            self.scopes[descriptor.scope] += 1
            self.verbalizers[descriptor.verbalizer or "unnamed"] += 1

    def _add_statement(self, entry: Entry, statement: Statement) -> None:
        verdict = entry.verdicts.get(statement.id)
        accepted = verdict is not None and verdict.accepted
        of_type = self.types.setdefault(statement.inference or "unnamed", Counter())
        of_type["read"] += 1
        of_type["accepted"] += accepted
        self.counts["read"] += 1
        self.counts["accepted"] += accepted
        if verdict is None:
            self.left_out["not judged"] += 1
        else:
            self.histogram[accepted][min(int(max(verdict.score, 0.0) * BINS), BINS - 1)] += 1
            if not accepted:
                self.left_out[_short(verdict.reason)] += 1
        self.mentioned[len(statement.regions)] += 1
        earlier = {*find(statement.question), *find(statement.answer)}
        self.counts["introduces"] += not earlier >= set(find(statement.rationale))
        parts = (statement.question, statement.answer, statement.rationale)
        self.counts["caption_speak"] += any(map(_CAPTION_SPEAK.search, parts))
        for name, text in zip(self.words, parts, strict=True):
            words = _WORD.findall(text.lower())
            self.words[name][len(words)] += 1
            for word in words:
                self.unigrams.add(word)
            for pair in pairwise(words):
                self.bigrams.add(" ".join(pair))
            if name == "question":
                self.openings.add(" ".join("[k]" if word.startswith("[") else word for word in words[:4]))

    def _note(self, what: str, entry: Entry, holds: bool) -> None:
        if holds and len(self.inconsistent[what]) < 10:
            self.inconsistent[what].append(entry.scene.image.id)

    def result(self) -> dict[str, Any]:
        read, accepted = self.counts["read"], self.counts["accepted"]
        return {
            "images": {
                "entries": self.counts["entries"],
                "named_duplicates": self.counts["duplicates"],
                "outcomes": {name: self.outcomes[name] for name in OUTCOMES},
            },
            "regions": {
                "proposed": sum(self.proposers.values()),
                "kept": self.counts["kept"],
                "dropped": sum(self.dropped.values()),
                "dropped_by_reason": _ordered(self.dropped),
                "by_proposer": _ordered(self.proposers),
            },
            "descriptors": {
                "total": sum(self.scopes.values()),
                "by_scope": _ordered(self.scopes),
                "by_verbalizer": _ordered(self.verbalizers),
            },
            "statements": {
                "read": read,
                "accepted": accepted,
                "left_out": read - accepted,
                "left_out_by_reason": _ordered(self.left_out),
                "scored": sum(map(sum, self.histogram.values())),
                "by_type": {name: dict(self.types[name]) for name in sorted(self.types)},
                "per_image": _spread(self.per_image),
                "regions_mentioned": _spread(self.mentioned),
                "multi_region_share": _share(sum(n for k, n in self.mentioned.items() if k > 1), read),
                "rationale_introduces_region_share": _share(self.counts["introduces"], read),
                "caption_speak_share": _share(self.counts["caption_speak"], read),
                "words": {name: _spread(lengths) for name, lengths in self.words.items()},
                "distinct_1": _share(self.unigrams.total(), self.unigrams.seen),
                "distinct_2": _share(self.bigrams.total(), self.bigrams.seen),
                "question_opening_entropy_bits": _entropy(self.openings),
            },
            "rejected": {"total": sum(self.rejected.values()), "by_reason": _ordered(self.rejected)},
            "failures": {stage: _ordered(self.failures[stage]) for stage in sorted(self.failures)},
            "scores": {
                "bins": BINS, "accepted": self.histogram[True], "left_out": self.histogram[False],
            },
            "inconsistent": self.inconsistent,
        }  # fmt: skip


def _stage(stage: StageInfo) -> dict[str, Any]:
    return {
        "name": stage.name,
        "component": stage.component,
        "distribution": stage.distribution,
        "version": stage.version,
        "rows": dict(sorted(stage.rows.items())),
        "seconds": stage.seconds,
    }


def _spending(spending: Spending, accepted: int) -> dict[str, Any]:
    each = None if spending.usd is None or not accepted else spending.usd / accepted
    return {
        "requests": dict(sorted(spending.requests.items())),
        "tokens_in": spending.tokens_in,
        "tokens_out": spending.tokens_out,
        "usd": spending.usd,
        "usd_per_accepted": each,
    }


def _short(reason: str) -> str:
    """A reason without what differs from case to case, so that equal causes count together."""
    text = re.sub(r"\d+(?:[.,]\d+)*", "N", " ".join(reason.split()))
    text = re.sub(r"'[^']*'|\"[^\"]*\"", "…", text)
    return (text[:100] + "…" if len(text) > 100 else text) or "no reason given"


def _ordered(counter: Mapping[str, int]) -> dict[str, int]:
    """Most frequent first, then by name."""
    return dict(sorted(counter.items(), key=lambda item: (-item[1], item[0])))


def _share(part: float, whole: int) -> float:
    return part / whole if whole else 0.0


def _spread(histogram: Mapping[int, int]) -> dict[str, float]:
    """Mean and the smallest value that at least 95 % do not exceed."""
    total = sum(histogram.values())
    if not total:
        return {"mean": 0.0, "p95": 0}
    mean = sum(value * count for value, count in histogram.items()) / total
    below, p95 = 0, 0
    for value in sorted(histogram):
        below, p95 = below + histogram[value], value
        if below >= 0.95 * total:
            break
    return {"mean": mean, "p95": p95}


def _entropy(openings: Distinct) -> float:
    """Bits of the first four words of questions, ids set aside: low when a template repeats."""
    seen = openings.seen
    if not seen:
        return 0.0
    return max(0.0, math.log2(seen) - openings.total(lambda count: count * math.log2(count)) / seen)
