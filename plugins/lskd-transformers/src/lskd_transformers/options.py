"""Options of the students. What suits depends on the size, so many default to the size's preset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from lskd_toolkit import Options, runtime


@dataclass(frozen=True, slots=True)
class Preset:
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
    # From configuration, on a CPU, in about a minute. A rate of 1e-3 and a short warm-up are what a net
    # of width 64 learned with on procedural scenes.
    "tiny": Preset(
        steps=300, batch=16, rate=1e-3, floor=1e-5, warmup=20, image_size=96, variants=4, freeze_eye=False
    ),
    # The released training configuration: 480 px, batch 64, 1e-5 to 1e-6; the paper's 10,000 iterations.
    "base": Preset(
        steps=10_000,
        batch=64,
        rate=1e-5,
        floor=1e-6,
        warmup=1000,
        image_size=480,
        variants=0,
        freeze_eye=True,
    ),
}


class Blip2ItmOptions(Options):
    """Options of the student ``blip2-itm``. None means: what the preset of the size says."""

    size: Literal["tiny", "base"] = Field(
        "tiny",
        description="tiny: a net of 0.4 million parameters from configuration, trained on a CPU in about "
        "a minute, for trying the loop. base: the pretrained model that the option base names.",
    )
    base: str = Field(
        "Salesforce/blip2-itm-vit-g",
        description="Hub id or folder of a BLIP-2 image-text model in safetensors; used with size base.",
    )
    steps: int | None = Field(None, ge=1, description="Optimiser steps. Preset: 300 tiny, 10000 base.")
    epochs: float | None = Field(
        None, gt=0, description="Passes over the corpus; given, it decides the number of steps."
    )
    batch: int | None = Field(None, ge=2, description="Statements a step. Preset: 16 tiny, 64 base.")
    rate: float | None = Field(None, gt=0, description="Highest learning rate. Preset: 1e-3 tiny, 1e-5 base.")
    floor: float | None = Field(
        None, ge=0, description="Learning rate at the end of the cosine. Preset: 1e-5 tiny, 1e-6 base."
    )
    warmup: int | None = Field(
        None, ge=0, description="Steps of linear warm-up, at most a tenth of all. Preset: 20 tiny, 1000 base."
    )
    weight_decay: float = Field(0.05, ge=0, description="AdamW's decay of matrices, not of biases and norms.")
    image_size: int | None = Field(
        None, ge=16, multiple_of=8,
        description="Side in pixels to which the pointed-at image is squeezed. Preset: 96 tiny, 480 base.",
    )  # fmt: skip
    max_tokens: int = Field(128, ge=8, description="Longer texts are cut on the right, and counted.")
    vocabulary: int = Field(4000, ge=300, description="Most pieces of the tiny tokenizer.")
    with_rationale: float = Field(
        0.5, ge=0, le=1, description="How often a training text holds the rationale too."
    )
    mentioned_only: float = Field(
        0.5, ge=0, le=1,
        description="How often training shows just the regions that the text mentions, else all.",
    )  # fmt: skip
    max_regions: int = Field(
        16, ge=1, description="Most regions shown when all are; those mentioned are always among them."
    )
    show: Literal["mentioned", "all"] = Field(
        "mentioned", description="Which regions are shown at scoring, in the order of their ids."
    )
    variants: int | None = Field(
        None, ge=0,
        description="Different drawings of one statement, made once and kept; 0 draws afresh every time. "
        "Preset: 4 tiny, 0 base.",
    )  # fmt: skip
    freeze_eye: bool | None = Field(
        None, description="Leave the vision encoder as it is. Preset: no for tiny, yes for base."
    )
    contrast: float = Field(1.0, ge=0, description="Weight of the contrastive loss (ITC).")
    matching: float = Field(1.0, ge=0, description="Weight of the matching loss (ITM).")
    language: float = Field(
        0.0, ge=0, description="Weight of the language-modelling loss (LM); off in this first form."
    )
    smoothing: float = Field(0.1, ge=0, lt=1, description="Label smoothing of the contrastive and LM losses.")
    validation: float = Field(
        0.1, ge=0, lt=1, description="Share of the images held out to measure on; never trained on."
    )
    log_every: int = runtime(10, "Steps between two lines of metrics.jsonl.", ge=1)
    score_batch: int = runtime(32, "Texts scored at once.", ge=1)

    @property
    def preset(self) -> Preset:
        """The preset of the size with the given options laid over it."""
        preset = PRESETS[self.size]
        names = Preset.__dataclass_fields__
        given = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        return Preset(**{name: given.get(name, getattr(preset, name)) for name in names})
