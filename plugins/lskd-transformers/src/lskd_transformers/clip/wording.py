"""How labels and certainty are said."""

from __future__ import annotations

from collections.abc import Sequence


def hedged(score: float, sure: float, probable: float) -> str:
    """How a score is said: nothing when sure, else ``probably`` or ``possibly``."""
    return "" if score >= sure else "probably" if score >= probable else "possibly"


SINGULAR = ("ss", "us", "is", "'s", "rhinoceros", "chest of drawers")
"""Ends of what is one, though it ends in s."""
YOU = ("uni", "use", "uti", "eu")
"""Begin with the sound of *you*, if no ``UNLIKE`` goes before."""
UNLIKE = ("unid", "unim", "unin")
UNCOUNTED = frozenset(
    ["bacon", "bread", "broccoli", "butter", "candy", "cheese", "chocolate", "corn", "fog", "garlic", "glue",
     "grass", "hair", "honey", "ice", "jam", "juice", "lightning", "milk", "pasta", "perfume", "popcorn",
     "rice", "sand", "shampoo", "skis", "smoke", "snow", "soap", "sushi", "tape", "toast", "toilet paper",
     "toothpaste"]
)  # fmt: skip
"""Have no article of one."""


def one(label: str) -> str:
    """A label with its article, unless it has one, is many or not counted: ``an office``, ``scissors``,
    ``bread``."""
    low = label.casefold()
    if low in UNCOUNTED or low.partition(" ")[0] in ("a", "an", "the"):
        return label
    if low.endswith("s") and not low.endswith(SINGULAR):
        return label
    you = low.startswith(YOU) and not low.startswith(UNLIKE)
    return f"{'an' if low[:1] in 'aeiou' and not you else 'a'} {label}"


def sentence(saying: str, doubt: str, labels: Sequence[str], joined: str) -> str:
    """``the place is {} {}`` as ``the place is probably a kitchen or a bar``: the likeliest first."""
    *before, last = labels
    words = f"{', '.join(before)} {joined} {last}" if before else last
    return " ".join(saying.format(doubt, words).split())
