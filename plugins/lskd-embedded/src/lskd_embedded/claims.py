"""Spatial claims in a statement's text: which region is said to be where, and whether it is so.

Read by plain patterns: a mention, some words, a relation, another mention. What the patterns do not
understand is no claim, and no claim is no fault.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from lskd_toolkit import Region
from lskd_toolkit.geometry.boxes import area

from .relations_truth import SIZES, truth, unit

MENTION = re.compile(r"\[(\d+)\]")
CLAUSE = re.compile(r"[.;:!?]|, (?:and|so|but|while|because)\b|\b(?:because|while|whereas)\b")
NEGATED = re.compile(r"\b(?:not|never|no longer|isn't|aren't)\b")
PAIR = {
    "left of": r"(?:to |on )?(?:the )?left (?:side )?of",
    "right of": r"(?:to |on )?(?:the )?right (?:side )?of",
    "above": r"above|over(?! there)",
    "below": r"below|under(?:neath)?|beneath",
    "next to": r"next to|near(?:by)?|close to|beside|alongside|by the side of",
    "far from": r"far (?:away )?from",
    "inside": r"inside(?: of)?|within",
    "on top of": r"on top of"
    r"|(?:is|are|sits?|sitting|lies|lying|rests?|resting|stands?|standing|rid(?:es|ing)) on"
    r"(?! the (?:far )?(?:left|right|top|bottom|other|side)\b)",
    "in front of": r"in front of|closer (?:to the (?:camera|viewer) )?than",
    "behind": r"behind|farther (?:away |back )?than",
    "larger than": r"(?:larger|bigger) than",
    "smaller than": r"smaller than",
    "taller than": r"taller than",
    "shorter than": r"shorter than",
    "as large as": r"(?:as (?:large|big) as|the same size as)",
}
"""Relations between two regions and the words for them."""
GUESSED = ("in front of", "behind", "on top of", *SIZES)
"""What boxes only hint at: depth, contact, and sizes, since what is far away is drawn small. Never held
wholly against a claim."""
_OF = r"(?! (?:side )?of (?!the (?:picture|image|photo|frame|scene)))"
ALONE = {
    "left": rf"(?:on|at|to) the (?:far )?left(?: side| edge)?{_OF}",
    "right": rf"(?:on|at|to) the (?:far )?right(?: side| edge)?{_OF}",
    "top": rf"(?:at|in|near) the (?:very )?top{_OF}",
    "bottom": rf"(?:at|in|near) the (?:very )?bottom{_OF}",
    "middle": rf"in the (?:middle|cent(?:re|er)){_OF}",
    "background": r"in the (?:background|distance)|far away(?! from)",
    "foreground": r"in the foreground|close to the (?:camera|viewer)",
}
"""Places of one region in the picture and the words for them."""
_PAIR = {name: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for name, words in PAIR.items()}
_ALONE = {name: re.compile(rf"\b(?:{words})(?!\w)", re.IGNORECASE) for name, words in ALONE.items()}


@dataclass(frozen=True, slots=True)
class Claim:
    """``subject`` is said to be ``relation``, of ``other`` where it is one between two."""

    subject: int
    relation: str
    other: int | None = None

    def __str__(self) -> str:
        return f"[{self.subject}] {self.relation}" + ("" if self.other is None else f" [{self.other}]")


def marked(text: str, regions: Mapping[int, Region]) -> str:
    """The text with every ``the LABEL`` that can only mean one region followed by that region's mark.

    "The dog is left of the bus [1]" speaks of [0] just as clearly where there is one dog.
    """
    labels: dict[str, list[int]] = {}
    for region in regions.values():
        if region.label:
            labels.setdefault(region.label.casefold(), []).append(region.id)
    for label, ids in labels.items():
        if len(ids) == 1:
            text = re.sub(
                rf"\b((?:the|this|that) {re.escape(label)})\b(?! \[)", rf"\1 [{ids[0]}]", text, flags=re.I
            )
    return text


def claims(text: str) -> list[Claim]:
    """Every spatial claim of a text, once each, in its order."""
    found: list[Claim] = []
    for clause in CLAUSE.split(text):
        if not NEGATED.search(clause):
            found += _pairs(clause) + _places(clause)
    return list(dict.fromkeys(found))


def _pairs(clause: str) -> list[Claim]:
    mentions = [(match.start(), int(match[1])) for match in MENTION.finditer(clause)]
    found = []
    for name, pattern in _PAIR.items():
        for match in pattern.finditer(clause):
            before = [id for at, id in mentions if at < match.start()]
            after = [id for at, id in mentions if at >= match.end()]
            if before and after:
                subject, other = before[-1], after[0]
            elif len(after) > 1:  # "to the left of [0] stands [1]"
                subject, other = after[1], after[0]
            else:
                continue
            found.append(Claim(subject, name, other))
    return found


def _places(clause: str) -> list[Claim]:
    mentions = [(match.start(), int(match[1])) for match in MENTION.finditer(clause)]
    found = []
    for name, pattern in _ALONE.items():
        for match in pattern.finditer(clause):
            before = [id for at, id in mentions if at < match.start()]
            after = [id for at, id in mentions if at >= match.end()]
            if before or len(after) == 1:
                found.append(Claim(before[-1] if before else after[0], name))
    return found


def holds(claim: Claim, regions: Mapping[int, Region], width: int, height: int) -> float:
    """How true a claim is by the regions' boxes, in [0, 1]; 0.5 where they do not say.

    A claim about a region that is not there, or of a region to itself, is false.
    """
    if claim.subject not in regions or claim.other not in (None, *regions) or claim.subject == claim.other:
        return 0.0
    subject = regions[claim.subject].box
    if claim.other is not None:
        value = truth(claim.relation, subject, regions[claim.other].box)
        return max(value, 0.3) if claim.relation in GUESSED else value
    x = (subject[0] + subject[2]) / 2 / max(width, 1)
    y = (subject[1] + subject[3]) / 2 / max(height, 1)
    share = area(subject) / max(width * height, 1)
    return {
        "left": unit(2.5 - 4 * x),
        "right": unit(4 * x - 1.5),
        "top": unit(2.5 - 4 * y),
        "bottom": unit(4 * y - 1.5),
        "middle": unit(2 - 4 * max(abs(x - 0.5), abs(y - 0.5) * 0.75)),
        "background": unit(1 - (share - 0.1) / 0.4),
        "foreground": unit(0.4 + share / 0.1),
    }[claim.relation]
