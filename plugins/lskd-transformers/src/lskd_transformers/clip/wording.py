"""How labels and certainty are said."""

from __future__ import annotations

from collections.abc import Sequence


def hedged(score: float, sure: float, probable: float) -> str:
    """How a score is said: nothing when sure, else ``probably`` or ``possibly``."""
    return "" if score >= sure else "probably" if score >= probable else "possibly"


def one(label: str) -> str:
    """A label with its article, unless it has one or is many: ``an office``, ``scissors``."""
    first = label.partition(" ")[0].casefold()
    if first in ("a", "an", "the") or (label.endswith("s") and not label.endswith(("ss", "us", "is"))):
        return label
    return f"{'an' if first[:1] in 'aeiou' else 'a'} {label}"


def sentence(saying: str, doubt: str, labels: Sequence[str], joined: str) -> str:
    """``the place is {} {}`` as ``the place is probably a kitchen or a bar``: the likeliest first."""
    *before, last = labels
    words = f"{', '.join(before)} {joined} {last}" if before else last
    return " ".join(saying.format(doubt, words).split())
