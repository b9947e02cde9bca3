"""The ways in which a teacher is made to err, as real ones do.

Whether a thing is spoken of wrongly, and how, depends on the type of question and the thing's kind,
never on the image: mistakes of that sort are not averaged out by training, so that filtering them is
worth something. Every mistake is false, or unsupported, given what the teacher was told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from .grammar import Knowledge, tell_local
from .world import COLOURS, chance, habit


@dataclass(frozen=True, slots=True)
class Said:
    """A statement in the making. ``about`` is the region that its question asks about."""

    question: str
    answer: str
    rationale: str
    inference: str
    about: int


def erring(said: Said, knowledge: Knowledge, share: float) -> Said:
    """The statement, or what becomes of it where its kind is among the ``share`` told wrongly."""
    thing = knowledge.things.get(said.about)
    kind = (said.inference, thing.shape, thing.colour) if thing is not None else (said.inference,)
    if not habit(share, "wrong", *kind):
        return said
    first = int(chance("way", *kind) * len(WAYS))
    for turn in range(len(WAYS)):
        wrong = WAYS[(first + turn) % len(WAYS)](said, knowledge)
        if wrong is not None:
            return wrong
    return said


def _other_attribute(said: Said, knowledge: Knowledge) -> Said | None:
    """The colour of another thing in the scene: the hardest to catch."""
    return _recoloured(said, knowledge, absent=False)


def _absent(said: Said, knowledge: Knowledge) -> Said | None:
    """A colour that nothing here has, or an act with a thing that is not there: it is of another kind."""
    if said.inference == "attribute":
        return _recoloured(said, knowledge, absent=True)
    if said.inference not in ("cause", "intent"):
        return None
    _, thing = _ids(said.answer)
    other = next(_others(knowledge, said.about, thing), None)
    return None if other is None else replace(said, answer=said.answer.replace(f"[{thing}]", f"[{other}]"))


def _swapped(said: Said, knowledge: Knowledge) -> Said | None:
    """Two ids exchanged."""
    ids = _ids(said.answer)
    if len(ids) == 1:
        other = next(_others(knowledge, ids[0]), None)
        if other is None or knowledge.things[other].colour == knowledge.things[ids[0]].colour:
            return None
        ids.append(other)
    a, b = ids
    exchange = {f"[{a}]": f"[{b}]", f"[{b}]": f"[{a}]"}
    return replace(said, answer=re.sub(r"\[\d+\]", lambda m: exchange.get(m[0], m[0]), said.answer))


def _unsupported(said: Said, knowledge: Knowledge) -> Said | None:
    """A rationale that is true and has nothing to do with the answer."""
    other = next(_others(knowledge, *_ids(said.answer)), None)
    if other is None:
        return None
    return replace(said, rationale=f"[{other}] is {tell_local(knowledge.things[other])}.")


WAYS: tuple[Callable[[Said, Knowledge], Said | None], ...] = (
    _other_attribute, _absent, _swapped, _unsupported,
)  # fmt: skip


def _recoloured(said: Said, knowledge: Knowledge, absent: bool) -> Said | None:
    if said.inference != "attribute":
        return None
    own = knowledge.things[said.about].colour
    here = {thing.colour for thing in knowledge.things.values()}
    pool = [c for c in COLOURS if c != own and (c in here) is not absent]
    if not pool:
        return None
    told = pool[int(chance("colour", own, *pool) * len(pool))]
    return replace(said, answer=said.answer.replace(own, told), rationale=said.rationale.replace(own, told))


def _ids(text: str) -> list[int]:
    return [int(found) for found in re.findall(r"\[(\d+)\]", text)]


def _others(knowledge: Knowledge, *but: int) -> Iterator[int]:
    return (region for region in sorted(knowledge.things) if region not in but)
