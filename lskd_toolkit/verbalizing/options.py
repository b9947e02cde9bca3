"""Options of the parts that ask a model."""

from __future__ import annotations

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
