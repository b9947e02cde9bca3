"""Options of the critics that learn: ``blip2``, and ``text-only``, which is the same but for its sight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from lskd_toolkit import TrainedOptions, runtime


@dataclass(frozen=True, slots=True)
class CriticPreset:
    """What an option is where it is not given."""

    steps: int
    batch: int
    rate: float
    floor: float
    warmup: int
    image_size: int
    variants: int
    freeze_eye: bool


PRESETS = {
    "tiny": CriticPreset(
        steps=1500, batch=16, rate=1e-3, floor=1e-5, warmup=50, image_size=96, variants=4, freeze_eye=False
    ),
    # The released critic's: 480 px, a frozen eye, 1e-5; its steps are not known.
    "base": CriticPreset(
        steps=3000, batch=32, rate=1e-5, floor=1e-6, warmup=300, image_size=480, variants=0, freeze_eye=True
    ),
}


class Blip2CriticOptions(TrainedOptions):
    """Options of ``blip2`` and ``text-only``. None means: what the preset of the size says. Most count
    in training alone."""

    size: Literal["tiny", "base"] = Field(
        "tiny",
        description="tiny: a net of 0.4 million parameters from configuration, trained on a CPU in minutes, "
        "for trying the loop. base: begins as the pretrained model that the option base names.",
    )
    base: str = Field(
        "Salesforce/blip2-itm-vit-g",
        description="Hub id or folder of a BLIP-2 image-text model in safetensors; used with size base.",
    )
    steps: int | None = Field(None, ge=1, description="Optimiser steps. Preset: 1500 tiny, 3000 base.")
    batch: int | None = Field(None, ge=2, description="Statements a step. Preset: 16 tiny, 32 base.")
    rate: float | None = Field(None, gt=0, description="Highest learning rate. Preset: 1e-3 tiny, 1e-5 base.")
    floor: float | None = Field(
        None, ge=0, description="Learning rate at the end of the cosine. Preset: 1e-5 tiny, 1e-6 base."
    )
    warmup: int | None = Field(
        None, ge=0, description="Steps of linear warm-up, at most a tenth of all. Preset: 50 tiny, 300 base."
    )
    weight_decay: float = Field(0.05, ge=0, description="AdamW's decay of matrices, not of biases and norms.")
    image_size: int | None = Field(
        None, ge=16, multiple_of=8,
        description="Side in pixels to which the pointed-at image is squeezed. Preset: 96 tiny, 480 base.",
    )  # fmt: skip
    max_tokens: int = Field(128, ge=8, description="Longer texts are cut on the right, and counted.")
    vocabulary: int = Field(4000, ge=300, description="Most pieces of the tiny tokenizer.")
    freeze_eye: bool | None = Field(
        None, description="Leave the vision encoder as it is. Preset: no for tiny, yes for base."
    )
    soft: bool = Field(
        False, description="Learn the share of annotators who accept instead of what the majority says."
    )
    balance: bool = Field(
        True,
        description="Show accepted and rejected statements equally often; the scores are set right after.",
    )
    answer: float = Field(0.5, ge=0, description="Weight of the answer's regression.")
    rationale: float = Field(0.5, ge=0, description="Weight of the rationale's regression.")
    mentioned_only: float = Field(
        0.6, ge=0, le=1,
        description="How often training shows just the regions that the text mentions, else all.",
    )  # fmt: skip
    max_regions: int = Field(
        16, ge=1, description="Most regions shown when all are; those mentioned are always among them."
    )
    variants: int | None = Field(
        None, ge=0,
        description="Different drawings of one statement, made once and kept; 0 draws afresh every time. "
        "Preset: 4 tiny, 0 base.",
    )  # fmt: skip
    validation: float = Field(
        0.15,
        ge=0,
        lt=1,
        description="Share of the training images by which the best step is chosen; never trained on.",
    )
    log_every: int = runtime(10, "Steps between two lines of metrics.jsonl.", ge=1)
    score_batch: int = runtime(8, "Drawings scored at once.", ge=1)

    @property
    def preset(self) -> CriticPreset:
        """The preset of the size with the given options laid over it."""
        preset = PRESETS[self.size]
        names = CriticPreset.__dataclass_fields__
        given = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        return CriticPreset(**{name: given.get(name, getattr(preset, name)) for name in names})
