"""Options of the teacher ``llm``."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator

from ..options import Options


class TeacherOptions(Options):
    strategy: str = Field("oneshot", description="How the teacher talks with its backend about a scene.")
    prompt: str = Field("qar-id", description="The prompt set: a name, or a path to a YAML file.")
    input: Literal["text", "image", "both"] = Field(
        "text",
        description="What the teacher is given: the scene in words, the picture with its regions numbered "
        "(needs a backend that takes images), or both.",
    )
    samples: int = Field(
        1, ge=1, le=64, description="Samples of each scene; of their statements the critics' best are kept."
    )
    statements: int | None = Field(
        None, ge=1, le=20, description="Statements asked for in one request; the prompt's own if not set."
    )
    temperature: float | None = Field(
        None, ge=0.0, le=2.0, description="Sampling temperature; the prompt's own if not set."
    )
    max_tokens: int | None = Field(
        None, ge=16, description="Token limit of a reply; the prompt's own if not set."
    )
    steps: int = Field(4, ge=1, le=32, description="Looks that an agent may take before it has to write.")
    max_usd_a_scene: float | None = Field(
        None, gt=0.0, description="Money after which an agent has to write; not set: its steps bound it."
    )
    picture_side: int = Field(
        1024, ge=64, le=4096, description="Longest side in pixels of a picture that is sent."
    )

    without: tuple[str, ...] = Field(
        (),
        description="Scopes (global, local, relation, dynamic) and verbalizers that it is not told.",
    )
    alike: float = Field(
        0.92,
        gt=0.0,
        le=1.0,
        description="Likeness from which on two descriptors are one, where the run has an encoder.",
    )

    @field_validator("without", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        """``local,dynamic`` as on the command line."""
        return (
            tuple(word.strip() for word in value.split(",") if word.strip())
            if isinstance(value, str)
            else value
        )

    def borrows(self) -> tuple[str, ...]:
        """The encoder; the visual prompt for a sighted teacher; what answers questions for a strategy that
        looks."""
        from ..plugins import plugins

        found = plugins().named("lskd_strategies", "strategy", self.strategy)
        looking = ("vqa", "verbalizer") if found.record.looks else ()
        return ("encoder", *looking, *(("visual_prompt",) if self.input != "text" else ()))

    def key(self) -> dict[str, Any]:
        """The options' key with the prompt's whole content in it, so that editing a prompt is seen."""
        from .prompt import load_prompt

        return {**super().key(), "prompt": load_prompt(self.prompt).key()}
