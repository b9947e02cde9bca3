"""Opening a run folder for reading."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..config import normalise, read_yaml, resolve_part
from ..errors import StoreError
from ..extensions import know_shapes
from ..images.decode import Limits, decode
from ..images.picture import Picture
from ..llm.ledger import Ledger
from ..plugins import implementation, plugins
from ..records import Example, Image, Taught
from ..store import ImageEntry, StageKey, Store
from .assembly import dropped_of, image_of, scene_of
from .corpus import Entry, Failure, ImageRow, Spending, StageInfo, Verdict
from .exchanges import Exchange

_BATCH = 256


class Corpus:
    """A run read back, streamed: nothing here grows with the number of images.

    ``folder`` is the run's; ``config`` what its run.yaml holds; ``seed`` its seed. Use it as a context
    manager, or `close` it.
    """

    def __init__(self, folder: Path, store: Store | None = None):
        know_shapes()
        self.folder = folder
        self._own = store is None
        self._store = store or Store(folder, readonly=True)
        self.config: Mapping[str, Any] = read_yaml(folder / "run.yaml")
        self.seed = int(normalise(self.config).get("seed", 0))
        self._stages = self._store.current_stages()
        self._source: Any = None
        self._replies: Ledger | None = None

    def close(self) -> None:
        if self._replies is not None:
            self._replies.close()
            self._replies = None
        if self._own:
            self._store.close()

    def __enter__(self) -> Corpus:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def stages(self) -> tuple[StageInfo, ...]:
        """The current stages in the order of the walk."""
        infos = []
        for stage, seconds in self._store.stages("WHERE current=1"):
            distribution, _, component = str(stage.parts["component"]).partition(":")
            infos.append(
                StageInfo(
                    stage.name,
                    component,
                    distribution,
                    stage.version,
                    stage.parts["options"],
                    self._store.row_counts(stage),
                    seconds,
                )
            )
        return tuple(infos)

    @property
    def spending(self) -> Spending:
        """What the ledger holds; zeros when no backend was asked."""
        ledger = self._ledger()
        if ledger is None:
            return Spending({}, 0, 0, 0.0)
        requests, tokens_in, tokens_out, usd, _ = ledger.totals()
        return Spending(requests, tokens_in, tokens_out, usd)

    def _ledger(self) -> Ledger | None:
        """The run's ledger; None where no backend was asked."""
        path = self.folder / "ledger.sqlite"
        if self._replies is None and path.exists():
            self._replies = Ledger(path, readonly=True)
        return self._replies

    @property
    def student(self) -> Mapping[str, Any] | None:
        """The trained student: its metrics, component and folder; None when none was trained."""
        fold = self._store.fold("student")
        if fold is None:
            return None
        return {**fold[1], "folder": str(self.folder / fold[1].get("folder", "student"))}

    def images(self) -> Iterator[ImageRow]:
        """Every image of the source by id, with what became of it."""
        for entry in self._store.images():
            usable = image_of(entry) if entry.status == "ok" else None
            yield ImageRow(entry.id, entry.uri, entry.status, entry.reason, usable)  # type: ignore[arg-type]

    def entries(self) -> Iterator[Entry]:
        """Everything known of every usable image, by id."""
        batch: list[ImageEntry] = []
        for found in self._store.images("ok"):
            batch.append(found)
            if len(batch) == _BATCH:
                yield from self._read(batch)
                batch = []
        yield from self._read(batch)

    def entry(self, image_id: str) -> Entry:
        """One image's.

        Raises:
            StoreError: no usable image has that id.
        """
        found = self._store.known(image_id)
        if found is None or found.status != "ok":
            reason = f" ({found.reason})" if found else ""
            raise StoreError(f"no usable image is called {image_id!r} in {self.folder}{reason}")
        return next(iter(self._read([found])))

    def exchanges(self, image_id: str) -> tuple[Exchange, ...]:
        """What was asked of the teacher's backend about one image, and what it answered, in order; empty
        where none was asked.

        Raises:
            StoreError: no image has that id.
        """
        found = self._store.known(image_id)
        if found is None:
            raise StoreError(f"no image is called {image_id!r} in {self.folder}")
        ledger = self._ledger()
        keys: list[str] = []
        for stage in self._stages:
            row = self._store.get(stage, [found.content]).get(found.content)
            if stage.kind == "teacher" and row is not None and row.status == "ok":
                keys += row.body.replies
        if ledger is None:
            return tuple(Exchange(key, {}, None) for key in keys)
        return tuple(Exchange(key, ledger.request(key) or {}, ledger.find(key)) for key in keys)

    def _read(self, batch: list[ImageEntry]) -> Iterator[Entry]:
        if not batch:
            return
        contents = [entry.content for entry in batch]
        rows = {stage.name: self._store.get(stage, contents) for stage in self._stages}
        for found in batch:
            mine = {name: row for name in rows if (row := rows[name].get(found.content)) is not None}
            bodies = {name: row.body for name, row in mine.items() if row.status == "ok"}
            taught = _one(self._stages, bodies, "teacher") or Taught()
            yield Entry(
                scene=scene_of(image_of(found), self._stages, bodies),
                dropped=dropped_of(self._stages, bodies),
                statements=taught.statements,
                rejected=taught.rejected,
                critics={
                    s.name: bodies[s.name] for s in self._stages if s.kind == "critic" and s.name in bodies
                },
                verdicts={
                    statement: Verdict(accepted, score, reason)
                    for statement, accepted, score, reason in self._store.selection(found.content)
                },
                failures=tuple(
                    Failure(name, row.status, row.reason) for name, row in mine.items() if row.status != "ok"
                ),
                duplicates=self._store.duplicates(found.content),
                pending=tuple(stage.name for stage in self._stages if stage.name not in mine),
            )

    def accepted(self) -> Iterator[Example]:
        """The corpus itself: every accepted statement with its scene and score."""
        for entry in self.entries():
            for statement in entry.statements:
                verdict = entry.verdicts.get(statement.id)
                if verdict is not None and verdict.accepted:
                    yield Example(entry.scene, statement, verdict.score)

    def counts(self) -> Mapping[str, int]:
        """Images by status, and statements accepted and not."""
        counts = {f"images_{status}": n for status, n in self._store.image_counts().items()}
        fold = self._store.fold("selection")
        return {**counts, **(fold[1] if fold else {})}

    def picture(self, image: Image) -> Picture:
        """The image's pixels, read again from its source."""
        if self._source is None:
            self._source = _source(self.config)
        limits = getattr(self._source, "limits", None) or Limits()
        read = self._source.read
        return Picture(
            image,
            lambda: decode(read(image.uri), limits),
            decode_small=lambda least: decode(read(image.uri), limits, least),
        )


def _one(stages: list[StageKey], bodies: Mapping[str, Any], kind: str) -> Any:
    return next((bodies[s.name] for s in stages if s.kind == kind and s.name in bodies), None)


def _source(config: Mapping[str, Any]) -> Any:
    """The run's source, built for reading bytes."""
    spec = normalise({"source": config.get("source", "folder")})["source"]
    part = resolve_part("source", {"as": "source", **spec}, plugins())
    announced = plugins().component("source", spec["use"])
    return implementation(announced)(part.options, None)


def open_run(folder: str | os.PathLike[str]) -> Corpus:
    """A finished or half-finished run, for reading.

    Raises:
        StoreError: the folder holds no run, or one of a newer version.
    """
    path = Path(folder)
    if not (path / "run.yaml").exists():
        raise StoreError(f"{path} is no run folder; make one with: lskd run --out {path}")
    return Corpus(path)
