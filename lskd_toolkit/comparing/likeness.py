"""How alike two statements are, by the words they share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..records import Statement

NEAR = 0.8
"""From this Jaccard index on, two statements count as nearly the same."""

_WORD = re.compile(r"\[[\d\s,]+\]|\w+(?:['’]\w+)*")
_MENTION = re.compile(r"\[[\d\s,]+\]")


def words(text: str) -> list[str]:
    """The words of a text in lower case; a mention is one word."""
    return _WORD.findall(text.lower())


def vocabulary(statement: Statement) -> frozenset[str]:
    """The different words of question, answer and rationale."""
    return frozenset(words(f"{statement.question} {statement.answer} {statement.rationale}"))


def asked(text: str) -> str:
    """A question or an answer as it is compared: its words alone."""
    return " ".join(words(text))


def template(statement: Statement) -> str:
    """Question and answer with every mention masked: what a teacher that repeats itself says again."""
    return asked(_MENTION.sub(" region ", f"{statement.question} {statement.answer}"))


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """The Jaccard index in [0, 1]: words in both over words in either; 1 for two empty texts."""
    either = len(one | other)
    return len(one & other) / either if either else 1.0


def best_matches(some: Sequence[frozenset[str]], others: Iterable[frozenset[str]]) -> list[float]:
    """For each of ``some`` the likeness to the most alike of ``others``; 0 where there are none."""
    others = list(others)
    return [max((likeness(one, other) for other in others), default=0.0) for one in some]
