"""Functions of all rows: the selection, and the student. Never paid for; done again when rows change."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ..canonical import digest
from ..config import RunConfig
from ..corpus.reading import Corpus
from ..critique.calibrating import read_calibration
from ..critique.selection import Rule, select
from ..errors import UsageError
from ..images.picture import Picture
from ..records import Scene
from ..store import ImageEntry, StageKey, Store
from ..store.durable import rename
from .context import Workshop
from .progress import Progress

_BATCH = 256


def rule_of(config: RunConfig, folder: Path) -> Rule:
    """What decides in that run.

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
    return Rule(config.threshold, options.thresholds, calibration)


def select_all(config: RunConfig, folder: Path, store: Store, stages: Sequence[StageKey]) -> dict[str, int]:
    """Decide about every statement of these stages' rows; counts of accepted and not. Unchanged rows are not
    read again."""
    deciding = [stage for stage in stages if stage.kind in ("teacher", "critic")]
    if not deciding:
        return {"statements": 0, "accepted": 0}
    rule = rule_of(config, folder)
    calibrated = "" if rule.calibration is None else rule.calibration.to_json()
    key = digest([
        rule.threshold, config.selection.key(), calibrated,
        store.fingerprint(deciding), [stage.key for stage in deciding],
    ])  # fmt: skip
    known = store.fold("selection")
    if known is not None and known[0] == key:
        return dict(known[1])
    counts = {"statements": 0, "accepted": 0}
    # The verdicts are streamed into the store, which reads the counts when they are complete.
    store.put_fold("selection", key, counts, _verdicts(store, deciding, rule, counts))
    return counts


def _verdicts(
    store: Store, stages: Sequence[StageKey], rule: Rule, counts: dict[str, int]
) -> Iterator[tuple[int, int, int, float, str]]:
    """Rows of the selection, image by image."""
    teacher = next(stage for stage in stages if stage.kind == "teacher")
    critics = [stage for stage in stages if stage.kind == "critic"]
    contents = [entry.content for entry in store.images("ok")]
    for start in range(0, len(contents), _BATCH):
        some = contents[start : start + _BATCH]
        taught = store.get(teacher, some)
        judged = {critic.name: store.get(critic, some) for critic in critics}
        for content in some:
            row = taught.get(content)
            if row is None or row.body is None:
                continue
            given = {
                name: rows[content].body or () if content in rows else () for name, rows in judged.items()
            }
            for number, verdict in select(row.body.statements, given, rule).items():
                counts["statements"] += 1
                counts["accepted"] += verdict.accepted
                yield content, number, int(verdict.accepted), verdict.score, verdict.reason


async def distil(
    config: RunConfig,
    store: Store,
    workshop: Workshop,
    folder: Path,
    picture: Callable[[ImageEntry], Picture],
    progress: Progress,
) -> None:
    """Train the student on what was accepted, unless it has been trained on just that.

    It is trained beside its place and put there whole, so a killed training leaves no half student.
    """
    part = config.student
    if part is None:
        return
    selection = store.fold("selection")
    key = digest([part.key(), config.seed, selection[0] if selection else ""])
    known = store.fold("student")
    place = folder / "student"
    if known is not None and known[0] == key and place.is_dir():
        return
    examples = list(Corpus(folder, store).accepted())
    if not examples:
        store.put_fold("student", key, {"component": part.component.name, "examples": 0, "metrics": {}})
        return
    growing = folder / "student.part"
    shutil.rmtree(growing, ignore_errors=True)
    growing.mkdir()

    def open_picture(scene: Scene) -> Picture:
        entry = store.known(scene.image.id)
        assert entry is not None
        return picture(entry)

    host = workshop.host(part)
    metrics: dict[str, Any] = await host.call("train", examples, open_picture, growing, progress.training)
    shutil.rmtree(place, ignore_errors=True)
    rename(growing, place)
    body = {
        "component": part.component.name, "distribution": part.distribution, "version": part.version,
        "examples": len(examples), "metrics": dict(metrics), "folder": "student",
    }  # fmt: skip
    store.put_fold("student", key, body)
