"""The critic ``grounding``: does a statement fit the words and the geometry of its scene?

It looks at no pixels, so it cannot know whether a statement is true of the picture; it finds those that
cannot be. Each part is in [0, 1]:

- ``ids``: 1 if at least one region is mentioned and every one mentioned exists, else 0;
- ``names``: the noun in front of a mention fits that region's label ("the bus [1]" where [1] is a person);
- ``spatial``: the mean truth of its spatial claims by the boxes; 1 if it makes none;
- ``support``: how far the content words of question, answer and rationale are near in meaning to words
  of the descriptors, on average over the words;
- ``form``: speaks of the picture and not of its description, gives a reason that is not the answer again,
  neither too short nor rambling.

``score = ids * names * spatial * (support + form) / 2``: who, what and where are hard, one of them wrong
spoils the statement; the others are matters of degree.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lskd_toolkit import Judgement, Picture, Region, Scene, Statement, mentions

from . import minilm
from .claims import MENTION, claims, holds, marked
from .form import form
from .options_language import GroundingOptions

if TYPE_CHECKING:
    from lskd_toolkit import Context

NAME = "grounding"
RAMP = 0.1
"""Half the width, in cosine, of the slope from unsupported to supported: no cliff, so that the last bit
of a float does not decide."""
LOW = 0.5
"""A part below this is named in the note."""
NAMED = re.compile(r"\b([a-z]+(?: [a-z]+)?) \[(\d+)\]", re.IGNORECASE)
WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")
_EMPTY = """
    a an the this that these those it its they them their he him his she her hers we us our you your i me my
    who whom whose which what where when why how is are was were be been being am do does did done doing
    have has had having will would can could may might must shall should of in on at to from by with for
    about into onto over under near next left right above below behind front between and or but so because
    if then than as not no nor too very just also only still now here there some any all both each other
    another more most much many such own same one two three up down out off again likely probably possibly
    perhaps maybe often usually always sometimes someone something people person thing things look looks
    looking seem seems want wants like likes need needs feel feels make makes get gets go goes going
    picture image photo scene region side part
"""
EMPTY = frozenset(_EMPTY.split())
"""Words that carry no claim of their own, so need no support."""


class Grounding:
    """Scores statements against the descriptors and boxes of their scene."""

    def __init__(self, options: GroundingOptions | None, ctx: Context):
        self.options = options or GroundingOptions()
        self.ctx = ctx

    def judge(
        self, pictures: Sequence[Picture], scenes: Sequence[Scene], statements: Sequence[Sequence[Statement]]
    ) -> list[list[Judgement]]:
        return [
            [self._judge(scene, statement) for statement in of_scene]
            for scene, of_scene in zip(scenes, statements, strict=True)
        ]

    def _judge(self, scene: Scene, statement: Statement) -> Judgement:
        regions = {region.id: region for region in scene.regions}
        texts = (statement.question, statement.answer, statement.rationale)
        whole = " ".join(texts)
        ids, unknown = known(whole, regions)
        names, misnamed = self._names(whole, regions)
        spatial, untrue = placed(texts, regions, scene)
        support, unsupported = self._support(whole, scene)
        shape, faults = form(statement)
        parts = {"ids": ids, "names": names, "spatial": spatial, "support": support, "form": shape}
        notes = [unknown, misnamed, untrue, unsupported if support < LOW else "", faults]
        return Judgement(
            statement=statement.id,
            score=round(float(ids * names * spatial * (support + shape) / 2), 6),
            critic=NAME,
            parts={name: round(float(value), 6) for name, value in parts.items()},
            note="; ".join(note for note in notes if note),
        )

    def _names(self, text: str, regions: dict[int, Region]) -> tuple[float, str]:
        """How well nouns in front of mentions fit the labels, and which do not."""
        values, wrong = [], []
        for words, id in dict.fromkeys((match[1].lower(), int(match[2])) for match in NAMED.finditer(text)):
            label = regions[id].label.lower() if id in regions else ""
            noun = words.split()[-1]
            if not label or noun in EMPTY - {"person", "people"}:
                continue
            value = self._fits(words, noun, label, regions)
            values.append(value)
            if value < LOW:
                wrong.append(f"[{id}] is called {noun} but is a {label}")
        return (sum(values) / len(values) if values else 1.0), ", ".join(dict.fromkeys(wrong))

    def _fits(self, words: str, noun: str, label: str, regions: dict[int, Region]) -> float:
        if label in (noun, words) or noun in label.split() or stem(noun) == stem(label):
            return 1.0
        others = {region.label.lower() for region in regions.values()} - {label}
        if noun in others or words in others:
            return 0.0
        return 0.5 + 0.5 * float(self._ramp(self._similar([noun], [label]))[0])

    def _support(self, text: str, scene: Scene) -> tuple[float, str]:
        """How far the content words are supported, and which are least."""
        words = content(text)
        if not words:
            return 1.0, ""
        said = " ".join([d.text for d in scene.descriptors] + [r.label for r in scene.regions])
        held = sorted(set(content(said)) | {r.label.lower() for r in scene.regions if r.label})
        if not held:
            return 0.0, "no descriptor to hold it against"
        values = self._ramp(self._similar(words, held))
        stems = {stem(word) for word in held}
        values = np.maximum(values, [float(stem(word) in stems) for word in words])
        least = [word for word, value in zip(words, values, strict=True) if value < LOW][:5]
        return float(values.mean()), f"not in the descriptors: {', '.join(least)}"

    def _similar(self, words: Sequence[str], held: Sequence[str]) -> np.ndarray:
        """Each word's cosine similarity to the nearest of those held, ``(len(words),)``."""
        encoder: Any = self.ctx.model("minilm", lambda: minilm.load(self.ctx.device))
        vectors = encoder.encode([*words, *held], self.options.batch)
        return (vectors[: len(words)] @ vectors[len(words) :].T).max(axis=1)

    def _ramp(self, similar: np.ndarray) -> np.ndarray:
        return np.clip((similar - self.options.similar) / (2 * RAMP) + 0.5, 0.0, 1.0)


def known(text: str, regions: dict[int, Region]) -> tuple[float, str]:
    """1 if regions are mentioned and all exist, else 0 with the reason."""
    unknown = sorted(mentions.unknown(text, regions))
    if unknown:
        return 0.0, f"mentions {', '.join(f'[{id}]' for id in unknown)}, which is no region"
    return (1.0, "") if mentions.find(text) else (0.0, "mentions no region")


def placed(texts: Sequence[str], regions: dict[int, Region], scene: Scene) -> tuple[float, str]:
    """The mean truth of the spatial claims in the texts, and those that are rather false."""
    made = list(dict.fromkeys(claim for text in texts for claim in claims(marked(text, regions))))
    if not made:
        return 1.0, ""
    truths = [holds(claim, regions, scene.image.width, scene.image.height) for claim in made]
    false = [str(claim) for claim, value in zip(made, truths, strict=True) if value < LOW]
    return sum(truths) / len(truths), f"not so by the boxes: {', '.join(false)}" if false else ""


def content(text: str) -> list[str]:
    """The content words of a text in lower case, each in its first form, in order; no mentions."""
    words = WORD.findall(MENTION.sub(" ", text.lower().replace("'s", "")))
    first: dict[str, str] = {}
    for word in words:
        if word not in EMPTY and len(word) > 1:
            first.setdefault(stem(word), word)
    return list(first.values())


def stem(word: str) -> str:
    """A word without its common endings: enough to see that ``buses`` and ``bus`` are one word."""
    for ending in ("ies", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)] + ("y" if ending == "ies" else "")
    return word
