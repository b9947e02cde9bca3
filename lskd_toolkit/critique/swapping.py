"""The critic ``swap``: a statement that is about its regions must score lower when they are others.

It asks another critic twice, of the statement as it is and of the same words told of other regions. What
scores no lower may be true, but it is not localized: a student learns nothing from it about where to look.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace

from pydantic import Field

from ..errors import ConfigError
from ..images.picture import Picture
from ..labelling.labels import words_sha256
from ..labelling.negatives import swap
from ..options import Options
from ..protocols import Context
from ..records import Judgement, Scene, Statement
from .calibration import log_odds

NAME = "swap"


class SwapOptions(Options):
    """Options of the critic ``swap``; its part ``critic`` is the one that is asked."""

    swaps: int = Field(
        1, ge=1, le=8, description="How many different swaps are tried; the mean of their scores counts."
    )
    margin: float = Field(
        0.05, ge=0, le=1, description="A score that falls by less is noted: it does not care where it points."
    )


class Swap:
    """Asks its part ``critic``, all statements of a batch at once."""

    def __init__(self, options: SwapOptions | None, ctx: Context):
        self.options = options or SwapOptions()
        found = ctx.part("critic", "*")
        if not found:
            raise ConfigError(
                "swap asks another critic, and none is named; name one, such as: --set swap.critic=grounding"
            )
        self._critic = found[0]

    async def judge(
        self,
        pictures: Sequence[Picture],
        scenes: Sequence[Scene],
        statements: Sequence[Sequence[Statement]],
    ) -> list[list[Judgement]]:
        """The score is the odds of the statement over the sum of its odds and those of it swapped: 0.5 where
        they are the same, more where the swap scores lower. Parts: ``original`` and ``swapped``, the scores.

        A statement whose regions cannot be swapped has the score 1 and no parts: nothing speaks against it.
        """
        swapped = [
            [self._swaps(scene, each) for each in said]
            for scene, said in zip(scenes, statements, strict=True)
        ]
        asked = [
            [
                replace(each, id=number)
                for number, each in enumerate(
                    [told for own, others in zip(said, found, strict=True) if others
                     for told in (own, *others)]
                )
            ]
            for said, found in zip(statements, swapped, strict=True)
        ]  # fmt: skip
        given = await self._critic.judge(list(pictures), list(scenes), asked)
        return [
            self._judged(said, found, [each.score for each in scores])
            for said, found, scores in zip(statements, swapped, given, strict=True)
        ]

    def _swaps(self, scene: Scene, statement: Statement) -> list[Statement]:
        """The statement of other regions, up to as many times as are asked for, each another."""
        chance = random.Random(words_sha256(statement))
        found: dict[str, Statement] = {}
        for _ in range(4 * self.options.swaps):
            told = swap(scene, statement, chance)
            if told is not None and len(found) < self.options.swaps:
                found.setdefault(told[1], told[0])
        return list(found.values())

    def _judged(
        self, said: Sequence[Statement], found: Sequence[Sequence[Statement]], scores: Sequence[float]
    ) -> list[Judgement]:
        judged, at = [], 0
        for statement, others in zip(said, found, strict=True):
            if not others:
                judged.append(Judgement(statement.id, 1.0, NAME, {}, "its regions cannot be swapped"))
                continue
            own, rest = scores[at], scores[at + 1 : at + 1 + len(others)]
            at += 1 + len(others)
            other = sum(rest) / len(rest)
            note = "" if own - other >= self.options.margin else "does not care where it points"
            judged.append(
                Judgement(
                    statement.id, preferred(own, other), NAME, {"original": own, "swapped": other}, note
                )
            )
        return judged


def preferred(own: float, other: float) -> float:
    """The odds of the one over the sum of both odds, in [0, 1]."""
    return 1.0 / (1.0 + math.exp(float(log_odds(other) - log_odds(own))))
