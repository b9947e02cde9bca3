"""Stored results of the stages to one scene: the joins that every reader of rows needs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..records import Descriptor, Dropped, Image, Refined, Region, Scene, Taught
from ..store import ImageEntry, StageKey, from_json

Bodies = Mapping[str, Any]
"""One image's bodies by the name of the stage."""


def image_of(entry: ImageEntry) -> Image:
    return Image(entry.id, entry.uri, entry.sha256, entry.width, entry.height)


def given_of(entry: ImageEntry) -> Refined:
    """The regions that came with the image."""
    # Of a run folder from before sources left anything out: a bare list, and nobody has filled it.
    given: Refined = (
        from_json(json.loads(entry.given), Refined) if entry.given.startswith("{") else Refined(())
    )
    return given


Proposal = Sequence[Region] | Refined


def kept_of(proposal: Proposal) -> Sequence[Region]:
    return proposal.kept if isinstance(proposal, Refined) else proposal


def join(proposals: Iterable[Proposal]) -> tuple[Region, ...]:
    """All proposers' regions, numbered densely from 0 in their order."""
    flat = [region for proposal in proposals for region in kept_of(proposal)]
    return tuple(r if r.id == i else replace(r, id=i) for i, r in enumerate(flat))


def regions_of(stages: Sequence[StageKey], bodies: Bodies) -> tuple[Region, ...]:
    """The regions after the last refiner among ``stages``, or as proposed when there is none."""
    refined: Refined | None = None
    for stage in stages:
        if stage.kind == "refiner" and stage.name in bodies:
            refined = bodies[stage.name]
    if refined is not None:
        return refined.kept
    return join(bodies[s.name] for s in stages if s.kind == "proposer" and s.name in bodies)


def dropped_of(stages: Sequence[StageKey], bodies: Bodies) -> tuple[Dropped, ...]:
    """Every region that was left out, in the order of the stages."""
    return tuple(
        dropped
        for stage in stages
        if stage.kind in ("proposer", "refiner") and isinstance(bodies.get(stage.name), Refined)
        for dropped in bodies[stage.name].dropped
    )


def scene_of(image: Image, stages: Sequence[StageKey], bodies: Bodies) -> Scene:
    """The scene as these stages left it: regions, then descriptors in the order of the stages."""
    descriptors: list[Descriptor] = []
    for stage in stages:
        body = bodies.get(stage.name)
        if body is None:
            continue
        if stage.kind == "verbalizer":
            descriptors += body
        elif stage.kind == "teacher":
            taught: Taught = body
            descriptors += taught.descriptors
    return Scene(image, regions_of(stages, bodies), tuple(descriptors))
