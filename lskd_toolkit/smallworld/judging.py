"""Whether a statement is true of a scene, claim by claim."""

from __future__ import annotations

import re

from ..records import Statement
from .grammar import _RELATION
from .truth import holds
from .world import COLOURS, Thing, beside

_ATTRIBUTE = re.compile(rf"\[(\d+)\] is (?:an? )?(?:\w+ )?({'|'.join(COLOURS)})\b")
_OPENED = re.compile(r"opened \[(\d+)\] with \[(\d+)\]")
_DRINK = re.compile(r"\[(\d+)\] wants to drink from \[(\d+)\]")


def judge(statement: Statement, things: dict[int, Thing]) -> dict[str, float]:
    """Parts of a verdict, each 0 or 1: ``ids`` exist; ``attribute``, ``relation`` and ``cause`` claims
    are true; the ``rationale``'s own claims are."""
    said = f"{statement.question} {statement.answer}"
    return {
        "ids": float(bool(statement.regions) and all(i in things for i in statement.regions)),
        "attribute": _all(_attributes(said, things)),
        "relation": _all(_relations(said, things)),
        "cause": _all(_causes(said, things)),
        "rationale": _all(
            [*_attributes(statement.rationale, things), *_relations(statement.rationale, things)]
        ),
    }


def _all(claims: list[bool]) -> float:
    return float(all(claims))


def _attributes(text: str, things: dict[int, Thing]) -> list[bool]:
    return [int(i) in things and things[int(i)].colour == colour for i, colour in _ATTRIBUTE.findall(text)]


def _relations(text: str, things: dict[int, Thing]) -> list[bool]:
    return [
        int(a) in things and int(b) in things and holds(things[int(a)], name, things[int(b)])
        for a, name, b in _RELATION.findall(text)
    ]


def _causes(text: str, things: dict[int, Thing]) -> list[bool]:
    claims = []
    for a, b in _OPENED.findall(text):
        door, key = things.get(int(a)), things.get(int(b))
        claims.append(
            door is not None and key is not None and key.shape == "key"
            and door.state == "open" and beside(door, key)
        )  # fmt: skip
    for a, b in _DRINK.findall(text):
        figure, cup = things.get(int(a)), things.get(int(b))
        claims.append(
            figure is not None and cup is not None and cup.shape == "cup"
            and cup.state == "upright" and beside(figure, cup)
        )  # fmt: skip
    return claims
