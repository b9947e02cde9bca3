"""The component under test: found, validated, built fresh as often as a check wants."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..components import Component
from ..config import Part, resolve_part
from ..pipeline.context import Workshop
from ..plugins import plugins

SEED = 7


@dataclass(frozen=True)
class Subject:
    """A component by kind and name, with the options it is tested with."""

    kind: str
    name: str
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def record(self) -> Component:
        record: Component = plugins().component(self.kind, self.name).record
        return record

    @property
    def title(self) -> str:
        return f"{self.kind} {self.name!r}"

    def part(self) -> Part:
        return resolve_part(self.kind, {"use": self.name, **self.options}, plugins())

    def build(self) -> Any:
        """A fresh instance with a context of its own, the run's visual prompt and vqa where there are."""
        shared: dict[str, Part | None] = {
            "visual_prompt": resolve_part("visual_prompt", {"use": "numbered"}, plugins()),
            "vqa": resolve_part("vqa", {"use": "smallworld"}, plugins()),
        }
        return Workshop(seed=SEED, device="cpu", shared=shared).host(self.part()).instance()


def call(instance: Any, verb: str, *arguments: Any) -> Any:
    """Call a verb, ``async def`` or plain."""
    result = getattr(instance, verb)(*arguments)
    return asyncio.run(_awaited(result)) if inspect.isawaitable(result) else result


async def _awaited(result: Any) -> Any:
    return await result
