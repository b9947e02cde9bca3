"""A reply's text to questions. What cannot be answered, and what was asked before, is left out."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from .. import mentions
from ..records import Question
from .said import line


def schema(n: int) -> Mapping[str, Any]:
    """The JSON schema of a reply of up to ``n`` questions."""
    item = {
        "type": "object",
        "properties": {
            "question": {"type": "string"},
            "regions": {"type": "array", "items": {"type": "integer"}},
        },
        "required": ["question", "regions"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"questions": {"type": "array", "minItems": 0, "maxItems": n, "items": item}},
        "required": ["questions"],
        "additionalProperties": False,
    }


def read(text: str, ids: Collection[int], asked: Collection[Question], words: int) -> list[Question] | None:
    """The questions in a reply that can be answered and are new; None where it holds nothing of the kind.

    Takes JSON of the form asked for, a line of JSON for each question, the whole ones of a list that was cut,
    and, from models that write none, lines that end with a question mark.
    """
    items = list(_items(text))
    if not items:
        return None
    known = {alike(question) for question in asked}
    found: list[Question] = []
    for item in items:
        question = _question(item, ids, words)
        if question is not None and alike(question) not in known:
            known.add(alike(question))
            found.append(question)
    return found


def alike(question: Question) -> tuple[str, frozenset[int]]:
    """What two questions have in common that ask the same."""
    return mentions.without(question.text).rstrip("?. "), frozenset(question.regions)


def _question(item: Any, ids: Collection[int], words: int) -> Question | None:
    """An item as a question, or None: it says nothing, too much, or speaks of what is not there."""
    text = item.get("question") if isinstance(item, dict) else item
    if not isinstance(text, str):
        return None
    text = line(text)
    mentioned = mentions.find(text)
    if not text or len(text.split()) > words or not all(i in ids for i in mentioned):
        return None
    named = item.get("regions") if isinstance(item, dict) else None
    about = [i for i in named if type(i) is int and i in ids] if isinstance(named, list) else []
    return Question(text, tuple(dict.fromkeys([*mentioned, *about])))


def _items(text: str) -> Iterator[Any]:
    """What may be questions in a text; an empty list said in JSON counts as one item that is none."""
    decoder, at, objects = json.JSONDecoder(), 0, False
    while (start := text.find("{", at)) >= 0:
        try:
            value, at = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):  # a model that repeats itself nests without end
            at = start + 1
            continue
        listed = value.get("questions")
        if isinstance(listed, list):
            objects = True
            yield from listed or [None]
        elif "question" in value:
            objects = True
            yield value
    if not objects and "{" not in text:
        for each in text.splitlines():
            asked = re.sub(r"^[\s\-*•]*(\d+[.)]\s*)?", "", each).strip()
            if asked.endswith("?"):
                yield asked
