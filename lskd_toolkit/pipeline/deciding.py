"""The selection: a verdict on every statement, from all stored rows. Nothing is judged, and nobody paid, when
it is made again."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ..canonical import digest
from ..config import RunConfig, resolve_part
from ..config.selection import SelectionOptions
from ..corpus.corpus import Verdict
from ..critique.calibrating import read_calibration
from ..critique.narrowing import BUDGET, KEPT, NEAR, QUOTA, Narrowed, Wanted, narrow
from ..critique.selection import Rule, select
from ..critique.wordings import text_of, wordings
from ..errors import UsageError
from ..plugins import plugins
from ..records import Statement
from ..store import ImageEntry, StageKey, Store
from .context import Workshop

VECTORS = "selection.vectors.part"
"""Where the vectors of statements lie while they are compared, as float16."""
_BATCH = 256

Encode = Callable[[Sequence[str]], np.ndarray]


def rule_of(config: RunConfig, folder: Path) -> Rule:
    """What decides in that run about one statement.

    Raises:
        UsageError: the calibration is not there, or knows a critic that the run has not.
    """
    options = config.selection
    if not options.calibration:
        return Rule(config.threshold, options.thresholds)
    calibration = read_calibration(folder / options.calibration)
    lacking = set(calibration.critics) - {part.name for part in config.critic}
    if lacking:
        raise UsageError(
            f"{folder / options.calibration} is of {', '.join(sorted(lacking))}, which the run has not; "
            f"calibrate again: lskd critic calibrate {folder}, or go without: --off"
        )
    now = keys_of(config, calibration.critics)
    other = [
        name for name, was, is_ in zip(calibration.critics, calibration.keys, now, strict=False) if was != is_
    ]
    if other:
        raise UsageError(
            f"{', '.join(other)} is another critic than when {folder} was calibrated; calibrate again: "
            f"lskd critic calibrate {folder}, or go without: lskd critic calibrate {folder} --off"
        )
    return Rule(config.threshold, options.thresholds, calibration)


def keys_of(config: RunConfig, critics: Sequence[str]) -> tuple[str, ...]:
    """What each of the run's critics of these names is, in a word."""
    parts = {part.name: part for part in config.critic}
    return tuple(digest(parts[name].key()) if name in parts else "" for name in critics)


def wanted_of(options: SelectionOptions) -> Wanted:
    """What is left out of what passed."""
    quota = options.quota
    named, most = (quota, None) if isinstance(quota, Mapping) else ({}, quota)
    return Wanted(options.near_duplicates, named, most, options.budget, options.choose)


def select_all(config: RunConfig, folder: Path, store: Store, stages: Sequence[StageKey]) -> dict[str, int]:
    """Decide about every statement of these stages' rows; counts of accepted and not. Unchanged rows are not
    read again."""
    deciding = [stage for stage in stages if stage.kind in ("teacher", "critic")]
    if not deciding:
        return {"statements": 0, "accepted": 0}
    rule, wanted = rule_of(config, folder), wanted_of(config.selection)
    calibrated = "" if rule.calibration is None else rule.calibration.to_json()
    encoder = config.raw.get("encoder") if config.selection.by == "encoder" else None
    key = digest([
        rule.threshold, config.selection.key(), calibrated, encoder, config.seed,
        store.fingerprint(deciding), [stage.key for stage in deciding],
    ])  # fmt: skip
    known = store.fold("selection")
    if known is not None and known[0] == key:
        return dict(known[1])
    counts = {"statements": 0, "accepted": 0}
    rows = _verdicts(store, deciding, rule)
    if wanted != Wanted():
        passed, fates = _narrowed(rows, wanted, _encode(config, wanted), folder / VECTORS, config.seed)
        rows = _overlaid(_verdicts(store, deciding, rule), passed, fates, wanted)
    # The verdicts are streamed into the store, which reads the counts when they are complete.
    store.put_fold("selection", key, counts, _counted(rows, counts))
    return counts


Decided = tuple[ImageEntry, Statement, Verdict]


def _verdicts(store: Store, stages: Sequence[StageKey], rule: Rule) -> Iterator[Decided]:
    """Every statement and what its own scores decide, image by image."""
    teacher = next(stage for stage in stages if stage.kind == "teacher")
    critics = [stage for stage in stages if stage.kind == "critic"]
    entries = list(store.images("ok"))
    for start in range(0, len(entries), _BATCH):
        some = entries[start : start + _BATCH]
        contents = [entry.content for entry in some]
        taught = store.get(teacher, contents)
        judged = {critic.name: store.get(critic, contents) for critic in critics}
        for entry in some:
            row = taught.get(entry.content)
            if row is None or row.body is None:
                continue
            given = {
                name: rows[entry.content].body or () if entry.content in rows else ()
                for name, rows in judged.items()
            }
            verdicts = select(row.body.statements, given, rule)
            for statement in row.body.statements:
                yield entry, statement, verdicts[statement.id]


def _counted(rows: Iterator[Decided], counts: dict[str, int]) -> Iterator[tuple[int, int, int, float, str]]:
    """Rows of the selection as they are stored."""
    for entry, statement, verdict in rows:
        counts["statements"] += 1
        counts["accepted"] += verdict.accepted
        yield entry.content, statement.id, int(verdict.accepted), verdict.score, verdict.reason


# --- beyond the threshold -------------------------------------------------------------------------------


@dataclass
class Passed:
    """What passed, in the order of the rows, as columns: a million are some tens of megabytes."""

    scores: array[float] = field(default_factory=lambda: array("d"))
    lots: array[int] = field(default_factory=lambda: array("Q"))
    kinds: list[str] = field(default_factory=list)
    numbers: array[int] = field(default_factory=lambda: array("q"))
    images: list[str] = field(default_factory=list)

    def add(self, entry: ImageEntry, statement: Statement, score: float) -> None:
        name = f"{entry.sha256} {statement.id}".encode()
        self.lots.append(int.from_bytes(hashlib.blake2b(name, digest_size=8).digest()))
        self.scores.append(score)
        self.kinds.append(statement.inference)
        self.numbers.append(statement.id)
        self.images.append(entry.id)


def _narrowed(
    rows: Iterator[Decided], wanted: Wanted, encode: Encode | None, place: Path, seed: int
) -> tuple[Passed, Narrowed]:
    """What becomes of all that passed, when each is seen beside the others."""
    passed, width = Passed(), 0
    try:
        with place.open("wb") as file:
            texts: list[str] = []
            for entry, statement, verdict in rows:
                if not verdict.accepted:
                    continue
                passed.add(entry, statement, verdict.score)
                if encode is not None:
                    texts.append(text_of(statement))
                    if len(texts) == 8 * _BATCH:
                        width = _written(file, encode(texts))
                        texts = []
            if texts and encode is not None:
                width = _written(file, encode(texts))
        vectors = None
        if width:
            vectors = np.memmap(place, np.float16, "r", shape=(len(passed.images), width))
        kinds = np.array(passed.kinds, str)
        fates = narrow(
            np.array(passed.scores), kinds, np.array(passed.lots, np.uint64), vectors, wanted, seed
        )
    finally:
        place.unlink(missing_ok=True)
    return passed, fates


def _written(file: BinaryIO, vectors: np.ndarray) -> int:
    """Put vectors down at the end of the file; their width."""
    file.write(np.ascontiguousarray(vectors, np.float16).tobytes())
    return int(vectors.shape[1])


def _overlaid(
    rows: Iterator[Decided], passed: Passed, narrowed: Narrowed, wanted: Wanted
) -> Iterator[Decided]:
    """The rows again, with what was left out of what passed."""
    at = 0
    for entry, statement, verdict in rows:
        if not verdict.accepted:
            yield entry, statement, verdict
            continue
        fate = narrowed.fate[at]
        if fate == KEPT:
            yield entry, statement, verdict
        else:
            yield entry, statement, Verdict(False, verdict.score, _reason(at, fate, passed, narrowed, wanted))
        at += 1


def _reason(at: int, fate: int, passed: Passed, narrowed: Narrowed, wanted: Wanted) -> str:
    if fate == NEAR:
        twin = int(narrowed.twin[at])
        return (
            f"near-duplicate of statement {passed.numbers[twin]} of {passed.images[twin]} "
            f"(cosine {narrowed.nearness[at]:.2f})"
        )
    kind = passed.kinds[at]
    if fate == QUOTA:
        return f"over the quota of {wanted.quota.get(kind, wanted.most)} for {kind or 'no type'}"
    assert fate == BUDGET
    return f"not among the {wanted.budget} chosen by {wanted.choose}"


def _encode(config: RunConfig, wanted: Wanted) -> Encode | None:
    """What makes vectors of texts: the run's encoder, or the wording alone; None where nothing is compared.

    Raises:
        UsageError: the run has no encoder.
    """
    if not wanted.compares:
        return None
    if config.selection.by == "wording":
        return wordings
    spec: Any = config.raw.get("encoder")
    if not spec or spec["use"] == "none":
        raise UsageError(
            "the run has no encoder to compare statements by; give it one: lskd run --encoder minilm, or "
            "compare by wording: lskd select RUN --by wording"
        )
    part = resolve_part("encoder", {"as": "encoder", **spec}, plugins())
    host = Workshop(seed=config.seed, device=config.device).host(part)
    return lambda texts: host.call_plainly("encode", list(texts))
