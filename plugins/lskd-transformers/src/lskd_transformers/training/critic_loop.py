"""Training a critic: balanced batches, and the best of its states by what it has not seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from transformers import PreTrainedTokenizerBase

from ..data.pixels import normalise
from ..data.tokens import tokenize
from ..data.views import View
from ..nets.blip2_critic import Blip2Critic
from .critic_losses import Targets, critic_loss
from .loop import CLIP_NORM, see
from .optimiser import adamw, rate_at

LOOKS = 10
"""Times that the held-out statements are looked at in training."""


@dataclass(frozen=True, slots=True)
class CriticPlan:
    """How long and how fast; `Blip2CriticOptions` says what each is."""

    steps: int
    rate: float
    floor: float
    warmup: int
    weight_decay: float
    max_tokens: int
    freeze_eye: bool
    answer_weight: float
    rationale_weight: float
    log_every: int


def deal_evenly(accept: Sequence[float], batch: int, balance: bool, seed: int) -> Iterator[list[int]]:
    """Places of statements, batch after batch without end: each pass in a new order, and if ``balance``
    accepted and rejected ones (by majority) in turns, the rarer more often."""
    rng = np.random.default_rng(seed)
    shares = np.asarray(accept)
    if balance:
        piles = [np.flatnonzero(shares > 0.5), np.flatnonzero(shares <= 0.5)]
    else:
        piles = [np.arange(len(shares))]
    turns = [_without_end(pile, rng) for pile in piles if len(pile)]
    at = 0
    while True:
        yield [next(turns[(at + k) % len(turns)]) for k in range(batch)]
        at += batch


def _without_end(pile: np.ndarray, rng: np.random.Generator) -> Iterator[int]:
    while True:
        yield from (int(pile[k]) for k in rng.permutation(len(pile)))


def fit_critic(
    model: Blip2Critic,
    tokenizer: PreTrainedTokenizerBase,
    batches: Iterator[Sequence[int]],
    view: Callable[[int], View],
    targets: Targets,
    held_out: Callable[[], float | None],
    plan: CriticPlan,
    report: Callable[[int, Mapping[str, float]], None],
) -> tuple[list[float], int]:
    """Train ``model`` in place; the loss of every step, and the step whose weights were kept.

    ``view`` gives what the statement at a place looks like this time. ``held_out`` measures the loss on what
    is not trained on (None: there is none, and the last weights are kept).
    """
    device = str(model.device)
    model.train()
    model.vision_model.requires_grad_(not plan.freeze_eye)
    optimiser = adamw(model, plan.rate, plan.weight_decay)
    warmup = min(plan.warmup, plan.steps // 10)
    losses: list[torch.Tensor] = []
    least, kept_step, kept = float("inf"), plan.steps, None
    every = max(1, plan.steps // LOOKS)
    for step in range(plan.steps):
        index = next(batches)
        views = [view(i) for i in index]
        texts = tokenize(tokenizer, [v.text for v in views], plan.max_tokens, device)
        features = see(model, normalise([v.pixels for v in views], device), plan.freeze_eye)
        opinion = model.opinion(model.match_states(features, texts.ids, texts.mask))
        parts = critic_loss(
            opinion, targets.rows(torch.tensor(index)).to(device), plan.answer_weight, plan.rationale_weight
        )
        rate = rate_at(step, plan.steps, plan.rate, plan.floor, warmup)
        for group in optimiser.param_groups:
            group["lr"] = rate
        optimiser.zero_grad(set_to_none=True)
        parts["loss"].backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP_NORM)
        optimiser.step()
        losses.append(parts["loss"].detach())
        done = step + 1
        if done % plan.log_every == 0 or done == plan.steps:
            report(done, {**{name: float(value.detach()) for name, value in parts.items()}, "rate": rate})
        if done % every == 0 or done == plan.steps:
            missed = held_out()
            model.train()
            if missed is not None and missed < least:
                least, kept_step = missed, done
                kept = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
    if kept is not None:
        model.load_state_dict(kept)
    model.eval()
    return [float(loss) for loss in torch.stack(losses).cpu()], kept_step
