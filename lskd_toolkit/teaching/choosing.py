"""Which descriptors of a scene a teacher is told: none that were set aside, and nothing twice."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..records import Descriptor, Scene

TELLING = re.compile(
    r"\[\d+\]|n't\b|\b(?:\d+|no|not|cannot|never|nobody|nothing|none|neither|nor|hardly|without|"
    r"one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|"
    r"(?:twen|thir|for|fif|six|seven|eigh|nine)ty|hundred|thousand|dozens?|"
    r"few|many|several|both|all|some|half|"
    r"left|right|above|below|over|under|in front|behind|inside|outside|top|bottom|up|down|near|nearer|"
    r"nearest|far|farther|farthest|first|second|last|larger|smaller|taller|shorter|open|closed|on|off|towards|away|"
    r"red|orange|yellow|green|blue|purple|pink|brown|black|white|gr[ea]y|golden|silver|beige|turquoise|olive|"
    r"light|dark|probably|possibly|man|woman|boy|girl|he|she|his|her|men|women)\b",
    re.IGNORECASE,
)
"""Words by which two texts mean something else however near their vectors are: an encoder of sentences takes
left for right and two for three."""
ARTICLE = re.compile(r"\b(?:a|an|the)\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A descriptor that the teacher is not told, and why."""

    descriptor: Descriptor
    reason: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """The scene as it is told, and what was left out of it."""

    scene: Scene
    left_out: tuple[LeftOut, ...] = ()


def without(chosen: Chosen, names: Iterable[str]) -> Chosen:
    """Without the descriptors of these scopes and verbalizers."""
    aside = set(names)
    if not aside:
        return chosen
    return _less(
        chosen,
        {
            at: f"without {d.scope if d.scope in aside else d.verbalizer}"
            for at, d in enumerate(chosen.scene.descriptors)
            if d.scope in aside or d.verbalizer in aside
        },
    )


def said_once(chosen: Chosen) -> Chosen:
    """Of descriptors that say the same of the same, letter case, spaces, articles and a last stop aside, the
    surest; of equally sure ones the first."""
    surest: dict[tuple[object, ...], int] = {}
    gone: dict[int, str] = {}
    descriptors = chosen.scene.descriptors
    for at, d in enumerate(descriptors):
        same = (d.scope, d.regions, d.question, _bare(d.text))
        known = surest.setdefault(same, at)
        if known != at:
            worse, better = (known, at) if d.score > descriptors[known].score else (at, known)
            surest[same] = better
            gone[worse] = f"said by {descriptors[better].verbalizer or 'another'} too"
    return _less(chosen, gone)


def alike(chosen: Chosen, vectors: np.ndarray, least: float) -> Chosen:
    """Of descriptors about the same whose meanings are nearly one, the surest.

    Arguments:
        vectors: float32 ``(N, D)`` of unit length, one for each descriptor of the scene.
        least: the product of two vectors from which on they mean the same; never where a number, a side, a
            colour or another of `TELLING` differs.
    """
    descriptors = chosen.scene.descriptors
    gone: dict[int, str] = {}
    groups: dict[tuple[object, ...], list[int]] = {}
    for at, d in enumerate(descriptors):
        groups.setdefault((d.scope, d.regions), []).append(at)
    for group in groups.values():
        kept: list[int] = []
        for at in sorted(group, key=lambda i: (-descriptors[i].score, i)):
            near = next((k for k in kept if _mean_the_same(descriptors, vectors, at, k, least)), None)
            if near is None:
                kept.append(at)
            else:
                gone[at] = (
                    f"means what {descriptors[near].verbalizer or 'another'} says: {descriptors[near].text}"
                )
    return _less(chosen, gone)


def _mean_the_same(
    descriptors: Sequence[Descriptor], vectors: np.ndarray, one: int, other: int, least: float
) -> bool:
    if float(vectors[one] @ vectors[other]) < least:
        return False
    a, b = descriptors[one], descriptors[other]
    # The same words in another order: who does it to whom, which vectors hardly tell.
    words, others = _bare(a.text).split(), _bare(b.text).split()
    if words != others and sorted(words) == sorted(others):
        return False
    return _telling(a.question) == _telling(b.question) and _telling(a.text) == _telling(b.text)


def _bare(text: str) -> str:
    """The words alone, by which two texts are the same."""
    return ARTICLE.sub("", " ".join(text.casefold().split())).rstrip(" .")


def _telling(text: str) -> list[str]:
    """The words that must not differ, in order where the order counts: ids as they come, the rest sorted."""
    words = [word.casefold() for word in TELLING.findall(text)]
    return [w for w in words if w[0] == "["] + sorted(w for w in words if w[0] != "[")


def _less(chosen: Chosen, gone: dict[int, str]) -> Chosen:
    if not gone:
        return chosen
    descriptors = chosen.scene.descriptors
    kept = tuple(d for at, d in enumerate(descriptors) if at not in gone)
    left = tuple(LeftOut(descriptors[at], gone[at]) for at in sorted(gone))
    return Chosen(replace(chosen.scene, descriptors=kept), (*chosen.left_out, *left))
