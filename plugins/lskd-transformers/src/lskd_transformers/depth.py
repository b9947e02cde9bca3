"""The depth ``monocular``: how far away what each pixel shows is, by any depth estimator of transformers.

Models differ in what their numbers are: some give distance, some its inverse, which is larger the nearer a
thing is. Which of them a model gives is known by its architecture; what comes out is always larger the
farther.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import PIL.Image
import torch

from lskd_toolkit import Picture, UsageError

from .loading import Loaded, load
from .options_depth import MonocularOptions

if TYPE_CHECKING:
    from lskd_toolkit import Context

MEANS: dict[str, Literal["farther", "nearer"]] = {"zoedepth": "farther", "glpn": "farther"}
"""What larger numbers mean, by the type of the model; where that hangs on more, `meaning` says it."""

LEAST, SLENDER = 64, 4
"""Pixels that a side is shown with at least, and how many times as long as the other it is at most."""


class Monocular:
    """Measures pictures in batches of one size each."""

    def __init__(self, options: MonocularOptions | None, ctx: Context):
        self.options = options or MonocularOptions()
        o = self.options
        key = f"depth:{o.model}:{o.dtype}"
        self.model: Loaded = ctx.model(
            key, lambda: load(o.model, ctx.device, o.dtype, "depth.model", _made(o.model))
        )
        means = meaning(self.model.net.config) if o.larger == "auto" else o.larger
        if not means:
            raise UsageError(
                f"whether {o.model!r} gives distance or its inverse is not known; "
                "say what its larger numbers mean: --set depth.larger=farther (or nearer)"
            )
        self._sign = 1.0 if means == "farther" else -1.0

    def measure(self, pictures: Sequence[Picture]) -> list[np.ndarray]:
        """float32 ``(h, w)`` at the model's resolution for each picture; larger is farther."""
        shown = [_within(picture, self.options.side) for picture in pictures]
        ready = [self._prepared(image) for image in shown]
        found: list[np.ndarray | None] = [None] * len(shown)
        for group in _of_one_shape(ready, self.options.batch):
            pixels = torch.stack([ready[at] for at in group]).to(self.model.device, self.model.dtype)
            with torch.inference_mode():
                depths = self.model.net(pixel_values=pixels).predicted_depth
            for at, depth in zip(group, depths.float().cpu().numpy(), strict=True):
                whole = self._unpadded(depth, shown[at].height, shown[at].width)
                found[at] = np.ascontiguousarray(self._sign * whole, dtype=np.float32)
        return [depth for depth in found if depth is not None]

    def _prepared(self, image: PIL.Image.Image) -> torch.Tensor:
        """The model's input of one picture, float ``(3, h, w)``, as the library's processor makes it."""
        made: Any = self.model.processor(images=image, return_tensors="pt")
        pixels: torch.Tensor = made["pixel_values"][0]
        return pixels

    def _unpadded(self, depth: np.ndarray, height: int, width: int) -> np.ndarray:
        """The map without what ZoeDepth's processor puts around a picture before it makes it smaller."""
        if self.model.net.config.model_type != "zoedepth" or not self.model.processor.do_pad:
            return depth
        cut = [
            round(n * pad / (side + 2 * pad))
            for n, side in zip(depth.shape, (height, width), strict=True)
            for pad in [int(np.sqrt(side / 2) * 3)]
        ]
        top, left = (min(each, (n - 1) // 2) for each, n in zip(cut, depth.shape, strict=True))
        return depth[top : depth.shape[0] - top, left : depth.shape[1] - left]


def meaning(config: Any) -> Literal["farther", "nearer", ""]:
    """What a model's larger numbers mean, by its configuration; empty where that is not known."""
    kind = config.model_type
    if kind == "depth_anything":
        return "farther" if config.depth_estimation_type == "metric" else "nearer"
    if kind == "dpt":
        # MiDaS and DPT learned inverse depth of many data sets; DPT on DINOv2 learned metres of one.
        backbone = getattr(config, "backbone_config", None)
        return "farther" if getattr(backbone, "model_type", "") == "dinov2" else "nearer"
    return MEANS.get(kind, "")


def _made(name: str) -> Callable[[Any, dict[str, Any]], tuple[Any, Any]]:
    """What makes net and processor of a model; its processor always the one that works on Pillow's pictures,
    so that what is installed beside it changes no number."""

    def made(library: Any, given: dict[str, Any]) -> tuple[Any, Any]:
        net = library.AutoModelForDepthEstimation.from_pretrained(name, use_safetensors=True, **given)
        return net, library.AutoImageProcessor.from_pretrained(name, backend="pil", **given)

    return made


def _within(picture: Picture, side: int) -> PIL.Image.Image:
    """The picture, made smaller where its longer side is more than ``side``; stretched where the library's
    processors would round a side to nothing."""
    image = picture.pil
    shrunk = [max(1, round(n * min(1.0, side / max(image.size)))) for n in image.size]
    least = max(LEAST, -(-max(shrunk) // SLENDER))
    size = (max(shrunk[0], least), max(shrunk[1], least))
    if size == image.size:
        return image
    return image.resize(size, PIL.Image.Resampling.BILINEAR, reducing_gap=2.0)


def _of_one_shape(ready: Sequence[torch.Tensor], most: int) -> list[list[int]]:
    """Numbers of inputs of one shape, at most so many at once, in their order."""
    by_shape: dict[tuple[int, ...], list[int]] = {}
    for at, pixels in enumerate(ready):
        by_shape.setdefault(tuple(pixels.shape), []).append(at)
    return [group[k : k + most] for group in by_shape.values() for k in range(0, len(group), most)]
