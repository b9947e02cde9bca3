"""The map stages of a run: which there are, what each depends on, and how a component is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..components import KINDS
from ..config import Part, RunConfig
from ..corpus.assembly import join, regions_of, scene_of
from ..images.picture import Picture
from ..records import Image, Refined, Taught
from ..store import StageKey
from ..validation import (
    valid_descriptors,
    valid_judgements,
    valid_proposal,
    valid_refined,
    valid_taught,
)


@dataclass(frozen=True, slots=True)
class Stage:
    """One map stage: the part that works, its key, and the stages whose results it is given."""

    part: Part
    key: StageKey
    needs: tuple[StageKey, ...]

    @property
    def name(self) -> str:
        return self.key.name

    @property
    def verb(self) -> str:
        return KINDS[self.part.kind].verbs[0]

    def arguments(
        self, pictures: Sequence[Picture], bodies: Sequence[Mapping[str, Any]]
    ) -> tuple[list[Any], ...]:
        """The verb's arguments for these images, as parallel lists."""
        kind = self.part.kind
        if kind == "proposer":
            return (list(pictures),)
        if kind == "refiner":
            return list(pictures), [list(regions_of(self.needs, b)) for b in bodies]
        scenes = [scene_of(p.image, self.needs, b) for p, b in zip(pictures, bodies, strict=True)]
        if kind == "critic":
            return list(pictures), scenes, [list(_taught(self.needs, b).statements) for b in bodies]
        return list(pictures), scenes

    def body(self, image: Image, result: Any, bodies: Mapping[str, Any]) -> Any:
        """A component's result for one image as it is stored.

        Raises:
            ValueError: the result is not what its kind promises; says what is wrong.
        """
        kind = self.part.kind
        if kind == "proposer":
            kept = join([result])
            left_out = tuple(result.dropped) if isinstance(result, Refined) else ()
            body: Any = Refined(kept, left_out) if left_out else kept
            reason = valid_proposal(image, body)
        elif kind == "refiner":
            body = Refined(tuple(result.kept), tuple(result.dropped))
            reason = valid_refined(image, body, regions_of(self.needs, bodies))
        elif kind == "verbalizer":
            body = tuple(result)
            reason = valid_descriptors(body, regions_of(self.needs, bodies))
        elif kind == "teacher":
            body = result
            reason = valid_taught(body, regions_of(self.needs, bodies))
        else:
            body = tuple(result)
            reason = valid_judgements(body, _taught(self.needs, bodies).statements)
        if reason:
            raise ValueError(reason)
        return body


def _taught(stages: Sequence[StageKey], bodies: Mapping[str, Any]) -> Taught:
    return next((bodies[s.name] for s in stages if s.kind == "teacher" and s.name in bodies), Taught())


def plan_stages(config: RunConfig) -> list[Stage]:
    """The stages in the order of the walk, each keyed by all that its outputs depend on."""
    stages: list[Stage] = []
    regions: list[StageKey] = []
    verbalized: list[StageKey] = []

    def add(part: Part, needs: Sequence[StageKey]) -> StageKey:
        parts = {
            "kind": part.kind,
            **part.key(),
            "seed": config.seed,
            "upstream": {stage.name: stage.key for stage in needs},
        }
        if any(stage.key.parts == parts for stage in stages):
            parts["as"] = part.alias  # the same part twice: two stages all the same
        key = StageKey(part.name, part.kind, parts, part.version)
        stages.append(Stage(part, key, tuple(needs)))
        return key

    regions = [add(part, ()) for part in config.proposer]
    for part in config.refiner:
        regions = [*(s for s in regions if s.kind == "proposer"), add(part, regions)]
    for part in config.verbalizer:
        reads = verbalized if "descriptors" in part.component.reads else []
        verbalized.append(add(part, [*regions, *reads]))
    taught: list[StageKey] = []
    if config.teacher is not None:
        taught = [add(config.teacher, [*regions, *verbalized])]
        for part in config.critic:
            add(part, [*regions, *verbalized, *taught])
    return stages
