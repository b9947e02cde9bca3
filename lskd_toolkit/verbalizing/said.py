"""What a model said, as descriptors: on one line, scored, and only where there are words."""

from __future__ import annotations

from ..records import Descriptor, Said, Scope

SENTENCE = 1000
"""Characters of a descriptor at most: a model that repeats itself does not fill a prompt."""


def line(text: str) -> str:
    """One line of what can be printed."""
    text = " ".join(text.split())
    if not text.isprintable():
        text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= SENTENCE else text[: SENTENCE - 1] + "…"


def told(said: Said, scope: Scope, verbalizer: str, region: int | None = None) -> Descriptor | None:
    """The descriptor of a text; None where there is none. A region's begins with its id."""
    text = line(said.text)
    if region is not None:  # a model that reads numbers begins with it itself
        text = text.removeprefix(f"[{region}]").lstrip(" :")
    if not text:
        return None
    regions = () if region is None else (region,)
    return Descriptor(
        scope, text if region is None else f"[{region}] {text}", regions, sure(said), verbalizer
    )


def sure(said: Said) -> float:
    """The score within [0, 1]; what is no number is no confidence."""
    return round(min(1.0, max(0.0, said.score)), 4) if said.score == said.score else 0.0
