"""The losses of BLIP-2's first stage, written for one process."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn import functional

from ..data.tokens import Tokens
from ..nets.blip2_itm import MATCH, Blip2Itm
from .negatives import hard_negatives


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each loss counts, and the label smoothing of the contrastive and LM losses."""

    contrast: float = 1.0
    matching: float = 1.0
    language: float = 0.0
    smoothing: float = 0.1


@dataclass(frozen=True, slots=True)
class Losses:
    """``total`` to descend, its parts, and the share of matching decisions that were right."""

    total: torch.Tensor
    parts: dict[str, torch.Tensor]


def similarity(image_embeds: torch.Tensor, text_embeds: torch.Tensor) -> torch.Tensor:
    """``(B, Q, E)`` and ``(C, E)`` to cosines ``(B, C)``: each text with its best query."""
    return torch.einsum("bqe,ce->bcq", image_embeds, text_embeds).amax(dim=2)


def contrast(logits: torch.Tensor, allowed: torch.Tensor, smoothing: float) -> torch.Tensor:
    """Cross-entropy of each row's own column against the columns that may be mismatches.

    ``logits`` float ``(B, B)``, ``allowed`` bool ``(B, B)``. Pairs that are neither own nor allowed take
    no part, and the smoothing is spread over those that do. A row with no mismatch costs nothing.
    """
    own = torch.eye(len(logits), dtype=torch.bool, device=logits.device)
    part = own | allowed
    logs = logits.masked_fill(~part, -torch.inf).log_softmax(dim=1)
    spread = torch.where(part, logs, 0.0).sum(dim=1) / part.sum(dim=1)
    return -((1 - smoothing) * logs.diagonal() + smoothing * spread).mean()


def matching(
    model: Blip2Itm, features: torch.Tensor, texts: Tokens, similarities: torch.Tensor,
    allowed: torch.Tensor, generator: torch.Generator,
) -> tuple[torch.Tensor, torch.Tensor]:  # fmt: skip
    """Each true pair against a hard image for its text and a hard text for its image.

    Returns the loss and the share of decisions that were right. Two mismatches to one match, as in the
    original: P(match) has a prior of 1/3, so scores rank but are no probabilities.
    """
    own = torch.arange(len(features))
    text_rows, image_columns = hard_negatives(similarities.T, allowed.T, generator)
    image_rows, text_columns = hard_negatives(similarities, allowed, generator)
    image_index = torch.cat([own, image_columns, image_rows]).to(features.device)
    text_index = torch.cat([own, text_rows, text_columns]).to(features.device)
    labels = torch.zeros(len(image_index), dtype=torch.long, device=features.device)
    labels[: len(own)] = MATCH
    chosen = texts.rows(text_index)
    logits = model.match(features[image_index], chosen.ids, chosen.mask)
    return functional.cross_entropy(logits, labels), (logits.argmax(dim=1) == labels).float().mean()


def language(
    model: Blip2Itm, features: torch.Tensor, texts: Tokens, begin: int, smoothing: float
) -> torch.Tensor:
    """Cross-entropy of each next token; ``begin`` takes the place of the first one, as in the original."""
    ids = texts.ids.clone()
    ids[:, 0] = begin
    logits = model.continue_text(features, ids, texts.mask)[:, :-1]
    labels = texts.ids[:, 1:].masked_fill(texts.mask[:, 1:] == 0, -100)
    return functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), label_smoothing=smoothing)


def all_losses(
    model: Blip2Itm, features: torch.Tensor, texts: Tokens, allowed: torch.Tensor,
    weights: Weights, begin: int | None, generator: torch.Generator,
) -> Losses:  # fmt: skip
    """What one batch costs. ``features`` ``(B, L, D)`` and ``texts`` go row by row together."""
    allowed = allowed.to(features.device)
    cosines = similarity(model.embed_images(features), model.embed_texts(texts.ids, texts.mask))
    scaled = cosines / model.temperature
    parts: dict[str, torch.Tensor] = {}
    total = features.new_zeros(())
    if weights.contrast:
        there = contrast(scaled, allowed, weights.smoothing)
        back = contrast(scaled.T, allowed.T, weights.smoothing)
        parts["itc"] = (there + back) / 2
        total = total + weights.contrast * parts["itc"]
    if weights.matching:
        parts["itm"], parts["itm_batch_accuracy"] = matching(
            model, features, texts, scaled, allowed, generator
        )
        total = total + weights.matching * parts["itm"]
    if weights.language and begin is not None:
        parts["lm"] = language(model, features, texts, begin, weights.smoothing)
        total = total + weights.language * parts["lm"]
    return Losses(total, parts)
