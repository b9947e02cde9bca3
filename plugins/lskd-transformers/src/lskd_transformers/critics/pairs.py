"""Many (drawing, text) pairs at once: a drawing is seen once, and its texts share the Q-Former's work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from transformers import PreTrainedTokenizerBase

from ..data.pixels import normalise
from ..data.tokens import tokenize
from ..data.views import View
from ..nets.blip2_itm import MATCH, Blip2Itm
from ..nets.packed import match_packed

TOGETHER = 12
"""Texts of one drawing in one row at most. Every word of a row is set against every other, so a longer row
costs more than the keys and values that it shares save: measured on a CPU, 10 to 16 are alike."""

Head = Callable[[torch.Tensor], torch.Tensor]
"""From the queries' states ``(B, Q, W)`` to numbers ``(B, K)``."""


@dataclass(frozen=True, slots=True)
class Scored:
    """``values`` float32 ``(B, K)`` on the CPU, and for each text whether it was ``cut``."""

    values: torch.Tensor
    cut: tuple[bool, ...]


def match_logits(model: Blip2Itm) -> Head:
    """The matching head, averaged over the queries: the two logits of `Blip2Itm.match`."""

    def head(states: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = model.itm_head(states).mean(dim=1)
        return logits

    return head


def log_odds(logits: torch.Tensor) -> list[float]:
    """Of ``(B, 2)`` logits, how much likelier a match is than none."""
    odds: list[float] = (logits[:, MATCH] - logits[:, 1 - MATCH]).tolist()
    return odds


@torch.no_grad()
def score_pairs(
    model: Blip2Itm,
    tokenizer: PreTrainedTokenizerBase,
    views: Sequence[View],
    head: Head,
    max_tokens: int,
    batch: int = 1,
) -> Scored:
    """What ``head`` makes of every view, in their order, the same within 1e-5 for any batching.

    Views with one array of pixels are one drawing: it goes through the eye once, wherever they stand.
    ``batch`` drawings go through the eye, and as many rows of texts through the Q-Former, at once; on a CPU
    more than one is no faster.
    """
    model.eval()
    if not views:
        return Scored(torch.zeros(0, 0), ())
    device = str(model.device)
    drawings: dict[int, list[int]] = {}
    for at, view in enumerate(views):
        drawings.setdefault(id(view.pixels), []).append(at)
    parts: list[tuple[list[int], torch.Tensor]] = []
    cut = [False] * len(views)
    groups = list(drawings.values())
    for start in range(0, len(groups), batch):
        some = groups[start : start + batch]
        features = model.see(normalise([views[texts[0]].pixels for texts in some], device))
        rows = [(n, texts[at : at + TOGETHER]) for n, texts in enumerate(some) for at in _starts(len(texts))]
        for at in range(0, len(rows), batch):
            taken = rows[at : at + batch]
            order = [text for _, texts in taken for text in texts]
            tokens = tokenize(tokenizer, [views[text].text for text in order], max_tokens, device)
            for short in tokens.shortened:
                cut[order[short]] = True
            row = torch.tensor([n for n, (_, texts) in enumerate(taken) for _ in texts], device=device)
            seen = features[torch.tensor([n for n, _ in taken], device=device)]
            states = match_packed(model, seen, tokens.ids, tokens.mask, row)
            parts.append((order, head(states).float().cpu()))
    values = torch.empty(len(views), parts[0][1].shape[1])
    for order, made in parts:
        values[order] = made
    return Scored(values, tuple(cut))


def _starts(texts: int) -> range:
    """Where rows of about the same length begin."""
    rows = -(-texts // TOGETHER)
    return range(0, texts, -(-texts // rows))
