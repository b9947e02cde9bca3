"""Who may look at whom in the Q-Former: the three attention masks of BLIP-2's first stage.

The library hands a 4-D mask on as it is, so all three work with its Q-Former unpatched.
``Q`` queries stand before ``T`` text tokens.
"""

from __future__ import annotations

import torch


def text_alone(text_mask: torch.Tensor) -> torch.Tensor:
    """Contrastive: the text without queries. ``(B, T)`` of 0/1 in and out; padding is not looked at."""
    return text_mask


def together(text_mask: torch.Tensor, queries: int) -> torch.Tensor:
    """Matching: queries and text see each other. ``(B, T)`` of 0/1 in, ``(B, Q + T)`` out."""
    return torch.cat([text_mask.new_ones(len(text_mask), queries), text_mask], dim=1)


def text_after_queries(text_mask: torch.Tensor, queries: int) -> torch.Tensor:
    """Language modelling: queries see queries alone; text sees all queries and the text before it.

    ``(B, T)`` of 0/1 in, bool ``(B, 1, Q + T, Q + T)`` out, true where row may look at column.
    """
    batch, length = text_mask.shape
    mask = torch.zeros(batch, queries + length, queries + length, dtype=torch.bool, device=text_mask.device)
    mask[:, :, :queries] = True
    before = torch.ones(length, length, dtype=torch.bool, device=text_mask.device).tril()
    mask[:, queries:, queries:] = before & text_mask.bool()[:, None, :]
    return mask[:, None]
