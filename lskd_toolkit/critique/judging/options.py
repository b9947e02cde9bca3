"""Options of the critics ``llm``, ``swap`` and ``ensemble``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator

from ...errors import UsageError
from ...options import Options
from ..calibration import Calibration
from ..trained import file_sha256


class LlmJudgeOptions(Options):
    prompt: str = Field("rubric", description="The rubric: a name, or a path to a YAML file.")
    input: Literal["text", "image", "both"] = Field(
        "text",
        description="What the judge is given: the scene in words, the picture with its regions numbered "
        "(needs a backend that takes images), or both.",
    )
    statements: int = Field(
        20, ge=1, le=50, description="Statements judged in one request at most; 1: each by itself."
    )
    samples: int = Field(
        1, ge=1, le=16,
        description="How often each statement is judged, each time in another order; the mean counts.",
    )  # fmt: skip
    temperature: float | None = Field(
        None, ge=0.0, le=2.0, description="Sampling temperature; the rubric's own if not set."
    )
    max_tokens: int | None = Field(
        None, ge=16, description="Token limit of a reply; the rubric's own, by its statements, if not set."
    )
    picture_side: int = Field(
        1024, ge=64, le=4096, description="Longest side in pixels of a picture that is sent."
    )

    def borrows(self) -> tuple[str, ...]:
        """The visual prompt for a sighted judge."""
        return ("visual_prompt",) if self.input != "text" else ()

    def key(self) -> dict[str, Any]:
        """The options' key with the rubric's whole content in it, so that editing it is seen."""
        from .rubric import load_rubric

        return {**super().key(), "prompt": load_rubric(self.prompt).key()}


class SwapOptions(Options):
    margin: float = Field(
        0.05, ge=0.0, lt=1.0,
        description="By how much a statement has to score higher than with its regions swapped.",
    )  # fmt: skip


class EnsembleOptions(Options):
    calibration: str = Field(
        "", description="A calibration.json of these critics, made with: lskd critic calibrate"
    )

    @field_validator("calibration")
    @classmethod
    def _readable(cls, value: str) -> str:
        if value:
            try:
                read_calibration(value)
            except UsageError as error:
                raise ValueError(str(error)) from error
        return value

    def key(self) -> dict[str, Any]:
        """The options' key with the calibration's digest in place of its path."""
        key = super().key()
        if self.calibration:
            key["calibration"] = file_sha256(Path(self.calibration))
        return key


def read_calibration(path: str) -> Calibration:
    """The calibration in a file.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        return Calibration.from_json(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read ({error}); make it with: lskd critic calibrate") from error
