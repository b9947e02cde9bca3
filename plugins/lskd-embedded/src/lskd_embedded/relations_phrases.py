"""The words of relations between two regions: written by ``relations``, read back by ``scene-graph``.

One sentence speaks of one pair: a head, that stands between the two mentions, and tails after them, that
say more of the same two: ``[1] is next to [0], on its right, nearer``. What cannot be read is no relation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .objects import hedged
from .options_language import ObjectsOptions

CERTAINTY = ObjectsOptions()
"""The same scores make the same hedges here as in the verbalizer ``objects``."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Region ``subject`` is ``name`` region ``other``, by ``score`` in [0, 1]."""

    subject: int
    name: str
    other: int
    score: float = 1.0


RATIOS = {
    0.25: "a fraction as {}", 1 / 3: "about a third as {}", 0.5: "about half as {}",
    2.0: "about twice as {}", 3.0: "about three times as {}", 4.0: "many times as {}",
}  # fmt: skip
"""How often as large, in words. The words for x and for 1 / x are each other's opposites."""
EXTENTS = ("tall", "wide")
SIZES = {
    (words.format(extent) + " as"): (ratio, extent) for ratio, words in RATIOS.items() for extent in EXTENTS
}
"""Names of relations of size, and what each means."""

_OPPOSITES = {
    "left of": "right of",
    "above": "below",
    "in front of": "behind",
    "nearer than": "farther than",
    "on top of": "under",
    "next to": "next to",
    "far from": "far from",
    "bigger than": "smaller than",
    "overlaps": "overlaps",
}
_SIZED = sorted(SIZES.items(), key=lambda pair: pair[1][0])
INVERSE = {
    **_OPPOSITES,
    **{there: here for here, there in _OPPOSITES.items()},
    **{
        name: next(n for n, (r, e) in _SIZED if e == extent and abs(r * ratio - 1) < 1e-9)
        for name, (ratio, extent) in _SIZED
    },
}
"""What is true of the other way round; a relation that is not here (``faces``) says nothing of it."""
CONTAINED = ("inside", "within", "mostly within", "within the box of")
"""What lies in the other: by what somebody says, by its mask, by most of its mask, by its box alone."""

HEADS = {
    **{name: f"is {{}}{name}" for name in (*INVERSE, *CONTAINED) if name != "overlaps"},
    "overlaps": "{}overlaps",
    "faces": "{}faces",
    "holds": "{}holds",
}
"""The words between two mentions, with the place of ``probably``."""
TAILS = {
    "left of": "on its left",
    "right of": "on its right",
    "nearer than": "nearer",
    "farther than": "farther away",
    **{name: f"{name.removesuffix(' as')} in the picture" for name in SIZES},
}
"""The words for a further relation of the same two."""
MUTUAL = {"faces": "face each other"}
"""The words for a relation that holds both ways: ``[0] and [1] probably face each other``."""

_HEDGE = "(?:(probably|possibly) )?"
_HEAD_OF = {words.format(""): name for name, words in HEADS.items()}
_TAIL_OF = {words: name for name, words in TAILS.items()}


def _alternatives(words: Sequence[str]) -> str:
    """A pattern of any of these words; the longest first, so that none hides behind its own beginning."""
    return "|".join(re.escape(each) for each in sorted(words, key=len, reverse=True))


_IS = [words.removeprefix("is ") for words in _HEAD_OF if words.startswith("is ")]
_DOES = [words for words in _HEAD_OF if not words.startswith("is ")]
_PAIR = re.compile(
    rf"\[(?P<subject>\d+)\] (?:is {_HEDGE}(?P<is>{_alternatives(_IS)})"
    rf"|{_HEDGE}(?P<does>{_alternatives(_DOES)})) \[(?P<other>\d+)\]"
    rf"(?P<tails>(?:, (?:{_alternatives(list(_TAIL_OF))}))*)\.?"
)
_BOTH = re.compile(
    rf"\[(?P<subject>\d+)\] and \[(?P<other>\d+)\] {_HEDGE}"
    rf"(?P<words>{_alternatives(list(MUTUAL.values()))})\.?"
)
_MUTUAL_OF = {words: name for name, words in MUTUAL.items()}


def hedge(score: float) -> str:
    """``probably``, ``possibly`` or nothing, for that score."""
    return hedged(score, CERTAINTY.sure, CERTAINTY.probable)


def write(facts: Sequence[Fact]) -> str:
    """One sentence of facts about one pair, all with the same subject: the first is the head, the others
    are tails. How sure the least sure of them is stands with the head.

    Raises:
        KeyError: a relation has no words, or none as a tail.
    """
    head, *more = facts
    words = hedge(min(fact.score for fact in facts))
    middle = HEADS[head.name].format(f"{words} " if words else "")
    return ", ".join([f"[{head.subject}] {middle} [{head.other}]", *(TAILS[fact.name] for fact in more)])


def write_mutual(fact: Fact) -> str:
    """One sentence of a fact that holds both ways."""
    words = hedge(fact.score)
    return f"[{fact.subject}] and [{fact.other}] {f'{words} ' if words else ''}{MUTUAL[fact.name]}"


def read(text: str, score: float = 1.0) -> list[Fact]:
    """The facts of a sentence, each by that score; none where the sentence is none of ours."""
    both = _BOTH.fullmatch(text.strip())
    if both is not None:
        one, name = (int(both["subject"]), int(both["other"])), _MUTUAL_OF[both["words"]]
        return [Fact(one[0], name, one[1], score), Fact(one[1], name, one[0], score)]
    pair = _PAIR.fullmatch(text.strip())
    if pair is None or pair["subject"] == pair["other"]:
        return []
    name = _HEAD_OF[f"is {pair['is']}" if pair["is"] else pair["does"]]
    names = [name, *(_TAIL_OF[words] for words in pair["tails"].split(", ")[1:])]
    return [Fact(int(pair["subject"]), each, int(pair["other"]), score) for each in names]


def turned(fact: Fact) -> Fact:
    """The same fact told of the other region: ``[0] right of [1]`` is ``[1] left of [0]``.

    Raises:
        KeyError: the other way round nothing follows.
    """
    return replace(fact, subject=fact.other, name=INVERSE[fact.name], other=fact.subject)
