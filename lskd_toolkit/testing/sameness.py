"""Whether two results are the same, and where they differ first."""

from __future__ import annotations

import math
from typing import Any

from ..store import to_json
from .subject import Subject

TOLERANCE = 1e-3
"""What ``batching="close"`` allows: relative, and absolute below 1."""


def plain(subject: Subject, result: Any) -> Any:
    """The result as plain values.

    Raises:
        AssertionError: something in it is no plain value, so it could not be stored.
    """
    try:
        return to_json(result)
    except (TypeError, ValueError) as error:
        subject.fail(
            f"a result cannot be stored ({error}); hand back records of plain numbers and text, "
            "float(x) and int(x) of what numpy or torch gave"
        )


def difference(subject: Subject, one: Any, other: Any) -> str:
    """Where two results differ, in words; '' when they are as equal as the record's ``batching`` says."""
    return _differs(plain(subject, one), plain(subject, other), subject.record.batching == "exact", "")


def _differs(one: Any, other: Any, exact: bool, where: str) -> str:
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        pairs = [(f"{where}.{key}", one[key], other[key]) for key in one]
    elif isinstance(one, list | tuple) and isinstance(other, list | tuple) and len(one) == len(other):
        pairs = [(f"{where}[{i}]", a, b) for i, (a, b) in enumerate(zip(one, other, strict=True))]
    else:
        return "" if _equal(one, other, exact) else f"{where.lstrip('.') or 'result'}: {one!r} != {other!r}"
    return next((found for at, a, b in pairs if (found := _differs(a, b, exact, at))), "")


def _equal(one: Any, other: Any, exact: bool) -> bool:
    numbers = all(isinstance(v, float | int) and not isinstance(v, bool) for v in (one, other))
    if numbers and not exact:
        return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(one == other)
