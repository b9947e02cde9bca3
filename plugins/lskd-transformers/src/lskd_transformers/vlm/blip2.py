"""BLIP-2 and InstructBLIP: one picture, and a beginning or an instruction that the answer goes on from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PIL import Image

from lskd_toolkit import Ask, Pointed

from ..options_vlm import Blip2Options, InstructBlipOptions
from .asking import Family, Turn


class Blip2(Family):
    """Asks as the authors did (Li et al. 2023): a caption goes on from an opening, an answer from
    ``Question: … Answer:``."""

    name = "blip2"
    net, processor, default = "Blip2ForConditionalGeneration", "Blip2Processor", Blip2Options
    options: Blip2Options

    def prepared(self, processor: Any, net: Any) -> Any:
        """Pads where its language model wants them, and the picture's tokens counted."""
        right = net.language_model.config.is_encoder_decoder
        processor.tokenizer.padding_side = "right" if right else "left"
        if processor.num_query_tokens is None:
            processor.num_query_tokens = net.config.num_query_tokens
        return processor

    def prompt(self, pointed: Pointed, ask: Ask) -> str | None:
        if ask.task == "question":
            return f"Question: {ask.text} Answer:"
        return ask.text or self.options.opening

    def inputs(self, turns: Sequence[Turn]) -> Any:
        return self.loaded.processor(
            images=[Image.fromarray(turn.images[0]) for turn in turns],
            text=[turn.prompt for turn in turns],
            padding=True,
            return_tensors="pt",
        )


class InstructBlip(Blip2):
    """Asks by instructions, as it was tuned on (Dai et al. 2023)."""

    name = "instructblip"
    net, processor = "InstructBlipForConditionalGeneration", "InstructBlipProcessor"
    default = InstructBlipOptions
    options: InstructBlipOptions

    def prompt(self, pointed: Pointed, ask: Ask) -> str | None:
        if ask.task == "question":
            return f"Question: {ask.text} Short answer:"
        if ask.text:
            return ask.text
        return {
            "caption": "Write a short description for the image.",
            "narrative": "Write a detailed description for the photo.",
            "region": "Write a short description of what is marked in the image.",
        }[ask.task]
