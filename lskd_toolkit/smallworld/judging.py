"""Whether a statement is true of a scene, claim by claim. Nothing is believed that is not understood."""

from __future__ import annotations

import re

from ..mentions import find
from ..records import Statement
from .grammar import RELATION, STATES
from .truth import holds
from .world import COLOURS, SHAPES, Thing, beside

_STATE, _COLOUR, _SHAPE = ("|".join(words) for words in (STATES, COLOURS, SHAPES))
_ATTRIBUTE = re.compile(rf"\[(\d+)\] is (?:an? )?(?:({_STATE})\b ?)?(?:({_COLOUR})\b ?)?(?:({_SHAPE})\b)?")
_TAKEN_FOR_GRANTED = re.compile(rf"\bis \[(\d+)\] ({_STATE})\b")
_OPENED = re.compile(r"opened \[(\d+)\] with \[(\d+)\]")
_DRINK = re.compile(r"\[(\d+)\] wants to drink from \[(\d+)\]")


def judge(statement: Statement, things: dict[int, Thing]) -> dict[str, float]:
    """Parts of a verdict, each 0 or 1.

    ``ids`` exist; ``understood``: the answer claims something that can be checked; ``attribute``,
    ``relation`` and ``cause`` claims of question and answer are true; the ``rationale`` claims only what
    is true, and something about a region that the answer speaks of.
    """
    said = f"{statement.question} {statement.answer}"
    taken = [_has(things.get(int(i)), state) for i, state in _TAKEN_FOR_GRANTED.findall(said)]
    rationale = _claims(statement.rationale, things)
    bearing = set(find(statement.answer)) & set(find(statement.rationale))
    return {
        "ids": float(bool(statement.regions) and all(i in things for i in statement.regions)),
        "understood": float(bool(_claims(statement.answer, things))),
        "attribute": _all([*taken, *_attributes(said, things)]),
        "relation": _all(_relations(said, things)),
        "cause": _all(_causes(said, things)),
        "rationale": float(bool(rationale) and bool(bearing) and all(rationale)),
    }


def _all(claims: list[bool]) -> float:
    return float(all(claims))


def _claims(text: str, things: dict[int, Thing]) -> list[bool]:
    return [*_attributes(text, things), *_relations(text, things), *_causes(text, things)]


def _has(thing: Thing | None, *words: str) -> bool:
    """Whether a thing is there and is all that is said of it; an empty word says nothing."""
    return thing is not None and all(w in ("", thing.state, thing.colour, thing.shape) for w in words)


def _attributes(text: str, things: dict[int, Thing]) -> list[bool]:
    return [_has(things.get(int(i)), *words) for i, *words in _ATTRIBUTE.findall(text) if any(words)]


def _relations(text: str, things: dict[int, Thing]) -> list[bool]:
    return [
        int(a) in things and int(b) in things and holds(things[int(a)], name, things[int(b)])
        for a, name, b in RELATION.findall(text)
    ]


def _causes(text: str, things: dict[int, Thing]) -> list[bool]:
    """Claims that a door was opened with a key, or that a figure wants to drink from a cup."""
    opened = [_goes_with(things, a, "door", "open", b, "key", "") for a, b in _OPENED.findall(text)]
    drink = [_goes_with(things, a, "figure", "", b, "cup", "upright") for a, b in _DRINK.findall(text)]
    return opened + drink


def _goes_with(
    things: dict[int, Thing], a: str, shape: str, state: str, b: str, other_shape: str, other_state: str
) -> bool:
    one, other = things.get(int(a)), things.get(int(b))
    return (
        one is not None and other is not None and beside(one, other)
        and (one.shape, one.state) == (shape, state)
        and (other.shape, other.state) == (other_shape, other_state)
    )  # fmt: skip
