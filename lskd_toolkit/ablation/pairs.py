"""Whether two ways of pointing are told apart by the same held-out questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from ..comparing.intervals import bootstrap, holm, share, sign_test
from .measure import CONTROLS, Arm

SURE = 0.05
"""Two ways are told apart where the corrected p-value is below it."""


@dataclass(frozen=True)
class Pair:
    """How much more of ``other`` is right than of ``one``, with the 95 % interval over held-out scenes (None
    where the difference is the same in every scene); in how many scenes it is better and worse, the p-value
    of the sign test over these, and the same corrected for how many pairs there are (Holm)."""

    one: str
    other: str
    difference: float
    low: float | None
    high: float | None
    better: int
    worse: int
    p: float
    p_holm: float


def pairs(arms: Sequence[Arm]) -> list[Pair]:
    """All pairs of visual prompts that were measured, the better one first."""
    measured = [arm for arm in arms if not arm.reason and arm.name not in CONTROLS]
    ranked = sorted(measured, key=lambda arm: -arm.accuracy)
    found = [_pair(one, other) for one, other in combinations(ranked, 2)]
    corrected = holm([pair.p for pair in found])
    return [replace(pair, p_holm=p) for pair, p in zip(found, corrected, strict=True)]


def not_told_apart(found: Sequence[Pair], name: str) -> list[str]:
    """The ways whose difference from that one may be chance."""
    same = [pair for pair in found if name in (pair.one, pair.other) and pair.p_holm >= SURE]
    return [pair.other if pair.one == name else pair.one for pair in same]


def _pair(one: Arm, other: Arm) -> Pair:
    values = other.by_scene - one.by_scene
    found = bootstrap(np.stack([values, np.ones_like(values)], axis=1), share)
    assert found is not None  # there is a scene
    better, worse = int((values > 1e-9).sum()), int((values < -1e-9).sum())
    p = sign_test(better, worse)
    return Pair(one.name, other.name, found.value, found.low, found.high, better, worse, p, p)
