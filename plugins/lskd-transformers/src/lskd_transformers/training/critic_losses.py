"""What a critic's opinion costs: cross-entropy of the verdict, squared error of its two reasons."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn import functional

from ..nets.blip2_critic import ACCEPT, Opinion


@dataclass(frozen=True, slots=True)
class Targets:
    """What annotators say of each of ``B`` statements, float32 ``(B,)``: the shares that accept it, and that
    call its answer and its rationale right; NaN where nobody said."""

    accept: torch.Tensor
    answer: torch.Tensor
    rationale: torch.Tensor

    def rows(self, index: torch.Tensor) -> Targets:
        """The statements at ``index``, in that order."""
        return Targets(self.accept[index], self.answer[index], self.rationale[index])

    def to(self, device: str) -> Targets:
        return Targets(self.accept.to(device), self.answer.to(device), self.rationale.to(device))


def critic_loss(
    opinion: Opinion, targets: Targets, answer_weight: float, rationale_weight: float
) -> dict[str, torch.Tensor]:
    """``verdict``, ``answer``, ``rationale`` and their weighted sum ``loss``.

    Each reason has its own target. (The released training code regresses the rationale on the answer's.)
    """
    verdict = functional.cross_entropy(opinion.logits, two_sided(targets.accept))
    answer = _squared(opinion.answer, targets.answer)
    rationale = _squared(opinion.rationale, targets.rationale)
    loss = verdict + answer_weight * answer + rationale_weight * rationale
    return {"loss": loss, "verdict": verdict, "answer": answer, "rationale": rationale}


def two_sided(accept: torch.Tensor) -> torch.Tensor:
    """Shares of acceptance ``(B,)`` as probabilities ``(B, 2)`` of the two outputs."""
    sides = torch.stack([1 - accept, accept], dim=1)
    return sides if ACCEPT == 1 else sides.flip(1)


def _squared(said: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """The mean squared error over what somebody spoke of; 0 where nobody did."""
    known = ~wanted.isnan()
    errors = torch.where(known, said - torch.where(known, wanted, 0.0), 0.0) ** 2
    return errors.sum() / known.sum().clamp(min=1)
