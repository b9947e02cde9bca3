"""The run: images walk through the stages, chunk by chunk, and every result becomes a row.

Read `Run.go` first: it is the whole loop. A stage takes a chunk, works on the images that have no row
yet, and stores their rows in one commit; so the work that a killed run had not committed is simply
missing, and the same command makes it again.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..config import RunConfig
from ..corpus.assembly import given_of, image_of
from ..errors import (
    BudgetReached,
    Deferred,
    ImageRefused,
    LskdError,
    PluginError,
    RequestRejected,
    Stopped,
    Unreachable,
)
from ..images.decode import decode
from ..images.picture import Picture
from ..llm.budget import Budget
from ..llm.ledger import Ledger
from ..plugins import plugins
from ..store import ImageEntry, Row, StageKey, Store
from ..store.rows import decode as decode_row
from ..store.rows import encode
from .context import Workshop
from .deciding import select_all
from .folds import distil
from .garbage import seldom_collected
from .intake import intake, limits_of
from .pixels import HeldPixels
from .progress import Progress, Silent
from .stages import Stage, plan_stages
from .workers import WHOSE, check_length

_OWN_ROW = (ImageRefused, PluginError, Stopped, Deferred, Unreachable, RequestRejected)
"""Errors of ours that concern one image; any other means that the part is set up wrongly."""

WORTH_A_COMMIT = 0.25
"""Seconds of a chunk's work that are not risked. A commit waits for the disk, some milliseconds; what
took less to make than this waits for the chunk's end, and is made again if the process dies first."""


@dataclass
class Chunk:
    """Images that walk together, their pictures, and what the stages have made of them so far."""

    number: int
    images: list[ImageEntry]
    pictures: dict[int, Picture]
    rows: dict[str, dict[int, Row]] = field(default_factory=dict)
    unsaved: list[tuple[StageKey, dict[int, Row], float]] = field(default_factory=list)

    @property
    def contents(self) -> list[int]:
        return [image.content for image in self.images]


class Run:
    """One run of a configuration in a folder."""

    def __init__(
        self,
        config: RunConfig,
        folder: Path,
        store: Store,
        ledger: Ledger,
        progress: Progress | None = None,
    ):
        self.config, self.folder, self.store, self.ledger = config, folder, store, ledger
        self.progress = progress or Silent()
        _, _, _, spent, _ = ledger.totals()
        self.workshop = Workshop(
            seed=config.seed, device=config.device, ledger=ledger,
            budget=Budget(config.max_usd, config.max_requests, spent, ledger.bought()),
            batch=folder / "batches", gathers=config.batch, say=self.progress.note,
            stopped=lambda: self.stop,
        )  # fmt: skip
        self.source: Any = None
        self.stages: list[Stage] = []
        self.stop: BaseException | None = None
        self._deferred: set[int] = set()
        self._capped: BudgetReached | None = None
        self._walked: set[tuple[str, int]] = set()
        self._held = HeldPixels()
        self._scanner = ThreadPoolExecutor(1, thread_name_prefix="intake")

    async def go(self) -> dict[str, int]:
        """The whole walk. Counts of what came of it.

        Raises:
            Stopped: by the budget, an unreachable backend or the user; the same command goes on.
            LskdError: a part cannot work at all.
        """
        self.stages = self._numbered(plan_stages(self.config))
        self.source = await self.workshop.host(self.config.source).ready()
        await self._backends_ready()
        plugins().emit("lskd_run_started", folder=str(self.folder), config=self.config)
        try:
            with seldom_collected():
                await self._walk()
            if self.stop is not None or self._capped is not None:
                raise self.stop or self._capped  # type: ignore[misc]
            keys = [stage.key for stage in self.stages]
            selected = select_all(self.config, self.folder, self.store, keys)
            await distil(self.config, self.store, self.workshop, self.folder, self.picture, self.progress)
        finally:
            self.workshop.close()
            self._scanner.shutdown(wait=True, cancel_futures=True)
        counts = {**{f"images_{k}": v for k, v in self.store.image_counts().items()}, **selected}
        plugins().emit("lskd_run_finished", folder=str(self.folder), counts=counts)
        return counts

    async def _walk(self) -> None:
        """All images through all stages."""
        if self._phased():
            chunks = [number async for number in self._chunks()]
            for at, stage in enumerate(self.stages):
                await self._each(_later(chunks), self._through(stage))
                await self._rounds(stage)
                self.workshop.release(stage.part, [later.part for later in self.stages[at + 1 :]])
        else:
            await self._each(self._chunks(), self._through(*self.stages))
            await self._rounds(*self.stages)

    async def _backends_ready(self) -> None:
        """What a backend or a shared model lacks, and who lacks one to ask, is said before the free stages
        take their time; a stage that has asked it may be read back without it."""
        fresh = [stage.part for stage in self.stages if not self.store.row_counts(stage.key)]
        for part in (p for each in fresh for p in each.walk()):
            lacking = {"vlm", "vqa"}.difference(p.kind for p in part.parts.values())
            if {"backend", *lacking}.intersection(part.component.reads):
                await self.workshop.host(part).ready()
        # One model at a time: then each waits for its phase.
        early = {"backend"} if self._phased() else {"backend", "vlm", "depth", "encoder"}
        asked = {id(p): p for part in fresh for p in part.walk() if p.kind in early}
        for part in asked.values():
            ready = getattr(await self.workshop.host(part).ready(), "ready", None)
            if ready is not None:
                ready()

    async def _rounds(self, *stages: Stage) -> None:
        """Chunks in which requests wait for a vendor's batch walk again when it has come back: each time
        one step of their teacher's strategy farther."""
        while self._deferred:
            chunks, self._deferred = sorted(self._deferred), set()
            settled = [await batcher.settle() for batcher in self.workshop.batchers]
            if not any(settled):
                raise LskdError("requests wait for a batch that nobody has made; run the same command again")
            await self._each(_later(chunks), self._through(*stages))

    def halt(self, reason: BaseException) -> None:
        """Start nothing new; what is in flight is finished and stored."""
        self.stop = self.stop or reason

    # --- the walk ---------------------------------------------------------------------------------

    async def _chunks(self) -> AsyncIterator[int]:
        """Chunk numbers: new ones as they are taken in, then those that were there before."""
        loop = asyncio.get_running_loop()
        fresh = intake(self.store, self.source, self.config.chunk)
        done: set[int] = set()
        while (found := await loop.run_in_executor(self._scanner, lambda: next(fresh, None))) is not None:
            number, counts = found
            self.progress.images(counts)
            done.add(number)
            yield number
        self.progress.images(self.store.image_counts())
        for number in self.store.chunks():
            # Settling may have made an image of a chunk already walked the one that counts: its
            # rows are its twin's, so walking such a chunk again finds nothing missing.
            if number not in done:
                yield number

    async def _each(self, chunks: AsyncIterator[int], work: Callable[[Chunk], Awaitable[None]]) -> None:
        """Work on a few chunks at once; after the first error start no more, let the rest finish."""
        room = asyncio.Semaphore(self._window())
        tasks: set[asyncio.Task[None]] = set()

        async def one(number: int) -> None:
            try:
                await work(self._open(number))
            except BaseException as error:
                self.halt(error)
                if not isinstance(error, Exception):
                    raise
            finally:
                room.release()

        async for number in chunks:
            await room.acquire()
            if self.stop is not None:
                break
            task = asyncio.create_task(one(number))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await asyncio.gather(*tasks)
        if self.stop is not None:
            raise self.stop

    def _window(self) -> int:
        """How many chunks walk at once: enough of them to keep the busiest backend busy."""
        parts = (part for stage in self.stages for part in stage.part.walk())
        most = max((getattr(part.options, "in_flight", 0) for part in parts), default=0)
        return max(self.config.in_flight, -(-most // self.config.chunk) + 1 if most else 0)

    def _open(self, number: int) -> Chunk:
        images = self.store.chunk(number)
        pictures = {image.content: self.picture(image) for image in images}
        return Chunk(number, images, pictures)

    def picture(self, entry: ImageEntry) -> Picture:
        """The picture of an image of the run, decoded when first looked at."""

        def pixels() -> Any:
            data = self.source.read(entry.uri)
            if hashlib.sha256(data).hexdigest() != entry.sha256:
                raise ImageRefused("its bytes changed while the run was going; run the same command again")
            decoded = decode(data, limits_of(self.source))
            self._held.hold(picture, decoded.nbytes)
            return decoded

        picture = Picture(image_of(entry), pixels, given_of(entry))
        return picture

    def _through(self, *stages: Stage) -> Callable[[Chunk], Awaitable[None]]:
        """The walk of a chunk through these stages."""

        async def walk(chunk: Chunk) -> None:
            try:
                for stage in stages:
                    await self._advance(stage, chunk)
            finally:
                self._save(chunk)
                self._held.let_go(chunk.pictures.values())

        return walk

    def _save(self, chunk: Chunk) -> None:
        """Make a chunk's rows durable: a stage's rows all in one commit."""
        saved, chunk.unsaved = chunk.unsaved, []
        if not saved:
            return
        self.store.put_all(saved)
        names = {image.content: image.id for image in chunk.images}
        for stage, rows, _ in saved:
            plugins().emit(
                "lskd_rows_stored", folder=str(self.folder), stage=stage.name,
                images=[names[content] for content in rows],
            )  # fmt: skip

    # --- one stage, one chunk -----------------------------------------------------------------------

    async def _advance(self, stage: Stage, chunk: Chunk) -> None:
        """Give every image of the chunk its row in this stage."""
        if self.stop is not None:
            return
        missing = self.store.missing(stage.key, chunk.contents)
        rows: dict[int, Row] = {}
        if missing:
            started = time.perf_counter()
            wanting = set(missing)
            images = [image for image in chunk.images if image.content in wanting]
            rows, stopped = await self._rows(stage, chunk, images)
            chunk.unsaved.append((stage.key, rows, time.perf_counter() - started))
            chunk.rows.setdefault(stage.name, {}).update(rows)
            if stopped is not None:
                self.halt(stopped)
            if stage.part.paid or sum(seconds for _, _, seconds in chunk.unsaved) > WORTH_A_COMMIT:
                self._save(chunk)
        # A chunk that walks again, after a batch, has been counted but for what it waited for.
        known = 0 if (stage.name, chunk.number) in self._walked else len(chunk.images) - len(missing)
        self._walked.add((stage.name, chunk.number))
        self.progress.advance(stage.name, known + len(rows), len(rows))

    async def _rows(
        self, stage: Stage, chunk: Chunk, images: list[ImageEntry]
    ) -> tuple[dict[int, Row], BaseException | None]:
        """Rows for these images: skipped where an earlier stage failed, else what the component made."""
        rows: dict[int, Row] = {}
        bodies: dict[int, dict[str, Any]] = {}
        for image in images:
            before = {need.name: self._row(need, chunk, image.content) for need in stage.needs}
            blocked = [name for name, row in before.items() if row is not None and row.status != "ok"]
            if blocked:
                rows[image.content] = Row("skipped", f"{blocked[0]} has no result")
            elif None not in before.values():  # else it waits for an earlier stage's batch
                bodies[image.content] = {name: row.body for name, row in before.items() if row is not None}
        ready = [image for image in images if image.content in bodies]
        results = await self._call(stage, chunk, ready, bodies) if ready else []
        stopped: BaseException | None = None
        for image, result in zip(ready, results, strict=True):
            if isinstance(result, BudgetReached) and self.workshop.batchers:
                self._capped = result  # what is within the cap still goes and comes back first
                continue
            if isinstance(result, Stopped):
                stopped = result
                continue
            if isinstance(result, Deferred):
                self._deferred.add(chunk.number)
                continue
            rows[image.content] = self._judged(stage, image, result, bodies[image.content])
        return rows, stopped

    def _judged(self, stage: Stage, image: ImageEntry, result: Any, bodies: Mapping[str, Any]) -> Row:
        """A result as a row; a result that breaks its kind's promise is the plugin's failure."""
        if isinstance(result, Exception):
            return Row("failed", self._blame(stage, result))
        try:
            body = stage.body(image_of(image), result, bodies)
            # Written and read here, so that a value that cannot be stored is its plugin's failure too.
            data = encode(Row("ok", "", body))
            decode_row(stage.part.kind, "ok", "", data)
            return Row("ok", "", body, data)
        except Exception as error:
            return Row("failed", self._blame(stage, error))

    def _blame(self, stage: Stage, error: Exception) -> str:
        """Who failed and how, in one line."""
        if isinstance(error, ImageRefused):
            return str(error)
        text = " ".join(str(error).split())[:300]
        part = stage.part
        return f"{part.component.name} of {part.distribution} {part.version}: {type(error).__name__}: {text}"

    async def _call(
        self, stage: Stage, chunk: Chunk, images: list[ImageEntry], bodies: Mapping[int, Mapping[str, Any]]
    ) -> list[Any]:
        """One result or exception an image: the whole batch at once, and image by image if that fails."""
        host = self.workshop.host(stage.part)
        singly = await host.is_async(stage.verb)

        async def call(some: list[ImageEntry]) -> list[Any]:
            arguments = stage.arguments(
                [chunk.pictures[i.content] for i in some], [bodies[i.content] for i in some]
            )
            results = await host.call(stage.verb, *arguments)
            check_length(stage.part, stage.verb, results, len(some))
            return list(results)

        async def alone(image: ImageEntry) -> Any:
            WHOSE.set((stage.name, image.content))
            try:
                return (await call([image]))[0]
            except Exception as error:
                if isinstance(error, LskdError) and not isinstance(error, _OWN_ROW):
                    raise  # the part is set up wrongly: no image would fare better
                return error

        if singly:
            # Every one is waited for, as above one that fails others may be on their way and paid for.
            outcomes = await asyncio.gather(*(alone(image) for image in images), return_exceptions=True)
            for outcome in outcomes:
                if isinstance(outcome, LskdError) and not isinstance(outcome, _OWN_ROW):
                    raise outcome
            return list(outcomes)
        try:
            return await call(images)
        except Exception:
            return [await alone(image) for image in images]

    def _row(self, need: Any, chunk: Chunk, content: int) -> Row | None:
        """A stored row of an earlier stage, read once for the whole chunk."""
        known = chunk.rows.setdefault(need.name, {})
        if content not in known:
            known.update(self.store.get(need, [i for i in chunk.contents if i not in known]))
        return known.get(content)

    # --- order ----------------------------------------------------------------------------------------

    def _phased(self) -> bool:
        """Whether one part's models are resident at a time."""
        if self.config.schedule != "auto":
            return self.config.schedule == "phased"
        from .memory import device_memory_mb

        # A part that several are lent is there once.
        parts = {id(part): part for each in self.config.maps() for part in each.walk()}
        wanted = sum(part.component.memory_mb for part in parts.values())
        return wanted > device_memory_mb(self.workshop.device)

    def _numbered(self, plan: list[Stage]) -> list[Stage]:
        """The stages with the numbers that their keys have in the store."""
        keys = {key.name: key for key in self.store.put_stages([stage.key for stage in plan])}
        return [Stage(s.part, keys[s.name], tuple(keys[need.name] for need in s.needs)) for s in plan]


async def _later(numbers: Iterable[int]) -> AsyncIterator[int]:
    for number in numbers:
        yield number
