"""A SAM at work, whichever library made it: images are encoded once, prompts are decoded in batches."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch

from .upscaling import Taps

if TYPE_CHECKING:
    from lskd_toolkit import Picture

CropBox = tuple[int, int, int, int]
"""A part of an image, xyxy in whole pixels, the last edges exclusive."""


@dataclass(frozen=True, slots=True)
class Frame:
    """How an image of ``size`` (height, width) lies in the model's square input: prompts in its pixels are
    multiplied by ``scale`` (x, y); ``rows`` and ``columns`` enlarge decoded masks to it."""

    size: tuple[int, int]
    scale: tuple[float, float]
    rows: Taps
    columns: Taps


class Net(Protocol):
    """What an adapter to a library does."""

    def frame(self, height: int, width: int) -> Frame:
        """How an image of that size is laid into the input."""

    def encode(self, pixels: np.ndarray) -> tuple[torch.Tensor, ...]:
        """What `decode` needs of an image, uint8 RGB ``(H, W, 3)``."""

    def decode(
        self,
        features: Sequence[torch.Tensor],
        points: np.ndarray | None,
        boxes: np.ndarray | None,
        multimask: bool,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Masks for prompts in pixels of the input: ``points`` float64 ``(n, k, 2)``, all of them on the
        thing, or ``boxes`` float64 ``(n, 4)`` xyxy. Low-resolution logits ``(n, m, h, w)`` and the quality
        that the model foresees ``(n, m)``, float32; m is 3 with ``multimask``, else 1."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An image, or a crop of one, encoded. ``place`` is where the crop lies in the image of ``whole``
    (height, width)."""

    frame: Frame
    features: tuple[torch.Tensor, ...]
    place: CropBox
    whole: tuple[int, int]


class Sam:
    """A network and what it has seen lately. The proposer and the refiner of a run share one, so that an
    image is encoded once; ``cache_bytes`` bounds what is kept, the oldest goes first."""

    def __init__(self, net: Net, cache_bytes: int):
        self.net = net
        self._most, self._held = cache_bytes, 0
        self._features: OrderedDict[tuple[str, CropBox], tuple[torch.Tensor, ...]] = OrderedDict()

    def look(self, picture: Picture, crop: CropBox | None = None) -> Seen:
        """The picture, or a crop of it, encoded now or lately."""
        height, width = picture.image.height, picture.image.width
        place = crop or (0, 0, width, height)
        left, top, right, bottom = place
        key = (picture.image.sha256, place)
        features = self._features.get(key)
        if features is None:
            features = self.net.encode(np.ascontiguousarray(picture.pixels[top:bottom, left:right]))
            self._keep(key, features)
        else:
            self._features.move_to_end(key)
        return Seen(self.net.frame(bottom - top, right - left), features, place, (height, width))

    def _keep(self, key: tuple[str, CropBox], features: tuple[torch.Tensor, ...]) -> None:
        size = _bytes(features)
        if not key[0] or size > self._most:
            return
        self._features[key] = features
        self._held += size
        while self._held > self._most:
            self._held -= _bytes(self._features.popitem(last=False)[1])


def _bytes(tensors: Sequence[torch.Tensor]) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def in_half(device: torch.device, half: bool) -> AbstractContextManager[Any]:
    """Half precision where it is wanted: 16 bits of float on a GPU, bfloat16 on a CPU."""
    return torch.autocast(
        device.type, torch.bfloat16 if device.type == "cpu" else torch.float16, enabled=half
    )
