"""What is wrong with an annotation, and the checks that say so."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..errors import UsageError


class Malformed(UsageError, ValueError):
    """An annotation that is no region. The message is the reason, in one line."""


def numbers(values: Any, count: int, what: str) -> tuple[float, ...]:
    """``values`` as that many finite floats.

    Raises:
        Malformed: they are not; the message begins with ``what``.
    """
    values = listed(values, what)
    if len(values) != count:
        raise Malformed(f"{what} has {len(values)} numbers, not {count}")
    return finite(values, what)


def listed(values: Any, what: str) -> Sequence[Any]:
    """``values`` as a sequence: a list, a tuple, or anything with ``tolist`` (numpy, torch on the CPU)."""
    if hasattr(values, "tolist"):
        values = values.tolist()
    if not isinstance(values, list | tuple):
        raise Malformed(f"{what} is {brief(values)}, not a list of numbers")
    return values


def finite(values: Sequence[Any], what: str) -> tuple[float, ...]:
    """``values`` as finite floats; text is no number, nor is True."""
    found = []
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Malformed(f"{what} holds {brief(value)}, which is no number")
        number = float(value) if abs(value) < 1e300 else math.inf  # an int may be too large for a float
        if not math.isfinite(number):
            raise Malformed(f"{what} holds a number that is not finite: {brief(value)}")
        found.append(number)
    return tuple(found)


def score(value: Any, what: str = "score") -> float:
    """A confidence in [0, 1]. A little over 1 is rounding, or a predicted IoU, and is 1."""
    (number,) = finite((value,), what)
    if not 0.0 <= number <= 1.1:
        raise Malformed(f"{what} is {number:g}, not in [0, 1]")
    return min(number, 1.0)


def brief(value: Any) -> str:
    """A value for a message: short, on one line."""
    return " ".join(repr(value).split())[:60]
