"""Tools to look with: the run's own parts, asked about one picture. Every answer is durable.

An answer is kept in the ledger before the model is asked anything more, under a key of all that it
depends on, so that a strategy that is called again gets the same answers and makes the same requests.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..canonical import digest
from ..llm.messages import ToolSpec
from ..records import Descriptor, Scene
from .sights import placed_at

if TYPE_CHECKING:
    from ..llm.door import Door

Look = Callable[[Mapping[str, Any]], Awaitable[Descriptor]]
"""A tool's work: its arguments to a descriptor of scope ``dynamic``. Raises ValueError with a sentence
for the model when the arguments do not fit."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: what the model is told of it, its work, and what its answers depend on beside the picture."""

    spec: ToolSpec
    look: Look
    key: Mapping[str, Any]


def identity(scene: Scene) -> dict[str, Any]:
    """The scene as part of an answer's key: all of it, for a part may look at anything that it is shown."""
    told = [[d.scope, d.text, list(d.regions), d.score, d.verbalizer, d.question] for d in scene.descriptors]
    regions = [[*placed_at(region), region.label] for region in scene.regions]
    return {"image": scene.image.sha256, "regions": regions, "notes": digest(told)}


class Toolbox:
    """The tools for one scene. ``about`` identifies the scene: see `identity`."""

    def __init__(self, llm: Door, about: Mapping[str, Any], tools: Sequence[Tool] = ()):
        self._llm, self._about = llm, about
        self._tools = {tool.spec.name: tool for tool in tools}

    @property
    def specs(self) -> tuple[ToolSpec, ...]:
        """What the model is told of the tools."""
        return tuple(tool.spec for tool in self._tools.values())

    async def use(self, name: str, arguments: Mapping[str, Any]) -> Descriptor:
        """The answer to one call, as a descriptor of scope ``dynamic``; its text is what the model is told.

        A call that does not fit is answered with what is wrong with it and a score of 0: it is the model's
        mistake, and the model may mend it.
        """
        tool = self._tools.get(name)
        if tool is None:
            known = ", ".join(self._tools) or "none"
            return Descriptor("dynamic", f"there is no tool {name!r}; there are: {known}", score=0.0)
        question = {"tool": name, "arguments": dict(arguments), "about": dict(self._about), **tool.key}

        async def look() -> dict[str, Any]:
            try:
                told = await tool.look(arguments)
            except ValueError as error:
                told = Descriptor("dynamic", str(error), score=0.0)
            return {
                "text": told.text, "regions": list(told.regions), "score": told.score,
                "verbalizer": told.verbalizer, "question": told.question,
            }  # fmt: skip

        answer = await self._llm.answer(question, look)
        return replace(
            Descriptor("dynamic", **{k: v for k, v in answer.items() if k != "regions"}),
            regions=tuple(answer["regions"]),
        )
