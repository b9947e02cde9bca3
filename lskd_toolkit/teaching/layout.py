"""A scene in words, as a teacher reads it: sections from the whole to the particular, within a budget.

The most specific stands last, nearest to the instruction, since what stands far from it is heeded less.
Every note has a number that a statement may name as its evidence.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count, repeat

from ..geometry.relations import place
from ..records import Descriptor, Region, Scene
from .prompt import Prompt, render
from .room import within

DOUBTFUL = 0.5
"""Descriptors scored below it are prefixed ``possibly``, unless they say so themselves."""
HEDGED = re.compile(r"\b(?:possibly|probably|perhaps|maybe|seems?|may|might)\b", re.IGNORECASE)
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
    chosen = [scene.descriptors[at] for at in within(prompt, scene)] if blind else []
    by_scope: dict[str, list[Descriptor]] = {"global": [], "local": [], "relation": [], "dynamic": []}
    for descriptor in chosen:
        by_scope[descriptor.scope].append(descriptor)
    about: dict[int, list[Descriptor]] = defaultdict(list)
    for descriptor in by_scope["local"]:
        about[descriptor.regions[0] if descriptor.regions else -1].append(descriptor)
    where = {r.id: _where(r, scene.image.width, scene.image.height) for r in scene.regions}
    numbers = count(1) if prompt.notes else repeat(0)
    if not prompt.layout:
        return _laid_out(scene.regions, by_scope, about, where, numbers)
    # Numbered in the order in which they are read.
    return render(
        prompt, prompt.layout, image=scene.image, regions=scene.regions, where=where,
        global_=[_note(d, numbers) for d in by_scope["global"]],
        local={r.id: [_note(d, numbers) for d in about.get(r.id, ())] for r in scene.regions},
        relation=[_note(d, numbers) for d in by_scope["relation"]],
        dynamic=[_note(d, numbers) for d in by_scope["dynamic"]],
    )  # fmt: skip


def _laid_out(
    regions: Sequence[Region],
    by_scope: Mapping[str, Sequence[Descriptor]],
    about: Mapping[int, Sequence[Descriptor]],
    where: Mapping[int, str],
    numbers: Iterator[int],
) -> str:
    """The layout of a prompt that has none of its own. Not a template, for it is the longest part of every
    request, and a sandboxed template takes many times as long."""

    def words(descriptor: Descriptor) -> str:
        number = next(numbers)
        return f"(n{number}) {_words(descriptor)}" if number else _words(descriptor)

    lines: list[str] = []
    if by_scope["global"]:
        lines += ["The picture as a whole:", *(f"- {words(d)}" for d in by_scope["global"])]
    if regions:
        lines.append("Regions:")
    for region in regions:
        told = "; ".join([words(d) for d in about.get(region.id, ())])
        label = f" {_line(region.label)}" if region.label else ""
        lines.append(f"[{region.id}]{label} ({where[region.id]}){f': {told}' if told else ''}")
    if by_scope["relation"]:
        lines += ["Relations:", *(f"- {words(d)}" for d in by_scope["relation"])]
    if by_scope["dynamic"]:
        lines += ["Asked and answered:", *(f"- {words(d)}" for d in by_scope["dynamic"])]
    return "\n".join(lines)


def _words(descriptor: Descriptor) -> str:
    """A descriptor on one line, with the question that it answers, marked where it is doubtful."""
    if descriptor.scope == "dynamic":
        return _line(f"{descriptor.question} {descriptor.text}")
    doubted = descriptor.score < DOUBTFUL and not HEDGED.search(descriptor.text)
    return ("possibly " if doubted else "") + _line(descriptor.text)


def _note(descriptor: Descriptor, numbers: Iterator[int]) -> Note:
    question = _line(descriptor.question)
    text = _line(descriptor.text) if question else _words(descriptor)
    return Note(next(numbers), text, question, descriptor.regions, descriptor.verbalizer)


def _where(region: Region, width: int, height: int) -> str:
    """``top left, large``: where the region is and how much of the picture it takes."""
    x1, y1, x2, y2 = region.box
    share = max(0.0, x2 - x1) * max(0.0, y2 - y1) / max(1, width * height)
    size = "large" if share > LARGE else "small" if share < SMALL else "medium"
    return f"{place(region, width, height)}, {size}"


def _line(text: str) -> str:
    """One line: a note cannot start a section of its own."""
    return " ".join(text.split())
