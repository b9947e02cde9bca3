"""The language-modelling head over the Q-Former's text positions."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class Transform(nn.Module):
    """``(…, width)`` to ``(…, width)``: linear, GELU, norm."""

    def __init__(self, width: int, eps: float):
        super().__init__()
        self.dense = nn.Linear(width, width)
        self.LayerNorm = nn.LayerNorm(width, eps=eps)

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        normed: torch.Tensor = self.LayerNorm(functional.gelu(self.dense(states)))
        return normed


class Predictions(nn.Module):
    """The transform and a bias for each word."""

    def __init__(self, width: int, vocabulary: int, eps: float):
        super().__init__()
        self.transform = Transform(width, eps)
        self.bias = nn.Parameter(torch.zeros(vocabulary))


class LmHead(nn.Module):
    """Linear, GELU, LayerNorm, then a decoder that *is* the word embedding.

    The decoder has no weight of its own, so it cannot come untied. Names follow the original
    ``Qformer.cls.*``; its ``predictions.decoder.weight`` is our ``embeddings.word_embeddings.weight``.
    """

    def __init__(self, width: int, vocabulary: int, eps: float):
        super().__init__()
        self.predictions = Predictions(width, vocabulary, eps)

    def forward(self, states: torch.Tensor, words: torch.Tensor) -> torch.Tensor:
        """``(B, T, width)`` states and ``(V, width)`` word embeddings to ``(B, T, V)`` logits."""
        return functional.linear(self.predictions.transform(states), words, self.predictions.bias)
