"""Options of the teacher ``llm``."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from ..options import Options


class TeacherOptions(Options):
    strategy: str = Field("oneshot", description="How the teacher talks with its backend about a scene.")
    prompt: str = Field("qar-id", description="The prompt set: a name, or a path to a YAML file.")
    statements: int | None = Field(
        None, ge=1, le=20, description="Statements asked for in one request; the prompt's own if not set."
    )
    temperature: float | None = Field(
        None, ge=0.0, le=2.0, description="Sampling temperature; the prompt's own if not set."
    )
    max_tokens: int | None = Field(
        None, ge=16, description="Token limit of a reply; the prompt's own if not set."
    )

    def key(self) -> dict[str, Any]:
        """The options' key with the prompt's whole content in it, so that editing a prompt is seen."""
        from .prompt import load_prompt

        return {**super().key(), "prompt": load_prompt(self.prompt).key()}
