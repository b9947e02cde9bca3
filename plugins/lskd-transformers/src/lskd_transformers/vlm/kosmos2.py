"""Kosmos-2: a text that goes on, a region as the patches of its corners."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from lskd_toolkit import Ask, Pointed

from ..options_vlm import Kosmos2Options
from .asking import Family, Turn
from .florence2 import told_as_place

IT = "<grounding><phrase> It</phrase> is"
"""Begins what is said of a region (Peng et al. 2023); the processor writes the region's patches after it."""


class Kosmos2(Family):
    """Goes on from a beginning; what it says of a region it is told by its box."""

    name = "kosmos2"
    net, default = "Kosmos2ForConditionalGeneration", Kosmos2Options

    def images(self, pointed: Pointed, ask: Ask) -> tuple[np.ndarray, ...]:
        """The whole picture where the region is told as a place, else the region's own."""
        return pointed.images[:1] if told_as_place(ask) else pointed.images[-1:]

    def prompt(self, pointed: Pointed, ask: Ask) -> str:
        if ask.task == "question":
            return f"Question: {ask.text} Answer:"
        if told_as_place(ask):
            return IT
        beginning = {"narrative": "Describe this image in detail:"}.get(ask.task, "An image of")
        return ask.text or beginning

    def alike(self, turn: Turn) -> int:
        """Prompts of one length: the library's model says something else where a row is padded."""
        return len(self.loaded.processor.tokenizer(turn.prompt)["input_ids"])

    def inputs(self, turns: Sequence[Turn]) -> Any:
        return self.loaded.processor(
            images=[Image.fromarray(turn.images[0]) for turn in turns],
            text=[turn.prompt for turn in turns],
            bboxes=[_place(turn) for turn in turns],
            padding=True,
            return_tensors="pt",
        )

    def text(self, tokens: Sequence[int], turn: Turn) -> str:
        processor = self.loaded.processor
        words, _ = processor.post_process_generation(
            processor.tokenizer.decode(tokens, skip_special_tokens=True)
        )
        return str(words)


def _place(turn: Turn) -> list[tuple[float, float, float, float]] | None:
    """The box in shares of the picture's sides, as the processor takes it; None where none is told."""
    if turn.ask.box is None or not told_as_place(turn.ask):
        return None
    height, width = turn.images[0].shape[:2]
    x1, y1, x2, y2 = turn.ask.box
    shares = (x1 / width, y1 / height, x2 / width, y2 / height)
    left, top, right, bottom = (min(max(value, 0.0), 1.0) for value in shares)
    return [(left, top, right, bottom)]
