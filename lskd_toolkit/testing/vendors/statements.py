"""Statements about a picture, put together from phrases: sense enough to be parsed, judged and told apart."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ... import mentions

INFERENCES = ("intent", "emotion", "before", "after", "role", "relation", "attribute", "spatial", "cause")
_REGION_LINE = re.compile(r"^\[(\d{1,3})\](?: ([\w-]+(?: [\w-]+)*))?(?: \(([^)]*)\))?", re.MULTILINE)
_NOTE = re.compile(r"\(n(\d+)\)")
_COUNT = re.compile(r"at most (\d+) statements?\b")
_LISTED = re.compile(r'^\{"statement": (\d+),', re.MULTILINE)
_NUMBERS = re.compile(r" (?:numbers?|ids?|brackets?)\b")
_DENIED = re.compile(r"\b(not|never|without|no|instead of)\b[^.\n]{0,60}$", re.IGNORECASE)
_QUESTIONS = (
    "Why is {a} {place} and not nearer to {b}?", "What will {a} do once {event}?",
    "How does {a} come to be {place}?", "What was {a} for before {event}?",
    "Who would miss {a} first, when {event}?", "What does the place of {a} say of what {b} means there?",
    "How would {a} matter to whoever cares for {b}?", "What is likely to change for {a} when {event}?",
)  # fmt: skip
_ANSWERS = (
    "{a} is waiting {place} until {event}.", "{a} is going to be {deed} as soon as {event}.",
    "{a} was {deed} a while ago, long before {event}.", "Whoever is near {a} wants it {deed} before {event}.",
    "{a} has been kept {place} so that {b} stays {deed}.", "{b} decides it: {a} is {deed} when {event}.",
)  # fmt: skip
_RATIONALES = (
    "{a} is {place} of {b}, where things are {deed} before {event}.",
    "Things like {a} are mostly {deed} when {event}, and {b} is close at hand.",
    "{b} would hardly be so near to {a} unless both were to be {deed} together.",
    "With {b} {place}, somebody has seen to it that {a} is {deed} in time.",
)
_PLACES = (
    "at the edge", "in plain view", "a little apart", "close by", "out of the way", "right in front",
    "in the shade", "on the far side", "off to one side", "well within reach", "half hidden", "in the middle",
)  # fmt: skip
_EVENTS = (
    "the guests arrive", "the rain stops", "the light fades", "the work is done", "the others turn round",
    "the meal begins", "somebody calls", "the crowd thins out", "the bell rings", "the day ends",
    "the door opens", "the music stops", "the road is clear", "the wind drops",
)  # fmt: skip
_DEEDS = (
    "moved", "looked after", "put away", "shown round", "taken home", "carried along", "set in order",
    "left alone", "cleaned up", "handed over", "counted again", "held steady", "given room", "made ready",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seen:
    """What a prompt shows of a scene: ids, how each region may be called without its id, the numbers of
    notes, how many statements are asked for at most (0: not said), if regions go by their ids, and the
    numbers of statements that are listed to be judged."""

    ids: tuple[int, ...] = ()
    names: Mapping[int, str] | None = None
    notes: tuple[int, ...] = ()
    count: int = 0
    by_id: bool = True
    listed: tuple[int, ...] = ()


def seen(texts: Sequence[tuple[str, str]], style: str = "auto") -> Seen:
    """Read the conversation, ``(role, text)`` in order, backwards to the last turn that lists regions at
    the heads of its lines, or else to the last that mentions any."""
    users = [text for role, text in texts if role == "user"]
    found: dict[int, re.Match[str]] = {}
    scene = ""
    for scene in reversed(users):
        found = {int(m[1]): m for m in _REGION_LINE.finditer(scene)}
        if found:
            break
    else:
        scene = next((text for text in reversed(users) if mentions.find(text)), scene)
    ids = tuple(found or mentions.find(scene))
    names = {i: _name(found.get(i)) for i in ids}
    count = next(
        (int(m[1]) for text in reversed(users) if "at most " in text and (m := _COUNT.search(text))), 0
    )
    notes = tuple(dict.fromkeys(int(n) for n in _NOTE.findall(scene)))
    listed: list[str] = next((judged for text in reversed(users) if (judged := _LISTED.findall(text))), [])
    by_id = style == "id" or (style == "auto" and _by_id(texts))
    return Seen(ids, names, notes, count, by_id, tuple(map(int, listed)))


def _name(line: re.Match[str] | None) -> str:
    if line is None:
        return "the thing in view"
    place = (line[3] or "").split(",")[0].strip()
    return f"the {line[2] or 'thing'}" + (f" at the {place}" if place else "")


def _by_id(texts: Sequence[tuple[str, str]]) -> bool:
    """If the examples, or else the instructions, point at regions by number."""
    replies = [text for role, text in texts if role == "assistant" and '"rationale"' in text]
    if replies:
        return any(mentions.find(text) for text in replies)
    asked = [text for role, text in texts if role in ("system", "user")]
    return not any(
        _DENIED.search(text[max(0, m.start() - 80) : m.start()])
        for text in asked[:1] + asked[-1:]
        for m in _NUMBERS.finditer(text)
    )


def write(choose: random.Random, sight: Seen) -> dict[str, str]:
    """Question, answer and rationale of one statement; ids are mentioned in all three."""
    ids = sight.ids or (0,)
    first = choose.choice(ids)
    second = choose.choice([i for i in ids if i != first] or [first])
    a, b = (_called(i, sight) for i in (first, second))
    if first == second:
        b = "what is beside it"

    def fill(templates: Sequence[str]) -> str:
        made = choose.choice(templates).format(
            a=a, b=b, place=choose.choice(_PLACES), event=choose.choice(_EVENTS), deed=choose.choice(_DEEDS)
        )
        return made[0].upper() + made[1:]

    return {"question": fill(_QUESTIONS), "answer": fill(_ANSWERS), "rationale": fill(_RATIONALES)}


def _called(region: int, sight: Seen) -> str:
    return f"[{region}]" if sight.by_id else (sight.names or {}).get(region, "the thing in view")
