"""Statements in words alone, for models that were never taught what ``[0]`` is."""

from __future__ import annotations

from collections.abc import Mapping

from lskd_toolkit import mentions

NAMELESS = "it"
"""Stands for a region without a label."""
_BEFORE = frozenset(
    ["a", "an", "the", "this", "that", "these", "those", "his", "her", "its", "their", "your", "my", "our"]
)


def idfree(text: str, labels: Mapping[int, str]) -> str:
    """The text with each mention of a region replaced by its label, or by ``it`` where it has none.

    ``[0] greets [1]`` becomes ``the man greets the dog``; an article is not said twice, and ``the man [0]``
    stays ``the man``. Several regions of one label are said once.

    Raises:
        KeyError: a mentioned region is not among the labels.
    """
    said: list[mentions.Token] = []
    for token in mentions.tokenize(text):
        said += _named(token, said, labels) if isinstance(token, list) else [token]
    return mentions.detokenize(said)


def _named(
    mentioned: list[int], before: list[mentions.Token], labels: Mapping[int, str]
) -> list[mentions.Token]:
    names = list(dict.fromkeys(" ".join(labels[k].split()) or NAMELESS for k in mentioned))
    words = [word.casefold() for word in before[-4:] if isinstance(word, str)]
    told = names[0].casefold().split()
    if len(names) == 1 and names[0] != NAMELESS and words[-len(told) :] == told:
        return []
    article = bool(words) and words[-1] in _BEFORE
    spoken = [
        name if name == NAMELESS or (article and at == 0) else f"the {name}" for at, name in enumerate(names)
    ]
    return list(" and ".join(spoken).split())
