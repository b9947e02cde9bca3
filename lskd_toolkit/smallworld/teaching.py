"""What can be said of a scene from knowledge alone, rightly or wrongly."""

from __future__ import annotations

from collections.abc import Iterable

from .grammar import OPPOSITE, Knowledge, tell_local, tell_relation
from .hallucination import Said, erring

TYPES = ("attribute", "spatial", "cause", "intent")


def statements(knowledge: Knowledge, types: Iterable[str], wrong: float = 0.0) -> list[Said]:
    """Every statement of these types, one of each type in turn. ``wrong`` is the share of the kinds of
    statements that are hallucinated (`smallworld.hallucination`)."""
    made = [list(_MAKERS[kind](knowledge)) for kind in types if kind in TYPES]
    turns = range(max(map(len, made), default=0))
    said = [some[turn] for turn in turns for some in made if turn < len(some)]
    return [erring(each, knowledge, wrong) for each in said]


def _attribute(knowledge: Knowledge) -> Iterable[Said]:
    for region, thing in sorted(knowledge.things.items()):
        yield Said(
            f"What colour is [{region}]?", f"[{region}] is {thing.colour}.",
            f"[{region}] is {tell_local(thing)}.", "attribute", region,
        )  # fmt: skip


def _spatial(knowledge: Knowledge) -> Iterable[Said]:
    for a, name, b in knowledge.relations:
        if name != "beside":
            yield Said(
                f"Where is [{a}] relative to [{b}]?", f"{tell_relation(a, name, b)}.",
                f"{tell_relation(b, OPPOSITE[name], a)}.", "spatial", a,
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
                f"[{key}] is beside [{region}].", "cause", region,
            )  # fmt: skip


def _intent(knowledge: Knowledge) -> Iterable[Said]:
    for region, thing in sorted(knowledge.things.items()):
        if thing.shape != "figure":
            continue
        cup = _near(knowledge, region, "cup")
        if cup is not None and knowledge.things[cup].state == "upright":
            yield Said(
                f"What does [{region}] want to do?", f"[{region}] wants to drink from [{cup}].",
                f"[{cup}] is beside [{region}].", "intent", region,
            )  # fmt: skip


_MAKERS = {"attribute": _attribute, "spatial": _spatial, "cause": _cause, "intent": _intent}
