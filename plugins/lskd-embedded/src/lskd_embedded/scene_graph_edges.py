"""Relations of many sources made one: each told once, and those that cannot all hold found.

Relations that order things (left of, above, nearer) are edges of one graph for each direction: two opposite
ones, or any that run in a circle, cannot all be so, and of a circle the least sure is doubted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from lskd_toolkit import Descriptor

from .relations_phrases import HEADS, INVERSE, SIZES, Fact, read, turned
from .scene_graph_records import Conflict, Edge

AXES = {
    "left of": "across", "above": "up", "on top of": "up", "nearer than": "deep", "in front of": "deep",
    "inside": "in", "within": "in", "mostly within": "in", "within the box of": "in", "bigger than": "size",
    **{name: extent for name, (ratio, extent) in SIZES.items() if ratio > 1},
}  # fmt: skip
"""Relations that put things in an order, and which. A relation is kept as the one of two opposite that is
here."""
IMPLIED = {
    "on top of": ("above", "next to"),
    "inside": ("within", "mostly within", "within the box of", "overlaps", "next to"),
    "within": ("mostly within", "within the box of", "overlaps", "next to"),
    "mostly within": ("within the box of", "overlaps", "next to"),
    "within the box of": ("overlaps", "next to"),
    "overlaps": ("next to",),
    "in front of": ("nearer than", "next to"),
}
"""What goes without saying where the first is said."""
AGAINST = (("next to", "far from"),)
"""What two regions cannot both be to each other."""
_OTHER = re.compile(r"\[(\d+)\] (?:is )?((?:[a-z-]+ ){1,4})\[(\d+)\]\.?", re.IGNORECASE)


def facts(descriptor: Descriptor) -> list[Fact]:
    """The relations that a descriptor tells; a short phrase that is none of ours is a relation of its own
    name (``[0] rides on [1]``)."""
    if descriptor.scope != "relation":
        return []
    known = read(descriptor.text, descriptor.score)
    if known:
        return known
    other = _OTHER.fullmatch(descriptor.text.strip())
    if other is None or other[1] == other[3]:
        return []
    return [Fact(int(other[1]), other[2].strip(), int(other[3]), descriptor.score)]


def canonical(fact: Fact) -> Fact:
    """The one of two equal facts that is kept: ``[1] right of [0]`` is ``[0] left of [1]``."""
    opposite = INVERSE.get(fact.name)
    if opposite is None or fact.name in AXES:
        return fact
    if opposite in AXES:
        return turned(fact)
    return turned(fact) if opposite == fact.name and fact.subject > fact.other else fact


def joined(told: Iterable[tuple[Fact, str]]) -> list[Edge]:
    """Edges of facts and their sources, each once, by the surest; the surest first."""
    found: dict[tuple[int, str, int], Edge] = {}
    for fact, source in told:
        one = canonical(fact)
        key = (one.subject, one.name, one.other)
        known = found.get(key, Edge(*key, 0.0))
        sources = tuple(dict.fromkeys((*known.sources, source)))
        found[key] = Edge(*key, max(known.score, fact.score), sources)
    return sorted(found.values(), key=lambda e: (-e.score, -len(e.sources), e.subject, e.other, e.name))


def settled(edges: Sequence[Edge]) -> tuple[list[Edge], list[Conflict]]:
    """The edges that can all hold, and those left out since surer ones speak against them.

    Arguments:
        edges: the surest first, as `joined` gives them.
    """
    kept: list[Edge] = []
    conflicts: list[Conflict] = []
    after: dict[str, dict[int, list[int]]] = {}
    for edge in edges:
        axis = AXES.get(edge.name)
        circle = _path(after.get(axis, {}), edge.other, edge.subject) if axis else []
        against = _against(edge, kept)
        if circle:
            held = "; ".join(_said(kept, axis, a, b) for a, b in pairwise(circle))
            conflicts.append(_doubt("order", edge, held, tuple(dict.fromkeys((edge.subject, *circle)))))
        elif against is not None:
            conflicts.append(_doubt("distance", edge, words(against), (edge.subject, edge.other)))
        else:
            kept.append(edge)
            if axis:
                after.setdefault(axis, {}).setdefault(edge.subject, []).append(edge.other)
    return _without_implied(kept), conflicts


def words(edge: Edge) -> str:
    """The edge in words, with its mentions."""
    return f"[{edge.subject}] {spoken(edge.name)} [{edge.other}]"


def spoken(name: str) -> str:
    """A relation as it stands after its subject: ``is left of``, ``faces``."""
    return HEADS[name].replace("{}", "") if name in HEADS else name


def _doubt(kind: str, edge: Edge, held: str, regions: tuple[int, ...]) -> Conflict:
    return Conflict(kind, regions, held, words(edge), round(edge.score / 2, 4), edge.sources)  # type: ignore[arg-type]


def _against(edge: Edge, kept: Sequence[Edge]) -> Edge | None:
    """An edge of the same two that this one cannot stand beside."""
    for pair in AGAINST:
        if edge.name in pair:
            for each in kept:
                if each.name in pair and each.name != edge.name and _two(each) == _two(edge):
                    return each
    return None


def _two(edge: Edge) -> frozenset[int]:
    return frozenset((edge.subject, edge.other))


def _path(after: Mapping[int, Sequence[int]], start: int, end: int) -> list[int]:
    """The shortest way from one region to another along edges; empty where there is none."""
    ways, seen = [[start]], {start}
    for way in ways:
        if way[-1] == end:
            return way
        for step in sorted(after.get(way[-1], ())):
            if step not in seen:
                seen.add(step)
                ways.append([*way, step])
    return []


def _said(kept: Sequence[Edge], axis: str | None, subject: int, other: int) -> str:
    return next(
        words(edge) for edge in kept
        if AXES.get(edge.name) == axis and (edge.subject, edge.other) == (subject, other)
    )  # fmt: skip


def _without_implied(edges: Sequence[Edge]) -> list[Edge]:
    """The edges without those that go without saying beside another of the same two."""
    by_pair: dict[frozenset[int], set[str]] = {}
    for edge in edges:
        by_pair.setdefault(_two(edge), set()).update(IMPLIED.get(edge.name, ()))
    return [edge for edge in edges if edge.name not in by_pair[_two(edge)]]
