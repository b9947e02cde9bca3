"""Florence-2: asked by task, a region by tokens for places."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from lskd_toolkit import Ask, Pointed

from ..options_vlm import Florence2Options
from .asking import Family, Turn

BINS = 1000
"""Places along each side, as the model was trained with (Xiao et al. 2023)."""
TASKS = {"caption": "<CAPTION>", "narrative": "<MORE_DETAILED_CAPTION>", "region": "<CAPTION>"}


class Florence2(Family):
    """Captions the whole picture or the box that it is told. It never learned to answer questions."""

    name = "florence2"
    net, default = "Florence2ForConditionalGeneration", Florence2Options

    def prepared(self, processor: Any, net: Any) -> Any:
        """As it is: its language model has an encoder, which wants pads after the prompt."""
        return processor

    def images(self, pointed: Pointed, ask: Ask) -> tuple[np.ndarray, ...]:
        """The whole picture where the region is told as a place, else the region's own."""
        return pointed.images[:1] if told_as_place(ask) else pointed.images[-1:]

    def prompt(self, pointed: Pointed, ask: Ask) -> str | None:
        if ask.task == "question":
            return None
        if told_as_place(ask):
            return f"<REGION_TO_DESCRIPTION>{places(ask, pointed.images[0])}"
        return TASKS[ask.task]

    def inputs(self, turns: Sequence[Turn]) -> Any:
        return self.loaded.processor(
            images=[Image.fromarray(turn.images[0]) for turn in turns],
            text=[turn.prompt for turn in turns],
            padding=True,
            return_tensors="pt",
        )

    def text(self, tokens: Sequence[int], turn: Turn) -> str:
        """The words, without the places that it may name."""
        return re.sub(r"<loc_\d+>", "", super().text(tokens, turn))


def told_as_place(ask: Ask) -> bool:
    """Whether the region is told by its box."""
    return ask.task == "region" and ask.box is not None


def places(ask: Ask, image: np.ndarray) -> str:
    """``<loc_52><loc_332><loc_932><loc_774>``: left, top, right, bottom in thousandths of the sides."""
    assert ask.box is not None
    height, width = image.shape[:2]
    x1, y1, x2, y2 = ask.box
    values = (x1 / width, y1 / height, x2 / width, y2 / height)
    return "".join(f"<loc_{min(max(int(value * BINS), 0), BINS - 1)}>" for value in values)
