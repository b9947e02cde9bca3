"""Options of the parts that ask a model."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from ..options import Options


class AskingOptions(Options):
    text: str = Field(
        "", description="An instruction in place of the model's own way of being asked; empty: its own."
    )
    max_tokens: int = Field(64, ge=1, le=4096, description="Most tokens of an answer.")
    picture_side: int = Field(
        1024, ge=32, le=8192, description="Longest side in pixels of a picture that the model is shown."
    )


class CaptionOptions(AskingOptions):
    pass


class NarrativeOptions(AskingOptions):
    max_tokens: int = Field(192, ge=1, le=4096, description="Most tokens of a narrative.")
    samples: int = Field(3, ge=1, le=32, description="Narratives drawn of each picture.")
    temperature: float = Field(
        0.8, ge=0.0, le=2.0, description="How freely they are drawn; 0: the likeliest."
    )


class RegionCaptionOptions(AskingOptions):
    pass


class VqaOptions(Options):
    max_tokens: int = Field(32, ge=1, le=4096, description="Most tokens of an answer.")
    picture_side: int = Field(
        1024, ge=32, le=8192, description="Longest side in pixels of a picture that the model is shown."
    )


class DynamicOptions(Options):
    questions: int = Field(6, ge=1, le=64, description="Questions asked of a scene at most.")
    rounds: int = Field(
        2,
        ge=1,
        le=16,
        description="Requests for questions of a scene at most; each later one sees the answers.",
    )
    prompt: str = Field("questions", description="How is asked: a name, or a path to a YAML file.")
    temperature: float | None = Field(
        None, ge=0.0, le=2.0, description="Sampling temperature; the prompt's own if not set."
    )
    max_tokens: int | None = Field(
        None, ge=16, description="Token limit of a reply; the prompt's own if not set."
    )

    def key(self) -> dict[str, Any]:
        """The options' key with the prompt's whole content in it, so that editing a prompt is seen."""
        from .asking_prompt import load_asking_prompt

        return {**super().key(), "prompt": load_asking_prompt(self.prompt).key()}
