"""What can be said of a scene from knowledge alone, rightly or wrongly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .grammar import OPPOSITE, Knowledge, tell_relation
from .world import COLOURS, chance

TYPES = ("attribute", "spatial", "cause", "intent")


@dataclass(frozen=True, slots=True)
class Said:
    question: str
    answer: str
    rationale: str
    inference: str


def statements(knowledge: Knowledge, types: Iterable[str], wrong: float, draw: str) -> list[Said]:
    """Every statement of these types, one type after the other in turn; a share ``wrong`` of them
    hallucinated in one of four ways, chosen by what they are about."""
    wanted = [kind for kind in types if kind in TYPES]
    by_type = [list(_MAKERS[kind](knowledge)) for kind in wanted]
    said: list[Said] = []
    for turn in range(max((len(made) for made in by_type), default=0)):
        said += [made[turn] for made in by_type if turn < len(made)]
    return [
        _hallucinated(s, knowledge) if wrong and chance("wrong", draw, s.inference, s.answer) < wrong else s
        for s in said
    ]


def _attribute(knowledge: Knowledge) -> Iterable[Said]:
    for region, thing in sorted(knowledge.things.items()):
        yield Said(
            f"What colour is [{region}]?", f"[{region}] is {thing.colour}.",
            f"[{region}] is a {thing.colour} {thing.shape}.", "attribute",
        )  # fmt: skip


def _spatial(knowledge: Knowledge) -> Iterable[Said]:
    for a, name, b in knowledge.relations:
        if name != "beside":
            yield Said(
                f"Where is [{a}] relative to [{b}]?", f"{tell_relation(a, name, b)}.",
                f"{tell_relation(b, OPPOSITE[name], a)}.", "spatial",
            )  # fmt: skip


def _near(knowledge: Knowledge, region: int, shape: str) -> int | None:
    for a, name, b in knowledge.relations:
        if name == "beside" and region in (a, b):
            other = b if a == region else a
            if other in knowledge.things and knowledge.things[other].shape == shape:
                return other
    return None


def _cause(knowledge: Knowledge) -> Iterable[Said]:
    for region, thing in sorted(knowledge.things.items()):
        if thing.shape != "door":
            continue
        key = _near(knowledge, region, "key")
        if thing.state == "open" and key is not None:
            yield Said(
                f"Why is [{region}] open?", f"Somebody opened [{region}] with [{key}].",
                f"[{key}] is beside [{region}].", "cause",
            )  # fmt: skip


def _intent(knowledge: Knowledge) -> Iterable[Said]:
    for region, thing in sorted(knowledge.things.items()):
        if thing.shape != "figure":
            continue
        cup = _near(knowledge, region, "cup")
        if cup is not None and knowledge.things[cup].state == "upright":
            yield Said(
                f"What does [{region}] want to do?", f"[{region}] wants to drink from [{cup}].",
                f"[{cup}] is beside [{region}].", "intent",
            )  # fmt: skip


_MAKERS = {"attribute": _attribute, "spatial": _spatial, "cause": _cause, "intent": _intent}


def _hallucinated(said: Said, knowledge: Knowledge) -> Said:
    """One of the ways in which teachers err: another object's attribute, an absent colour, swapped ids,
    a rationale that does not support."""
    way = int(chance("way", said.inference, said.answer) * 4)
    if said.inference == "attribute":
        own = next(colour for colour in COLOURS if colour in said.answer)
        others = sorted({thing.colour for thing in knowledge.things.values()} - {own})
        absent = sorted(set(COLOURS) - {own, *others})
        pool: Sequence[str] = others if way < 2 and others else absent
        told = pool[int(chance("colour", said.answer) * len(pool))]
        return Said(
            said.question, said.answer.replace(own, told), said.rationale.replace(own, told), "attribute"
        )
    if said.inference == "spatial":
        for name, opposite in OPPOSITE.items():
            if name in said.answer:
                return Said(
                    said.question, said.answer.replace(name, opposite),
                    said.rationale if way == 3 else said.rationale.replace(opposite, name), "spatial",
                )  # fmt: skip
    return Said(said.question, said.answer, said.rationale.replace("beside", "above"), said.inference)
