"""The training loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from transformers import PreTrainedTokenizerBase

from ..data.pixels import normalise
from ..data.tokens import tokenize
from ..data.views import View
from ..nets.blip2_itm import Blip2Itm
from .losses import Weights, all_losses
from .negatives import may_differ
from .optimiser import adamw, rate_at

CLIP_NORM = 1.0
"""Longest gradient: one odd batch in a small corpus shall not throw a young net."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast; `Blip2ItmOptions` says what each is."""

    steps: int
    rate: float
    floor: float
    warmup: int
    weight_decay: float
    max_tokens: int
    freeze_eye: bool
    weights: Weights
    log_every: int


def fit(
    model: Blip2Itm,
    tokenizer: PreTrainedTokenizerBase,
    batches: Iterator[Sequence[int]],
    view: Callable[[int], View],
    image_of: Sequence[str],
    plan: Plan,
    seed: int,
    report: Callable[[int, Mapping[str, float]], None],
) -> list[float]:
    """Train ``model`` in place; the loss of every step.

    ``batches`` gives indices, ``view`` what the statement at an index looks like this time, ``image_of``
    the identity of each statement's image. ``report`` is called with the number of steps done and the
    metrics of the last, every ``plan.log_every`` steps and at the end.
    """
    device = str(model.device)
    model.train()
    model.vision_model.requires_grad_(not plan.freeze_eye)
    optimiser = adamw(model, plan.rate, plan.weight_decay)
    warmup = min(plan.warmup, plan.steps // 10)
    draws = torch.Generator().manual_seed(seed)
    losses: list[torch.Tensor] = []
    for step in range(plan.steps):
        index = next(batches)
        views = [view(i) for i in index]
        allowed = may_differ([image_of[i] for i in index], [v.text for v in views])
        texts = tokenize(tokenizer, [v.text for v in views], plan.max_tokens, device)
        features = see(model, normalise([v.pixels for v in views], device), plan.freeze_eye)
        result = all_losses(model, features, texts, allowed, plan.weights, tokenizer.bos_token_id, draws)

        rate = rate_at(step, plan.steps, plan.rate, plan.floor, warmup)
        for group in optimiser.param_groups:
            group["lr"] = rate
        optimiser.zero_grad(set_to_none=True)
        result.total.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP_NORM)
        optimiser.step()

        losses.append(result.total.detach())
        if (step + 1) % plan.log_every == 0 or step + 1 == plan.steps:
            parts = {name: float(value.detach()) for name, value in result.parts.items()}
            report(step + 1, {"loss": float(losses[-1]), **parts, "rate": rate})
    model.eval()
    return [float(loss) for loss in torch.stack(losses).cpu()]


def see(model: Blip2Itm, pixels: torch.Tensor, frozen: bool) -> torch.Tensor:
    """The eye's features; a frozen eye stays in evaluation mode and keeps no graph."""
    if not frozen:
        return model.see(pixels)
    model.vision_model.eval()
    with torch.no_grad():
        return model.see(pixels)


@contextmanager
def seeded(seed: int, device: str) -> Iterator[None]:
    """Fixed randomness inside (initial weights, dropout), the caller's untouched outside.

    On a CPU also one thread: sums are then in one order whatever the number of cores, so the same seed
    gives the same student everywhere; a small net gains little from more, and loses much when threads
    outnumber free cores.
    """
    cuda = device.startswith("cuda")
    threads = torch.get_num_threads()
    with torch.random.fork_rng(devices=[torch.device(device)] if cuda else []):
        torch.manual_seed(seed)
        if not cuda:
            torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
