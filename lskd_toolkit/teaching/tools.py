"""The tools that an agent looks with, made from the run's own parts for one scene."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..geometry.relations import relations
from ..images.picture import Picture
from ..llm.messages import ToolSpec
from ..records import Descriptor, Image, Question, Region, Scene
from .closer import closer
from .toolbox import Tool

MORE = 3
"""Relations told of a region at most, beyond those that the scene names already."""


@dataclass(frozen=True, slots=True)
class Lookers:
    """The parts that answer: a VQA part, verbalizers to describe a region again from close by, and those
    that read text. Each is a proxy whose verbs are awaited. ``key`` is what their answers depend on."""

    vqa: Any = None
    closer: Sequence[Any] = ()
    text: Sequence[Any] = ()
    key: Mapping[str, Any] = field(default_factory=dict)


def tools_for(scene: Scene, picture: Picture, parts: Lookers) -> list[Tool]:
    """The tools that these parts allow; `relations` and `compare` need none, being geometry."""
    looker = _Looker(scene, picture, parts)
    ids = [region.id for region in scene.regions]
    region = {"type": "integer", "enum": ids, "description": "The region's number."}
    question = {"type": "string", "description": "A short question that the picture can answer."}
    made: list[Tool] = []

    def tool(name: str, description: str, look: Callable[..., Any], **parameters: Any) -> None:
        schema = {
            "type": "object", "properties": parameters, "required": list(parameters),
            "additionalProperties": False,
        }  # fmt: skip
        made.append(Tool(ToolSpec(name, description, schema), look, parts.key))

    if parts.vqa is not None:
        tool("ask", "Ask a question about one region of the picture.", looker.ask,
             region=region, question=question)  # fmt: skip
    if parts.closer:
        tool("describe", "Look at one region from close by and have it described again.", looker.describe,
             region=region)  # fmt: skip
    if len(ids) > 1:
        tool("compare", "Compare two regions: how they lie to each other, and how they differ.",
             looker.compare, first=region, second=region)  # fmt: skip
        tool("relations", "List how one region lies to the others.", looker.relations, region=region)
    if parts.text:
        tool("read_text", "Read the writing in one region.", looker.read_text, region=region)
    return made


class _Looker:
    """What the tools do; arguments come from a model, so nothing of them is trusted."""

    def __init__(self, scene: Scene, picture: Picture, parts: Lookers):
        self.scene, self.picture, self.parts = scene, picture, parts
        self._regions = {region.id: region for region in scene.regions}

    async def ask(self, arguments: Mapping[str, Any]) -> Descriptor:
        region = self._region(arguments, "region")
        question = " ".join(str(arguments.get("question", "")).split())[:300]
        if not question:
            raise ValueError("the question is empty")
        return await self._answered(question, region)

    async def describe(self, arguments: Mapping[str, Any]) -> Descriptor:
        region = self._region(arguments, "region")
        return await self._told(
            region, self.parts.closer, f"What does [{region.id}] look like from close by?"
        )

    async def read_text(self, arguments: Mapping[str, Any]) -> Descriptor:
        region = self._region(arguments, "region")
        # What is told of the cut as a whole is writing beside the region, that its margin lets in.
        return await self._told(region, self.parts.text, f"What is written on [{region.id}]?", ("local",))

    async def compare(self, arguments: Mapping[str, Any]) -> Descriptor:
        first, second = self._region(arguments, "first"), self._region(arguments, "second")
        if first.id == second.id:
            raise ValueError("compare takes two different regions")
        image = self.scene.image
        lie = [f"[{r.subject}] is {r.name} [{r.object}]" for r in _between(first, second, image)]
        words = "; ".join(lie) or f"[{first.id}] and [{second.id}] lie in no telling way to each other"
        question = f"How do [{first.id}] and [{second.id}] differ?"
        if self.parts.vqa is None:
            return Descriptor("dynamic", words, (first.id, second.id), 1.0, "geometry", question)
        answered = await self._answered(question, first, second)
        text = words if answered.score == 0.0 else f"{answered.text}; {words}"
        return Descriptor("dynamic", text, (first.id, second.id), 1.0, answered.verbalizer, question)

    async def relations(self, arguments: Mapping[str, Any]) -> Descriptor:
        region = self._region(arguments, "region")
        known = [d.text for d in self.scene.descriptors if d.scope == "relation" and region.id in d.regions]
        more = [
            f"[{r.subject}] is {r.name} [{r.object}]"
            for other in self.scene.regions
            if other.id != region.id
            for r in _between(region, other, self.scene.image)[:1]
        ]
        lines = list(dict.fromkeys([*known, *more[:MORE]]))
        if not lines:
            raise ValueError(f"nothing is known of how [{region.id}] lies to the others")
        ids = tuple(
            dict.fromkeys([region.id, *(i for i in self._regions if any(f"[{i}]" in s for s in lines))])
        )
        return Descriptor(
            "dynamic", "; ".join(lines), ids, 1.0, "geometry", f"How does [{region.id}] lie to the others?"
        )

    async def _answered(self, question: str, *regions: Region) -> Descriptor:
        ids = tuple(region.id for region in regions)
        asked = Question(question, ids)
        answer = (await self.parts.vqa.answer([self.picture], [self.scene], [asked]))[0]
        return Descriptor("dynamic", _line(answer.text), ids, answer.score, "vqa", question)

    async def _told(
        self, region: Region, parts: Sequence[Any], question: str, scopes: Sequence[str] = ("local", "global")
    ) -> Descriptor:
        """What verbalizers say of one region in a picture of it alone."""
        picture, scene = closer(self.picture, self.scene, region)
        told: list[Descriptor] = []
        for part in parts:
            told += [d for d in (await part.verbalize([picture], [scene]))[0] if d.scope in scopes]
        lines = list(dict.fromkeys(_line(d.text) for d in told))
        if not lines:
            raise ValueError(f"nothing more can be told of [{region.id}]")
        score = min(d.score for d in told)
        return Descriptor("dynamic", "; ".join(lines), (region.id,), score, "closer", question)

    def _region(self, arguments: Mapping[str, Any], name: str) -> Region:
        number = arguments.get(name)
        region = self._regions.get(number) if isinstance(number, int) else None
        if region is None:
            there = " ".join(f"[{i}]" for i in self._regions)
            raise ValueError(f"{name} must be the number of a region; there are {there}")
        return region


def _between(first: Region, second: Region, image: Image) -> list[Any]:
    """How the first lies to the second, the surest first."""
    found = relations([first, second], image.width, image.height)
    return sorted((r for r in found if r.subject == first.id), key=lambda r: -r.score)


def _line(text: str) -> str:
    return " ".join(text.split())[:600]
