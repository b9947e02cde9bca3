"""What of a scene there is room for: each section has a share of the budget, and what one leaves over, the
others use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from ..records import Descriptor, Scene
from .prompt import Prompt

CONCEPT_WORDS = 6
"""Global words up to this many are a concept (``a kitchen in the evening``), longer ones narrate."""
CHARACTERS_PER_TOKEN = 4.0
NEXT = ("region", "narrative", "dynamic", "relation", "concept")
"""Who uses first what is left over."""


def within(prompt: Prompt, scene: Scene) -> list[int]:
    """The numbers of the descriptors that there is room for, rising."""
    room = float(prompt.tokens) - sum(_cost(f"[{r.id}] {r.label} (top left, large)") for r in scene.regions)
    costs = [_cost(d.text + d.question) for d in scene.descriptors]
    if sum(costs) <= room:
        return list(range(len(costs)))
    sections: dict[str, list[int]] = defaultdict(list)
    for index, descriptor in enumerate(scene.descriptors):
        sections[section(descriptor)].append(index)
    order = {name: _ordered(some, scene.descriptors) for name, some in sections.items()}
    return sorted(_taken(dict(prompt.shares), order, costs, max(0.0, room)))


def _taken(
    shares: Mapping[Any, float], order: Mapping[str, Sequence[int]], costs: Sequence[float], room: float
) -> set[int]:
    taken: set[int] = set()
    left: dict[str, Sequence[int]] = {}
    spare = 0.0
    for name in NEXT:
        budget = room * shares.get(name, 0.0)
        for at, index in enumerate(order.get(name, ())):
            if costs[index] > budget:
                left[name] = order[name][at:]
                break
            budget -= costs[index]
            taken.add(index)
        spare += budget
    for name in NEXT:
        for index in left.get(name, ()):
            if costs[index] <= spare:
                spare -= costs[index]
                taken.add(index)
    return taken


def section(descriptor: Descriptor) -> str:
    """Where in the layout it stands, as the prompt's ``shares`` name it."""
    if descriptor.scope == "global":
        return "concept" if len(descriptor.text.split()) <= CONCEPT_WORDS else "narrative"
    return "region" if descriptor.scope == "local" else descriptor.scope


def _ordered(indices: Sequence[int], descriptors: Sequence[Descriptor]) -> list[int]:
    """Surest first; of regions each one's surest before any one's second, so that none is left unsaid."""
    turns: dict[tuple[int, ...], int] = defaultdict(int)
    ranked = []
    for index in sorted(indices, key=lambda i: (-descriptors[i].score, i)):
        about = descriptors[index].regions[:1] if descriptors[index].scope == "local" else ()
        turn = turns[about] if about else 0
        turns[about] += 1
        ranked.append((turn, -descriptors[index].score, index))
    return [index for _, _, index in sorted(ranked)]


def _cost(text: str) -> float:
    return len(text) / CHARACTERS_PER_TOKEN + 3
