"""A scene's graph as plain data: regions, what is said of each, how they lie, where sources disagree."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

CERTAINTIES = ("", "probably", "possibly")
"""Words of doubt, surest first. A source's own word is kept: sources are sure from different scores on."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """Something said of one region, without its mention: ``mostly red``; and who says it."""

    kind: Literal["label", "colour", "place", "other"]
    text: str
    score: float
    sources: tuple[str, ...] = ()
    certainty: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """A region: its surest label (empty: none) and what else is said of it, surest first."""

    id: int
    label: str
    score: float
    certainty: str = ""
    attributes: tuple[Attribute, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """``subject`` is ``name`` ``other``, once for each relation: of two that say the same the other way round
    only one is kept, the one named ``left of``, ``above``, ``nearer than``, ``inside``, …"""

    subject: int
    name: str
    other: int
    score: float
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two things said that cannot both be so. ``kept`` is the surer and stands in the graph; ``doubted`` does
    not. ``score`` is how sure the doubted one is now: half of what its source said."""

    kind: Literal["label", "colour", "order", "distance"]
    regions: tuple[int, ...]
    kept: str
    doubted: str
    score: float
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Graph:
    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    conflicts: tuple[Conflict, ...] = ()

    def plain(self) -> dict[str, Any]:
        """Dictionaries, lists, strings and numbers, as JSON has them."""
        return {
            name: [{key: _listed(value) for key, value in each.items()} for each in values]
            for name, values in asdict(self).items()
        }


def _listed(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_listed(each) for each in value]
    if isinstance(value, dict):
        return {key: _listed(each) for key, each in value.items()}
    return value
