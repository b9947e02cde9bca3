"""Real architectures at small size with fixed seeds, saved as their libraries save them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lskd_toolkit import Image, Picture

torch.set_num_threads(1)

VISION = {
    "hidden_size": 32, "output_channels": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
    "image_size": 64, "patch_size": 4, "window_size": 7, "global_attn_indexes": [1], "num_pos_feats": 16,
    "mlp_dim": 64,
}  # fmt: skip
PROMPT = {"hidden_size": 32, "image_size": 64, "patch_size": 4, "mask_input_channels": 4}
DECODER = {"hidden_size": 32, "mlp_dim": 64, "num_attention_heads": 4, "iou_head_hidden_dim": 32}
HIERA = {
    "hidden_size": 8, "image_size": [128, 128], "blocks_per_stage": [1, 1, 2, 1],
    "embed_dim_per_stage": [8, 16, 32, 64], "num_attention_heads_per_stage": [1, 1, 2, 2],
    "window_size_per_stage": [8, 4, 4, 2], "global_attention_blocks": [3],
}  # fmt: skip


def _shaken(net: Any, seed: int = 0) -> Any:
    """The net with weights that say something: as they are initialised, all masks are flat. The masks'
    qualities lie on both sides of 0.88."""
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in net.named_parameters():
            if weight.dim() > 1:
                gain = 6 if "hypernetworks" in name and weight.shape[0] == 4 else 1.5
                gain = 0.2 if "iou_prediction_head" in name and weight.shape[0] == 4 else gain
                weight.copy_(torch.randn(weight.shape, generator=draw) * gain / weight[0].numel() ** 0.5)
            elif "iou_prediction_head" in name and weight.shape == (4,):
                weight.fill_(0.9)
            elif name.endswith("bias"):
                weight.zero_()
        for name, buffer in net.named_buffers():
            if "position" in name:
                buffer.copy_(torch.randn(buffer.shape, generator=draw))
    return net.eval()


@pytest.fixture(scope="session")
def picture() -> Callable[[np.ndarray], Picture]:
    """Makes a `Picture` of given pixels."""

    def make(pixels: np.ndarray) -> Picture:
        digest = hashlib.sha256(pixels.tobytes() + repr(pixels.shape).encode()).hexdigest()
        return Picture(Image("made", "made", digest, pixels.shape[1], pixels.shape[0]), pixels.copy)

    return make


@pytest.fixture(scope="session")
def photo() -> Callable[[int, int], np.ndarray]:
    """Makes pixels: soft blobs of colour on a slope."""

    def make(height: int, width: int) -> np.ndarray:
        draw = np.random.default_rng(height * 10_000 + width)
        y, x = np.mgrid[:height, :width] / max(height, width)
        image = np.stack([x, y, 1 - x], 2) * 90 + 40
        for _ in range(6):
            at, size, colour = draw.random(2), draw.uniform(0.05, 0.3), draw.uniform(0, 255, 3)
            image[(x - at[0]) ** 2 + (y - at[1]) ** 2 < size**2] = colour
        return image.clip(0, 255).astype(np.uint8)

    return make


@pytest.fixture(scope="session")
def sam_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SAM of transformers with an input of 64 pixels."""
    transformers = pytest.importorskip("transformers")
    config = transformers.SamConfig(
        vision_config=dict(VISION), prompt_encoder_config=dict(PROMPT), mask_decoder_config=dict(DECODER)
    )
    folder = tmp_path_factory.mktemp("sam")
    _shaken(transformers.SamModel(config)).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def sam2_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SAM 2 of transformers with an input of 128 pixels."""
    transformers = pytest.importorskip("transformers")
    config = transformers.Sam2Config(
        vision_config={
            "backbone_config": {"model_type": "sam2_hiera_det_model", **HIERA},
            "backbone_channel_list": [64, 32, 16, 8],
            "backbone_feature_sizes": [[32, 32], [16, 16], [8, 8]],
            "fpn_hidden_size": 32,
        },
        prompt_encoder_config={**PROMPT, "image_size": 128, "patch_size": 16},
        mask_decoder_config=dict(DECODER),
    )
    folder = tmp_path_factory.mktemp("sam2")
    _shaken(transformers.Sam2Model(config)).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def original_sam() -> Any:
    """Meta's SAM with an input of 64 pixels, made of its own classes."""
    pytest.importorskip("segment_anything")
    from segment_anything.modeling import ImageEncoderViT, MaskDecoder, PromptEncoder, Sam, TwoWayTransformer

    return _shaken(
        Sam(
            ImageEncoderViT(
                img_size=64,
                patch_size=4,
                embed_dim=32,
                depth=2,
                num_heads=2,
                mlp_ratio=2,
                out_chans=32,
                norm_layer=partial(torch.nn.LayerNorm, eps=1e-6),
                use_rel_pos=True,
                window_size=7,
                global_attn_indexes=(1,),
            ),
            PromptEncoder(
                embed_dim=32, image_embedding_size=(16, 16), input_image_size=(64, 64), mask_in_chans=4
            ),
            MaskDecoder(
                transformer_dim=32,
                iou_head_hidden_dim=32,
                transformer=TwoWayTransformer(depth=2, embedding_dim=32, mlp_dim=64, num_heads=8),
            ),
        )
    )


@pytest.fixture(scope="session")
def original_file(original_sam: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as a checkpoint."""
    path = tmp_path_factory.mktemp("original") / "tiny.pth"
    torch.save(original_sam.state_dict(), path)
    return path
