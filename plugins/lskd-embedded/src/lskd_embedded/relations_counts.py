"""How things of one name are spread over the picture: ``3 people: 2 on the left, 1 on the right``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from lskd_toolkit import Descriptor, Region

from .objects import listed, many
from .relations_phrases import CERTAINTY, hedge

COLUMNS = ("on the left", "in the middle", "on the right")


def counts(regions: Sequence[Region], width: int, name: str) -> list[Descriptor]:
    """A sentence for each label that several regions have, for the picture, and says where they are.

    Regions that are only possibly what they are called are not counted, and make it "at least" so many.
    """
    groups: dict[str, list[Region]] = {}
    doubtful = {region.label for region in regions if region.score < CERTAINTY.probable}
    for region in sorted(regions, key=lambda each: (-each.score, each.id)):
        if region.label and region.score >= CERTAINTY.probable:
            groups.setdefault(region.label, []).append(region)
    found = []
    for label, group in sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        if len(group) > 1:
            least = min(region.score for region in group)
            words = [hedge(least), "at least" if label in doubtful else "", many(label, len(group))]
            text = " ".join(filter(None, words)) + _spread(group, width)
            found.append(Descriptor("global", text, (), least, name))
    return found


def column(region: Region, width: int) -> str:
    """In which third of the picture the region's centre is."""
    twice = region.box[0] + region.box[2]
    return COLUMNS[0 if 3 * twice < 2 * width else 2 if 3 * twice > 4 * width else 1]


def _spread(group: Sequence[Region], width: int) -> str:
    """Where they are: all in one third, or how many in each."""
    where = Counter(column(region, width) for region in group)
    if len(where) == 1:
        return f", {'both' if len(group) == 2 else 'all'} {next(iter(where))}"
    return ": " + listed([f"{where[each]} {each}" for each in COLUMNS if where[each]])
