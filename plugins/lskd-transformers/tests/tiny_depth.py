"""Real depth estimators at tiny size, with processors of the library's own classes.

    python plugins/lskd-transformers/tests/tiny_depth.py depth-anything FOLDER

writes a model whose depths mean nothing, for trying what needs one.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
import transformers as hf
from transformers.models.dpt.image_processing_pil_dpt import DPTImageProcessorPil
from transformers.models.glpn.image_processing_pil_glpn import GLPNImageProcessorPil
from transformers.models.zoedepth.image_processing_pil_zoedepth import ZoeDepthImageProcessorPil

SIZES = {"hidden_size": 16, "num_hidden_layers": 4, "num_attention_heads": 2, "intermediate_size": 32}
NECK = {"neck_hidden_sizes": [8, 8, 8, 8], "fusion_hidden_size": 8}
STAGES = ["stage1", "stage2", "stage3", "stage4"]


def dinov2(patch: int = 14) -> hf.Dinov2Config:
    return hf.Dinov2Config(
        hidden_size=16, num_hidden_layers=4, num_attention_heads=2, mlp_ratio=2, image_size=4 * patch,
        patch_size=patch, out_features=STAGES, reshape_hidden_states=False, apply_layernorm=True,
    )  # fmt: skip


def depth_anything(folder: Path, kind: str = "relative") -> Path:
    config = hf.DepthAnythingConfig(
        backbone_config=dinov2(), reassemble_hidden_size=16, patch_size=14, head_hidden_size=8,
        depth_estimation_type=kind, max_depth=20 if kind == "metric" else 1, **NECK,
    )  # fmt: skip
    shape = {"size": {"height": 56, "width": 56}, "keep_aspect_ratio": True, "ensure_multiple_of": 14}
    return saved(folder, hf.DepthAnythingForDepthEstimation, config, DPTImageProcessorPil(**shape))


def dpt(folder: Path) -> Path:
    config = hf.DPTConfig(
        **SIZES, image_size=32, patch_size=8, backbone_out_indices=[0, 1, 2, 3], readout_type="project",
        reassemble_factors=[4, 2, 1, 0.5], is_hybrid=False, **NECK,
    )  # fmt: skip
    return saved(
        folder, hf.DPTForDepthEstimation, config, DPTImageProcessorPil(size={"height": 32, "width": 32})
    )


def dpt_dinov2(folder: Path) -> Path:
    config = hf.DPTConfig(
        backbone_config=dinov2(), reassemble_factors=[4, 2, 1, 0.5], use_bias_in_fusion_residual=True,
        **NECK,
    )  # fmt: skip
    return saved(
        folder, hf.DPTForDepthEstimation, config, DPTImageProcessorPil(size={"height": 56, "width": 56})
    )


def glpn(folder: Path) -> Path:
    config = hf.GLPNConfig(
        hidden_sizes=[8, 8, 16, 16], depths=[1, 1, 1, 1], num_attention_heads=[1, 1, 2, 2],
        decoder_hidden_size=8, mlp_ratios=[2, 2, 2, 2],
    )  # fmt: skip
    return saved(folder, hf.GLPNForDepthEstimation, config, GLPNImageProcessorPil(size_divisor=32))


def zoedepth(folder: Path) -> Path:
    backbone = hf.BeitConfig(
        **SIZES, image_size=64, patch_size=16, out_features=STAGES, reshape_hidden_states=False,
        use_relative_position_bias=True, use_mask_token=False, layer_scale_init_value=0.1,
    )  # fmt: skip
    config = hf.ZoeDepthConfig(
        backbone_config=backbone, bottleneck_features=8, num_relative_features=8, bin_embedding_dim=8,
        num_attractors=[4, 2, 2, 1], fusion_hidden_size=8, neck_hidden_sizes=[8, 8, 8, 8],
        bin_configurations=[{"n_bins": 8, "min_depth": 0.001, "max_depth": 10.0}],
    )  # fmt: skip
    shape = {"size": {"height": 64, "width": 96}, "keep_aspect_ratio": True, "ensure_multiple_of": 32}
    return saved(folder, hf.ZoeDepthForDepthEstimation, config, ZoeDepthImageProcessorPil(**shape), 6.0)


def saved(
    folder: Path, kind: type, config: hf.PretrainedConfig, processor: object, strong: float = 2.0
) -> Path:
    torch.manual_seed(0)
    net = kind(config)
    with torch.no_grad():
        for weight in net.parameters():  # as they come, nets this small give one depth everywhere
            if weight.ndim > 1:
                weight.mul_(strong)
    net.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


MADE: dict[str, Callable[[Path], Path]] = {
    "depth-anything": depth_anything,
    "depth-anything-metric": lambda folder: depth_anything(folder, "metric"),
    "dpt": dpt,
    "dpt-dinov2": dpt_dinov2,
    "glpn": glpn,
    "zoedepth": zoedepth,
}

if __name__ == "__main__":
    print(MADE[sys.argv[1]](Path(sys.argv[2])))
