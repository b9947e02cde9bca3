"""Whether a net can see at all."""

from __future__ import annotations

import torch

from lskd_toolkit import LskdError

from .blip2_itm import Blip2Itm

LEAST = 1e-3
"""The least that must change in the eye's output, or differ between two queries."""


@torch.no_grad()
def check_sight(model: Blip2Itm, image_size: int, name: str, option: str = "student.base") -> None:
    """Refuse a blind net. BLIP-2 as the library builds it from a configuration is blind, silently: its
    patch weights are of size 1e-10 and its queries all zero.

    Raises:
        LskdError: a black and a patterned image give the same features, or all queries are one.
    """
    line = torch.linspace(-2, 2, image_size, device=model.device)
    pattern = (line[:, None] * line[None, :]).sin().expand(1, 3, -1, -1)
    images = torch.cat([torch.full_like(pattern, -2), pattern]).to(model.vision_model.dtype)
    was = model.training
    seen = model.eval().see(images)
    model.train(was)
    if (seen[0] - seen[1]).abs().max() < LEAST:
        raise LskdError(f"{name} is blind: all images look alike to it; name a trained one: --set {option}=…")
    queries = model.query_tokens[0]
    if len(queries) > 1 and (queries[0] - queries[1:]).abs().max() < LEAST:
        raise LskdError(f"the queries of {name} are all the same; name a trained one: --set {option}=…")
