"""Which token comes next: the likeliest, or one drawn by a row's own generator.

A row draws by adding Gumbel noise of its own and taking the largest, which is drawing from the softmax
exactly (Gumbel 1954; Maddison et al. 2014). So what a row says depends on its seed alone: not on the rows
beside it, nor on how often anything else was drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from transformers import LogitsProcessor


@dataclass(frozen=True, slots=True)
class Way:
    """How a row's tokens are chosen: by ``seed`` at a ``temperature``; the likeliest at temperature 0."""

    temperature: float = 0.0
    seed: int = 0


@dataclass(slots=True)
class Chosen:
    """What was chosen, step by step: token numbers and the logarithm of their probability, ``(B,)`` each."""

    tokens: list[torch.Tensor] = field(default_factory=list)
    logs: list[torch.Tensor] = field(default_factory=list)


class Choosing(LogitsProcessor):
    """Makes the chosen token the largest of its row, last of all processors, and keeps what was chosen."""

    def __init__(self, ways: Sequence[Way]):
        self.ways, self.chosen = list(ways), Chosen()
        # Drawn on the CPU, whose generator gives the same numbers everywhere.
        self._draws = [
            torch.Generator().manual_seed(way.seed) if way.temperature > 0 else None for way in self.ways
        ]

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        logs = torch.log_softmax(scores.float(), dim=-1)
        wanted = logs
        if any(draw is not None for draw in self._draws):
            wanted = logs.clone()
            for row, (way, draw) in enumerate(zip(self.ways, self._draws, strict=True)):
                if draw is not None:
                    even = torch.rand(logs.shape[1], generator=draw, dtype=torch.float64).clamp_min(1e-300)
                    noise = -torch.log(-torch.log(even))
                    wanted[row] = (logs[row].double() / way.temperature + noise.to(logs.device)).float()
        token = wanted.argmax(dim=-1)
        self.chosen.tokens.append(token)
        self.chosen.logs.append(logs.gather(1, token[:, None])[:, 0])
        return wanted


def read(chosen: Chosen, ends: Sequence[int], most: Sequence[int]) -> list[tuple[list[int], float]]:
    """Each row's tokens up to its end, and how sure they are: the geometric mean of their probabilities,
    the end's own among them.

    Arguments:
        ends: tokens that end a text.
        most: tokens that each row has at most.
    """
    if not chosen.tokens:
        return [([], 0.0) for _ in most]
    tokens = torch.stack(chosen.tokens, dim=1).tolist()
    logs = torch.stack(chosen.logs, dim=1).tolist()
    made = []
    for row, sure, limit in zip(tokens, logs, most, strict=True):
        last = next((at for at, token in enumerate(row[:limit]) if token in ends), None)
        counted = sure[: limit if last is None else last + 1]
        mean = sum(counted) / len(counted) if counted else float("-inf")
        made.append((row[: limit if last is None else last], float(torch.tensor(mean).exp())))
    return made
