"""Configurations of the student's net: the library's own, plus what our recipe adds to it."""

from __future__ import annotations

from huggingface_hub.dataclasses import strict
from transformers import Blip2Config

TEMPERATURE = 0.07
"""Where the learnable contrastive temperature starts, as in the original first-stage training."""

WIDTH = 64
"""Width of the tiny net, of its eye as of its Q-Former."""

TINY_PATCH = 8
"""Pixels a side of one visual token of the tiny net: three convolutions of stride 2."""

SPREAD = 1 / WIDTH**0.5
"""Initial standard deviation of the tiny net's weights: 0.125 at width 64. With the library's 0.02,
which suits width 768, the same net never left chance (a matching loss of 0.694 after 700 steps)."""


@strict
class Blip2ItmConfig(Blip2Config):
    r"""
    stem (`str`, *optional*, defaults to `"patch"`):
        How pixels become visual tokens: `patch` (one linear projection of each patch, as the original)
        or `conv` (three strided convolutions, which learn from little data).
    query_spread (`float`, *optional*, defaults to 0.02):
        Standard deviation of fresh query tokens. The library starts them at zero, which makes all
        queries one query.
    """

    stem: str = "patch"
    query_spread: float = 0.02


def tiny(vocabulary: int, image_size: int, max_tokens: int) -> Blip2ItmConfig:
    """A net of about 0.4 million parameters that learns from scratch on a CPU.

    ``vocabulary`` tokens, square images of ``image_size`` pixels (a multiple of `TINY_PATCH`), texts of
    at most ``max_tokens`` tokens. No dropout: with a corpus this small the steps are too few to need it.
    """
    return Blip2ItmConfig(
        stem="conv",
        query_spread=0.5,
        num_query_tokens=8,
        image_text_hidden_size=WIDTH,
        initializer_range=SPREAD,
        vision_config={
            "hidden_size": WIDTH,
            "intermediate_size": 2 * WIDTH,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "image_size": image_size,
            "patch_size": TINY_PATCH,
            # The library's default here is 1e-10, with which every image looks the same.
            "initializer_range": SPREAD,
        },
        qformer_config={
            "vocab_size": vocabulary,
            "hidden_size": WIDTH,
            "intermediate_size": 2 * WIDTH,
            "num_hidden_layers": 3,
            "num_attention_heads": 4,
            "max_position_embeddings": max_tokens,
            "hidden_dropout_prob": 0.0,
            "attention_probs_dropout_prob": 0.0,
            "initializer_range": SPREAD,
            "cross_attention_frequency": 1,
            "use_qformer_text_input": True,
        },
    )
