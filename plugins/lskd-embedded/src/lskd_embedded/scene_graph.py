"""The verbalizer ``scene-graph``: all that was said of a picture, joined.

Each region becomes one line: its name, what is said of it, how it lies to others. What several verbalizers
say is said once; what they contradict each other in is left out of the lines and told as doubtful. Other
programs take the graph itself: ``scene_graph(scene).plain()``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from lskd_toolkit import Descriptor, Picture, Scene
from lskd_toolkit.geometry.boxes import area

from .objects import one
from .options_language import SceneGraphOptions
from .relations_phrases import INVERSE, SIZES, TAILS, hedge
from .scene_graph_attributes import attribute, node
from .scene_graph_edges import AXES, facts, joined, settled
from .scene_graph_records import Attribute, Conflict, Edge, Graph, Node

if TYPE_CHECKING:
    from lskd_toolkit import Context

NAME = "scene-graph"
CAPTIONS = ("caption", "narrative", "region-caption", "caption-composed", "dynamic", NAME)
"""Verbalizers that speak in whole sentences: what they say is no attribute."""


class SceneGraph:
    """Joins the descriptors of the verbalizers before it. Looks at no pixels."""

    def __init__(self, options: SceneGraphOptions | None, ctx: Context):
        self.options = options or SceneGraphOptions()

    def verbalize(self, pictures: Sequence[Picture], scenes: Sequence[Scene]) -> list[list[Descriptor]]:
        return [self._scene(scene) for scene in scenes]

    def _scene(self, scene: Scene) -> list[Descriptor]:
        graph = scene_graph(scene)
        large = {region.id: area(region.box) * region.score for region in scene.regions}
        told = sorted(graph.nodes, key=lambda each: (-large[each.id], each.id))[: self.options.regions]
        lines = [
            self._line(each, graph)
            for each in graph.nodes
            if each in told and (each.label or each.attributes)
        ]
        doubts = [_doubt(each) for each in graph.conflicts[: self.options.doubts]]
        return [*lines, *doubts]

    def _line(self, each: Node, graph: Graph) -> Descriptor:
        labels = {n.id: n.label for n in graph.nodes}
        pairs = [pair for pair in _pairs(graph.edges) if pair[0].subject == each.id][: self.options.relations]
        edges = [edge for pair in pairs for edge in pair]
        said = [_hedged(a) for a in each.attributes[: self.options.attributes]]
        name = " ".join(filter(None, (each.certainty, each.label)))
        text = " ".join(filter(None, (f"[{each.id}]", name, f"({', '.join(said)})" if said else "")))
        if edges:
            text += " - " + "; ".join(_short(pair, labels) for pair in pairs)
        scores = [edge.score for edge in edges] + ([each.score] if each.label else [])
        scores = scores or [a.score for a in each.attributes]
        regions = tuple(dict.fromkeys((each.id, *(edge.other for edge in edges))))
        scope = "relation" if edges else "local"
        return Descriptor(scope, text, regions, round(sum(scores) / len(scores), 4), NAME)


def scene_graph(scene: Scene) -> Graph:
    """The graph of what a scene's regions and descriptors say.

    Nodes are in the order of the scene's regions, edges and conflicts the surest first.
    """
    ids = {region.id for region in scene.regions}
    said: dict[int, list[Attribute]] = {}
    told = []
    for each in scene.descriptors:
        if each.verbalizer in CAPTIONS:
            continue
        found = attribute(each)
        if found is not None:
            said.setdefault(each.regions[0], []).append(found)
        told += [(f, each.verbalizer) for f in facts(each) if f.subject in ids and f.other in ids]
    edges, conflicts = settled(joined(told))
    nodes = []
    for region in scene.regions:
        made, doubts = node(region, said.get(region.id, ()))
        nodes.append(made)
        conflicts += doubts
    conflicts.sort(key=lambda each: -each.score)
    return Graph(tuple(nodes), tuple(edges), tuple(conflicts))


def _pairs(edges: Sequence[Edge]) -> list[list[Edge]]:
    """The edges by pair of regions, in their order, all of a pair told of the same one of the two where what
    is said may be turned; what stands best between two mentions first."""
    groups: dict[frozenset[int], list[Edge]] = {}
    for edge in edges:
        groups.setdefault(frozenset((edge.subject, edge.other)), []).append(edge)
    found = []
    for group in groups.values():
        first = next((edge for edge in group if edge.name not in INVERSE or edge.name in AXES), group[0])
        same = [_told_of(first.subject, edge) for edge in group]
        here = sorted((e for e in same if e.subject == first.subject), key=lambda e: e.name in SIZES)
        tails = [edge for edge in here if edge.name in TAILS]
        heads = [edge for edge in here if edge.name not in TAILS]
        if not heads:
            heads, tails = tails[:1], tails[1:]
        found += [[head, *(tails if head is heads[0] else [])] for head in heads]
        found += [[edge] for edge in same if edge.subject != first.subject]
    return found


def _told_of(subject: int, edge: Edge) -> Edge:
    """The edge as it is told of that region, if it can be."""
    if edge.subject == subject or edge.name not in INVERSE:
        return edge
    return replace(edge, subject=edge.other, name=INVERSE[edge.name], other=edge.subject)


def _short(pair: Sequence[Edge], labels: dict[int, str]) -> str:
    """``probably next to [1] dog, on its left``."""
    head, *more = pair
    words = (hedge(min(edge.score for edge in pair)), head.name, f"[{head.other}]", labels[head.other])
    return ", ".join([" ".join(filter(None, words)), *(TAILS[edge.name] for edge in more)])


def _hedged(each: Attribute) -> str:
    """An attribute with its source's doubt."""
    return f"{each.certainty} {one(each.text) if each.kind == 'label' else each.text}".strip()


def _doubt(each: Conflict) -> Descriptor:
    """``sources disagree whether [0] is left of [1]``."""
    if each.kind in ("order", "distance"):
        return Descriptor(
            "relation", f"sources disagree whether {each.doubted}", each.regions, each.score, NAME
        )
    told = [one(text) if each.kind == "label" else text for text in (each.kept, each.doubted)]
    text = f"sources disagree whether [{each.regions[0]}] is {told[0]} or {told[1]}"
    return Descriptor("local", text, each.regions, each.score, NAME)
