"""What all families share: asks put into rows, rows into batches, tokens into texts."""

from __future__ import annotations

import hashlib
import itertools
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from lskd_toolkit import Ask, Pointed, Said

from ..loading import Loaded, load
from .choosing import Choosing, Way, read

if TYPE_CHECKING:
    from lskd_toolkit import Context

    from ..options_vlm import VlmOptions


@dataclass(frozen=True, slots=True)
class Turn:
    """One row that a model is asked: pictures, uint8 RGB ``(H, W, 3)``, the prompt in the model's own words,
    and how its answer is chosen. ``ask`` is what it came from."""

    images: tuple[np.ndarray, ...]
    prompt: str
    way: Way
    ask: Ask


class Family:
    """A family of models. One derives from it and says how it is loaded and asked.

    ``net`` and ``processor`` name classes of transformers; ``default`` is the class of its options.
    ``loaded`` is shared by all parts that name the same model and number type.
    """

    name: str
    net: str
    processor = "AutoProcessor"
    default: type[VlmOptions]

    def __init__(self, options: VlmOptions | None, ctx: Context):
        self.options = options or self.default()
        o = self.options
        self.loaded: Loaded = ctx.model(
            f"transformers/{self.name}/{o.model}/{o.dtype}",
            lambda: load(o.model, ctx.device, o.dtype, "vlm.model", self._made),
        )

    def _made(self, library: Any, given: dict[str, Any]) -> tuple[Any, Any]:
        model = self.options.model
        net = getattr(library, self.net).from_pretrained(model, use_safetensors=True, **given)
        return net, self.prepared(self.processor_of(library, given), net)

    # --- what a family says -----------------------------------------------------------------------------

    def processor_of(self, library: Any, given: dict[str, Any]) -> Any:
        """What makes the model's inputs."""
        return getattr(library, self.processor).from_pretrained(self.options.model, **given)

    def prepared(self, processor: Any, net: Any) -> Any:
        """The processor, set to what batches of this model want: pads before the prompt."""
        processor.tokenizer.padding_side = "left"
        return processor

    def prompt(self, pointed: Pointed, ask: Ask) -> str | None:
        """How it is asked that; None where it cannot be asked such a thing."""
        raise NotImplementedError

    def inputs(self, turns: Sequence[Turn]) -> Any:
        """What the model is given for these rows: a mapping of tensors."""
        raise NotImplementedError

    def text(self, tokens: Sequence[int], turn: Turn) -> str:
        """The answer in words."""
        decoded: str = self.loaded.processor.tokenizer.decode(tokens, skip_special_tokens=True)
        return decoded

    def images(self, pointed: Pointed, ask: Ask) -> tuple[np.ndarray, ...]:
        """Those of the pictures that it looks at: the last, which is the region's own where it has one."""
        return pointed.images[-1:]

    def alike(self, turn: Turn) -> int:
        """Rows with the same number may go into a batch together."""
        return len(turn.images)

    # --- what they share --------------------------------------------------------------------------------

    def say(self, shown: Sequence[Pointed], asks: Sequence[Ask]) -> list[list[Said]]:
        """As many texts each as are asked for; an empty one where the model cannot be asked that."""
        made: list[list[Said]] = [[Said("", 0.0)] * ask.samples for ask in asks]
        rows: list[Row] = []
        for at, (pointed, ask) in enumerate(zip(shown, asks, strict=True)):
            prompt = self.prompt(pointed, ask)
            if prompt is None:
                continue
            images = self.images(pointed, ask)
            # The likeliest text is the same each time: one row gives all of it.
            for sample in range(ask.samples if ask.temperature > 0 else 1):
                way = Way(ask.temperature, _seed(images, prompt, ask, sample))
                rows.append((at, sample, Turn(images, prompt, way, ask)))
        for batch in _batches(rows, self.options.batch, self.alike):
            for (at, sample, turn), said in zip(batch, self._said([t for _, _, t in batch]), strict=True):
                if turn.ask.temperature > 0:
                    made[at][sample] = said
                else:
                    made[at] = [said] * turn.ask.samples
        return made

    @torch.inference_mode()
    def _said(self, turns: Sequence[Turn]) -> list[Said]:
        net = self.loaded.net
        inputs = {
            name: value.to(self.loaded.device, self.loaded.dtype)
            if value.is_floating_point()
            else value.to(self.loaded.device)
            for name, value in self.inputs(turns).items()
        }
        choosing = Choosing([turn.way for turn in turns])
        most = [turn.ask.max_tokens for turn in turns]
        longest = min(max(most), room(net, inputs["input_ids"].shape[1]))
        net.generate(
            **inputs, do_sample=False, num_beams=1, max_new_tokens=longest, logits_processor=[choosing]
        )
        told = read(choosing.chosen, ends(net), most)
        return [
            Said(" ".join(self.text(tokens, turn).split()), round(min(sure, 1.0), 4))
            for (tokens, sure), turn in zip(told, turns, strict=True)
        ]


def room(net: Any, asked: int) -> int:
    """Tokens that the model can still say after a prompt of ``asked`` tokens: it has so many places."""
    text = net.config.get_text_config()
    places = getattr(text, "max_position_embeddings", None)
    if places is None:
        return sys.maxsize  # it counts distances, and has no last place
    apart = getattr(text, "is_encoder_decoder", False) or getattr(net.config, "is_encoder_decoder", False)
    return max(1, int(places) - 1 - (0 if apart else asked))


def ends(net: Any) -> tuple[int, ...]:
    """The tokens that end a text of this model."""
    for holder in (net, getattr(net, "language_model", None)):
        end = getattr(getattr(holder, "generation_config", None), "eos_token_id", None)
        if end is not None:
            return tuple(end) if isinstance(end, list | tuple) else (int(end),)
    return ()


Row = tuple[int, int, Turn]
"""Which ask, which sample of it, and what the model is asked."""


def _batches(rows: list[Row], most: int, alike: Callable[[Turn], int]) -> Iterator[list[Row]]:
    """Rows alike in length together, so that little is padded."""
    order = sorted(
        ((alike(row[2]), row) for row in rows),
        key=lambda pair: (pair[0], pair[1][2].ask.max_tokens, len(pair[1][2].prompt), pair[1][:2]),
    )
    for _, group in itertools.groupby(order, key=lambda pair: pair[0]):
        alikes = [row for _, row in group]
        for start in range(0, len(alikes), most):
            yield alikes[start : start + most]


def _seed(images: Sequence[np.ndarray], prompt: str, ask: Ask, sample: int) -> int:
    """A row's seed: of what is asked about what, never of its place."""
    if ask.temperature <= 0:
        return 0
    told = hashlib.sha256(f"{ask.seed}/{sample}/{prompt}".encode())
    for image in images:
        told.update(str(image.shape).encode())
        told.update(np.ascontiguousarray(image))
    return int.from_bytes(told.digest()[:7], "big")
