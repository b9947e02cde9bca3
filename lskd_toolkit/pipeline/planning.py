"""What a run would take: the free stages on a sample, the teacher's requests made but not sent."""

from __future__ import annotations

import asyncio
import math
import random
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..config import RunConfig
from ..corpus.assembly import image_of, scene_of
from ..images.picture import Picture
from ..llm.ledger import Ledger
from ..llm.messages import ChatReply, ChatRequest
from ..records import Found
from ..store import Store
from .runner import Run

CHARACTERS_PER_TOKEN = 4.0
"""English text under today's tokenisers, on average; a projection, not a bound."""


class Counting:
    """A door that lets nothing through: it counts requests and answers each as refused."""

    def __init__(self, backend: Any):
        self.endpoint, self.model, self._backend = backend.endpoint, backend.model, backend
        self.requests: list[ChatRequest] = []

    async def complete(self, request: ChatRequest) -> ChatReply:
        self.requests.append(request)
        return ChatReply("", "refused", key="planned")

    def unparsable(self, reply: ChatReply) -> None:
        pass


class _Sampled:
    """A source cut down to some of its images."""

    def __init__(self, source: Any, chosen: Iterable[Found]):
        self._source, self._chosen = source, list(chosen)

    def scan(self) -> Iterator[Found]:
        return iter(self._chosen)

    def read(self, uri: str) -> bytes:
        data: bytes = self._source.read(uri)
        return data


def project(config: RunConfig, sample: int) -> dict[str, Any]:
    """Calls, tokens, money and seconds for the whole source, with 95 % intervals over the sample."""
    return asyncio.run(_project(config, sample))


async def _project(config: RunConfig, sample: int) -> dict[str, Any]:
    teacher = config.teacher
    free = replace(config, teacher=None, critic=(), student=None)
    with tempfile.TemporaryDirectory(prefix="lskd-plan-") as name:
        folder = Path(name)
        with Store(folder) as store:
            ledger = Ledger(folder / "ledger.sqlite")
            run = Run(free, folder, store, ledger)
            source = await run.workshop.host(config.source).ready()
            found = list(source.scan())
            chosen = random.Random(config.seed).sample(found, min(sample, len(found)))
            run.workshop.host(config.source)._built = (
                _Sampled(source, sorted(chosen, key=lambda f: f.id)),
                None,
            )
            started = time.perf_counter()
            await run.go()
            wall = time.perf_counter() - started
            entries = list(store.images("ok"))
            seconds = {
                stage.name: spent / max(1, len(entries)) for stage, spent in store.stages("WHERE current=1")
            }
            asked = await _asked(config, store, run, entries) if teacher is not None else []
            ledger.close()
    usable = len(entries) / max(1, len(chosen))
    images = round(len(found) * usable)
    projected: dict[str, Any] = {
        "images": len(found),
        "usable_in_sample": f"{len(entries)} of {len(chosen)}",
        "seconds_an_image": seconds,
        "free_stages_hours": round(wall / max(1, len(chosen)) * len(found) / 3600, 4),
    }
    if teacher is not None:
        projected["teacher"] = _teaching(asked, images)
    return projected


async def _asked(config: RunConfig, store: Store, run: Run, entries: list[Any]) -> list[dict[str, Any]]:
    """For each sampled image: requests, tokens in, tokens out at most, money at most."""
    assert config.teacher is not None
    backend = config.teacher.parts.get("backend")
    if backend is None:
        return [{"requests": 0, "tokens_in": 0.0, "tokens_out": 0, "usd": 0.0} for _ in entries]
    built = run.workshop.host(backend).instance()
    counting = Counting(built)
    run.workshop._doors[id(backend)] = counting  # type: ignore[assignment]
    instance = run.workshop.host(config.teacher).instance()
    stages = store.current_stages()
    asked = []
    for entry in entries:
        counting.requests.clear()
        bodies = {}
        for stage in stages:
            row = store.get(stage, [entry.content]).get(entry.content)
            if row is not None and row.body is not None:
                bodies[stage.name] = row.body
        scene = scene_of(image_of(entry), stages, bodies)
        picture: Picture = run.picture(entry)
        await instance.teach([picture], [scene])
        tokens_in = sum(
            (len(r.system) + sum(len(m.text) for m in r.messages)) / CHARACTERS_PER_TOKEN
            for r in counting.requests
        )
        tokens_out = sum(r.max_tokens for r in counting.requests)
        usd = built.usd(int(tokens_in), tokens_out)
        asked.append(
            {"requests": len(counting.requests), "tokens_in": tokens_in, "tokens_out": tokens_out, "usd": usd}
        )
    return asked


def _teaching(asked: list[dict[str, Any]], images: int) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name in ("requests", "tokens_in", "tokens_out", "usd"):
        values = [each[name] for each in asked]
        if any(value is None for value in values):
            told[name] = "unknown: the backend has no price"
            continue
        label = f"{name}_at_most" if name in ("tokens_out", "usd") else name
        mean = statistics.fmean(values) if values else 0.0
        half = 1.96 * statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else 0.0
        told[label] = {
            "projected": round(mean * images, 4),
            "from": round(max(0.0, mean - half) * images, 4),
            "to": round((mean + half) * images, 4),
        }
    return told
