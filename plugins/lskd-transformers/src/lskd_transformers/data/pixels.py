"""Drawn images to what the net is shown."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import PIL.Image
import torch

MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)
"""Per-channel mean and deviation of CLIP's training images, which BLIP-2's eye expects."""


def squeeze(pixels: np.ndarray, size: int) -> np.ndarray:
    """uint8 RGB ``(H, W, 3)`` to ``(size, size, 3)``, bicubic, the aspect not kept, as in the paper."""
    image = PIL.Image.fromarray(np.ascontiguousarray(pixels))
    return np.asarray(image.resize((size, size), PIL.Image.Resampling.BICUBIC))


def normalise(images: Sequence[np.ndarray], device: str = "cpu") -> torch.Tensor:
    """uint8 RGB ``(S, S, 3)`` each to float32 ``(B, 3, S, S)``."""
    stacked = torch.from_numpy(np.stack(images)).to(device).permute(0, 3, 1, 2).float() / 255
    mean, std = (torch.tensor(v, device=device)[:, None, None] for v in (MEAN, STD))
    return (stacked - mean) / std
