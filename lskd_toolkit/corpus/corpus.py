"""A run read back: the one view that reports, statistics and exporters are written against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..records import Dropped, Image, Judgement, Rejected, Scene, Statement


@dataclass(frozen=True, slots=True)
class ImageRow:
    """What became of one image of the source. ``reason`` says why when it was not used."""

    id: str
    uri: str
    status: Literal["ok", "refused", "duplicate"]
    reason: str = ""
    image: Image | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """A stage that has no result for an image: ``status`` failed or skipped, and why."""

    stage: str
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the selection decided about a statement, and why it was left out if it was."""

    accepted: bool
    score: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """Everything known about one usable image. ``critics`` holds each critic's judgements by the name of its
    stage. ``pending`` names the stages that have not come to it yet: the run is not finished."""

    scene: Scene
    dropped: tuple[Dropped, ...] = ()
    statements: tuple[Statement, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    critics: Mapping[str, tuple[Judgement, ...]] = field(default_factory=dict)
    verdicts: Mapping[int, Verdict] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()
    duplicates: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()

    @property
    def judgements(self) -> tuple[Judgement, ...]:
        """All critics' judgements, critic by critic in the order of the run."""
        return tuple(judgement for given in self.critics.values() for judgement in given)


@dataclass(frozen=True, slots=True)
class StageInfo:
    """One stage of the run: ``name`` (``proposer.nanodet``, ``teacher``), which component of which
    distribution and version, its options, how many rows of each status, and seconds of work."""

    name: str
    component: str
    distribution: str
    version: str
    options: Mapping[str, Any]
    rows: Mapping[str, int]
    seconds: float


@dataclass(frozen=True, slots=True)
class Spending:
    """What the ledger holds: requests by status, tokens, money (None when a price is unknown)."""

    requests: Mapping[str, int]
    tokens_in: int
    tokens_out: int
    usd: float | None
