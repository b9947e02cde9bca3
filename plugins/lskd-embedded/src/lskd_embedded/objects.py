"""The verbalizer ``objects``: what was found, counted for the picture and named for each region.

How sure the detector was is carried into words, so that a teacher that reads only words knows it too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lskd_toolkit import Descriptor, Picture, Region, Scene

from .options_language import ObjectsOptions

if TYPE_CHECKING:
    from lskd_toolkit import Context

NAME = "objects"
NUMBERS = ("no", "a", "2", "3", "4", "5", "6", "7", "8", "9")
PLURALS = {
    "person": "people", "man": "men", "woman": "women", "child": "children", "sheep": "sheep",
    "mouse": "mice", "knife": "knives", "skis": "skis", "scissors": "scissors", "wine glass": "wine glasses",
}  # fmt: skip
PAIRS = {"skis": "a pair of skis", "scissors": "a pair of scissors"}
"""Labels that are plural already: one of them is a pair."""


class Objects:
    """Counts labels for the image and names each region. Looks at no pixels."""

    def __init__(self, options: ObjectsOptions | None, ctx: Context):
        self.options = options or ObjectsOptions()

    def verbalize(self, pictures: Sequence[Picture], scenes: Sequence[Scene]) -> list[list[Descriptor]]:
        return [[*self._counts(scene.regions), *map(self._name, scene.regions)] for scene in scenes]

    def _counts(self, regions: Sequence[Region]) -> list[Descriptor]:
        named = [region for region in regions if region.label]
        if not named:
            return []
        sure = [region for region in named if region.score >= self.options.probable]
        unsure = [region for region in named if region.score < self.options.probable]
        phrases = _counted(sure) + [f"possibly {phrase}" for phrase in _counted(unsure)]
        score = sum(region.score for region in named) / len(named)
        return [Descriptor("global", listed(phrases), (), round(score, 4), NAME)]

    def _name(self, region: Region) -> Descriptor:
        if not region.label:
            return Descriptor("local", f"[{region.id}] is a region without a name", (region.id,), 1.0, NAME)
        hedge = hedged(region.score, self.options.sure, self.options.probable)
        text = f"[{region.id}] is {one(region.label)}" + (f", {hedge}" if hedge else "")
        return Descriptor("local", text, (region.id,), region.score, NAME)


def hedged(score: float, sure: float, probable: float) -> str:
    """How a score is said: nothing when sure, else ``probably`` or ``possibly``."""
    return "" if score >= sure else "probably" if score >= probable else "possibly"


def one(label: str) -> str:
    """A label with its article: ``a person``, ``an apple``, ``a pair of skis``."""
    return PAIRS.get(label, f"{'an' if label[:1].lower() in 'aeiou' else 'a'} {label}")


def many(label: str, count: int) -> str:
    """A label counted: ``a bus``, ``2 buses``, ``3 people``."""
    if count == 1:
        return one(label)
    number = NUMBERS[count] if count < len(NUMBERS) else "many"
    return f"{number} {plural(label)}"


def plural(label: str) -> str:
    """The plural of an English noun, regular but for those in `PLURALS`."""
    if label in PLURALS:
        return PLURALS[label]
    if label.endswith(("s", "x", "z", "ch", "sh")):
        return label + "es"
    if label.endswith("y") and label[-2:-1] not in "aeiou":
        return label[:-1] + "ies"
    return label + "s"


def listed(phrases: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(phrases) < 2:
        return "".join(phrases)
    return f"{', '.join(phrases[:-1])} and {phrases[-1]}"


def _counted(regions: Sequence[Region]) -> list[str]:
    """Labels with their counts, most frequent first, then in the order of the first region."""
    return [many(label, count) for label, count in Counter(r.label for r in regions).most_common()]
