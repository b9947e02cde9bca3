"""A probability learned where one share of statements fits, told for another share."""

from __future__ import annotations

import math


def at_prior(log_odds: float, trained: float, prior: float) -> float:
    """The probability of a match where a share ``prior`` matches, of log-odds learned where ``trained`` did.

    A net that learned from one match to two mismatches says 1/3 of what it knows nothing about.
    """
    moved = log_odds + math.log(prior / (1 - prior)) - math.log(trained / (1 - trained))
    likelier = math.exp(-abs(moved))
    return (1.0 if moved >= 0 else likelier) / (1 + likelier)
