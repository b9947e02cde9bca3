"""The words of the small world: written by its verbalizers, read by its teacher, judged by its critic.

One grammar both ways: what `tell_local` and `tell_relation` write, `read` understands. The teacher
knows nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from .world import COLOURS, SHAPES

RELATIONS = ("left of", "right of", "above", "below", "beside")
OPPOSITE = {"left of": "right of", "right of": "left of", "above": "below", "below": "above"}
STATES = ("open", "closed", "upright", "tipped")

_LOCAL = re.compile(
    rf"\ban? (?:(?P<state>{'|'.join(STATES)}) )?(?P<colour>{'|'.join(COLOURS)}) "
    rf"(?P<shape>{'|'.join(SHAPES)})\b"
)
RELATION = re.compile(rf"\[(\d+)\] is ({'|'.join(RELATIONS)}) \[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one region."""

    shape: str
    colour: str
    state: str = ""


@dataclass(slots=True)
class Knowledge:
    """What words say: things by region id, and relations as (subject, name, object)."""

    things: dict[int, Known] = field(default_factory=dict)
    relations: list[tuple[int, str, int]] = field(default_factory=list)


def article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"


def tell_local(known: Known) -> str:
    """``a red star``, ``an open blue door``."""
    words = " ".join(word for word in (known.state, known.colour, known.shape) if word)
    return f"{article(words)} {words}"


def tell_relation(subject: int, name: str, other: int) -> str:
    """``[0] is left of [1]``."""
    return f"[{subject}] is {name} [{other}]"


def read(local: Iterable[tuple[int, str]], relations: Iterable[str]) -> Knowledge:
    """Knowledge from local words by region and from sentences about pairs."""
    knowledge = Knowledge()
    for region, text in local:
        found = _LOCAL.search(text)
        if found:
            knowledge.things.setdefault(region, Known(found["shape"], found["colour"], found["state"] or ""))
    for text in relations:
        for a, name, b in RELATION.findall(text):
            knowledge.relations.append((int(a), name, int(b)))
    return knowledge
