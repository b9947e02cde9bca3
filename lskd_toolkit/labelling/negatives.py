"""Wrong statements for nothing: true ones spoiled, for when labels are few.

Each is a label that rejects words no run holds, marked with how it was made. Three ways:

* ``swapped-ids``: the regions are others. Of several that are mentioned the numbers change places, a single
  one becomes another region, one with another label where there is such.
* ``swapped-images``: the statement is told of another image that has regions of the same numbers.
* ``contradicted-rationale``: the rationale is another statement's of the image, or says the contrary.

None has the words of a statement that is held true, nor differs from one only in the order of what stands
side by side (``[0] and [1]``). Whether spoiling made it false nobody has checked: "[1] is indoors" stays true
when it is told of [2]. So they train a critic and never test one.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ..canonical import digest
from ..mentions import find, renumber
from ..records import Scene, Statement
from .labels import Label, words_sha256

ANNOTATOR = "synthetic"


@dataclass(frozen=True, slots=True)
class Truth:
    """A statement held true, and its scene."""

    scene: Scene
    statement: Statement


Spoiled = tuple[Scene, Statement, str] | None
"""A wrong statement, the scene it is told of, and what was done to it; None where this one cannot be spoiled
so."""


def spoil(
    truths: Sequence[Truth],
    known: Iterable[Truth] = (),
    *,
    ways: Sequence[str] | None = None,
    seed: int = 0,
) -> Iterator[Label]:
    """A negative of every way for every statement held true, where one can be made.

    The same truths and seed give the same negatives. ``known`` are further statements that a negative must
    not have the words of, such as all that the run says of the images.
    """
    said: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for truth in (*truths, *known):
        said[truth.scene.image.id].add(_form(truth.statement))
    by_image: dict[str, list[Statement]] = defaultdict(list)
    for truth in truths:
        by_image[truth.scene.image.id].append(truth.statement)
    scenes = {truth.scene.image.id: truth.scene for truth in truths}
    made: set[tuple[str, tuple[str, ...]]] = set()
    for truth in truths:
        for way in ways or WAYS:
            chance = random.Random(digest([seed, way, truth.scene.image.id, words_sha256(truth.statement)]))
            found = WAYS[way](truth, chance, by_image, scenes)
            if found is None:
                continue
            scene, statement, how = found
            form = _form(statement)
            if form in said[scene.image.id] or (scene.image.id, form) in made:
                continue
            made.add((scene.image.id, form))
            yield Label(
                image=scene.image.id,
                statement=statement.id,
                sha256=words_sha256(statement),
                annotator=ANNOTATOR,
                # A foreign rationale leaves the answer as it was, which nobody has judged alone.
                answer=None if way == "contradicted-rationale" else False,
                rationale=False,
                accept=False,
                synthetic=f"{way}: {how}",
                words=(statement.question, statement.answer, statement.rationale),
            )


def swap(scene: Scene, statement: Statement, chance: random.Random) -> tuple[Statement, str] | None:
    """The statement told of other regions, and which became which. Of several that it mentions the numbers
    change places; a single one becomes another, one with another label where there is such, never one with
    the same box. None where it mentions none that is there, there is no other, or it would say the same."""
    labels = {region.id: region.label for region in scene.regions}
    boxes = {region.id: region.box for region in scene.regions}
    mentioned = [k for k in statement.regions if k in labels]
    if len(mentioned) < len(statement.regions) or not mentioned:
        return None
    if len(mentioned) > 1:
        turn = chance.randrange(1, len(mentioned))
        order = chance.sample(mentioned, len(mentioned))
        new = {k: order[(i + turn) % len(order)] for i, k in enumerate(order)}
    else:
        [old] = mentioned
        others = sorted(k for k in labels if boxes[k] != boxes[old])
        unlike = [k for k in others if labels[k] != labels[old]]
        if not others:
            return None
        new = {old: chance.choice(unlike or others)}
    told = _renumbered(statement, new)
    if _form(told) == _form(statement):
        return None
    return told, ", ".join(f"{old} to {new[old]}" for old in sorted(new))


def _swapped_ids(
    truth: Truth, chance: random.Random, by_image: Mapping[str, list[Statement]], scenes: Mapping[str, Scene]
) -> Spoiled:
    found = swap(truth.scene, truth.statement, chance)
    return None if found is None else (truth.scene, *found)


def _swapped_images(
    truth: Truth, chance: random.Random, by_image: Mapping[str, list[Statement]], scenes: Mapping[str, Scene]
) -> Spoiled:
    wanted = set(truth.statement.regions)
    content = truth.scene.image.sha256
    ids = list(scenes)
    for _ in range(min(20, len(ids))):  # among many images one that fits is found soon, or there are few
        scene = scenes[ids[chance.randrange(len(ids))]]
        if scene.image.sha256 != content and wanted <= {region.id for region in scene.regions}:
            return scene, truth.statement, f"from {truth.scene.image.id}"
    return None


def _contradicted(
    truth: Truth, chance: random.Random, by_image: Mapping[str, list[Statement]], scenes: Mapping[str, Scene]
) -> Spoiled:
    statement = truth.statement
    others = [
        each
        for each in by_image[truth.scene.image.id]
        if each.id != statement.id and _plain(each.rationale) != _plain(statement.rationale)
    ]
    contrary = negated(statement.rationale)
    if others and (contrary is None or chance.random() < 0.5):
        other = chance.choice(others)
        spoiled = replace(statement, rationale=other.rationale)
        return truth.scene, _mentioning(spoiled), f"rationale of statement {other.id}"
    if contrary is None:
        return None
    return truth.scene, _mentioning(replace(statement, rationale=contrary)), "rationale negated"


WAYS: dict[str, Callable[..., Spoiled]] = {
    "swapped-ids": _swapped_ids,
    "swapped-images": _swapped_images,
    "contradicted-rationale": _contradicted,
}

_NOT = re.compile(
    r"\b(is|are|was|were|can|could|will|would|should|must|might|may) not\b|n['’]t\b", re.IGNORECASE
)
_VERB = re.compile(
    r"\b(is|are|was|were|can|could|will|would|should|must|might|may)\b(?! not\b|['’]t\b)", re.IGNORECASE
)


def negated(text: str) -> str | None:
    """The text with its first verb of being or ability negated, or the ``not`` there taken away; None where
    it has neither."""
    denied, said = _NOT.search(text), _VERB.search(text)
    if denied and (not said or denied.start() <= said.start()):
        if not denied[1]:
            return None  # contracted: "can't", "won't" are no plain verb with a mark behind it
        return text[: denied.end(1)] + text[denied.end() :]
    return text[: said.end()] + " not" + text[said.end() :] if said else None


def _renumbered(statement: Statement, new: Mapping[int, int]) -> Statement:
    return _mentioning(
        replace(
            statement,
            question=renumber(statement.question, new),
            answer=renumber(statement.answer, new),
            rationale=renumber(statement.rationale, new),
        )
    )


def _mentioning(statement: Statement) -> Statement:
    said = f"{statement.question}\n{statement.answer}\n{statement.rationale}"
    return replace(statement, regions=tuple(find(said)))


_SIDE_BY_SIDE = re.compile(r"\[\d+(?:, ?\d+)*\](?:(?:,|,? and|,? or) \[\d+(?:, ?\d+)*\])+|\[\d+(?:, ?\d+)+\]")


def _plain(text: str) -> str:
    """The text in small letters with what stands side by side in order, so that ``[1] and [0]`` is
    ``[0] and [1]``."""

    def ordered(match: re.Match[str]) -> str:
        numbers = sorted(map(int, re.findall(r"\d+", match[0])))
        return str(numbers)

    return _SIDE_BY_SIDE.sub(ordered, " ".join(text.casefold().split()))


def _form(statement: Statement) -> tuple[str, ...]:
    return _plain(statement.question), _plain(statement.answer), _plain(statement.rationale)
