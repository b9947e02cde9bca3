"""A small corpus in memory: what exporters and reports are tested against."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lskd_toolkit.corpus.corpus import Entry, Failure, ImageRow, Spending, StageInfo, Verdict
from lskd_toolkit.corpus.exchanges import Exchange
from lskd_toolkit.images.picture import Picture
from lskd_toolkit.records import (
    Descriptor,
    Dropped,
    Image,
    Judgement,
    Region,
    Rejected,
    Scene,
    Shape,
    Statement,
)

TRIANGLE = Shape("polygon", {"polygons": [[[31.5, 4], [60, 20], [40, 45]]]})


@dataclass
class FakeCorpus:
    """Holds its entries; everything else about it is derived from them or given."""

    kept: list[Entry]
    others: list[ImageRow] = field(default_factory=list)
    folder: Path = Path("a-run")
    config: Mapping[str, Any] = field(default_factory=lambda: {"source": "folder", "threshold": 0.5})
    seed: int = 0
    stages: tuple[StageInfo, ...] = ()
    spending: Spending = field(default_factory=lambda: Spending({}, 0, 0, 0.0))
    student: Mapping[str, Any] | None = None
    asked: Mapping[str, tuple[Exchange, ...]] = field(default_factory=dict)
    pixels: Callable[[Image], np.ndarray] = lambda image: np.full(
        (image.height, image.width, 3), 128, np.uint8
    )

    def images(self) -> Iterator[ImageRow]:
        used = [ImageRow(e.scene.image.id, e.scene.image.uri, "ok", image=e.scene.image) for e in self.kept]
        return iter(sorted([*used, *self.others], key=lambda row: row.id))

    def entries(self) -> Iterator[Entry]:
        return iter(sorted(self.kept, key=lambda entry: entry.scene.image.id))

    def entry(self, image_id: str) -> Entry:
        return next(entry for entry in self.kept if entry.scene.image.id == image_id)

    def exchanges(self, image_id: str) -> tuple[Exchange, ...]:
        return self.asked.get(image_id, ())

    def picture(self, image: Image) -> Picture:
        return Picture(image, lambda: self.pixels(image))


def image(name: str, width: int = 64, height: int = 48) -> Image:
    return Image(
        name,
        f"/photos/{name}",
        hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest(),
        width,
        height,
    )


def entry(name: str = "park.jpg", scores: tuple[float, ...] = (0.9, 0.2), threshold: float = 0.5) -> Entry:
    """Two people and a ball, one region dropped, a statement a score, judged in two parts."""
    regions = (
        Region(0, (2.0, 3.0, 30.0, 44.0), None, "person", 0.91, "nanodet"),
        Region(2, (31.5, 4.0, 60.0, 45.0), TRIANGLE, "dog", 0.7, "segments"),
    )  # fmt: skip
    statements = tuple(
        Statement(k, f"What does [0] want from [2], and why {k}?", "[0] wants to play.", "[2] has a ball.",
                  (0, 2), ("intent", "spatial")[k % 2], "llm", "qar-id", f"reply-{k}")
        for k in range(len(scores))
    )  # fmt: skip
    return Entry(
        scene=Scene(image(name), regions, (
            Descriptor("global", "A park on a sunny day.", (), 1.0, "caption-composed"),
            Descriptor("local", "a person in red", (0,), 0.8, "colours"),
            Descriptor("relation", "[0] is left of [2]", (0, 2), 1.0, "relations"),
            Descriptor("dynamic", "a stick", (2,), 0.4, "vqa", "What does [2] hold?"),
        )),
        dropped=(
            Dropped(Region(1, (0.0, 0.0, 4.0, 4.0), None, "kite", 0.2, "nanodet"), "score 0.2 below 0.3"),
        ),
        statements=statements,
        rejected=(Rejected("[9] flies away", "mentions region 9, which is not there"),),
        critics={"critic.grounding": tuple(
            Judgement(k, score, "grounding", {"ids": 1.0, "words": score}) for k, score in enumerate(scores)
        )},
        verdicts={
            k: Verdict(score >= threshold, score, "" if score >= threshold else f"below {threshold}")
            for k, score in enumerate(scores)
        },
    )  # fmt: skip


def corpus(*entries: Entry, others: tuple[ImageRow, ...] = (), **more: Any) -> FakeCorpus:
    """A corpus of these entries whose stages have the rows that its failures say."""
    entries = entries or (entry(),)
    failed: dict[str, Counter[str]] = {"proposer.nanodet": Counter(), "teacher": Counter()}
    for each in entries:
        for failure in each.failures:
            failed[failure.stage][failure.status] += 1
    stages = tuple(
        StageInfo(name, name.rpartition(".")[2], "lskd-embedded", "0.1.0", {},
                  {**counts, "ok": len(entries) - sum(counts.values())}, 1.5)
        for name, counts in failed.items()
    )  # fmt: skip
    return FakeCorpus(list(entries), list(others), **{"stages": stages, **more})


def failing(name: str, reason: str = "the model gave up") -> Entry:
    return Entry(
        Scene(image(name), (Region(0, (0.0, 0.0, 9.0, 9.0)),)),
        failures=(Failure("teacher", "failed", reason),),
    )
