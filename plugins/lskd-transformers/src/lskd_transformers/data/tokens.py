"""Texts to token ids, cut where they are too long, with the cuts counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True)
class Tokens:
    """``ids`` int64 ``(B, T)``, ``mask`` int64 ``(B, T)`` of 0/1, ``shortened`` which texts were cut."""

    ids: torch.Tensor
    mask: torch.Tensor
    shortened: tuple[int, ...] = ()

    @property
    def cut(self) -> int:
        """How many texts were shortened."""
        return len(self.shortened)

    def rows(self, index: torch.Tensor) -> Tokens:
        """The texts at ``index``, in that order."""
        return Tokens(self.ids[index], self.mask[index])


def tokenize(
    tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], limit: int, device: str = "cpu"
) -> Tokens:
    """Encode, cut on the right at ``limit`` tokens (special ones included), pad to the longest."""
    whole = tokenizer(list(texts), add_special_tokens=True, truncation=False)["input_ids"]
    cut = [index for index, ids in enumerate(whole) if len(ids) > limit]
    # A cut text keeps its closing token, which its own encoding puts back.
    for index in cut:
        whole[index] = tokenizer(texts[index], truncation=True, max_length=limit)["input_ids"]
    length = max(map(len, whole))
    pad = tokenizer.pad_token_id
    ids = torch.tensor([[*row, *[pad] * (length - len(row))] for row in whole], device=device)
    mask = torch.tensor([[1] * len(row) + [0] * (length - len(row)) for row in whole], device=device)
    return Tokens(ids, mask, tuple(cut))
