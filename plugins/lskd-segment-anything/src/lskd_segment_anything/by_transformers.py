"""SAM and SAM 2 by Hugging Face transformers, without torchvision.

The library's image processors for SAM 2 need torchvision; what they do is done here by torch itself, number
for number. Those for SAM have a twin on Pillow, which is what is followed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from lskd_toolkit import UsageError, WeightsMissing

from .loading import offline, unusable
from .model import Frame, Net, in_half
from .placing import place, shrunk
from .upscaling import taps

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def load(name: str, device: torch.device, half: bool, option: str) -> Net:
    """The model in a folder or of that name on the hub; only safetensors are read.

    Raises:
        UsageError: the library does not work here, or the model is neither SAM nor SAM 2.
        WeightsMissing: it is not here and may not, or cannot, be fetched.
    """
    try:
        from transformers import AutoConfig, Sam2Model, SamModel
        from transformers.utils import logging
    except Exception as error:
        raise unusable("transformers", error) from error
    here = offline()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # the run shows its own progress
    try:
        kind = AutoConfig.from_pretrained(name, local_files_only=here).model_type
        model: Any = {"sam": SamModel, "sam2": Sam2Model, "sam2_video": Sam2Model}.get(kind)
        if model is None:
            raise UsageError(f"{name} is a {kind!r}, and sam takes sam and sam2; --set {option}=NAME")
        net = model.from_pretrained(name, use_safetensors=True, local_files_only=here)
    except UsageError:
        raise
    except (OSError, ValueError) as error:
        raise WeightsMissing(
            f"the SAM {name!r} is not here and could not be fetched ({' '.join(str(error).split())[:120]}); "
            f"name a folder, or a checkpoint file of Segment Anything: --set {option}=PATH"
        ) from error
    except (ImportError, RuntimeError) as error:
        raise unusable("transformers", error) from error
    return ByTransformers(net, device, half) if kind == "sam" else Second(net, device, half)


class ByTransformers:
    """A `lskd_segment_anything.model.Net` over ``SamModel``."""

    def __init__(self, net: Any, device: torch.device, half: bool):
        self._net, self._device, self._half = net.to(device).eval(), device, half
        self._side = int(net.config.vision_config.image_size)
        self._low = 4 * net.prompt_encoder.image_embedding_size[0]

    @lru_cache(maxsize=64)  # noqa: B019 - it lives as long as the model
    def frame(self, height: int, width: int) -> Frame:
        """See `Net`."""
        inner = place(height, width, self._side)
        return Frame(
            (height, width),
            (inner[1] / width, inner[0] / height),
            taps(self._low, ((self._side, inner[0]), (height, height))),
            taps(self._low, ((self._side, inner[1]), (width, width))),
        )

    @torch.inference_mode()
    def encode(self, pixels: np.ndarray) -> tuple[torch.Tensor, ...]:
        """See `Net`."""
        with in_half(self._device, self._half):
            found = self._net.get_image_embeddings(self._prepared(pixels).to(self._device))
        return tuple(found) if isinstance(found, list | tuple) else (found,)

    def _prepared(self, pixels: np.ndarray) -> torch.Tensor:
        small = shrunk(pixels, place(pixels.shape[0], pixels.shape[1], self._side))
        shares = (small.astype(np.float64) * (1 / 255)).astype(np.float32)
        normal = (shares - np.array(MEAN, np.float32)) / np.array(STD, np.float32)
        square = torch.zeros((1, 3, self._side, self._side))
        square[0, :, : small.shape[0], : small.shape[1]] = torch.from_numpy(normal).permute(2, 0, 1)
        return square

    @torch.inference_mode()
    def decode(
        self,
        features: Sequence[torch.Tensor],
        points: np.ndarray | None,
        boxes: np.ndarray | None,
        multimask: bool,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """See `Net`."""
        given: dict[str, torch.Tensor] = {}
        if points is not None:
            given["input_points"] = torch.from_numpy(points)[None].to(self._device, torch.float32)
        if boxes is not None:
            given["input_boxes"] = torch.from_numpy(boxes)[None].to(self._device, torch.float32)
        out = self._net(image_embeddings=self._handed(features), multimask_output=multimask, **given)
        return out.pred_masks[0], out.iou_scores[0]

    def _handed(self, features: Sequence[torch.Tensor]) -> Any:
        return features[0].float()


class Second(ByTransformers):
    """The same over ``Sam2Model``: images are squeezed to the square, and the features have three levels."""

    def __init__(self, net: Any, device: torch.device, half: bool):
        self._net, self._device, self._half = net.to(device).eval(), device, half
        self._side = int(net.prompt_encoder.input_image_size)
        self._low = 4 * net.prompt_encoder.image_embedding_size[0]

    @lru_cache(maxsize=64)  # noqa: B019 - it lives as long as the model
    def frame(self, height: int, width: int) -> Frame:
        """See `Net`."""
        return Frame(
            (height, width),
            (self._side / width, self._side / height),
            taps(self._low, ((height, height),)),
            taps(self._low, ((width, width),)),
        )

    def _prepared(self, pixels: np.ndarray) -> torch.Tensor:
        image = torch.from_numpy(np.array(pixels)).permute(2, 0, 1)[None]
        if pixels.shape[:2] != (self._side, self._side):
            size = (self._side, self._side)
            image = torch.nn.functional.interpolate(image, size, mode="bilinear", antialias=True)
        mean, std = (torch.tensor(v)[:, None, None] * 255.0 for v in (MEAN, STD))
        return (image.float() - mean) / std

    def _handed(self, features: Sequence[torch.Tensor]) -> Any:
        return [level.float() for level in features]
