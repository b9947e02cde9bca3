"""What a corpus holds and what was lost on the way, counted in one pass."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from ..mentions import find
from .counting import Distinct
from .figures import Figures
from .figures_words import CAPTION_SPEAK, PARTS, WORD, entropy, share, spread
from .licences import image_licences
from .splits import split_of

if TYPE_CHECKING:
    from ..records import Statement
    from .corpus import Entry, Spending, StageInfo
    from .options import ExportOptions
    from .view import CorpusView

BINS = 20
MOST_REASONS = 1000
"""Different reasons that are told apart; those that come later count together."""
OTHER = "another reason"


def statistics(
    corpus: CorpusView, *, figures: bool = False, export: ExportOptions | None = None
) -> dict[str, Any]:
    """Counts over the whole corpus as plain JSON values, from one pass over images and entries.

    With ``figures`` also those of `lskd_toolkit.corpus.figures` and, by their names, the licences that the
    source states of its images; with ``export`` how many rows its options write into which split.

    Numbers of distinct words and openings are exact up to 200,000 distinct ones and estimated within
    about 0.3 % beyond, so that memory stays flat. `lskd_toolkit.corpus.sums.adds_up` says whether the
    sums agree.
    """
    images: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    licences: Counter[tuple[str, str]] = Counter()
    licence = image_licences(corpus.config) if figures else None
    for row in corpus.images():
        images[row.status] += 1
        if licence is not None and row.status == "ok":
            said = licence(row.uri)
            licences[
                said if said in licences or len(licences) < MOST_REASONS else ("other licences", "")
            ] += 1
        if row.status == "refused":
            _count(
                refused, row.reason.replace(row.id, "…").replace(PurePosixPath(row.id).name or row.id, "…")
            )
    tally, more = _Tally(), Figures(corpus.stages) if figures else None
    written: Counter[str] = Counter()
    for entry in corpus.entries():
        tally.add(entry)
        if more is not None:
            more.add(entry)
        if export is not None:
            written[split_of(entry.scene.image.sha256, export.splits, export.split_seed)] += _rows(
                entry, export
            )
    result = tally.result()
    if licence is not None:
        result["images"]["licences"] = [
            {"licence": licence, "whose": whose, "images": count}
            for (licence, whose), count in sorted(licences.items(), key=lambda each: (-each[1], each[0]))
        ]
    if more is not None:
        result["figures"] = more.result(corpus.spending, result["rejected"]["total"])
    if export is not None:
        result["export"] = {
            "statements": export.statements,
            "rows": sum(written.values()),
            "by_split": {name: written[name] for name in export.splits},
        }
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


def _rows(entry: Entry, export: ExportOptions) -> int:
    if export.statements == "all":
        return len(entry.statements)
    return sum(verdict.accepted for verdict in entry.verdicts.values())


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
        self.causes: Counter[str] = Counter()
        self.proposers: Counter[str] = Counter()
        self.verbalizers: Counter[str] = Counter()
        self.scopes: Counter[str] = Counter()
        self.types: dict[str, Counter[str]] = {}
        self.failures: dict[str, Counter[str]] = {}
        self.words: dict[str, Counter[int]] = {part: Counter() for part in PARTS}
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
            _count(self.rejected, rejected.reason)
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
            _count(self.dropped, dropped.reason)
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
            self.causes["not judged"] += 1
        else:
            self.histogram[accepted][min(int(max(verdict.score, 0.0) * BINS), BINS - 1)] += 1
            if not accepted:
                _count(self.left_out, verdict.reason)
                self.causes[cause(verdict.reason)] += 1
        self.mentioned[len(statement.regions)] += 1
        earlier = {*find(statement.question), *find(statement.answer)}
        self.counts["introduces"] += not earlier >= set(find(statement.rationale))
        parts = (statement.question, statement.answer, statement.rationale)
        self.counts["caption_speak"] += any(map(CAPTION_SPEAK.search, parts))
        for name, text in zip(self.words, parts, strict=True):
            words = WORD.findall(text.lower())
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
                "left_out_by_cause": _ordered(self.causes),
                "scored": sum(map(sum, self.histogram.values())),
                "by_type": {name: dict(self.types[name]) for name in sorted(self.types)},
                "per_image": spread(self.per_image),
                "regions_mentioned": spread(self.mentioned),
                "multi_region_share": share(sum(n for k, n in self.mentioned.items() if k > 1), read),
                "rationale_introduces_region_share": share(self.counts["introduces"], read),
                "caption_speak_share": share(self.counts["caption_speak"], read),
                "words": {name: spread(lengths) for name, lengths in self.words.items()},
                "distinct_1": share(self.unigrams.total(), self.unigrams.seen),
                "distinct_2": share(self.bigrams.total(), self.bigrams.seen),
                "question_opening_entropy_bits": entropy(self.openings),
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


def cause(reason: str) -> str:
    """A selection's reason without what the critic notes of the single statement."""
    brief = _short(reason).partition(": ")[0]
    return brief + ")" * (brief.count("(") - brief.count(")"))


def _count(counter: Counter[str], reason: str) -> None:
    short = _short(reason)
    counter[short if short in counter or len(counter) < MOST_REASONS else OTHER] += 1


def _ordered(counter: Mapping[str, int]) -> dict[str, int]:
    """Most frequent first, then by name."""
    return dict(sorted(counter.items(), key=lambda item: (-item[1], item[0])))
