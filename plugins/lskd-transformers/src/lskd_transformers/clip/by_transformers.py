"""Image-text models of transformers: CLIP, SigLIP, SigLIP 2, AltCLIP, Chinese CLIP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from ..loading import Loaded

if TYPE_CHECKING:
    from PIL import Image


def made(name: str, library: Any, given: dict[str, Any]) -> tuple[Any, Any]:
    """The model and its processor, from a folder or the hub's local cache. Only safetensors are read.

    Raises:
        ValueError: it is no image-text model.
    """
    net = library.AutoModel.from_pretrained(name, use_safetensors=True, **given)
    for needed in ("get_image_features", "get_text_features", "logit_scale"):
        if not hasattr(net, needed):
            raise ValueError(f"{type(net).__name__} has no {needed}")
    return net, library.AutoProcessor.from_pretrained(name, **given)


def tokens(loaded: Loaded, texts: Sequence[str]) -> Any:
    """What the text tower is given."""
    tokenizer, longest = loaded.processor.tokenizer, longest_text(loaded)
    # A model of sigmoids was taught with every text padded to its longest.
    padding = "max_length" if getattr(loaded.net, "logit_bias", None) is not None else True
    return tokenizer(list(texts), padding=padding, truncation=True, max_length=longest, return_tensors="pt")


def longest_text(loaded: Loaded) -> int:
    """Most tokens of a text that the tower reads, those that begin and end it among them."""
    most = int(loaded.net.config.text_config.max_position_embeddings)
    return min(most, int(loaded.processor.tokenizer.model_max_length))


def lengths(loaded: Loaded, texts: Sequence[str]) -> list[int]:
    """Tokens of each text, those that begin and end it among them, none cut."""
    return [len(ids) for ids in loaded.processor.tokenizer(list(texts))["input_ids"]]


def texts(loaded: Loaded, texts: Sequence[str]) -> torch.Tensor:
    """Features of texts, ``(N, D)``."""
    return _features(loaded.net.get_text_features(**tokens(loaded, texts).to(loaded.device)))


def pictures(loaded: Loaded, images: Sequence[Image.Image]) -> torch.Tensor:
    """Features of RGB pictures, ``(N, D)``."""
    inputs = loaded.processor.image_processor(images=list(images), return_tensors="pt")
    return _features(loaded.net.get_image_features(**inputs.to(loaded.device, loaded.dtype)))


def _features(made: Any) -> torch.Tensor:
    features: torch.Tensor = made if isinstance(made, torch.Tensor) else made.pooler_output
    return features
