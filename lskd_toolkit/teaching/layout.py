"""A scene in words, as a teacher reads it: sections from the whole to the particular, within a budget.

The most specific stands last, nearest to the instruction, since what stands far from it is heeded less.
Every note has a number that a statement may name as its evidence. Each section has a share of the budget;
what one leaves over, the others use.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..geometry.relations import place
from ..records import Descriptor, Region, Scene
from .prompt import Prompt, render

SHARES = {"concept": 0.10, "narrative": 0.20, "region": 0.45, "relation": 0.10, "dynamic": 0.15}
"""Of the budget; from what was found to serve prompts of several hundred tokens."""
CONCEPT_WORDS = 6
"""Global words up to this many are a concept (``a kitchen in the evening``), longer ones narrate."""
DOUBTFUL = 0.5
"""Descriptors scored below it are prefixed ``possibly``."""
CHARACTERS_PER_TOKEN = 4.0
LARGE, SMALL = 0.15, 0.02
"""Shares of the image's area above which a region is called large, below which small."""


@dataclass(frozen=True, slots=True)
class Note:
    """A descriptor as it is laid out: its number (0: not numbered) and its words on one line."""

    number: int
    text: str
    question: str
    regions: tuple[int, ...]
    verbalizer: str

    @property
    def mark(self) -> str:
        return f"(n{self.number}) " if self.number else ""


LAYOUT = """\
{% if global_ %}The picture as a whole:
{% for d in global_ %}- {{ d.mark }}{{ d.text }}
{% endfor %}{% endif %}\
{% if regions %}Regions:
{% for r in regions %}[{{ r.id }}]{% if r.label %} {{ r.label }}{% endif %} ({{ where[r.id] }})\
{% for d in local[r.id] %}{{ ":" if loop.first else ";" }} {{ d.mark }}{{ d.text }}{% endfor %}
{% endfor %}{% endif %}\
{% if relation %}Relations:
{% for d in relation %}- {{ d.mark }}{{ d.text }}
{% endfor %}{% endif %}\
{% if dynamic %}Asked and answered:
{% for d in dynamic %}- {{ d.mark }}{{ d.question }} {{ d.text }}
{% endfor %}{% endif %}"""
"""How a scene is laid out where a prompt does not say."""


def shown(prompt: Prompt, scene: Scene) -> Scene:
    """The scene as the teacher knows it: the first regions that the prompt has room for, and what is said
    of them."""
    regions = scene.regions[: prompt.max_regions]
    if len(regions) == len(scene.regions):
        return scene
    ids = {region.id for region in regions}
    return replace(
        scene,
        regions=regions,
        descriptors=tuple(d for d in scene.descriptors if ids.issuperset(d.regions)),
    )


def lay_out(prompt: Prompt, scene: Scene, blind: bool = True) -> str:
    """The scene in the prompt's layout; the regions alone for a teacher that looks at the picture itself."""
    chosen = _within(prompt.tokens, scene) if blind else []
    sections: dict[str, list[Note]] = {"global": [], "relation": [], "dynamic": []}
    local: dict[int, list[Note]] = {region.id: [] for region in scene.regions}
    number = 0

    def note(descriptor: Descriptor) -> Note:
        nonlocal number
        number += 1
        doubt = "possibly " if descriptor.score < DOUBTFUL and descriptor.scope != "dynamic" else ""
        return Note(
            number if prompt.notes else 0, doubt + _line(descriptor.text), _line(descriptor.question),
            descriptor.regions, descriptor.verbalizer,
        )  # fmt: skip

    # Numbered in the order in which they are read.
    for descriptor in (d for d in chosen if d.scope == "global"):
        sections["global"].append(note(descriptor))
    for region in scene.regions:
        local[region.id] = [note(d) for d in chosen if d.scope == "local" and d.regions[:1] == (region.id,)]
    for scope in ("relation", "dynamic"):
        sections[scope] = [note(d) for d in chosen if d.scope == scope]
    values: dict[str, Any] = {
        "image": scene.image, "regions": scene.regions, "local": local, "global_": sections["global"],
        "relation": sections["relation"], "dynamic": sections["dynamic"],
        "where": {r.id: _where(r, scene.image.width, scene.image.height) for r in scene.regions},
    }  # fmt: skip
    return render(prompt, prompt.layout or LAYOUT, **values)


def _within(tokens: int, scene: Scene) -> list[Descriptor]:
    """The descriptors that there is room for, in the scene's order."""
    sections: dict[str, list[int]] = defaultdict(list)
    for index, descriptor in enumerate(scene.descriptors):
        sections[_section(descriptor)].append(index)
    room = float(tokens) - sum(_cost(f"[{r.id}] {r.label} (top left, large)") for r in scene.regions)
    taken: set[int] = set()
    left: dict[str, list[int]] = {}
    spare = 0.0
    for name, share in SHARES.items():
        budget = max(0.0, room) * share
        for at, index in enumerate(order := _ordered(sections[name], scene.descriptors)):
            cost = _cost(scene.descriptors[index].text + scene.descriptors[index].question)
            if cost > budget:
                left[name] = order[at:]
                break
            budget -= cost
            taken.add(index)
        spare += budget
    for name in ("region", "narrative", "dynamic", "relation", "concept"):
        for index in left.get(name, ()):
            cost = _cost(scene.descriptors[index].text + scene.descriptors[index].question)
            if cost <= spare:
                spare -= cost
                taken.add(index)
    return [scene.descriptors[index] for index in sorted(taken)]


def _section(descriptor: Descriptor) -> str:
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


def _where(region: Region, width: int, height: int) -> str:
    """``top left, large``: where the region is and how much of the picture it takes."""
    x1, y1, x2, y2 = region.box
    share = max(0.0, x2 - x1) * max(0.0, y2 - y1) / max(1, width * height)
    size = "large" if share > LARGE else "small" if share < SMALL else "medium"
    return f"{place(region, width, height)}, {size}"


def _line(text: str) -> str:
    """One line: a note cannot start a section of its own."""
    return " ".join(text.split())


def _cost(text: str) -> float:
    return len(text) / CHARACTERS_PER_TOKEN + 3
