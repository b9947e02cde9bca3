"""Figures of the text of statements: how long, how varied, of whom it speaks, what it rests on."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ..mentions import find
from .counting import Distinct
from .word_lists import FUNCTION, PEOPLE

if TYPE_CHECKING:
    from ..records import Scene, Statement

WORD = re.compile(r"\[[\d\s,]+\]|\w+(?:['’]\w+)*")
"""A word, or a mention of regions, which counts as one."""
PIECES = 128
"""WordPieces after which text encoders of BERT's family cut off; two of them mark beginning and end."""
CAPTION_SPEAK = re.compile(
    r"\b(?:according to|as (?:stated|mentioned|described)|it is (?:stated|mentioned|described)"
    r"|(?:image|picture|photo|scene|caption|description|text) "
    r"(?:shows?|depicts?|says?|states?|mentions?|describes?)"
    r"|in the (?:caption|description|text))\b",
    re.IGNORECASE,
)
"""Words that give away a teacher quoting its descriptors instead of speaking of what is there."""
PARTS = ("question", "answer", "rationale")
_SPOKEN_OF = {word: of for of, words in PEOPLE.items() for word in words}
_BASIC = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Said:
    """What is counted of one statement. ``words`` are those of question, answer and rationale, lower case;
    ``pieces`` the least number of WordPieces and an estimate; ``content`` and ``supported`` the content
    words of answer and rationale, and how many of them labels or descriptors of the scene have."""

    words: tuple[list[str], list[str], list[str]]
    pieces: tuple[int, int]
    opening: str
    regions: int
    introduces: bool
    caption_speak: bool
    content: int
    supported: int
    people: Mapping[str, int]


def said_of(statement: Statement, known: frozenset[str]) -> Said:
    """Read one statement; ``known`` is `known_words` of its scene."""
    texts = (statement.question, statement.answer, statement.rationale)
    question, answer, rationale = (WORD.findall(text.lower()) for text in texts)
    content = {stem(word) for word in (*answer, *rationale) if _has_content(word)}
    earlier = {*find(statement.question), *find(statement.answer)}
    return Said(
        words=(question, answer, rationale),
        pieces=pieces(" ".join(texts)),
        opening=" ".join("[k]" if word.startswith("[") else word for word in question[:4]),
        regions=len(statement.regions),
        introduces=not earlier >= set(find(statement.rationale)),
        caption_speak=any(map(CAPTION_SPEAK.search, texts)),
        content=len(content),
        supported=len(content & known),
        people=Counter(
            _SPOKEN_OF[bare] for word in (*question, *answer, *rationale)
            if (bare := word.partition("'")[0]) in _SPOKEN_OF
        ),
    )  # fmt: skip


def known_words(scene: Scene) -> frozenset[str]:
    """The stems of all that labels, descriptors and the questions asked of the scene say."""
    told = [region.label for region in scene.regions]
    for descriptor in scene.descriptors:
        told += (descriptor.text, descriptor.question)
    return frozenset(stem(word) for text in told for word in WORD.findall(text.lower()) if _has_content(word))


def stem(word: str) -> str:
    """A word without its commonest English endings: ``plays``, ``playing``, ``played`` are one."""
    word = word.partition("'")[0]
    for ending in ("ies", "ing", "ed", "es", "s", "ly", "y", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word[: -len(ending)]
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiou":
        word = word[:-1]
    return word[:-1] if len(word) > 3 and word[-1] in "ey" else word


def _has_content(word: str) -> bool:
    return len(word) > 2 and word[0].isalpha() and word not in FUNCTION


def pieces(text: str) -> tuple[int, int]:
    """WordPieces of a text with the two marks of BERT: at least, and about.

    Every word and every punctuation mark is one piece at least. Which words are split further only a
    vocabulary knows; about, words of more than nine letters are split once every six letters more.
    """
    basic = _BASIC.findall(text)
    return len(basic) + 2, len(basic) + 2 + sum((len(word) - 4) // 6 for word in basic if len(word) > 9)


class Wording:
    """Running figures of the statements of one population."""

    def __init__(self, capacity: int = 100_000) -> None:
        self.counts: Counter[str] = Counter()
        self.people: Counter[str] = Counter()
        self.lengths: dict[str, Counter[int]] = {part: Counter() for part in PARTS}
        self.pieces: Counter[int] = Counter()
        self.regions: Counter[int] = Counter()
        self.grams = {n: Distinct(capacity) for n in (1, 2, 3)}
        self.openings = Distinct(capacity)

    def add(self, said: Said) -> None:
        self.counts["statements"] += 1
        self.counts["introduces"] += said.introduces
        self.counts["caption_speak"] += said.caption_speak
        self.counts["content"] += said.content
        self.counts["supported"] += said.supported
        least, about = said.pieces
        self.counts["over_at_least"] += least > PIECES
        self.counts["over_about"] += about > PIECES
        self.pieces[about] += 1
        self.regions[said.regions] += 1
        self.people.update(said.people)
        self.openings.add(said.opening)
        for part, words in zip(PARTS, said.words, strict=True):
            self.lengths[part][len(words)] += 1
            for word in words:
                self.grams[1].add(word)
            for pair in pairwise(words):
                self.grams[2].add(" ".join(pair))
            for three in zip(words, words[1:], words[2:], strict=False):
                self.grams[3].add(" ".join(three))

    def result(self) -> dict[str, Any]:
        counts, count = self.counts, self.counts["statements"]
        gendered = self.people["of women"] + self.people["of men"]
        return {
            "statements": count,
            "words": {part: spread(lengths) for part, lengths in self.lengths.items()},
            "regions_mentioned": spread(self.regions),
            "word_pieces": {
                **spread(self.pieces),
                "over_128_at_least": share(counts["over_at_least"], count),
                "over_128_about": share(counts["over_about"], count),
            },
            **{f"distinct_{n}": share(seen.total(), seen.seen) for n, seen in self.grams.items()},
            "question_opening_entropy_bits": entropy(self.openings),
            "multi_region_share": share(sum(n for k, n in self.regions.items() if k > 1), count),
            "rationale_introduces_region_share": share(counts["introduces"], count),
            "caption_speak_share": share(counts["caption_speak"], count),
            "grounded_share": counts["supported"] / counts["content"] if counts["content"] else None,
            "people_words": {of: self.people[of] for of in PEOPLE},
            "women_among_gendered": self.people["of women"] / gendered if gendered else None,
        }


def share(part: float, whole: int) -> float:
    return part / whole if whole else 0.0


def spread(histogram: Mapping[int, int]) -> dict[str, float]:
    """Mean and the smallest value that at least 95 % do not exceed."""
    total = sum(histogram.values())
    if not total:
        return {"mean": 0.0, "p95": 0}
    mean = sum(value * count for value, count in histogram.items()) / total
    return {"mean": mean, "p95": _reached(sorted(histogram.items()), 0.95 * total)}


def _reached(rising: Iterable[tuple[int, int]], wanted: float) -> int:
    below, reached = 0, 0
    for value, count in rising:
        below, reached = below + count, value
        if below >= wanted:
            break
    return reached


def entropy(openings: Distinct) -> float:
    """Bits of the first four words of questions, ids set aside: low when a template repeats."""
    seen = openings.seen
    if not seen:
        return 0.0
    return max(0.0, math.log2(seen) - openings.total(lambda count: count * math.log2(count)) / seen)
