"""What is said of one region, read from local descriptors: its names, its colours, the rest.

Two names exclude each other only where that is certain: both are classes that a detector tells apart, or
they stand in `APART`. A puppy may be a dog, so one of two other names becomes something more that is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from lskd_toolkit import Descriptor, Region

from .coco import CLASSES
from .colours import PALETTE
from .relations_phrases import hedge
from .scene_graph_records import CERTAINTIES, Attribute, Conflict, Node

APART = tuple(
    frozenset(group.split())
    for group in ("man woman", "boy girl", "man girl", "woman boy", "adult child", "indoors outdoors")
)
"""Words of which one region is at most one."""
KIN = tuple(
    frozenset(group.split("/"))
    for group in (
        "black/dark grey", "dark grey/grey", "grey/white", "red/orange", "red/pink", "orange/brown",
        "orange/yellow", "brown/beige", "brown/olive", "beige/white", "beige/yellow", "green/olive",
        "green/turquoise", "turquoise/blue", "turquoise/light blue", "light blue/blue", "blue/purple",
        "purple/pink", "brown/red", "black/blue", "dark grey/brown", "grey/beige", "grey/light blue",
    )
)  # fmt: skip
"""Colours that one may call by the other's name in another light."""
LONGEST = 9
"""Words of something said of a region, beyond which it is a caption and no attribute."""
_MENTIONED = re.compile(r"\[(\d+)\] (.+?)\.?", re.DOTALL)
_WRITING = re.compile(r'on \[(\d+)\] it ((?:says|seems to say) ".*")')
_HEDGED = re.compile(r"\b(?:probably|possibly)\b")
_HEDGE = re.compile(r"\b(?:probably|possibly)\b,? ?|, (?:probably|possibly)\b")
_NAMED = re.compile(r"is (?:an?|a pair of) (.+)")
_OR = re.compile(r"(?:, | or )(?:an? )?")
"""Between names of which one holds: ``a dog or a puppy``."""
_PLACED = re.compile(r"(?:on the|at the|in the) (?:top|bottom|left|right|centre)\b")
_COLOURED = re.compile(
    rf"(?:mostly |mainly )?({'|'.join(sorted(PALETTE, key=len, reverse=True))})"
    rf"(?:(?:, | and )({'|'.join(sorted(PALETTE, key=len, reverse=True))}))*"
)
_COLOUR = re.compile(rf"\b({'|'.join(sorted(PALETTE, key=len, reverse=True))})\b")


def attribute(descriptor: Descriptor) -> Attribute | None:
    """What a local descriptor says of its region; None where it says more than an attribute does."""
    if descriptor.scope != "local" or len(descriptor.regions) != 1:
        return None
    text = descriptor.text.strip()
    found = _WRITING.fullmatch(text)
    if found is None:
        found = _MENTIONED.fullmatch(text)
    if found is None or int(found[1]) != descriptor.regions[0]:
        return None
    words = _HEDGE.sub("", found[2]).strip(" ,")
    doubt = _HEDGED.search(found[2])
    certainty = doubt[0] if doubt else ""
    sources = (descriptor.verbalizer,)
    if words == "is a region without a name" or "[" in words:
        return None
    if len(re.sub(r'"[^"]*"', "", words).split()) > LONGEST:
        return None
    if (named := _NAMED.fullmatch(words)) and all(len(name.split()) <= 3 for name in _OR.split(named[1])):
        return Attribute("label", named[1], descriptor.score, sources, certainty)
    words = words.removeprefix("is ")
    kind = "colour" if _COLOURED.fullmatch(words) else "place" if _PLACED.match(words) else "other"
    return Attribute(kind, words, descriptor.score, sources, certainty)  # type: ignore[arg-type]


def node(region: Region, said: Iterable[Attribute]) -> tuple[Node, list[Conflict]]:
    """The region with what is said of it, each once, and what cannot all be so."""
    given = (
        [Attribute("label", region.label, region.score, (region.proposer or "regions",), hedge(region.score))]
        if region.label
        else []
    )
    every = _joined([*given, *said])
    conflicts: list[Conflict] = []
    kept: list[Attribute] = []
    for each in every:
        against = next((k for k in kept if excludes(k, each)), None)
        if against is None:
            kept.append(each)
        else:
            kind = "label" if each.kind == "label" else "colour"
            conflicts.append(
                Conflict(kind, (region.id,), against.text, each.text, round(each.score / 2, 4), each.sources)  # type: ignore[arg-type]
            )
    label = next((each for each in kept if each.kind == "label"), None)
    rest = tuple(each for each in kept if each is not label)
    if label is None:
        return Node(region.id, "", 0.0, "", rest), conflicts
    return Node(region.id, label.text, label.score, label.certainty, rest), conflicts


def excludes(one: Attribute, other: Attribute) -> bool:
    """Whether a region cannot be both. What one source says twice is no contradiction of colours: a thing
    has several."""
    if one.kind != other.kind:
        return False
    if one.kind == "label":
        return all(_apart(a, b) for a in _OR.split(one.text) for b in _OR.split(other.text))
    if one.kind == "colour":
        if set(one.sources) & set(other.sources):
            return False
        a_s, b_s = _COLOUR.findall(one.text), _COLOUR.findall(other.text)
        return not any(a == b or frozenset((a, b)) in KIN for a in a_s for b in b_s)
    return False


def _apart(a: str, b: str) -> bool:
    a, b = a.casefold(), b.casefold()
    return a != b and ((a in CLASSES and b in CLASSES) or any({a, b} == group for group in APART))


def _joined(every: Sequence[Attribute]) -> list[Attribute]:
    """Each said once, with all who say it and the surest's score; surest first, then as told."""
    by_text: dict[tuple[str, str], Attribute] = {}
    for each in every:
        key = (each.kind, each.text.casefold())
        known = by_text.get(key)
        by_text[key] = (
            each
            if known is None
            else Attribute(
                known.kind, known.text, max(known.score, each.score),
                tuple(dict.fromkeys((*known.sources, *each.sources))),
                min(known.certainty, each.certainty, key=CERTAINTIES.index),
            )
        )  # fmt: skip
    return sorted(by_text.values(), key=lambda each: -each.score)
