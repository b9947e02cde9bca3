"""BLIP-2's first stage as a judge: the matching head for the verdict, a head for each of its reasons."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from .blip2_itm import Blip2Itm
from .config import Blip2ItmConfig

ACCEPT = 1
"""Index of "accept" among the two outputs of the matching head. The released data has it both ways round;
the released scores are P(accept)."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """``logits`` ``(B, 2)``, of which `ACCEPT` is acceptance; ``answer`` and ``rationale`` ``(B,)``, trained
    to be the share of annotators who call it right, so about 0 to 1."""

    logits: torch.Tensor
    answer: torch.Tensor
    rationale: torch.Tensor

    def stacked(self) -> torch.Tensor:
        """All of it as ``(B, 4)``."""
        return torch.cat([self.logits, self.answer[:, None], self.rationale[:, None]], dim=1)


class Blip2Critic(Blip2Itm):
    """The student's net with two heads more. The parameters of both heads carry the names of the released
    critic; what a critic does not use of `Blip2Itm` is kept, so that either can begin as the other."""

    def __init__(self, config: Blip2ItmConfig):
        super().__init__(config)
        width = config.qformer_config.hidden_size
        self.qa_head = _head(width)
        self.r_head = _head(width)
        self.post_init()

    def opinion(self, states: torch.Tensor) -> Opinion:
        """``(B, Q, width)`` states of the queries in the matching pass to what is thought of each text: every
        head's mean over the queries."""
        return Opinion(
            self.itm_head(states).mean(dim=1),
            self.qa_head(states).mean(dim=1).squeeze(1),
            self.r_head(states).mean(dim=1).squeeze(1),
        )


def _head(width: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1))
