"""Critics apart from a run: trained on labels, and asked about statements that no run holds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..canonical import digest
from ..config import Part
from ..critique.trained import TrainedOptions, complete
from ..errors import ImageRefused, LskdError, PluginError, RequestRejected, UsageError
from ..images.picture import Picture
from ..labelling import Labelled, accepted
from ..llm.ledger import Ledger
from ..records import Image, Judgement, Scene, Statement
from ..validation import valid_judgements
from .context import Workshop
from .critic_folders import critic_folder
from .workers import check_length

BATCH = 32
"""Images judged at once."""

_OWN_ROW = (ImageRefused, PluginError, RequestRejected)


def learns(image: Image, share: float, seed: int) -> bool:
    """Whether a critic may learn from labels of the image: a lot by its bytes, so that all statements of an
    image fall on one side. The others are there to calibrate it, choose its threshold and test it."""
    lot = int(digest(["learns", seed, image.sha256])[:8], 16) / 2**32
    return lot < share


def train_critic(
    part: Part,
    labelled: Sequence[Labelled],
    picture: Callable[[Scene], Picture],
    out: Path,
    *,
    seed: int = 0,
    device: str = "auto",
    overwrite: bool = False,
    progress: Callable[[int, int, Mapping[str, float]], None] = lambda step, steps, metrics: None,
) -> dict[str, Any]:
    """Train the part on the labels and put it in ``out``, whole or not at all. What it says of itself.

    Raises:
        UsageError: it cannot be trained, or ``out`` is there already.
    """
    if not isinstance(part.options, TrainedOptions):
        raise UsageError(
            f"the critic {part.component.name!r} does not learn; train one that does: --critic blip2"
        )
    with critic_folder(out, overwrite) as growing:
        workshop = Workshop(seed=seed, device=device)
        try:
            metrics = workshop.host(part).call_plainly("train", labelled, picture, growing, progress)
        finally:
            workshop.close()
        soft = [accepted(each.labels) for each in labelled]
        told = {
            "component": part.component.name,
            "distribution": part.distribution,
            "version": part.version,
            "options": part.options.key(),
            "parts": {name: own.key() for name, own in sorted(part.parts.items())},
            "seed": seed,
            "labels": {
                "statements": len(labelled),
                "accepted": sum(share > 0.5 for share in soft),
                "synthetic": sum(bool(each.labels[0].synthetic) for each in labelled),
                "images": len({each.scene.image.sha256 for each in labelled}),
            },
            "metrics": dict(metrics),
        }
        complete(growing, told, (each.scene.image.sha256 for each in labelled))
    return told


def judge_statements(
    part: Part,
    asked: Sequence[tuple[Scene, Statement]],
    picture: Callable[[Scene], Picture],
    *,
    seed: int = 0,
    device: str = "auto",
    ledger: Ledger | None = None,
    advance: Callable[[int], None] = lambda count: None,
) -> list[Judgement | str]:
    """What the critic says of each statement, in order; where it fails on an image, the reason in its place.

    The statements need not be of a run, and several may have one number. What is paid for goes through
    ``ledger``. ``advance`` is told how many more have been judged.

    Raises:
        LskdError: the critic cannot work at all.
    """
    workshop = Workshop(seed=seed, device=device, ledger=ledger)
    try:
        return asyncio.run(_judged(workshop, part, asked, picture, advance))
    finally:
        workshop.close()


async def _judged(
    workshop: Workshop,
    part: Part,
    asked: Sequence[tuple[Scene, Statement]],
    picture: Callable[[Scene], Picture],
    advance: Callable[[int], None],
) -> list[Judgement | str]:
    host = workshop.host(part)
    found: list[Judgement | str] = [""] * len(asked)

    async def judge(some: Sequence[list[int]]) -> None:
        scenes = [asked[places[0]][0] for places in some]
        # Numbered anew, for spoiled statements have the numbers of those that they were made of.
        statements = [[replace(asked[at][1], id=k) for k, at in enumerate(places)] for places in some]
        given = await host.call("judge", [picture(scene) for scene in scenes], scenes, statements)
        check_length(part, "judge", given, len(some))
        for places, own, judged in zip(some, statements, given, strict=True):
            if reason := valid_judgements(tuple(judged), tuple(own)):
                raise PluginError(f"{part.component.name} of {part.distribution}: {reason}")
            for judgement in judged:
                at = places[judgement.statement]
                found[at] = replace(judgement, statement=asked[at][1].id)

    for some in _batches(asked):
        try:
            await judge(some)
        except Exception as error:
            if isinstance(error, LskdError) and not isinstance(error, _OWN_ROW):
                raise
            for places in some:
                try:
                    await judge([places])
                except Exception as own:
                    if isinstance(own, LskdError) and not isinstance(own, _OWN_ROW):
                        raise
                    for at in places:
                        found[at] = " ".join(f"{type(own).__name__}: {own}".split())[:300]
        advance(sum(map(len, some)))
    return [each or "gave no score" for each in found]


def _batches(asked: Sequence[tuple[Scene, Statement]]) -> Iterator[list[list[int]]]:
    """The statements' places, image by image, some images at a time."""
    by_image: dict[Image, list[int]] = {}
    for at, (scene, _) in enumerate(asked):
        by_image.setdefault(scene.image, []).append(at)
    images = list(by_image.values())
    for start in range(0, len(images), BATCH):
        yield images[start : start + BATCH]
