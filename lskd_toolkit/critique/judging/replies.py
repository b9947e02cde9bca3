"""A judge's reply: the form asked for, and what is read of what comes.

Nothing is believed but whole entries for statements that were asked about. Text inside an entry is text: what
a judge quotes of a statement gives no grades, and two entries that differ about one statement are none.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

LOWEST, HIGHEST = 1, 5
REASON = 200
"""Characters that are kept of a reason."""

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "judgements": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "statement": {"type": "integer"},
                    "reason": {"type": "string"},
                    "answer": {"type": "integer", "enum": [1, 2, 3, 4, 5]},
                    "rationale": {"type": "integer", "enum": [1, 2, 3, 4, 5]},
                    "accept": {"type": "boolean"},
                },
                "required": ["statement", "reason", "answer", "rationale", "accept"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["judgements"],
    "additionalProperties": False,
}
"""The same for every request, so that vendors compile it once. The reason stands first: grades that are given
before it would only be defended by it."""


@dataclass(frozen=True, slots=True)
class Graded:
    """One statement's grades in [0, 1], and the judge's reason on one line."""

    answer: float
    rationale: float
    accept: float
    reason: str


def read(text: str, n: int) -> dict[int, Graded]:
    """What a reply says of statements 1 to ``n``, by their numbers; those it says nothing whole of, or twice
    and differently, are left out.

    Takes JSON of the form asked for wherever it stands in the text, a bare list or line by line, and the
    whole entries of one that was cut.
    """
    found: dict[int, Graded] = {}
    contested = set()
    for item in _entries(text):
        number, graded = item.get("statement"), _graded(item)
        if type(number) is not int or not 1 <= number <= n or graded is None:
            continue
        known = found.setdefault(number, graded)
        if (known.answer, known.rationale, known.accept) != (graded.answer, graded.rationale, graded.accept):
            contested.add(number)
    return {number: graded for number, graded in sorted(found.items()) if number not in contested}


def _graded(item: Mapping[str, Any]) -> Graded | None:
    answer, rationale, accept = (item.get(name) for name in ("answer", "rationale", "accept"))
    if not all(type(grade) is int and LOWEST <= grade <= HIGHEST for grade in (answer, rationale)):
        return None
    if not isinstance(accept, bool):
        return None
    reason = item.get("reason")
    said = " ".join(reason.split())[:REASON] if isinstance(reason, str) else ""
    return Graded(_share(answer), _share(rationale), float(accept), said)


def _share(grade: Any) -> float:
    return float((grade - LOWEST) / (HIGHEST - LOWEST))


def _entries(text: str) -> Iterator[Mapping[str, Any]]:
    """The objects of a text that stand for judgements, from the outside in: of one that was read whole
    nothing inside is read again."""
    decoder, at = json.JSONDecoder(), 0
    while (start := text.find("{", at)) >= 0:
        try:
            value, at = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):  # cut, or no JSON: what is whole inside it still counts
            at = start + 1
            continue
        listed = value.get("judgements")
        for each in listed if isinstance(listed, list) else [value]:
            if isinstance(each, Mapping):
                yield each
