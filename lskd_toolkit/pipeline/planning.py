"""What a run would take: the free stages on a sample, the requests of the others made but not sent."""

from __future__ import annotations

import asyncio
import math
import random
import statistics
from collections.abc import Sequence
from typing import Any

from ..config import RunConfig
from ..errors import LskdError
from ..llm.messages import ChatRequest
from .rehearsed_judging import judging
from .rehearsing import ClosedDoor, Rehearsal, rehearsing, tokens_in

MOST = ("requests", "tokens_in", "tokens_out", "usd")


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
        verbalizers = _verbalizing(rehearsal, entries)
        taught = await _asked(rehearsal, entries) if config.teacher is not None else []
        door = rehearsal.door
        asked = [_sum([]) if door is None else _counted(door, requests) for requests in taught]
        critics = {
            name: [_sum([_counted(*each) for each in image]) for image in images]
            for name, images in (await judging(rehearsal, entries, taught)).items()
        }
        found, chosen, wall = rehearsal.found, max(1, len(rehearsal.chosen)), rehearsal.seconds
    projected: dict[str, Any] = {
        "images": found,
        "usable_in_sample": f"{len(entries)} of {len(rehearsal.chosen)}",
        "seconds_an_image": seconds,
        "free_stages_hours": round(wall / chosen * found / 3600, 4),
    }
    usable = round(found * len(entries) / chosen)
    for name, counted in verbalizers.items():
        # Replies are taken at their longest, so that what is asked of them is the most.
        projected[name] = _projected(counted, usable, MOST)
    if config.teacher is not None:
        projected["teacher"] = _projected(asked, usable, MOST if verbalizers else ("tokens_out", "usd"))
    for name, counted in critics.items():
        projected[name] = _projected(counted, usable, MOST)
    return projected


def _verbalizing(rehearsal: Rehearsal, entries: list[Any]) -> dict[str, list[dict[str, Any]]]:
    """For each verbalizer that asks a paid backend, what it asks about each sampled image."""
    asked: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for door in rehearsal.asked.values():
        for whose, request in zip(door.whose, door.requests, strict=True):
            asked.setdefault(whose, []).append(_counted(door, [request]))
    stages = dict.fromkeys(name for name, _ in asked)
    return {name: [_sum(asked.get((name, entry.content), [])) for entry in entries] for name in stages}


async def _asked(rehearsal: Rehearsal, entries: list[Any]) -> list[list[ChatRequest]]:
    """What the teacher asks first about each sampled image."""
    if rehearsal.open() is None:
        return [[] for _ in entries]
    asked = []
    for entry in entries:
        try:
            requests = await rehearsal.requests(entry, rehearsal.scene(entry))
        except LskdError:  # a stage failed on it, so the teacher is not asked about it
            requests = []
        asked.append(requests)
    return asked


def _counted(door: ClosedDoor, requests: list[Any]) -> dict[str, Any]:
    """Requests, tokens in, tokens out at most, money at most (None: the price is unknown)."""
    read = sum(map(tokens_in, requests))
    written = sum(request.max_tokens for request in requests)
    usd = door.backend.usd(read, written)
    return {"requests": len(requests), "tokens_in": read, "tokens_out": written, "usd": usd}


def _sum(counts: list[dict[str, Any]]) -> dict[str, Any]:
    total: dict[str, Any] = {name: sum(each[name] for each in counts) for name in MOST[:3]}
    prices = [each["usd"] for each in counts]
    return {**total, "usd": None if None in prices else float(sum(prices))}


def _projected(asked: list[dict[str, Any]], images: int, most: Sequence[str]) -> dict[str, Any]:
    """Totals over so many images; those of ``most`` are called what they are: bounds."""
    told: dict[str, Any] = {}
    for name in MOST:
        values = [each[name] for each in asked]
        if any(value is None for value in values):
            told[name] = "unknown: the backend has no price"
            continue
        label = f"{name}_at_most" if name in most else name
        mean = statistics.fmean(values) if values else 0.0
        half = 1.96 * statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else 0.0
        told[label] = {
            "projected": round(mean * images, 4),
            "from": round(max(0.0, mean - half) * images, 4),
            "to": round((mean + half) * images, 4),
        }
    return told
