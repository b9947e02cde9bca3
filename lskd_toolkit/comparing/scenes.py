"""Which scenes several runs share: images of the same bytes, taught and judged in each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from ..canonical import digest
from ..config import SETTINGS
from ..critique.selection import Rule, select

if TYPE_CHECKING:
    from ..corpus.corpus import Entry, ImageRow, Spending, StageInfo
    from ..corpus.view import CorpusView
    from ..records import Scene

Key = tuple[str, int]
"""What an image is known by across runs: the sha256 of its bytes, and a number that tells apart the
images of equal bytes that have other regions given with them."""

State = Literal["done", "waiting", "untaught"]


@dataclass(frozen=True, slots=True)
class Seen:
    """An image of one run: done, waiting for a stage that has not come to it, or untaught because a stage
    before the teacher has no result. ``regions`` and ``notes`` are digests of what the teacher was given."""

    id: str
    state: State
    regions: str
    notes: str
    statements: int
    accepted: int


def seen(corpus: CorpusView) -> dict[Key, Seen]:
    """Every usable image of a run, in order of its id."""
    times: Counter[str] = Counter()
    found: dict[Key, Seen] = {}
    limit = threshold(corpus)
    for entry in (decided(entry, limit) for entry in corpus.entries()):
        image = entry.scene.image
        key = (image.sha256, times[image.sha256])
        times[image.sha256] += 1
        found[key] = Seen(
            image.id, state(entry), *given(entry.scene), len(entry.statements),
            sum(verdict.accepted for verdict in entry.verdicts.values()),
        )  # fmt: skip
    return found


def shared(runs: Sequence[Mapping[Key, Seen]]) -> list[Key]:
    """The scenes that are done in every run, in the order of the first."""
    return [key for key in runs[0] if all(key in run and run[key].state == "done" for run in runs)]


def state(entry: Entry) -> State:
    if any(_kind(failure.stage) == "teacher" and failure.status == "skipped" for failure in entry.failures):
        return "untaught"
    judged = {statement.id for statement in entry.statements} <= entry.verdicts.keys()
    return "waiting" if entry.pending or not judged else "done"


def _kind(stage: str) -> str:
    return stage.partition(".")[0]


def given(scene: Scene) -> tuple[str, str]:
    """Digests of the regions and of the descriptors that a teacher started from: what it asked for on its
    way (dynamic) is its own."""
    regions = [[r.id, [round(value, 2) for value in r.box], r.label] for r in scene.regions]
    notes = [[d.scope, d.text, list(d.regions)] for d in scene.descriptors if d.scope != "dynamic"]
    return digest(regions)[:16], digest(notes)[:16]


def threshold(corpus: CorpusView) -> float:
    """The score from which the run accepts."""
    found = corpus.config.get("threshold")
    return float(SETTINGS["threshold"][1] if found is None else found)


def decided(entry: Entry, limit: float) -> Entry:
    """The entry with a verdict on every statement where all critics have spoken: verdicts are stored when
    a run ends, so those of a run that stopped are still to be made."""
    missing = {statement.id for statement in entry.statements} - entry.verdicts.keys()
    if not missing or entry.pending:
        return entry
    silent = {failure.stage: () for failure in entry.failures if _kind(failure.stage) == "critic"}
    return replace(entry, verdicts=select(entry.statements, {**silent, **entry.critics}, Rule(limit)))


@dataclass(frozen=True)
class Part:
    """The shared scenes of a run as a corpus of their own, for what counts over a whole corpus."""

    of: CorpusView
    keys: frozenset[str]

    @property
    def stages(self) -> tuple[StageInfo, ...]:
        return self.of.stages

    @property
    def spending(self) -> Spending:
        return self.of.spending

    def images(self) -> Iterator[ImageRow]:
        return (row for row in self.of.images() if row.id in self.keys)

    def entries(self) -> Iterator[Entry]:
        limit = threshold(self.of)
        return (decided(entry, limit) for entry in self.of.entries() if entry.scene.image.id in self.keys)
