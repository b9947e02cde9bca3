"""The teacher ``llm``: a strategy and a prompt over a chat backend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import ConfigError
from ..images.picture import Picture
from ..plugins import load, plugins
from ..protocols import Context
from ..records import Scene, Taught
from .options import TeacherOptions
from .prompt import load_prompt


class LlmTeacher:
    """Asks the backend that its part ``backend`` names about each scene."""

    def __init__(self, options: TeacherOptions, ctx: Context):
        found = plugins().find("lskd_strategies", options.strategy)
        if found is None:
            known = ", ".join(a.record.name for a in plugins().announced("lskd_strategies"))
            raise ConfigError(f"no strategy is called {options.strategy!r}; there are {known}")
        self.options = options
        self.strategy: Any = load(found.record.implementation)
        self.prompt = load_prompt(options.prompt)
        self.seed = ctx.seed
        self.llm = ctx.llm("backend")

    async def teach(self, pictures: Sequence[Picture], scenes: Sequence[Scene]) -> list[Taught]:
        """Statements about each scene; pictures are not looked at by a blind teacher."""
        return [
            await self.strategy(scene, self.prompt, self.llm, self.options, self.seed) for scene in scenes
        ]
