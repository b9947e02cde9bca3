"""AdamW with the schedule of the recipe: linear warm-up, then a cosine, both by steps."""

from __future__ import annotations

import math

import torch
from torch import nn


def adamw(model: nn.Module, rate: float, decay: float) -> torch.optim.AdamW:
    """Decay for matrices and kernels alone; biases, norms, queries and the temperature keep theirs."""
    groups: dict[bool, list[nn.Parameter]] = {True: [], False: []}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            groups[parameter.ndim >= 2 and name != "query_tokens"].append(parameter)
    return torch.optim.AdamW(
        [{"params": groups[True], "weight_decay": decay}, {"params": groups[False], "weight_decay": 0.0}],
        lr=rate, betas=(0.9, 0.98),
    )  # fmt: skip


def rate_at(step: int, steps: int, rate: float, floor: float, warmup: int) -> float:
    """The learning rate of step ``step`` (from 0) of ``steps``: up from nearly 0 over ``warmup`` steps,
    then down a half cosine to ``floor``."""
    if step < warmup:
        return rate * (step + 1) / warmup
    done = (step - warmup) / max(1, steps - 1 - warmup)
    return floor + (rate - floor) * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))
