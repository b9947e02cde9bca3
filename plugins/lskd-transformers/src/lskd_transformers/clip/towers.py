"""An image-text model: pictures and texts to vectors of one space.

CLIP (Radford et al. 2021) sets a picture against all labels at once by a softmax; SigLIP (Zhai et al. 2023)
against each alone by a sigmoid.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch

from lskd_toolkit import PluginError

from ..loading import Loaded, load
from . import by_open_clip, by_transformers

if TYPE_CHECKING:
    from PIL import Image

    from lskd_toolkit import Context

    from ..options_clip import ClipOptions

KEPT = 20_000
"""Vectors of views that are kept; 60 MB at 768 numbers each."""
TEXTS_AT_ONCE = 256
SPELLED = "a photo of 2 Zebras, 0.5 m."
"""Tells tokenizers apart."""


class Library(Protocol):
    """How a library's models are made and asked."""

    def made(self, name: str, library: Any, given: dict[str, Any]) -> tuple[Any, Any]: ...

    def tokens(self, loaded: Loaded, texts: Sequence[str]) -> Any: ...

    def longest_text(self, loaded: Loaded) -> int: ...

    def lengths(self, loaded: Loaded, texts: Sequence[str]) -> list[int]: ...

    def texts(self, loaded: Loaded, texts: Sequence[str]) -> torch.Tensor: ...

    def pictures(self, loaded: Loaded, images: Sequence[Image.Image]) -> torch.Tensor: ...


class Towers:
    """The two towers of a model, and the vectors of what was looked at last, so that verbalizers that look at
    the same view share the work.

    ``numbers`` are the scale of its products and their bias (None for a softmax), if they are known better
    than the model in its number type holds them.
    """

    def __init__(
        self,
        loaded: Loaded,
        library: Library = by_transformers,
        numbers: tuple[float, float | None] | None = None,
    ):
        self.loaded, self.library = loaded, library
        self._seen: OrderedDict[Hashable, np.ndarray] = OrderedDict()
        self.scale, self.bias = numbers or numbers_of(loaded.net)
        self.fingerprint = _fingerprint(loaded, library)

    @torch.inference_mode()
    def texts(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors of texts: float32 ``(N, D)`` of unit length."""
        parts = [texts[start : start + TEXTS_AT_ONCE] for start in range(0, len(texts), TEXTS_AT_ONCE)]
        made = [_unit(self.library.texts(self.loaded, part)) for part in parts]
        return np.concatenate(made) if made else np.zeros((0, 1), np.float32)

    @property
    def longest(self) -> int:
        """Most tokens of a text that are read."""
        return self.library.longest_text(self.loaded)

    def cut(self, texts: Sequence[str]) -> list[bool]:
        """Whether of each text the end is not read."""
        if not texts:
            return []
        return [length > self.longest for length in self.library.lengths(self.loaded, texts)]

    @torch.inference_mode()
    def pictures(self, views: Sequence[tuple[Hashable, Callable[[], Image.Image]]], batch: int) -> np.ndarray:
        """Vectors of views: float32 ``(N, D)`` of unit length. A view is its key, the same for the same
        pixels, and what makes it; it is made only where its vector is not known."""
        new = {key: make for key, make in views if key not in self._seen}
        found = {key: self._seen[key] for key, _ in views if key in self._seen}
        keys = list(new)
        for start in range(0, len(keys), batch):
            some = keys[start : start + batch]
            vectors = _unit(self.library.pictures(self.loaded, [new[key]() for key in some]))
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
        PluginError: it needs a library that is not installed.
    """
    name = options.model.removeprefix(by_open_clip.PREFIX)
    library: Library = by_transformers if name == options.model else by_open_clip

    def towers() -> Towers:
        exact: list[tuple[float, float | None]] = []

        def made(transformers: Any, given: dict[str, Any]) -> tuple[Any, Any]:
            net, processor = library.made(name, transformers, given)
            exact.append(numbers_of(net))  # in half precision a scale of 100 is 98.9
            return net, processor

        loaded = load(options.model, ctx.device, options.dtype, f"{alias}.model", made)
        return Towers(loaded, library, exact[0])

    made: Towers = ctx.model(f"transformers/clip/{options.model}/{options.dtype}", towers)
    return made


def numbers_of(net: Any) -> tuple[float, float | None]:
    """A model's scale of products, and its bias where it has one."""
    bias = getattr(net, "logit_bias", None)
    return (
        net.logit_scale.detach().float().exp().item(),
        None if bias is None else bias.detach().float().item(),
    )


def _unit(features: torch.Tensor) -> np.ndarray:
    """Features as unit vectors in float32 on the CPU.

    Raises:
        PluginError: some are no numbers; kept on disk they would spoil every later run.
    """
    array: np.ndarray = torch.nn.functional.normalize(features.float(), dim=-1).cpu().numpy()
    if not np.isfinite(array).all():
        raise PluginError("the model's vectors are not all numbers; set NAME.dtype=float32")
    return array


def _fingerprint(loaded: Loaded, library: Library) -> str:
    """Tells one model from another: of every tensor its name, its shape and two sums, and how it spells."""
    told = hashlib.sha256()
    for name, tensor in sorted(loaded.net.state_dict().items()):
        values = tensor.detach().double()
        told.update(f"{name} {tuple(tensor.shape)} {values.sum():.9g} {values.square().sum():.9g}".encode())
    spelled = library.tokens(loaded, [SPELLED])
    ids = spelled if isinstance(spelled, torch.Tensor) else spelled["input_ids"]
    told.update(f"{loaded.dtype} {ids.flatten().tolist()}".encode())
    return told.hexdigest()
