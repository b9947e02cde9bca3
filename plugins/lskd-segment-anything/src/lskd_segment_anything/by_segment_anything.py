"""SAM by Meta's library ``segment-anything``: its networks, built from what a checkpoint holds.

The library's own builders read checkpoints with an unguarded ``torch.load``, which runs whatever code a
file brings; here only tensors are read, and the sizes of the networks are taken from them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

import numpy as np
import torch

from lskd_toolkit import UsageError

from .loading import unusable
from .model import Frame, in_half
from .placing import place, shrunk
from .upscaling import taps


def load(path: str, device: torch.device, half: bool, option: str) -> SegmentAnything:
    """The checkpoint of a SAM with a ViT as its image encoder: B, L, H, or one trained at another size.

    Raises:
        UsageError: the library does not work here, or the file is no such checkpoint.
    """
    _library()
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        if isinstance(state, Mapping) and isinstance(state.get("model"), Mapping):
            state = state["model"]
        net = build(state)
        net.load_state_dict(state)
    except Exception as error:
        raise UsageError(
            f"{path} is no checkpoint of Segment Anything ({' '.join(str(error).split())[:160]}); "
            f"name one: --set {option}=sam_vit_b_01ec64.pth"
        ) from error
    return SegmentAnything(net, device, half)


def _library() -> Any:
    try:
        import segment_anything  # type: ignore[import-not-found,unused-ignore]
    except Exception as error:
        raise unusable("segment-anything", error) from error
    return segment_anything


def build(state: Mapping[str, torch.Tensor]) -> Any:
    """The library's ``Sam``, of the sizes that these weights have, without them."""
    from segment_anything.modeling import (  # type: ignore[import-not-found,unused-ignore]
        ImageEncoderViT,
        MaskDecoder,
        PromptEncoder,
        Sam,
        TwoWayTransformer,
    )

    grid, width = state["image_encoder.pos_embed"].shape[1:4:2]
    patch = state["image_encoder.patch_embed.proj.weight"].shape[-1]
    depth = _count(state, "image_encoder.blocks.")
    relative = [state[f"image_encoder.blocks.{i}.attn.rel_pos_h"].shape for i in range(depth)]
    spans = [(length + 1) // 2 for length, _ in relative]  # how far a block looks: all over, or its window
    prompt = state["image_encoder.neck.0.weight"].shape[0]
    return Sam(
        image_encoder=ImageEncoderViT(
            img_size=grid * patch,
            patch_size=patch,
            embed_dim=width,
            depth=depth,
            num_heads=width // relative[0][1],
            mlp_ratio=state["image_encoder.blocks.0.mlp.lin1.weight"].shape[0] / width,
            out_chans=prompt,
            norm_layer=partial(torch.nn.LayerNorm, eps=1e-6),
            use_rel_pos=True,
            window_size=min(spans) if min(spans) < grid else 0,
            global_attn_indexes=tuple(i for i, span in enumerate(spans) if span == grid),
        ),
        prompt_encoder=PromptEncoder(
            embed_dim=prompt,
            image_embedding_size=(grid, grid),
            input_image_size=(grid * patch, grid * patch),
            mask_in_chans=state["prompt_encoder.mask_downscaling.3.weight"].shape[0],
        ),
        mask_decoder=MaskDecoder(
            transformer_dim=prompt,
            transformer=TwoWayTransformer(
                depth=_count(state, "mask_decoder.transformer.layers."),
                embedding_dim=prompt,
                num_heads=8,  # in every SAM; the weights do not tell
                mlp_dim=state["mask_decoder.transformer.layers.0.mlp.lin1.weight"].shape[0],
            ),
            num_multimask_outputs=state["mask_decoder.mask_tokens.weight"].shape[0] - 1,
            iou_head_depth=_count(state, "mask_decoder.iou_prediction_head.layers."),
            iou_head_hidden_dim=state["mask_decoder.iou_prediction_head.layers.0.weight"].shape[0],
        ),
        pixel_mean=[123.675, 116.28, 103.53],
        pixel_std=[58.395, 57.12, 57.375],
    )


def _count(state: Mapping[str, torch.Tensor], before: str) -> int:
    """How many layers of a list have weights."""
    return 1 + max(int(name[len(before) :].partition(".")[0]) for name in state if name.startswith(before))


class SegmentAnything:
    """A `lskd_segment_anything.model.Net` over the library's ``Sam``."""

    def __init__(self, net: Any, device: torch.device, half: bool):
        self._net, self._device, self._half = net.to(device).eval(), device, half
        self._side = net.image_encoder.img_size

    @lru_cache(maxsize=64)  # noqa: B019 - it lives as long as the model
    def frame(self, height: int, width: int) -> Frame:
        """See `Net`."""
        inner = place(height, width, self._side)
        low = 4 * self._net.prompt_encoder.image_embedding_size[0]
        return Frame(
            (height, width),
            (inner[1] / width, inner[0] / height),
            taps(low, ((self._side, inner[0]), (height, height))),
            taps(low, ((self._side, inner[1]), (width, width))),
        )

    @torch.inference_mode()
    def encode(self, pixels: np.ndarray) -> tuple[torch.Tensor, ...]:
        """See `Net`."""
        small = shrunk(pixels, place(pixels.shape[0], pixels.shape[1], self._side))
        image = torch.from_numpy(small).to(self._device).permute(2, 0, 1)[None]
        with in_half(self._device, self._half):
            return (self._net.image_encoder(self._net.preprocess(image)),)

    @torch.inference_mode()
    def decode(
        self,
        features: Sequence[torch.Tensor],
        points: np.ndarray | None,
        boxes: np.ndarray | None,
        multimask: bool,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """See `Net`."""
        prompts = self._net.prompt_encoder
        given = None
        if points is not None:
            at = torch.from_numpy(points).to(self._device)
            given = (at, torch.ones(at.shape[:2], dtype=torch.int, device=self._device))
        framed = None if boxes is None else torch.from_numpy(boxes).to(self._device, torch.float32)
        sparse, dense = prompts(points=given, boxes=framed, masks=None)
        masks, quality = self._net.mask_decoder(
            image_embeddings=features[0].float(),
            image_pe=prompts.get_dense_pe(),
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
            multimask_output=multimask,
        )
        return masks, quality
