"""Image-text models of open_clip, where it is installed; it needs torchvision.

A model is named ``ARCHITECTURE@FILE``, the file its weights; or is a folder that holds an
``open_clip_config.json`` beside its weights; or ``hf-hub:ORGANISATION/NAME`` out of the hub's local cache.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from lskd_toolkit import PluginError, WeightsMissing

from ..loading import Loaded

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image

PREFIX = "open_clip:"
MEND = "pip install 'lskd-transformers[open-clip]'"


@dataclass(frozen=True, slots=True)
class Processing:
    """What makes a model's inputs."""

    tokenizer: Callable[[list[str]], torch.Tensor]
    image_processor: Callable[[Image.Image], torch.Tensor]


def made(name: str, library: Any, given: dict[str, Any]) -> tuple[Any, Any]:
    """The model and what makes its inputs. Weights are tensors only; nothing else is unpickled.

    Raises:
        PluginError: open_clip is not installed.
        WeightsMissing: the weights are not here.
    """
    try:
        import open_clip  # type: ignore[import-not-found, unused-ignore]
    except ImportError as error:
        raise PluginError(f"the model {PREFIX}{name} needs open_clip and torchvision; run: {MEND}") from error
    architecture, _, file = name.partition("@")
    if file and not os.path.isfile(file):
        raise WeightsMissing(
            f"there are no weights at {file}; name a file that holds them: model={PREFIX}{architecture}@FILE"
        )
    if not file and ":" not in name:
        if not os.path.isdir(name):
            raise WeightsMissing(
                f"there is no folder {name}; name one, or a file: model={PREFIX}ARCHITECTURE@FILE"
            )
        architecture = f"local-dir:{name}"
    net, transform = open_clip.create_model_from_pretrained(architecture, file or None, weights_only=True)
    return net, Processing(open_clip.get_tokenizer(architecture), transform)


def tokens(loaded: Loaded, texts: Sequence[str]) -> torch.Tensor:
    """What the text tower is given: int64 ``(N, L)``."""
    made: torch.Tensor = loaded.processor.tokenizer(list(texts))
    return made


def longest_text(loaded: Loaded) -> int:
    """Most tokens of a text that the tower reads, those that begin and end it among them."""
    return int(tokens(loaded, [""]).shape[1])


def lengths(loaded: Loaded, texts: Sequence[str]) -> list[int]:
    """Tokens of each text, those that begin and end it among them, none cut."""
    tokenizer: Any = loaded.processor.tokenizer
    if hasattr(tokenizer, "encode"):  # open_clip's own, which adds the two later
        return [len(tokenizer.encode(text)) + 2 for text in texts]
    return [len(ids) for ids in tokenizer.tokenizer(list(texts))["input_ids"]]


def texts(loaded: Loaded, texts: Sequence[str]) -> torch.Tensor:
    """Features of texts, ``(N, D)``."""
    features: torch.Tensor = loaded.net.encode_text(tokens(loaded, texts).to(loaded.device))
    return features


def pictures(loaded: Loaded, images: Sequence[Image.Image]) -> torch.Tensor:
    """Features of RGB pictures, ``(N, D)``."""
    pixels = torch.stack([loaded.processor.image_processor(image) for image in images])
    features: torch.Tensor = loaded.net.encode_image(pixels.to(loaded.device, loaded.dtype))
    return features
