"""What a run would take: the free stages on a sample, the teacher's requests made but not sent."""

from __future__ import annotations

import asyncio
import math
import random
import statistics
from typing import Any

from ..config import RunConfig
from ..errors import LskdError
from .rehearsing import Rehearsal, rehearsing, tokens_in


def project(config: RunConfig, sample: int) -> dict[str, Any]:
    """Calls, tokens, money and seconds for the whole source, with 95 % intervals over the sample."""
    return asyncio.run(_project(config, sample))


async def _project(config: RunConfig, sample: int) -> dict[str, Any]:
    def drawn(found: list[Any]) -> list[Any]:
        return random.Random(config.seed).sample(found, min(sample, len(found)))

    async with rehearsing(config, drawn) as rehearsal:
        entries = list(rehearsal.store.images("ok"))
        seconds = {
            stage.name: spent / max(1, len(entries))
            for stage, spent in rehearsal.store.stages("WHERE current=1")
        }
        asked = await _asked(rehearsal, entries) if config.teacher is not None else []
        found, chosen, wall = rehearsal.found, max(1, len(rehearsal.chosen)), rehearsal.seconds
    projected: dict[str, Any] = {
        "images": found,
        "usable_in_sample": f"{len(entries)} of {len(rehearsal.chosen)}",
        "seconds_an_image": seconds,
        "free_stages_hours": round(wall / chosen * found / 3600, 4),
    }
    if config.teacher is not None:
        projected["teacher"] = _teaching(asked, round(found * len(entries) / chosen))
    return projected


async def _asked(rehearsal: Rehearsal, entries: list[Any]) -> list[dict[str, Any]]:
    """For each sampled image: requests, tokens in, tokens out at most, money at most."""
    nothing = {"requests": 0, "tokens_in": 0, "tokens_out": 0, "usd": 0.0}
    door = rehearsal.open()
    if door is None:
        return [nothing for _ in entries]
    asked = []
    for entry in entries:
        try:
            requests = await rehearsal.requests(entry, rehearsal.scene(entry))
        except LskdError:  # a stage failed on it, so the teacher is not asked about it
            requests = []
        read = sum(map(tokens_in, requests))
        written = sum(request.max_tokens for request in requests)
        usd = door.backend.usd(read, written)
        asked.append({"requests": len(requests), "tokens_in": read, "tokens_out": written, "usd": usd})
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
