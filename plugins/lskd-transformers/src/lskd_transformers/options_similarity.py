"""Options of the critics that score by how alike picture and text are: ``itm`` and ``clip``."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator

from lskd_toolkit import Options, runtime

from .options_clip import TowerOptions


class ItmOptions(Options):
    """Options of the critic ``itm``."""

    base: str = Field(
        "Salesforce/blip2-itm-vit-g",
        description="Hub id or folder of a BLIP-2 image-text model in safetensors; without a folder.",
    )
    folder: str = Field(
        "", description="Folder of a student trained with: lskd run --student blip2-itm; used before base."
    )
    text: Literal["whole", "question-answer"] = Field(
        "whole", description="Which part is the score: the statement with its rationale, or without."
    )
    prior: float = Field(
        0.5, gt=0, lt=1,
        description="Share of statements thought to fit; the score is the probability at this share.",
    )  # fmt: skip
    trained_prior: float = Field(
        1 / 3,
        gt=0,
        lt=1,
        description="Share of matches when the model was trained: BLIP-2's is one in three.",
    )
    show: Literal["mentioned", "all"] = Field(
        "mentioned",
        description="Which regions are drawn: those that a statement mentions, or all, which lets more "
        "statements of an image share a drawing.",
    )
    max_regions: int = Field(
        16, ge=1, description="Most regions drawn when all are; those mentioned are always among them."
    )
    image_size: int = Field(
        480, ge=16, description="Side in pixels to which a drawing is squeezed; of a student its own."
    )
    max_tokens: int = Field(
        128,
        ge=8,
        description="Longer texts are cut on the right, and the note says so; of a student its own.",
    )
    dtype: Literal["float32", "bfloat16", "float16"] = Field(
        "float32", description="Number type of the eye; the Q-Former is always float32."
    )
    batch: int = runtime(
        1, "Drawings that go through the eye at once; on a CPU more is no faster.", ge=1, le=256
    )

    @field_validator("folder")
    @classmethod
    def _there(cls, value: str) -> str:
        if value and not (Path(value) / "model" / "student.json").is_file():
            raise ValueError(
                f"{value} holds no trained student; train one with: lskd run --student blip2-itm"
            )
        return value

    def key(self) -> dict[str, Any]:
        """The options' key with the student's bytes in place of where it lies: one that is trained again
        judges again, one that is only moved does not."""
        key = super().key()
        if self.folder:
            files = sorted(path for path in (Path(self.folder) / "model").iterdir() if path.is_file())
            key["folder"] = _digest(
                tuple((str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files)
            )
        return key


class ClipCriticOptions(TowerOptions):
    """Options of the critic ``clip``."""

    look: Literal["drawing", "regions", "both"] = Field(
        "both",
        description="What is set against the text: the image with the mentioned regions drawn, a square "
        "around each mentioned region, or the mean of the two.",
    )
    text: Literal["whole", "question-answer", "answer"] = Field(
        "question-answer", description="What of a statement is the text; CLIP reads 77 tokens."
    )
    weight: float = Field(
        2.5, gt=0,
        description="The score is weight times the cosine, no less than 0 and no more than 1 (CLIPScore). Of "
        "no matter for a model of sigmoids, as SigLIP: its score is its own probability.",
    )  # fmt: skip


@lru_cache(maxsize=8)
def _digest(files: tuple[tuple[str, int, int], ...]) -> str:
    """Of names and bytes; sizes and times only say when it must be done again."""
    told = hashlib.sha256()
    for path, _, _ in files:
        with open(path, "rb") as file:
            told.update(f"{Path(path).name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return told.hexdigest()
