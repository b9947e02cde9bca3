"""An image-text model: pictures and texts to vectors of one space.

CLIP (Radford et al. 2021) sets a picture against all labels at once by a softmax; SigLIP (Zhai et al. 2023)
against each alone by a sigmoid.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ..loading import Loaded, load

if TYPE_CHECKING:
    from PIL import Image

    from lskd_toolkit import Context

    from ..options_clip import ClipOptions

KEPT = 20_000
"""Vectors of views that are kept; 60 MB at 768 numbers each."""
TEXTS_AT_ONCE = 256


class Towers:
    """The two towers of a model, and the vectors of what was looked at last, so that verbalizers that look at
    the same view share the work."""

    def __init__(self, loaded: Loaded):
        self.loaded = loaded
        self._seen: OrderedDict[Hashable, np.ndarray] = OrderedDict()
        net = loaded.net
        self.scale = float(net.logit_scale.detach().float().exp())
        bias = getattr(net, "logit_bias", None)
        self.bias = None if bias is None else float(bias.detach().float())
        self.fingerprint = _fingerprint(net)

    @torch.inference_mode()
    def texts(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors of texts: float32 ``(N, D)`` of unit length."""
        net, device = self.loaded.net, self.loaded.device
        tokenizer = self.loaded.processor.tokenizer
        longest = int(net.config.text_config.max_position_embeddings)
        # A model of sigmoids was taught with every text padded to its longest.
        padding = "max_length" if self.bias is not None else True
        made = []
        for start in range(0, len(texts), TEXTS_AT_ONCE):
            inputs = tokenizer(
                list(texts[start : start + TEXTS_AT_ONCE]), padding=padding, truncation=True,
                max_length=longest, return_tensors="pt",
            ).to(device)  # fmt: skip
            made.append(_unit(net.get_text_features(**inputs)))
        return np.concatenate(made) if made else np.zeros((0, 1), np.float32)

    @torch.inference_mode()
    def pictures(self, views: Sequence[tuple[Hashable, Callable[[], Image.Image]]], batch: int) -> np.ndarray:
        """Vectors of views: float32 ``(N, D)`` of unit length. A view is its key, the same for the same
        pixels, and what makes it; it is made only where its vector is not known."""
        new = {key: make for key, make in views if key not in self._seen}
        found = {key: self._seen[key] for key, _ in views if key in self._seen}
        keys = list(new)
        for start in range(0, len(keys), batch):
            some = keys[start : start + batch]
            pixels = self.loaded.processor.image_processor(
                images=[new[key]() for key in some], return_tensors="pt"
            )["pixel_values"]
            vectors = _unit(
                self.loaded.net.get_image_features(
                    pixel_values=pixels.to(self.loaded.device, self.loaded.dtype)
                )
            )
            found.update(zip(some, vectors, strict=True))
        for key, _ in views:
            self._seen[key] = found[key]
            self._seen.move_to_end(key)
        while len(self._seen) > KEPT:
            self._seen.popitem(last=False)
        return np.stack([found[key] for key, _ in views]) if views else np.zeros((0, 1), np.float32)


def towers_of(options: ClipOptions, ctx: Context, alias: str) -> Towers:
    """The towers that the options name, one for all parts of the context that name the same.

    Raises:
        WeightsMissing: the model is not here.
        UsageError: it is no image-text model.
    """

    def made(library: Any, given: dict[str, Any]) -> tuple[Any, Any]:
        net = library.AutoModel.from_pretrained(options.model, use_safetensors=True, **given)
        for needed in ("get_image_features", "get_text_features", "logit_scale"):
            if not hasattr(net, needed):
                raise ValueError(f"{type(net).__name__} has no {needed}")
        return net, library.AutoProcessor.from_pretrained(options.model, **given)

    towers: Towers = ctx.model(
        f"transformers/clip/{options.model}/{options.dtype}",
        lambda: Towers(load(options.model, ctx.device, options.dtype, f"{alias}.model", made)),
    )
    return towers


def _unit(features: Any) -> np.ndarray:
    """Features as unit vectors in float32 on the CPU."""
    vectors = features if isinstance(features, torch.Tensor) else features.pooler_output
    unit = torch.nn.functional.normalize(vectors.float(), dim=-1)
    array: np.ndarray = unit.cpu().numpy()
    return array


def _fingerprint(net: Any) -> str:
    """Tells one set of weights from another: of every tensor its name, its shape and two sums."""
    told = hashlib.sha256()
    for name, tensor in sorted(net.state_dict().items()):
        values = tensor.detach().double()
        told.update(f"{name} {tuple(tensor.shape)} {values.sum():.9g} {values.square().sum():.9g}".encode())
    return told.hexdigest()
