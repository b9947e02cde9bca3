"""Any image-text-to-text model of transformers that has a chat template: Qwen-VL, SmolVLM, LLaVA, Gemma 3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from lskd_toolkit import Ask, Pointed, UsageError

from ..options_vlm import ChatVlmOptions
from .asking import Family, Turn
from .processors import processor_of

TASKS = {
    "caption": "Describe this picture in one sentence. Say only what can be seen.",
    "narrative": "Describe this picture in three to five sentences: the place, who and what is there, what "
    "happens. Say only what can be seen.",
    "region": "Describe {what} in one sentence: what it is and how it looks. Speak of it alone.",
    "question": "{text}\nAnswer in a few words.",
}


class ChatVlm(Family):
    """Asks in one turn of the user, the pictures first."""

    name = "chat"
    net, default = "AutoModelForImageTextToText", ChatVlmOptions

    def processor_of(self, library: Any, given: dict[str, Any]) -> Any:
        """The model's own, where its part for videos cannot be had, too.

        Raises:
            UsageError: it has no chat template.
        """
        processor = processor_of(self.options.model, given)
        if not getattr(processor, "chat_template", None):
            raise UsageError(
                f"{self.options.model!r} has no chat template; blip2, instructblip, florence2 and kosmos2 "
                "are asked without one: --vlm NAME"
            )
        return processor

    def images(self, pointed: Pointed, ask: Ask) -> tuple[np.ndarray, ...]:
        """All of them: the model looks at several at once."""
        return pointed.images

    def prompt(self, pointed: Pointed, ask: Ask) -> str:
        words = ask.text if ask.text and ask.task != "question" else instruction(pointed, ask)
        text = f"{pointed.text}\n{words}" if pointed.text else words
        content = [{"type": "image"} for _ in pointed.images] + [{"type": "text", "text": text}]
        told: str = self.loaded.processor.apply_chat_template(
            [{"role": "user", "content": content}], add_generation_prompt=True, tokenize=False
        )
        return told

    def inputs(self, turns: Sequence[Turn]) -> Any:
        return self.loaded.processor(
            images=[[Image.fromarray(image) for image in turn.images] for turn in turns],
            text=[turn.prompt for turn in turns],
            padding=True,
            return_tensors="pt",
        )


def instruction(pointed: Pointed, ask: Ask) -> str:
    """What the model is to do, in words."""
    names = list(pointed.names.values())
    if len(pointed.images) > 1:
        what = "what the last picture shows, which is a part of the first"
    else:
        what = " and ".join(names) if names else "what is in the middle"
    return TASKS[ask.task].format(what=what, text=ask.text)
