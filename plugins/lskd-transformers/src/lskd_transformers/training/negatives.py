"""Which pairs of a batch may be called a mismatch, and which of them are worth it."""

from __future__ import annotations

from collections.abc import Sequence

import torch


def may_differ(images: Sequence[str], texts: Sequence[str]) -> torch.Tensor:
    """Bool ``(B, B)``: true where image i and text j may be called a mismatch.

    Never on the diagonal, never for two statements on the same image (the text may well be true of it;
    the released code gets this wrong), never where both texts read the same.
    """
    same_image = torch.tensor([[a == b for b in images] for a in images])
    same_text = torch.tensor([[a == b for b in texts] for a in texts])
    return ~(same_image | same_text)


def hard_negatives(
    similarity: torch.Tensor, allowed: torch.Tensor, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw a mismatch for each row, likelier the more alike it looks.

    ``similarity`` float ``(B, B)``, rows drawing among columns; ``allowed`` bool ``(B, B)``. Returns the
    rows that have an allowed column at all and the column drawn for each, int64 ``(N,)`` both, on the
    CPU. The draw follows the softmax of the similarities over what is allowed.
    """
    allowed = allowed.cpu()
    rows = allowed.any(dim=1).nonzero()[:, 0]
    if not len(rows):
        return rows, rows
    scores = similarity.detach().float().cpu()[rows].masked_fill(~allowed[rows], -torch.inf)
    columns = torch.multinomial(scores.softmax(dim=1), 1, generator=generator)[:, 0]
    return rows, columns
