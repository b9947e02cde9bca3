"""BLIP-2 and InstructBLIP: one picture, and a beginning or an instruction that the answer goes on from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PIL import Image

from lskd_toolkit import Ask, Pointed

from ..loading import Loaded, load
from ..options_vlm import Blip2Options, InstructBlipOptions
from .asking import Family, Turn


class Blip2(Family):
    """Asks as the authors did (Li et al. 2023): a caption goes on from an opening, an answer from
    ``Question: … Answer:``."""

    name = "blip2"
    options: Blip2Options

    def default(self) -> Blip2Options:
        return Blip2Options()

    def load(self, device: str) -> Loaded:
        o = self.options

        def made(library: Any, given: dict[str, Any]) -> tuple[Any, Any]:
            net = library.Blip2ForConditionalGeneration.from_pretrained(
                o.model, use_safetensors=True, **given
            )
            processor = library.Blip2Processor.from_pretrained(o.model, **given)
            return net, padded(processor, net)

        return load(o.model, device, o.dtype, "vlm.model", made)

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
    options: InstructBlipOptions  # type: ignore[assignment]

    def default(self) -> InstructBlipOptions:  # type: ignore[override]
        return InstructBlipOptions()

    def load(self, device: str) -> Loaded:
        o = self.options

        def made(library: Any, given: dict[str, Any]) -> tuple[Any, Any]:
            net = library.InstructBlipForConditionalGeneration.from_pretrained(
                o.model, use_safetensors=True, **given
            )
            processor = library.InstructBlipProcessor.from_pretrained(o.model, **given)
            return net, padded(processor, net)

        return load(o.model, device, o.dtype, "vlm.model", made)

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


def padded(processor: Any, net: Any) -> Any:
    """The processor, its pads where the model wants them, and the picture's tokens counted."""
    language = net.language_model.config
    processor.tokenizer.padding_side = "right" if language.is_encoder_decoder else "left"
    if processor.num_query_tokens is None:
        processor.num_query_tokens = net.config.num_query_tokens
    return processor
